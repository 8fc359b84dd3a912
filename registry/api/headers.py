"""Headers that every answer has, HEAD wherever GET is, and the answer to CORS preflights: one plain ASGI layer.

(Starlette's BaseHTTPMiddleware would cost 60 µs a request and buffer streams.)
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("registry.api")

_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"ETag, Last-Modified, Link, Location, Retry-After, Orte-Sequence, Orte-Truncated, Orte-Limit-Seconds,"
        b" Orte-Limit-Rows, Orte-Limit-Bytes",
    ),
]
# Pages load nothing from elsewhere, but for the ground of maps where the operator has chosen one.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{images}; connect-src 'self';"
    " font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE = [
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
]
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


class Headers:
    """ASGI middleware around the whole application; ``on_error`` makes the answer to what nobody foresaw.

    ``tiles`` is the address of map tiles, whose origin pages may load images from; empty for none.
    """

    def __init__(
        self, app: ASGIApp, on_error: Callable[[Request, Exception], Awaitable[Response]], tiles: str = ""
    ) -> None:
        self.app = app
        self.on_error = on_error
        parts = urlsplit(tiles)
        images = f" {parts.scheme}://{parts.netloc}" if tiles else ""
        self.page = [(b"content-security-policy", _POLICY.format(images=images).encode()), *_PAGE]

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
                    headers += self.page
                message = {**message, "headers": headers}
            elif head and message["type"] == "http.response.body":
                if finished:
                    return
                finished = True  # the first piece stands for all of them, without its content
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        try:
            await self.app(scope, receive, with_headers)
        except Exception as error:
            if started:
                raise
            _log.exception("%s %s", scope["method"], scope["path"])
            response = await self.on_error(Request(scope, receive), error)
            await response(scope, receive, with_headers)
