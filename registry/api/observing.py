"""What every request leaves behind: a number in the metrics, a line in the log, and an id to find it by.

Nothing personal is kept: no address of a client, no query, no name of a program, and of addresses that are none of ours
not even the path.
"""

from __future__ import annotations

import logging
import re
import secrets
from contextvars import ContextVar
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.api.wire import WHOLE
from registry.terms import KINDS

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the latencies that are counted, in seconds."""

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered; the log puts it on every line."""

_access = logging.getLogger("registry.access")
_SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"))
_UNROUTED = {f"/{kind}/": f"/{kind}/{{name}}" for kind in KINDS}
_QUERIES = "/sparql"


class Observing:
    """ASGI layer around everything. The metrics are in `registry`, one for each application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "orte_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "orte_request_seconds", "From a request to the end of its answer.", ("route",),
            buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._times: dict[str, Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        name = _given(scope) or secrets.token_hex(8)
        header = (b"x-request-id", name.encode())
        status, size = 0, 0

        async def observed(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), header]}
            else:
                size += len(message.get("body", b""))
            await send(message)

        whole = scope.get(WHOLE)
        if whole is not None:

            async def observed_whole(given: int, head: bytes, body: bytes) -> None:
                nonlocal status, size
                status, size = given, len(body)
                await whole(given, b"%bx-request-id: %b\r\n" % (head, header[1]), body)

            scope[WHOLE] = observed_whole

        token = request_id.set(name)
        try:
            await self.app(scope, receive, observed)
        except BaseException:
            status = status or 500
            raise
        finally:
            self._count(scope, status, perf_counter() - began, size)
            request_id.reset(token)

    def _count(self, scope: Scope, status: int, seconds: float, size: int) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = _route(scope)
        key = (method, route, status)
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = self.requests.labels(method, route, str(status))
        counter.inc()
        times = self._times.get(route)
        if times is None:
            times = self._times[route] = self.seconds.labels(route)
        times.observe(seconds)
        if _access.isEnabledFor(logging.INFO):
            path = scope["path"][:300] if route != "other" else None
            _access.info(
                "answered",
                extra={"method": method, "route": route, "path": path, "status": status,
                       "milliseconds": round(seconds * 1000, 2), "bytes": size},
            )  # fmt: skip


def _given(scope: Scope) -> str | None:
    """The id that the client or a proxy gave, if it is one that can be written down as it is."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return value.decode() if _SANE.fullmatch(value) else None
    return None


def _route(scope: Scope) -> str:
    """The template of the address, so that there are as many as there are routes; 'other' for none of ours."""
    path = getattr(scope.get("route"), "path", None)
    if path is None:  # answered before it came to routing
        if scope["path"] == _QUERIES:
            return _QUERIES
        cut = scope["path"].find("/", 1) + 1
        return _UNROUTED.get(scope["path"][:cut], "other") if cut else "other"
    return str(path)
