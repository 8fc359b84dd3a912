"""The synchronisation algorithm of the LDES specification: replicate the history once, then only what is new.

Pages are read in the order of the stream's timestamps; a member is given out when no page that is still to be read
can hold an earlier one. Immutable pages are read once and never again, all others with conditional requests.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from urllib.parse import urldefrag

import pyoxigraph as ox

from harvesters.fetch import BadStatus, Fetcher
from harvesters.ldes.node import ORTE, Member, Page, Semantics, Unreadable, take_apart
from harvesters.ldes.state import State
from harvesters.untrusted import UnparsableRdf, parse, syntax_of

ACCEPT = (
    "application/n-quads, application/trig;q=0.9, application/ld+json;q=0.8, text/turtle;q=0.7,"
    " application/n-triples;q=0.7"
)
MAX_PAGES = 200_000
MAX_MEMBERS = 100_000
"""On one page; a stream is paged so that nobody must hold it all."""
_LINES = ("n-quads", "n-triples")


class FeedFailed(Exception):
    """The stream cannot be followed; one sentence for a person."""


@dataclass(frozen=True)
class Told:
    """What an Orte registry says about the state after a page's last activity."""

    sequence: int
    digest: str
    live: int


class Client:
    """Follows one stream. `state` is moved on as members are given out; save it whenever they are safe."""

    def __init__(self, fetch: Fetcher, state: State, notes: Callable[[str], None] = lambda line: None) -> None:
        self._fetch = fetch
        self.state = state
        self._notes = notes
        self.semantics: Semantics | None = None
        self.told: Told | None = None
        self._leaf: Told | None = None  # of the latest page read: the root may be older than the pages

    def members(self, url: str) -> Iterator[list[Member]]:
        """Batches of members that are new, in order.

        Raises:
            FeedFailed: when the root or a page is no part of a stream, or the stream went back in time.
            FetchError: when it cannot be reached.
        """
        pending: list[tuple[str, int, str]] = [("", 0, url)]
        waiting: list[tuple[str, int, int, Member, str]] = []
        number = count(1)
        visited: set[str] = set()
        open_: dict[str, set[str]] = {}
        immutable: dict[str, int] = {}
        inner: set[str] = set()
        while pending:
            _, _, address = heapq.heappop(pending)
            if address in visited or address in self.state.done:
                continue
            visited.add(address)
            if len(visited) > MAX_PAGES:
                raise FeedFailed(f"{url} has more than {MAX_PAGES} pages; it seems to have no end")
            page = self._page(address, root=address == url)
            taken = set(self.state.seen.get(address, ()))
            fresh = [member for member in page.members if member.iri not in taken]
            for member in fresh:
                entry = (_when(member.published or ""), member.sequence or 0, next(number), member, address)
                heapq.heappush(waiting, entry)
            if page.immutable and page.relations:
                inner.add(address)  # done when everything below is
            elif page.immutable:
                immutable[address] = len(fresh)
            else:
                open_[address] = {member.iri for member in page.members}
            for relation in page.relations:
                target = urldefrag(relation.node).url
                if target not in visited and target not in self.state.done:
                    heapq.heappush(pending, (_when(relation.earliest), next(number), target))
            yield from self._ready(waiting, pending[0][0] if pending else None, immutable)
        self.state.seen = {address: sorted(iris) for address, iris in open_.items() if iris}
        self.state.done |= immutable.keys() | inner
        self.told = self._leaf or self.told
        if self.told:
            self.state.sequence = max(self.state.sequence, self.told.sequence)

    def _ready(
        self, waiting: list[tuple[str, int, int, Member, str]], before: str | None, immutable: dict[str, int]
    ) -> Iterator[list[Member]]:
        """Give out what nothing can precede any more; `before` is the earliest that pages to come may hold."""
        batch: list[Member] = []
        pages = []
        while waiting and (before is None or waiting[0][0] < before):
            *_, member, address = heapq.heappop(waiting)
            batch.append(member)
            pages.append(address)
        if batch:
            yield batch
        for address in pages:  # after the batch was taken: what is interrupted is read again
            if address in immutable:
                immutable[address] -= 1
        self.state.done |= {address for address, left in immutable.items() if left <= 0}

    def _page(self, address: str, *, root: bool) -> Page:
        try:
            answer = self._fetch.get(address, accept=ACCEPT)
        except BadStatus as error:
            if error.response is not None and error.response.status == 410 and not root:
                self._notes(f"{address} is gone, as its stream may decide; it counts as empty")
                return Page(None, (), (), True, {})
            raise
        syntax = syntax_of(answer.media_type, answer.url)
        if syntax is None:
            raise FeedFailed(f"{address} answered {answer.media_type or 'no media type'}, which is no RDF")
        if syntax in _LINES and (members := answer.content.count(b"/tree#member> ")) > MAX_MEMBERS:
            raise _crowded(address, members)  # before it is parsed: that would take a minute and gigabytes
        try:
            page = take_apart(_quads(answer.content, answer.text, syntax, answer.url), answer.url, self.semantics)
        except UnparsableRdf as error:
            raise FeedFailed(f"{address} {error}") from None
        except Unreadable as error:
            raise FeedFailed(f"{address} {error}") from None
        if len(page.members) > MAX_MEMBERS:
            raise _crowded(address, len(page.members))
        if root:
            self.semantics = page.semantics
            self.told = _told(page)
            if self.told and self.told.sequence < self.state.sequence:
                raise FeedFailed(
                    f"{address} went back in time: it stands at {self.told.sequence},"
                    f" and stood at {self.state.sequence} before; nothing was taken over"
                )
        elif not page.relations and (told := _told(page)) and (not self._leaf or told.sequence > self._leaf.sequence):
            self._leaf = told
        return page


def _crowded(address: str, members: int) -> FeedFailed:
    return FeedFailed(f"{address} has {members} members; at most {MAX_MEMBERS} are read from one page")


def _quads(content: bytes, text: str, syntax: str, base: str) -> list[ox.Quad]:
    """N-Quads without nesting cannot harm the parser and are read here; the rest in a process of its own."""
    if syntax in _LINES and b"<<" not in content:
        try:
            return list(ox.parse(content, ox.RdfFormat.N_QUADS))
        except SyntaxError as error:
            raise UnparsableRdf(f"is no valid N-Quads: {error}") from None
    return parse(text, syntax, base_iri=base)


def _when(text: str) -> str:
    """A time so that texts compare like times; anything else as it is."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")


def _told(page: Page) -> Told | None:
    try:
        return Told(
            int(page.about[f"{ORTE}sequence"][0]),
            page.about[f"{ORTE}digest"][0],
            int(page.about[f"{ORTE}liveCount"][0]),
        )
    except (KeyError, IndexError, ValueError):
        return None
