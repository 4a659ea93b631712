"""Limits on the size of a request, held before anything reads it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridmap.api.errors import answer
from gridmap.api.language import language
from gridmap.locale import sentence


class RequestLimits:
    """ASGI middleware: 414 for an address, 413 for a body above its limit."""

    def __init__(self, app: ASGIApp, *, max_url_bytes: int, max_body_bytes: int) -> None:
        self.app = app
        self.max_url_bytes = max_url_bytes
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is too large, pass on the rest."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"]) > self.max_url_bytes:
            return await _refuse(414, self.max_url_bytes, scope, receive, send)
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > self.max_body_bytes:
            return await _refuse(413, self.max_body_bytes, scope, receive, send)
        return await self.app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        """A body that comes without its length is counted as it comes."""
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self.max_body_bytes:
                raise HTTPException(413, detail=str(self.max_body_bytes))
            return message

        return counted


async def _refuse(status: int, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
    detail = sentence(f"problem.HTTP_{status}", language(Request(scope)), limit=limit)
    await answer(status, f"HTTP_{status}", detail)(scope, receive, send)
