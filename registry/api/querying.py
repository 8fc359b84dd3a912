"""Put a query to the engine for a request, and answer with what comes back or with why nothing did."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.problems import Problem
from registry.api.wire import WHOLE, lines
from registry.config import Limits
from registry.engine import (
    EngineBusy,
    EngineError,
    EngineStarting,
    QueryAnswer,
    QueryRefused,
    QueryRequest,
    QueryTimedOut,
    QueryTooExpensive,
)

_UNHEARD = 0.02
"""Seconds for which it is not noticed that a client has hung up."""
_log = logging.getLogger("registry.api")
T = TypeVar("T")


async def answered(request: Request, question: QueryRequest, more: Mapping[str, str] | None = None) -> Response:
    """The engine's answer as a stream, with its limits and ``more`` in the headers. Raises Problem."""
    catalogue = catalogue_of(request)
    try:
        answer = await _while_connected(request, catalogue.engine.query(question))
    except EngineError as error:
        raise problem_of(error, catalogue) from None
    headers = _headers(catalogue.config.limits, answer, more or {})
    return Streamed(answer, headers, head=request.scope.get("orte.head", False))


async def one_number(request: Request, query: str, default_graphs: tuple[str, ...]) -> int:
    """The one number that a query selects. Raises Problem."""
    catalogue = catalogue_of(request)
    try:
        answer = await catalogue.engine.query(QueryRequest(query, default_graphs=default_graphs))
        content = b"".join([piece async for piece in answer.chunks()])
    except EngineError as error:
        raise problem_of(error, catalogue) from None
    (row,) = json.loads(content)["results"]["bindings"]
    (value,) = row.values()
    return int(value["value"])


def problem_of(error: EngineError, catalogue: Catalogue) -> Problem:
    """The engine's error as a problem; waiting times as Retry-After, places as line and column."""
    retry = {} if error.retry_after is None else {"Retry-After": str(max(1, round(error.retry_after)))}
    if isinstance(error, QueryRefused):
        place: dict[str, Any] = {} if error.line is None else {"line": error.line, "column": error.column}
        return Problem("query-refused", error.message, **place)
    if isinstance(error, QueryTimedOut):
        return Problem(
            "query-timeout", error.message, headers=retry, limit_seconds=catalogue.config.limits.query_seconds
        )
    if isinstance(error, QueryTooExpensive):
        return Problem("query-too-expensive", error.message, headers=retry)
    if isinstance(error, EngineStarting):
        return Problem("engine-starting", error.message, headers=retry or {"Retry-After": "2"})
    if isinstance(error, EngineBusy):
        return Problem("engine-busy", error.message, headers=retry or {"Retry-After": "5"})
    return Problem("unavailable", error.message, headers=retry or {"Retry-After": "10"})


def _headers(limits: Limits, answer: QueryAnswer, more: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    headers = [*_of_all(answer.media_type, limits), (b"orte-sequence", b"%d" % answer.sequence)]
    if answer.length is not None:
        headers.append((b"content-length", b"%d" % answer.length))
        if answer.truncated:
            headers.append((b"orte-truncated", b"true"))
    return headers + [(name.lower().encode(), value.encode("latin-1")) for name, value in more.items()]


@lru_cache(maxsize=64)
def _of_all(media_type: str, limits: Limits) -> tuple[tuple[bytes, bytes], ...]:
    """Headers that all answers of one media type have."""
    return (
        (b"content-type", media_type.encode()),
        (b"vary", b"Accept"),
        (b"cache-control", b"no-cache"),
        (b"orte-limit-seconds", f"{limits.query_seconds:g}".encode()),
        (b"orte-limit-rows", str(limits.result_rows or "none").encode()),
        (b"orte-limit-bytes", str(limits.result_bytes).encode()),
    )


class Streamed(Response):
    """An answer of the engine, piece by piece. One that breaks off is left incomplete, so that the client notices."""

    def __init__(self, answer: QueryAnswer, headers: list[tuple[bytes, bytes]], *, head: bool) -> None:
        super().__init__(status_code=200)
        self.raw_headers = headers
        self.answer = answer
        self.head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        whole = scope.get(WHOLE)
        try:
            if whole is not None and self.answer.length is not None and not self.head:
                body = b"".join([piece async for piece in self.answer.chunks()])
                await whole(200, lines(self.raw_headers), body)
                return
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if not self.head:
                async for piece in self.answer.chunks():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except EngineError as error:
            _log.warning("an answer broke off: %s", error)
        except OSError:
            _log.debug("a client hung up")
        finally:
            await self.answer.aclose()


async def _while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Do the work unless the client hangs up first: then nobody wants the answer, and the engine is spared.

    Most answers are there sooner than it would pay to listen for that.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    watch: asyncio.Task[None] | None = None
    gone = False

    async def hung_up() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone = True
        task.cancel()

    def listen() -> None:
        nonlocal watch
        watch = loop.create_task(hung_up())

    timer = loop.call_later(_UNHEARD, listen)
    try:
        return await work
    except asyncio.CancelledError:
        if gone and not task.uncancel():
            raise Problem("bad-request", "The client hung up.") from None
        raise
    finally:
        timer.cancel()
        if watch is not None:
            watch.cancel()
