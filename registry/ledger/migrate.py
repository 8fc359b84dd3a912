"""Versions of the ledger's schema, and the steps that bring an older ledger forward.

Version 1 is that of the first release. A change of `schema.sql` after a release adds a step here, raises the version
by one and leaves a copy of the old schema in `tests/registry/ledger/schemas/`, from which the tests migrate.
Tables that are new altogether, and on which nothing old depends, need no step: they go into `additions.sql`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

from registry.ledger.errors import LedgerError

Step = Callable[[sqlite3.Connection], None]
"""Changes tables and rows inside the transaction it is called in; never commits."""

STEPS: Mapping[int, Step] = {}
"""By the version that a step leads to: 2 brings a ledger of version 1 to version 2."""


def newest() -> int:
    """The version this program writes."""
    return max(STEPS, default=1)


def version(db: sqlite3.Connection) -> int | None:
    """Version of a ledger's schema; None for an empty file, 0 when it says none that could be one.

    Raises sqlite3.DatabaseError for any other database.
    """
    if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        return None
    row = db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    return int(row[0]) if row and str(row[0]).isdecimal() else 0


def refuse(path: Path, found: int | None) -> LedgerError:
    """The sentence for a ledger of a version this program cannot work with as it is."""
    if found is not None and 1 <= found < newest():
        return LedgerError(
            f"the ledger {path} has schema version {found}, this program writes {newest()};"
            " `orte init` migrates it, and so does starting the server"
        )
    return LedgerError(
        f"the ledger {path} has schema version {found}, this program knows {newest()} at most;"
        " use the version of the program that wrote it, or put back a backup with `orte restore FILE`"
    )


def migrate(db: sqlite3.Connection, found: int) -> None:
    """Take every step from a version to the newest, in one transaction: all or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for number in range(found + 1, newest() + 1):
            STEPS[number](db)
        db.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (str(newest()),))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
