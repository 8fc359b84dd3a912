"""Headers that every answer has, HEAD wherever GET is, and the answer to CORS preflights: one plain ASGI layer.

(Starlette's BaseHTTPMiddleware would cost more and buffer streams.)
"""

from __future__ import annotations

import logging
import re
from asyncio import CancelledError, current_task
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.api.wire import WHOLE, lines
from registry.web.texts import COOKIE

_log = logging.getLogger("registry.api")

_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"ETag, Last-Modified, Link, Location, Retry-After, Orte-Sequence, Orte-Truncated, Orte-Limit-Seconds,"
        b" Orte-Limit-Rows, Orte-Limit-Bytes,"
        b" X-Request-Id",
    ),
]
_SECURITY_LINES = lines(_SECURITY)
# Pages load nothing from elsewhere but the tiles of maps, and run no inline script.
_PAGE = [(b"referrer-policy", b"strict-origin-when-cross-origin")]
_ALONE = [(b"x-frame-options", b"DENY")]
EMBEDDABLE = b"orte-embeddable"
"""A header by which an answer says that pages elsewhere may frame it; it is not sent."""


def _policy(tiles: str, ancestors: str) -> bytes:
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {tiles}; connect-src 'self';"
        f" font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    ).encode()


def _origin(tiles: str) -> str:
    """What tiles come from, as the policy names it; {s} stands for any of its hosts."""
    parts = urlsplit(tiles)
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}" if parts.netloc else ""


_PREFLIGHT = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, DELETE, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Accept, Accept-Language, Accept-Profile, Authorization, Content-Type, If-Match, If-None-Match",
    ),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]


_CHOSEN = re.compile(rb"(?:^|&)lang=(de|en)(?:&|$)")
_COOKIE = COOKIE.encode() + b"=%b; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"


class Headers:
    """ASGI middleware around the whole application.

    ``on_error`` makes the answer to what nobody foresaw, ``on_end`` the one to what is cancelled: only a server that
    ends does that, to whatever takes longer than it waits. An answer that has begun is left incomplete then, so that
    the client notices.
    """

    def __init__(
        self,
        app: ASGIApp,
        on_error: Callable[[Request, Exception], Awaitable[Response]],
        on_end: Callable[[Request], Response],
        tiles: str = "",
    ) -> None:
        self.app = app
        self.on_error = on_error
        self.on_end = on_end
        origin = _origin(tiles)
        self._page = [*_PAGE, *_ALONE, (b"content-security-policy", _policy(origin, "'none'"))]
        self._framed = [*_PAGE, (b"content-security-policy", _policy(origin, "*"))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send({"type": "http.response.body", "body": b""})
            return
        head = scope["method"] == "HEAD"
        if head:
            scope = {**scope, "method": "GET", "orte.head": True}
        started = finished = False

        async def with_headers(message: Message) -> None:
            nonlocal started, finished
            if message["type"] == "http.response.start":
                started = True
                headers = [*message.get("headers", ()), *_SECURITY]
                if any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers):
                    framed = any(name == EMBEDDABLE for name, _ in headers)
                    headers = [pair for pair in headers if pair[0] != EMBEDDABLE]
                    headers += self._framed if framed else self._page
                    if chosen := _CHOSEN.search(scope["query_string"]):
                        headers.append((b"set-cookie", _COOKIE % chosen[1]))
                message = {**message, "headers": headers}
            elif head and message["type"] == "http.response.body":
                if finished:
                    return
                finished = True  # the first piece stands for all of them, without its content
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        whole = scope.pop(WHOLE, None)
        if whole is not None and not head:

            async def whole_with_headers(status: int, given: bytes, body: bytes) -> None:
                nonlocal started
                started = True
                await whole(status, given + _SECURITY_LINES, body)

            scope[WHOLE] = whole_with_headers

        try:
            await self.app(scope, receive, with_headers)
        except CancelledError:
            task = current_task()
            if task is None or not task.cancelling():  # something else was, for which nobody waited on purpose
                raise
            task.uncancel()
            if not started:
                await self.on_end(Request(scope, receive))(scope, receive, with_headers)
        except Exception as error:
            if started:
                raise
            _log.exception("%s %s", scope["method"], scope["path"])
            response = await self.on_error(Request(scope, receive), error)
            await response(scope, receive, with_headers)
