"""Held runs that a curator has released: the source's next complete reading may withdraw what is absent."""

from __future__ import annotations

import sqlite3


def put(db: sqlite3.Connection, source: str, run: int, by: str, now: str) -> None:
    """Release a held run of a source."""
    db.execute("INSERT OR REPLACE INTO release (source, run, author, made) VALUES (?, ?, ?, ?)", (source, run, by, now))


def released(db: sqlite3.Connection, source: str, run: int) -> bool:
    """Whether this run, which was held, has been released and not been followed by a complete one yet."""
    return db.execute("SELECT 1 FROM release WHERE source = ? AND run = ?", (source, run)).fetchone() is not None


def least(db: sqlite3.Connection, source: str) -> int | None:
    """How many entries a reading of the source must have to be accepted: as many as the released run had.

    A curator looked at that run; one that is smaller still nobody has looked at. None: no run is released.
    """
    row = db.execute(
        "SELECT run.counts ->> 'seen' FROM release JOIN run ON run.id = release.run WHERE release.source = ?", (source,)
    ).fetchone()
    return None if row is None else int(row[0] or 0)


def waiting(db: sqlite3.Connection) -> set[str]:
    """The sources that have not been read since their held run was released."""
    last = "SELECT max(id) FROM run WHERE run.source = release.source"
    return {source for (source,) in db.execute(f"SELECT source FROM release WHERE run = ({last})")}


def done(db: sqlite3.Connection, source: str) -> None:
    """The source was read completely, or another run of it was held: the release has had its effect."""
    db.execute("DELETE FROM release WHERE source = ?", (source,))
