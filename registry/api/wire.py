"""HTTP on the wire, with the limits that uvicorn does not set: on the head of a request, and on how long it takes.

uvicorn waits for ever for the rest of a request, and httptools takes a head of any length; both can be used to fill a
server from a single machine. httptools also takes a request for several hosts, or for none, of which a proxy in front
may read one and the server behind it another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

WHOLE = "orte.whole"
"""In a scope: a coroutine function that writes an answer of status, lines of headers, and body, and ends it.

For answers that are there as a whole, with headers of our own making. uvicorn looks at every header of every answer
with regular expressions, which for a dozen of them costs as much as all the rest of it.
"""
HEAD_BYTES = 64 * 2**10
"""Request line and headers together; one read from the network more may slip through."""

_log = logging.getLogger("registry.api")
_ANSWERS = {
    408: b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    431: b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
}


def protocol(seconds: float) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, in which a request has to be here, head and body, within so many seconds."""
    return type("Limited", (_Limited,), {"seconds": seconds})


class _Limited(HttpToolsProtocol):
    seconds: float = 60.0

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._head = 0
        self._in_head = True
        self._unfinished = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._request_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > HEAD_BYTES:
            self._end(431)
        elif self._unfinished:  # most requests are here in one piece and need no timer
            self._await_request()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head, self._in_head, self._unfinished = 0, True, True

    def on_headers_complete(self) -> None:
        self._in_head = False
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):  # RFC 9112, section 3.2
            raise HttpParserError("a request names one host")  # uvicorn answers 400 and closes
        super().on_headers_complete()
        self.scope[WHOLE] = partial(_write, self.cycle)  # type: ignore[literal-required]

    def on_message_complete(self) -> None:
        self._head, self._in_head = 0, True  # of the next one; until it begins, the time-out for idle connections holds
        self._unfinished = False
        self._request_is_here()
        super().on_message_complete()

    def _await_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds, self._end, 408)

    def _request_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self, status: int) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_ANSWERS[status])
        _log.warning("a request was ended with %d before all of it was here", status)
        self.transport.close()


def lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as the lines of a head."""
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


async def _write(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> None:
    """What uvicorn does with the two messages of an answer to GET, at once."""
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    cycle.response_started, cycle.waiting_for_100_continue = True, False
    ours = lines(cycle.default_headers)
    ending = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
    cycle.transport.write(b"".join((STATUS_LINE[status], ours, head, ending, body)))
    cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
