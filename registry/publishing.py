"""Publish what records became: the catalogue, the search and what follows from them; alongside a large harvest too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from harvesters.gazetteer import Gazetteer
from harvesters.gazetteer_files import GazetteerFiles
from registry import coverage, identity, inference, search
from registry.config import Config, load
from registry.feed import announce_runs
from registry.ledger import Ledger
from registry.uncollected import uncollected
from registry.unify import FOLLOWER, unify
from registry.worker import Handler, Worker, WorkerFailed

WORTHWHILE = 500
"""Activities that wait to be published from which on a process is started for them, and asked again."""


def publish(ledger: Ledger, known: Gazetteer | None = None) -> None:
    """Bring the catalogue and its views up to date with the records; the engine follows by itself.

    Without the gazetteer the coverage stays as it is, and the stations are those of the last time: what publishes
    single entries need not load it.
    """
    with uncollected():  # the many small values that this takes have no cycles
        unify(ledger)
        search.follow(ledger)
        inference.follow(ledger, known)
        announce_runs(ledger)
        if known is not None:
            coverage.follow(ledger, known)


def unpublished(ledger: Ledger, config: Config) -> bool:
    """Whether `publish` may have something to do: a killed harvest left it, new rules of identity, or a gazetteer."""
    behind = any(
        _last(ledger, stream) > ledger.position(follower)
        for stream, follower in (("record", FOLLOWER), ("entity", search.FOLLOWER))
    )
    counted = ledger.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'coverage_seen'").fetchone()
    return behind or identity.behind(ledger) or not counted or config.gazetteer != GazetteerFiles()


def _waiting(ledger: Ledger, most: int) -> int:
    """How many activities of records are not yet in the catalogue, counted up to so many."""
    row = ledger.db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM activity WHERE stream = 'record' AND sequence > ? LIMIT ?)",
        (ledger.position(FOLLOWER), most),
    ).fetchone()
    return int(row[0])


def _last(ledger: Ledger, stream: str) -> int:
    row = ledger.db.execute("SELECT coalesce(max(sequence), 0) FROM activity WHERE stream = ?", (stream,)).fetchone()
    return int(row[0])


class Publishing:
    """Publishes in a process of its own what a large harvest has committed, while that goes on.

    Nothing depends on it: whatever it has not done when it is closed, or dies, is left to the next `publish`.
    It is a context: the process ends with it, and by itself when this process is killed.
    """

    def __init__(self, config: Config, *, processors: int | None = None) -> None:
        self._data = str(config.data)
        self._alone = (processors or len(os.sched_getaffinity(0))) < 2
        self._worker = Worker("registry.publishing:serve")
        self._busy = False

    def look(self, ledger: Ledger) -> None:
        """Have published what waits, if that is much; never waits itself."""
        if self._busy and not self._worker.answered:
            return
        self.settle()
        if self._alone or _waiting(ledger, WORTHWHILE) < WORTHWHILE:
            return
        if not self._worker.ready:
            self._worker.start()
            return
        try:
            self._worker.send(self._data.encode())
            self._busy = True
        except WorkerFailed:
            self._alone = True

    def settle(self) -> None:
        """Wait until the process has done what it was asked for."""
        if self._busy:
            self._busy = False
            try:
                self._worker.receive()
            except WorkerFailed:  # `publish` will say what is wrong, if it still is
                self._alone = True

    @property
    def pid(self) -> int | None:
        """The number of the process, while it runs."""
        return self._worker.pid

    def close(self) -> None:
        """End the process, whatever it is doing: what it has not committed is as if it had never begun."""
        self._worker.close()
        self._busy = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve() -> Handler:
    """The work of the process: publish what there is in the data directory that is named."""

    def handle(question: bytes) -> bytes:
        config = load(Path(question.decode()))
        ledger = Ledger.open(config.ledger, config.base_url)
        try:
            publish(ledger)
        finally:
            ledger.close()
        return b""

    return handle
