"""All feeds of one registry, node by node, for the API and for static files alike."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from registry.config import Config
from registry.feed.book import Book, Horizon, View
from registry.feed.feeds import Feed, feed
from registry.feed.log import Activities, Retention
from registry.feed.nodes import Node, Promise, index, page, root
from registry.ledger import Ledger

_FAR = 1 << 62


@dataclass(frozen=True)
class Where:
    """The place of a node in a feed."""

    name: str
    kind: Literal["root", "index", "page"] = "root"
    number: int = 0

    def address(self, base: str) -> str:
        below = "" if self.kind == "root" else f"/{self.kind}/{self.number}"
        return f"{base}/feed/{self.name}{below}"


@dataclass(frozen=True)
class Sight:
    """A node that is there to be made: its feed, the pages at this moment, and what keeps its page short."""

    where: Where
    feed: Feed
    view: View
    retention: Retention | None

    @property
    def version(self) -> tuple[object, ...]:
        """Two sights of one version make the same node."""
        if self.where.kind != "page" or not 0 <= self.where.number < len(self.view.pages):
            return (self.where, self.view.last, self.view.count)
        found = self.view.pages[self.where.number]
        return (self.where, found.last, found.count, self.retention)


class Shelf:
    """Finds and makes the nodes of all feeds. Safe from several threads, each with a reader of its own."""

    def __init__(self, config: Config) -> None:
        promised = config.feed
        self.promise = Promise(promised.poll_seconds, promised.full_log_days, promised.deletions_days)
        self.horizon = Horizon(config.data / "locks")
        self._books: dict[str, Book] = {}
        self._lock = threading.Lock()

    def look(self, ledger: Ledger, where: Where, dead: frozenset[int]) -> Sight:
        """Find a node, in a snapshot; `dead` is from `horizon.dead`, asked before it. Raises FeedError."""
        found = feed(ledger, where.name)
        with self._lock:
            book = self._books.setdefault(where.name, Book(found.log))
        horizon = self.horizon.sequence(ledger, dead) if isinstance(found.log, Activities) else _FAR
        view = book.open(ledger, horizon)
        return Sight(where, found, view, self._retention(view, where))

    def make(self, ledger: Ledger, sight: Sight) -> Node | None:
        """The node, in the same snapshot; None when the feed has no such page or index."""
        address = sight.where.address(ledger.base)
        if sight.where.kind == "root":
            return root(ledger, sight.feed, sight.view, self.promise, address)
        if sight.where.kind == "index":
            return index(ledger, sight.feed, sight.view, sight.where.number, address)
        return page(ledger, sight.feed, sight.view, sight.where.number, address, sight.retention)

    def _retention(self, view: View, where: Where) -> Retention | None:
        """What keeps a page short: one whose members are all older than the full log."""
        days = self.promise.full_log_days
        if where.kind != "page" or not days or not 0 <= where.number < len(view.pages):
            return None
        if view.pages[where.number].latest >= _ago(days):
            return None
        deletions = self.promise.deletions_days
        # by the day: an old page stays the same for a whole day, and so does its ETag
        return Retention(_ago(deletions)[:10] if deletions else "", min(view.horizon, view.last))


def _ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
