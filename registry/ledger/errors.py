"""Why the ledger cannot be used."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

DAMAGED = (sqlite3.DatabaseError, zlib.error, UnicodeDecodeError)
"""What SQLite and the payloads' checksums raise over a page that is not as it was written; see `is_damage`.

Text that is no UTF-8 any more is an OperationalError in a value, and a UnicodeDecodeError in a message of SQLite's own.
"""


class LedgerError(Exception):
    """The ledger cannot be used; one sentence that says what to do."""


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file's content is wrong, rather than that it is locked or the disk full."""
    if isinstance(error, sqlite3.OperationalError):
        # a page that is beyond the end of a truncated file reads as an I/O error
        name = getattr(error, "sqlite_errorname", "")
        return name == "SQLITE_IOERR_SHORT_READ" or str(error).startswith("Could not decode to UTF-8")
    return isinstance(error, DAMAGED) and not isinstance(error, sqlite3.ProgrammingError | sqlite3.IntegrityError)


WHAT_TO_DO = (
    "end every process that uses it, then put back the last backup with `orte restore FILE`"
    " (what is there now is kept beside it)"
)
"""When a ledger is damaged."""


def damaged(path: Path, error: Exception | str) -> LedgerError:
    """The sentence for a ledger whose content is wrong."""
    return LedgerError(f"the ledger {path} is damaged: {error}; {WHAT_TO_DO}")


def troubled(path: Path, doing: str, error: Exception) -> LedgerError:
    """The sentence for anything that SQLite, the payloads or the file system raised while `doing` something."""
    return damaged(path, error) if is_damage(error) else LedgerError(f"the ledger {path} cannot be {doing}: {error}")
