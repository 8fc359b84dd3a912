"""Answers about single entities, kept as bytes as long as the ledger stays as it is: the hot path of the API.

Measured by `python -m benchmarks.api` against the same uvicorn answering constant bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from starlette.datastructures import Headers as Reading
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.api import answers
from registry.api.wire import WHOLE, lines
from registry.ledger import EntityState, Ledger, LedgerError
from registry.ledger.errors import DAMAGED
from registry.terms import KINDS

CAPACITY = 64 * 2**20
"""Bytes that are kept, bodies and headers."""
_LARGEST = 256 * 2**10
_PREFIXES = tuple(f"/{kind}/" for kind in KINDS)
# What an answer can depend on besides its address; any other header leaves it as it is.
_NEGOTIATED = (b"accept", b"accept-profile")
_CONDITIONS = (b"if-none-match", b"if-modified-since")
_LONGEST_KEY = 1000
_TRUSTED = 0.001  # seconds

Key = tuple[str, bytes, bytes, bytes]
Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Rendered:
    """One answer with status 200; ``without_body`` are its headers on a 304. Both also as the lines of a head.

    It holds at one version of the ledger, and at later ones as long as the entity's ``state`` is what it was. An answer
    that depends on more than the entity has no ``iri`` to ask by.
    """

    headers: Headers
    without_body: Headers
    head: bytes
    head_without_body: bytes
    body: bytes
    tag: str
    modified: str | None
    size: int
    version: int
    iri: str | None
    state: EntityState | None


class RenderedEntities:
    """ASGI middleware: answers what it has answered before, and remembers what the application answers now.

    It must be the outermost, because what it keeps has all its headers. Whether the ledger has changed is asked at most
    once in a millisecond; when it has, each answer is looked at before it is given again. Pages for people are not
    kept: they depend on more.
    """

    def __init__(self, app: ASGIApp, ledger: Path) -> None:
        self.app = app
        self._path = ledger
        self._ledger: Ledger | None = None
        self._version = -1
        self._kept: OrderedDict[Key, Rendered] = OrderedDict()
        self._size = 0
        self._asked = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(_PREFIXES):
            await self.app(scope, receive, send)
            return
        negotiated = [b"", b""]
        conditions = [b"", b""]
        for name, value in scope["headers"]:
            if name in _NEGOTIATED:
                at = _NEGOTIATED.index(name)
                negotiated[at] = negotiated[at] + b"," + value if negotiated[at] else value
            elif name in _CONDITIONS:
                conditions[_CONDITIONS.index(name)] = value
        key = (scope["path"], scope["query_string"], negotiated[0], negotiated[1])
        kept = self._find(key)
        if kept is None:
            await self._ask(key, scope, receive, send)
            return
        whole = scope.get(WHOLE)
        known, since = (value.decode("latin-1") if value else None for value in conditions)
        if (known or since) and answers.matches(known, since, kept.tag, kept.modified):
            if whole is not None:
                await whole(304, kept.head_without_body, b"")
                return
            await send({"type": "http.response.start", "status": 304, "headers": kept.without_body})
            await send({"type": "http.response.body", "body": b""})
            return
        if whole is not None:
            await whole(200, kept.head, kept.body)
            return
        await send({"type": "http.response.start", "status": 200, "headers": kept.headers})
        await send({"type": "http.response.body", "body": kept.body})

    def _find(self, key: Key) -> Rendered | None:
        now = monotonic()
        if now - self._asked > _TRUSTED:
            self._asked = now
            self._version = self._now()
        found = self._kept.get(key)
        if found is None:
            return None
        if found.version != self._version:
            if found.state is None or self._state(found.iri) != found.state:
                self._forget(key)
                return None
            found.version = self._version
        self._kept.move_to_end(key)
        return found

    def _state(self, iri: str | None) -> EntityState | None:
        """What an entity is at this moment; None when it is not known, or there is no ledger to ask."""
        if iri is None or self._ledger is None or self._version == -1:
            return None
        try:
            return self._ledger.state_of(iri)
        except DAMAGED:
            return None

    def _forget(self, key: Key) -> None:
        if (before := self._kept.pop(key, None)) is not None:
            self._size -= before.size

    def _now(self) -> int:
        """The ledger's version, by a connection of our own: those of different connections cannot be compared."""
        try:
            if self._ledger is None:
                self._ledger = Ledger.reader(self._path)
            return self._ledger.version()
        except (LedgerError, *DAMAGED):  # nothing kept is given; whoever looks it up says what is wrong
            return -1

    async def _ask(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, and keep that if it may be kept."""
        version, iri = self._version, self._iri(key)
        state = self._state(iri)  # before the answer is made: if it changes meanwhile, the answer is not given again
        whole = scope.get(WHOLE)
        start: Message = {}
        body = bytearray()
        held = False  # until all of it is there, so that it goes out as a whole

        async def watch(message: Message) -> None:
            nonlocal start, held
            if message["type"] == "http.response.start":
                start = message
                held = whole is not None and any(name == b"content-length" for name, _ in message["headers"])
            elif held or len(body) <= _LARGEST:
                body.extend(message.get("body", b""))
            if not held:
                await send(message)
            elif message["type"] == "http.response.body" and not message.get("more_body", False):
                await whole(start["status"], lines(start["headers"]), bytes(body))  # type: ignore[misc]

        await self.app(scope, receive, watch)
        if version == self._version != -1 and start.get("status") == 200 and len(body) <= _LARGEST:
            self._keep(key, start["headers"], bytes(body), iri, state)

    def _iri(self, key: Key) -> str | None:
        """The entity that an answer depends on; None when a profile is asked for, which may speak of others, too."""
        path, query, _, profile = key
        if self._ledger is None or profile or b"profile" in query or b"%" in query:
            return None
        return self._ledger.base + path.partition(".")[0]

    def _keep(self, key: Key, raw: Headers, body: bytes, iri: str | None, state: EntityState | None) -> None:
        headers = Reading(raw=raw)
        tag = headers.get("etag")
        size = len(body) + sum(map(len, key)) + sum(3 * len(name) + 3 * len(value) + 100 for name, value in raw)
        if tag is None or headers["content-type"].startswith("text/html") or sum(map(len, key)) > _LONGEST_KEY:
            return
        without_body = [pair for pair in raw if pair[0] not in (b"content-length", b"content-type")]
        self._forget(key)
        modified = headers.get("last-modified")
        self._kept[key] = Rendered(
            list(raw), without_body, lines(raw), lines(without_body), body, tag, modified, size,
            self._version, iri, state,
        )  # fmt: skip
        self._size += size
        while self._size > CAPACITY:
            self._size -= self._kept.popitem(last=False)[1].size
