"""Follow a stream of the ledger in a process of its own, while this one goes on making more of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from registry.ledger import Ledger
from registry.worker import Worker, WorkerFailed

WORTHWHILE = 500
"""Activities that wait to be followed from which on a process is started for them, and asked again."""


class Alongside:
    """A process that is asked to follow whenever much has come.

    Nothing depends on it: whatever it has not done when it is closed, or dies, is left to who follows next.
    It is a context: the process ends with it, and by itself when this process is killed.

    Args:
        data: the data directory, which the handler that `make` (`module:function`) returns is asked about.
        stream: the kind of activities that it follows, as `follower`.
    """

    def __init__(self, data: Path, make: str, *, stream: str, follower: str, processors: int | None = None) -> None:
        self._data = str(data)
        self._stream = stream
        self._follower = follower
        self._alone = (processors or len(os.sched_getaffinity(0))) < 2
        self._worker = Worker(make)
        self._busy = False

    def look(self, ledger: Ledger) -> None:
        """Have followed what waits, if that is much; never waits itself."""
        if self._busy and not self._worker.answered:
            return
        self.settle()
        if self._alone or not self._worthwhile(ledger):
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
            except WorkerFailed:  # who follows next will say what is wrong, if it still is
                self._alone = True

    def _worthwhile(self, ledger: Ledger) -> bool:
        row = ledger.db.execute(
            "SELECT 1 FROM activity WHERE stream = ? AND sequence > ? LIMIT 1 OFFSET ?",
            (self._stream, ledger.position(self._follower), WORTHWHILE - 1),
        ).fetchone()
        return row is not None

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
