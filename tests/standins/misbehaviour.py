"""Replies as the web really gives them: late, cut off, blown up, somewhere else, or unchanged."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.standins.server import Answer, Reply, Request, Wire


@dataclass(frozen=True)
class hang:  # noqa: N801 - reads as a verb in `route("/slow", hang())`
    """Never answer; with `after_head` send the header lines first. Ends when the stand-in is closed."""

    after_head: bool = False

    def write(self, wire: Wire) -> None:
        if self.after_head:
            wire.head(200, {"Content-Type": "application/json", "Content-Length": "1000"})
        wire.stopped.wait()
        wire.close()


@dataclass(frozen=True)
class drip:  # noqa: N801
    """Send the body one byte at a time with `pause` seconds between: alive enough for a read time-out."""

    body: bytes = b"x" * 100_000
    pause: float = 0.02

    def write(self, wire: Wire) -> None:
        wire.head(200, {"Content-Type": "text/plain", "Content-Length": str(len(self.body))})
        for byte in self.body:
            wire.send(bytes([byte]))
            if wire.stopped.wait(self.pause):
                break
        wire.close()


@dataclass(frozen=True)
class truncated:  # noqa: N801
    """Promise `claimed` bytes (default: 100 more than there are) and hang up after the body."""

    body: Any
    claimed: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def write(self, wire: Wire) -> None:
        reply = Reply(self.body)
        content = reply.content()
        length = str(len(content) + 100 if self.claimed is None else self.claimed)
        wire.head(200, {"Content-Type": reply.media_type(), "Content-Length": length, **self.headers})
        wire.send(content)
        wire.close()


@dataclass(frozen=True)
class broken_off:  # noqa: N801
    """Start a chunked answer and hang up before its end mark."""

    body: bytes

    def write(self, wire: Wire) -> None:
        wire.head(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
        wire.send(b"%x\r\n%s\r\n" % (len(self.body), self.body))
        wire.close()


@dataclass(frozen=True)
class hung_up:  # noqa: N801
    """Close the connection without a single byte."""

    def write(self, wire: Wire) -> None:
        wire.close()


@dataclass
class flood:  # noqa: N801
    """Send `size` bytes that never end a JSON array, without saying how many; `sent` counts what went out."""

    size: int = 200 << 20
    sent: int = 0

    def write(self, wire: Wire) -> None:
        piece = b'{"id": 1, "name": "Haus"},' * 2000
        wire.head(200, {"Content-Type": "application/json", "Connection": "close"})
        wire.send(b"[")
        while self.sent < self.size:
            wire.send(piece)
            self.sent += len(piece)
        wire.close()


@dataclass
class gzip_bomb:  # noqa: N801
    """`size` zero bytes, gzipped to a thousandth; `sent` counts the compressed bytes that went out."""

    size: int = 1 << 30
    media_type: str = "application/json"
    sent: int = 0

    def write(self, wire: Wire) -> None:
        # One member repeated: a valid gzip stream that costs the server nothing to make.
        piece = 1 << 20
        member = gzip.compress(bytes(piece))
        count = self.size // piece
        headers = {"Content-Type": self.media_type, "Content-Encoding": "gzip"}
        wire.head(200, {**headers, "Content-Length": str(len(member) * count)})
        for _ in range(count):
            wire.send(member)
            self.sent += len(member)


def gzipped(body: Any, *, headers: Mapping[str, str] | None = None) -> Reply:
    """The body with `Content-Encoding: gzip`."""
    reply = Reply(body)
    described = {"Content-Type": reply.media_type(), "Content-Encoding": "gzip", **(headers or {})}
    return Reply(gzip.compress(reply.content()), headers=described)


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(b"", status, {"Location": location})


def too_many(retry_after: str | int | None = None, status: int = 429) -> Reply:
    return Reply("slow down", status, {} if retry_after is None else {"Retry-After": str(retry_after)})


def in_turn(*answers: Answer) -> Callable[[Request], Any]:
    """Give the answers one after the other, and the last one for ever."""
    rest = list(answers)
    lock = threading.Lock()

    def answer(request: Request) -> Any:
        with lock:
            current = rest.pop(0) if len(rest) > 1 else rest[0]
        return current(request) if callable(current) and not hasattr(current, "write") else current

    return answer


def versioned(
    body: Any, *, etag: str | None = None, modified: str | None = None, headers: Mapping[str, str] | None = None
) -> Callable[[Request], Reply]:
    """A body with validators: 304 when the request already knows them."""
    validators = {
        **({"ETag": etag} if etag is not None else {}),
        **({"Last-Modified": modified} if modified is not None else {}),
        **(headers or {}),
    }

    def answer(request: Request) -> Reply:
        if etag is not None and "if-none-match" in request.headers:
            known = etag in [tag.strip() for tag in request.headers["if-none-match"].split(",")]
        else:
            known = modified is not None and request.headers.get("if-modified-since") == modified
        return Reply(b"", 304, validators) if known else Reply(body, 200, validators)

    return answer
