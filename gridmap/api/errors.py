"""What goes wrong in a request, and the problem (RFC 9457) that is answered."""

from __future__ import annotations

import http
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gridmap.api.headers import SAFE_HEADERS
from gridmap.api.language import language
from gridmap.errors import CodedError, GridmapError, InputFaults
from gridmap.locale import known, sentence

PROBLEM_TYPE = "application/problem+json"


class ServiceError(CodedError):
    """A plan file that cannot be served; ``why`` is the error that its reading raised."""

    def __init__(self, code: str, *, why: GridmapError, **values: object) -> None:
        self.why = why
        super().__init__(code, **values)

    def text(self, lang: str = "en") -> str:
        """The sentence with its cause, both in one language."""
        return sentence(f"error.{self.code}", lang, why=text_of(self.why, lang), **self.values)


class NotFoundError(CodedError):
    """An id in an address that nothing answers to."""


class QueryError(CodedError):
    """A query parameter that cannot be, in a way its type alone does not tell."""


# The first class that fits gives the status.
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 404),
    (QueryError, 422),
    (RequestValidationError, 422),
    (InputFaults, 422),
    (CodedError, 400),
    (GridmapError, 400),
    (Exception, 500),
)


def status_of(error: Exception) -> int:
    """The HTTP status of an exception.

    >>> status_of(KeyError("a secret"))
    500
    """
    if isinstance(error, HTTPException):
        return error.status_code
    return next(status for kind, status in STATUS if isinstance(error, kind))


def text_of(error: GridmapError, lang: str) -> str:
    """What an error of ours says, in a language."""
    return error.text(lang) if isinstance(error, CodedError | InputFaults) else str(error)


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """A problem document.

    >>> problem(404, "PLAN_UNKNOWN", "There is no plan 'x'.")["title"]
    'Not Found'
    """
    title = http.HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, **more}


def answer(status: int, code: str, detail: str, **more: Any) -> JSONResponse:
    """A problem as a response."""
    body = problem(status, code, detail, **more)
    return JSONResponse(body, status, headers=SAFE_HEADERS, media_type=PROBLEM_TYPE)


async def _of_gridmap(request: Request, error: GridmapError) -> JSONResponse:
    code = error.code if isinstance(error, CodedError) else "INPUT"
    return answer(status_of(error), code, text_of(error, language(request)))


async def _of_validation(request: Request, error: RequestValidationError) -> JSONResponse:
    lang = language(request)
    faults = [
        {"where": ".".join(str(part) for part in fault["loc"]), "message": _fault(fault, lang)}
        for fault in error.errors()
    ]
    listed = "; ".join(f"{fault['where']}: {fault['message']}" for fault in faults)
    return answer(422, "REQUEST_INVALID", sentence("problem.REQUEST_INVALID", lang, faults=listed), errors=faults)


def _fault(fault: dict[str, Any], lang: str) -> str:
    """One fault of a parameter in words; pydantic's own where the catalogue has none."""
    key = f"parameter.{fault['type']}"
    values = {name: str(value).replace(" or ", ", ") for name, value in fault.get("ctx", {}).items()}
    return sentence(key, lang, **values) if known(key) else str(fault["msg"])


async def _of_http(request: Request, error: HTTPException) -> JSONResponse:
    key = f"problem.HTTP_{error.status_code}"
    lang = language(request)
    values = {"path": request.url.path, "method": request.method, "limit": error.detail}
    detail = sentence(key if known(key) else "problem.HTTP_OTHER", lang, **values)
    response = answer(error.status_code, f"HTTP_{error.status_code}", detail)
    response.headers.update(error.headers or {})
    return response


async def _of_fault(request: Request, error: Exception) -> JSONResponse:
    """An internal fault: the log has it, the answer reveals nothing."""
    return answer(500, "INTERNAL", sentence("problem.HTTP_500", language(request)))


def add_handlers(app: FastAPI) -> None:
    """Answer every error with a problem document."""
    app.exception_handler(GridmapError)(_of_gridmap)
    app.exception_handler(RequestValidationError)(_of_validation)
    app.exception_handler(HTTPException)(_of_http)
    app.exception_handler(Exception)(_of_fault)
