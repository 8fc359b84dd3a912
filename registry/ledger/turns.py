"""Writers take turns: one that holds the ledger for long lets those in who wait for it, before it goes on.

Nobody tells SQLite's waiting writers when it is their turn; they look again after pauses, which SQLite makes as long as
a tenth of a second. A writer that commits one batch after the other leaves them only moments, and so may keep them out
until their patience ends. Whoever waits therefore looks again soon, and shares a lock meanwhile; who has just held the
ledger looks whether anybody does.
"""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

LONG = 0.05
"""Seconds: who held the ledger for less was in nobody's way."""
PAUSE = 0.12
"""Seconds to leave it alone for at most, if those who wait do not come in sooner."""
AGAIN = 0.004
"""Seconds after which who waits looks again."""


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
        if held <= LONG:
            return
        end = time.monotonic() + PAUSE
        while self.wanted() and time.monotonic() < end:
            time.sleep(AGAIN / 2)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def begin(db: sqlite3.Connection, patience: int) -> None:
    """Begin a transaction that writes, as soon as nobody else does.

    Raises:
        sqlite3.OperationalError: when others still write after `patience` milliseconds.
    """
    end = time.monotonic() + patience / 1000
    db.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                db.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
            time.sleep(AGAIN)
    finally:
        db.execute(f"PRAGMA busy_timeout = {patience}")
