"""Writers take turns: one that holds the ledger for long lets those in who wait for it, before it goes on.

SQLite's waiting writers look again after pauses of up to a tenth of a second, and nobody tells them when it is their
turn. A writer that commits one batch after the other leaves them only moments, and so may keep them out until their
patience ends. Whoever waits therefore shares a lock meanwhile, and who has just held the ledger looks whether anybody
does.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

LONG = 0.05
"""Seconds: who held the ledger for less was in nobody's way."""
PAUSE = 0.12
"""Seconds to leave it alone for: more than the longest pause of those who wait (SQLite's is 0.1)."""


class Turns:
    """The turns of one writer. Without a lock file, as in a directory that cannot be written, there are none."""

    def __init__(self, path: Path) -> None:
        self._file: FileIO | None = None
        try:
            self._file = FileIO(path.with_name(path.name + ".turns"), "a+")
        except OSError:
            return

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Tell others meanwhile that somebody waits."""
        if self._file is None:
            yield
            return
        fcntl.flock(self._file, fcntl.LOCK_SH)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def wanted(self) -> bool:
        """Whether somebody waits for the ledger."""
        if self._file is None:
            return False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def give_way(self, held: float) -> None:
        """After having held the ledger for so many seconds: let others in who wait."""
        if held > LONG and self.wanted():
            time.sleep(PAUSE)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
