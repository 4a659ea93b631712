"""The commands together, and what holds for all of them: language, version, errors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from gridmap.cli import check, demo, page, partition, serving
from gridmap.cli.terminal import harden_streams, terminal
from gridmap.errors import GridmapError

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended


class Commands(TyperGroup):
    """All commands; an error of ours becomes its text in the terminal's language and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the arguments name."""
        try:
            return super().invoke(ctx)
        except GridmapError as error:
            (ctx.obj or terminal()).fail(error)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as stop:
            told = ctx.obj or terminal()
            told.note(told.say("serve.stopped"))
            raise typer.Exit(INTERRUPTED) from stop


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Divide towns into service grids by household count.",
    epilog="Exit codes: 0 good, 1 error, 2 usage, 3 done but with grids out of range (only with --strict).",
)
app.command("demo")(demo.demo)
app.command("check")(check.check)
app.command("partition")(partition.partition)
app.command("map")(page.map_page)
app.command("serve")(serving.serve)


def _version(asked: bool) -> None:
    if asked:
        from gridmap.release import release  # reading FastAPI takes a while

        typer.echo(f"gridmap {release()}")
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    lang: Annotated[
        Literal["en", "zh"] | None,
        typer.Option(envvar="GRIDMAP_LANG", help="Language of messages; else the system's where it is Chinese."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    ctx.obj = terminal(lang)


def main() -> None:
    """The entry point of the program."""
    harden_streams()
    app(prog_name="gridmap")
