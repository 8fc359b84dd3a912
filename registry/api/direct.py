"""Entities without the framework's routing, which costs as much as reading and writing one does."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from registry.api import problems
from registry.api.entities import entity
from registry.api.headers import Headers
from registry.terms import KINDS

_ANSWER = "orte.answer"


class DirectEntities:
    """ASGI layer: answers GET for an entity by the function that its route calls, too.

    Whatever is no plain answer (an error, an address below) is left to the framework, which knows what to say.
    ``tiles`` is where the tiles of maps come from, for the headers of pages.
    """

    def __init__(self, framework: ASGIApp, app: FastAPI, tiles: str) -> None:
        self.framework = framework
        self._app = app
        self._with_headers = Headers(_send, problems.unexpected, tiles)

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
        await self.framework(scope, receive, send)


async def _send(scope: Scope, receive: Receive, send: Send) -> None:
    await scope[_ANSWER](scope, receive, send)
