"""``gridmap serve``: plans over HTTP on this machine."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from gridmap.cli.terminal import Terminal
from gridmap.errors import CodedError

HOST = "127.0.0.1"
PORT = 8000
LAST = 65535
TRIES = 50
_GRACE_SECONDS = 3


class PortError(CodedError):
    """No port to listen on."""


def serve(
    ctx: typer.Context,
    plans: Annotated[list[Path], Argument(metavar="PLAN.gpkg...", help="One plan file or more.")],
    host: Annotated[str, Option(help="The address to listen on; the default is this machine alone.")] = HOST,
    port: Annotated[
        int | None, Option(min=0, max=LAST, help="The port; without it 8000, or the next free one.")
    ] = None,
) -> None:
    """Serve plans as maps, GeoJSON and reports, until Ctrl-C."""
    listener = listening(host, PORT if port is None else port, tries=TRIES if port is None else 1)
    run(ctx.obj, plans, listener, host=host, wanted=PORT if port is None else port)


def listening(host: str, port: int, *, tries: int) -> socket.socket:
    """A socket that listens on the first free port of so many; raises :class:`PortError`.

    The same socket is handed to the server, so that nobody can take the port in between.
    """
    tried = range(port, min(port + tries, LAST + 1))
    for each in tried:
        try:
            return _bound(host, each)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise PortError("HOST_UNUSABLE", host=host, why=error.strerror or str(error)) from error
    raise PortError("PORT_BUSY", port=port, last=tried[-1])


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        # On Windows this option would let two programs share a port.
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def run(terminal: Terminal, plans: list[Path], listener: socket.socket, *, host: str, wanted: int) -> None:
    """Serve plan files on a socket until Ctrl-C, and say where."""
    # Reading FastAPI takes a while that the other commands need not wait for.
    import uvicorn

    from gridmap.api import Settings, create_app

    with listener:
        app = create_app(Settings.from_environment(plans=tuple(plans)))
        _say_where(terminal, plans, listener, host=host, wanted=wanted)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=_GRACE_SECONDS
        )
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            terminal.note(terminal.say("serve.stopped"))


def _say_where(terminal: Terminal, plans: list[Path], listener: socket.socket, *, host: str, wanted: int) -> None:
    port = listener.getsockname()[1]
    if wanted not in (0, port):
        terminal.note(terminal.say("serve.port_taken", wanted=wanted, port=port))
    if not _is_local(host):
        terminal.note(terminal.say("serve.open", host=host))
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    terminal.show(terminal.say("serve.where", address=address, count=len(plans)))


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
