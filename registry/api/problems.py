"""Errors as RFC 9457 problem details, each with a sentence that says what to do; as a page for people."""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from registry.formats import NotAcceptable, Unwritable, best
from registry.formats.media import HTML, Format
from registry.ledger import LedgerError
from registry.ledger.errors import is_damage, troubled

MEDIA_TYPE = "application/problem+json"
_PROBLEM = Format("problem", MEDIA_TYPE, "Problem", also=("application/json", "application/ld+json", "text/turtle"))
_log = logging.getLogger("registry.api")

#: Every problem this API reports: status and title. /docs lists them, and each has a text for people in registry/web.
KINDS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be understood"),
    "bad-cursor": (400, "This cursor is not one of ours"),
    "query-refused": (400, "The SPARQL query is refused"),
    "unauthorised": (401, "This needs a token"),
    "forbidden": (403, "This token is for something else"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This method is not allowed here"),
    "not-acceptable": (406, "There is no such format"),
    "already-known": (409, "This is known already"),
    "decided-already": (409, "This was decided already"),
    "gone": (410, "This was withdrawn"),
    "changed-meanwhile": (412, "It is not what you think it is"),
    "too-large": (413, "The request is too large"),
    "unsupported-media-type": (415, "The body has a media type that is not understood"),
    "not-validated": (422, "What was handed in cannot be read"),
    "not-proposed": (422, "What was proposed cannot be taken"),
    "not-valid": (422, "What was written is not valid"),
    "invalid-parameter": (422, "A parameter has a wrong value"),
    "too-many-requests": (429, "Too many requests"),
    "internal-error": (500, "Something went wrong on our side"),
    "fetch-failed": (422, "The address could not be fetched"),
    "validation-timeout": (503, "Validating took too long"),
    "validation-busy": (503, "Too many validations are waiting"),
    "proposals-full": (503, "Too many proposals are open"),
    "query-timeout": (503, "The SPARQL query took too long"),
    "query-too-expensive": (503, "The SPARQL query needs too much"),
    "engine-starting": (503, "The SPARQL engine is starting"),
    "engine-busy": (503, "The SPARQL engine is busy"),
    "unavailable": (503, "The catalogue is not available"),
}


class Problem(Exception):
    """An error to report. ``detail`` is an English sentence for this case; ``more`` are further members."""

    def __init__(self, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    @property
    def status(self) -> int:
        return KINDS[self.kind][0]


def install(app: FastAPI) -> None:
    """Turn every error of the application into a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(NotAcceptable, _not_acceptable)
    app.add_exception_handler(Unwritable, _unwritable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for error in (LedgerError, sqlite3.DatabaseError, zlib.error):
        app.add_exception_handler(error, _ledger)


def respond(request: Request, problem: Problem) -> Response:
    """The problem as JSON, or as a page when that is what the client would rather see."""
    status, title = KINDS[problem.kind]
    catalogue = request.app.state.catalogue
    # Not cached: a problem is about this moment.
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", **problem.headers}
    if _wants_page(request):
        page = catalogue.pages.problem(request, problem.kind, status, title, problem.detail, problem.more)
        return Response(page, status, headers, HTML.content_type)
    body = {
        "type": f"{catalogue.base}/docs#{problem.kind}",
        "title": title,
        "status": status,
        "detail": problem.detail,
        "instance": request.url.path,
        **problem.more,
    }
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def _wants_page(request: Request) -> bool:
    """Where neither fits, an error is said in some format rather than in none."""
    return best(request.headers.get("accept"), (_PROBLEM, HTML)) is HTML


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return respond(request, error)


async def _not_acceptable(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotAcceptable)
    available = [{"media_type": f.media_type, "suffix": f".{f.name}"} for f in error.offered]
    names = ", ".join(dict.fromkeys(f.media_type for f in error.offered))
    detail = f"{error} Ask for one of: {names}; or for anything with */*."
    return respond(request, Problem("not-acceptable", detail, available=available))


async def _unwritable(request: Request, error: Exception) -> Response:
    return respond(request, Problem("not-acceptable", f"{error} Ask for another format, such as text/turtle."))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = []
    for one in error.errors():
        name = ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0])
        errors.append({"parameter": name, "detail": one["msg"]})
    sentences = "; ".join(f"'{one['parameter']}': {one['detail']}" for one in errors)
    return respond(request, Problem("invalid-parameter", f"Correct {sentences}. See /docs.", errors=errors))


async def _http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown paths, wrong methods."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 404:
        problem = Problem("not-found", "Nothing has this address; /docs lists what there is.", headers=headers)
    elif error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
        problem = Problem("method-not-allowed", f"Use one of: {headers['Allow']}.", headers=headers)
    else:
        problem = Problem("bad-request", f"{error.detail}", headers=headers)
    return respond(request, problem)


def _allowed(request: Request) -> list[str]:
    """Every method of the address, where the framework would name those of the first route only."""
    found = {"OPTIONS"}
    for method in ("GET", "POST", "PUT", "DELETE"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            found |= {method, "HEAD"} if method == "GET" else {method}
    return sorted(found)


async def _ledger(request: Request, error: Exception) -> Response:
    known = isinstance(error, LedgerError)
    if is_damage(error):
        request.app.state.catalogue.damaged = True
    _log.error("%s", error if known else troubled(request.app.state.catalogue.config.ledger, "read", error))
    detail = "The catalogue cannot be read at the moment. Try again later; the operator finds the reason in the log."
    return respond(request, Problem("unavailable", detail, headers={"Retry-After": "30"}))


async def unexpected(request: Request, error: Exception) -> Response:
    """The answer to an error nobody foresaw."""
    detail = "This is our fault, not yours. The log has the details; please tell the operator when it stays."
    return respond(request, Problem("internal-error", detail))


def ending(request: Request) -> Response:
    """The answer to what takes longer than a server waits that is told to end."""
    detail = "The server was told to end before this was answered. Ask again when it has started anew, in some seconds."
    return respond(request, Problem("unavailable", detail, headers={"Retry-After": "10"}))
