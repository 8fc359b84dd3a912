"""The pages of a feed: where each begins and ends, how the pages hang below the root, and what can be seen yet."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from registry.feed.log import Log
from registry.ledger import Ledger
from registry.locks import held

PAGE = 250
"""Members on a page."""
FAN = 100
"""Pages below an index node: root and nodes stay small, at a hundred million members the root names 4,000."""


@dataclass(frozen=True)
class Page:
    """One page: its first and last sequence, and the earliest and latest time of its members (UTC, ISO 8601)."""

    number: int
    first: int
    last: int
    count: int
    earliest: str
    latest: str

    @property
    def full(self) -> bool:
        return self.count == PAGE


@dataclass(frozen=True)
class View:
    """All pages of a feed at one moment."""

    pages: Sequence[Page]
    horizon: int

    @property
    def count(self) -> int:
        return (len(self.pages) - 1) * PAGE + self.pages[-1].count if self.pages else 0

    @property
    def last(self) -> int:
        """Sequence of the last member; 0 when there is none."""
        return self.pages[-1].last if self.pages else 0

    def groups(self) -> list[Page]:
        """The index nodes, each as one long page."""
        return [_span(number, self.below(number)) for number in range(-(-len(self.pages) // FAN))]

    def below(self, group: int) -> Sequence[Page]:
        """The pages of one index node."""
        return self.pages[group * FAN : (group + 1) * FAN]


class Book:
    """Knows where pages begin. Full pages never change, so each is measured once; safe from several threads."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._full: list[Page] = []
        self._lock = threading.Lock()

    def open(self, ledger: Ledger, horizon: int) -> View:
        """The pages up to the horizon, in the ledger as it is in this snapshot."""
        with self._lock:
            after = self._full[-1].last if self._full else 0
            marks = iter(self.log.marks(ledger, after, horizon))
            rest: list[Page] = []
            while chunk := list(islice(marks, PAGE)):
                times = [time for _, time in chunk]
                page = Page(len(self._full), chunk[0][0], chunk[-1][0], len(chunk), min(times), max(times))
                if page.full:
                    self._full.append(page)
                else:
                    rest.append(page)
            full = [page for page in self._full if page.last <= horizon] if self._late(horizon) else self._full
            return View((*full, *rest), horizon)

    def _late(self, horizon: int) -> bool:
        return bool(self._full) and self._full[-1].last > horizon


class Horizon:
    """How far readers may see: an activity that may be the last of its run is shown when the run has ended.

    Then it can say so, and readers who want whole runs (LDES transactions) never wait for an end that has passed.
    """

    def __init__(self, locks: Path) -> None:
        self._locks = locks
        self._dead: set[int] = set()

    def dead(self, ledger: Ledger) -> frozenset[int]:
        """Runs that were killed. Ask before the snapshot is taken: what is dead then will never go on."""
        open_ = ledger.db.execute("SELECT id, source FROM run WHERE ended IS NULL").fetchall()
        for run, source in open_:
            if run not in self._dead and not held(self._locks, source):
                self._dead.add(run)
        return frozenset(self._dead)

    def sequence(self, ledger: Ledger, dead: frozenset[int]) -> int:
        """The last sequence to show, in this snapshot."""
        horizon = ledger.sequence()
        for run, source in ledger.db.execute("SELECT id, source FROM run WHERE ended IS NULL").fetchall():
            if run in dead:
                continue
            row = ledger.db.execute(
                "SELECT sequence, run FROM activity WHERE stream = 'record' AND source = ?"
                " ORDER BY sequence DESC LIMIT 1",
                (source,),
            ).fetchone()
            if row and row[1] == run:
                horizon = min(horizon, row[0] - 1)
        return horizon


def _span(number: int, pages: Sequence[Page]) -> Page:
    return Page(
        number, pages[0].first, pages[-1].last, sum(page.count for page in pages),
        min(page.earliest for page in pages), max(page.latest for page in pages),
    )  # fmt: skip
