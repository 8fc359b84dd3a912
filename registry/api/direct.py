"""Entities and queries without the framework's routing, which costs as much as answering one of them does."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from registry.api import problems
from registry.api.entities import entity
from registry.api.headers import Headers
from registry.api.sparql import sparql_get, sparql_post
from registry.terms import KINDS

_ANSWER = "orte.answer"


class Direct:
    """ASGI layer: answers GET for an entity, and SPARQL queries, by the functions that their routes call, too.

    Whatever is no plain answer of an entity (an error, an address below) is left to the framework, which knows what to
    say. A query's body can be read only once, so what goes wrong with one is said here, in the framework's words.
    ``tiles`` is where the tiles of maps come from, for the headers of pages.
    """

    def __init__(self, framework: ASGIApp, app: FastAPI, tiles: str) -> None:
        self.framework = framework
        self._app = app
        self._with_headers = Headers(_send, problems.unexpected, problems.ending, tiles)
        self._query_with_headers = Headers(self._query, problems.unexpected, problems.ending, tiles)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            _, kind, *name = scope["path"].split("/")
            if kind in KINDS and len(name) == 1:
                try:
                    answer = entity(Request({**scope, "app": self._app}), kind, name[0])
                except Exception:  # whatever it is, the framework turns the same into an answer
                    await self.framework(scope, receive, send)
                else:
                    await self._with_headers({**scope, _ANSWER: answer}, receive, send)
                return
            if scope["path"] == "/sparql" and b"query=" in scope["query_string"]:
                await self._query_with_headers({**scope, "app": self._app}, receive, send)
                return
        elif scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == "/sparql":
            await self._query_with_headers({**scope, "app": self._app}, receive, send)
            return
        await self.framework(scope, receive, send)

    async def _query(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await (sparql_post if scope["method"] == "POST" else sparql_get)(request)
        except Exception as error:
            answer = await self._said(request, error)
        await answer(scope, receive, send)

    async def _said(self, request: Request, error: Exception) -> Response:
        """What the application answers to an error; raises it again when it has no answer."""
        for sort in type(error).__mro__:
            if handler := self._app.exception_handlers.get(sort):
                answer: Response = await handler(request, error)  # type: ignore[misc]
                return answer
        raise error


async def _send(scope: Scope, receive: Receive, send: Send) -> None:
    await scope[_ANSWER](scope, receive, send)
