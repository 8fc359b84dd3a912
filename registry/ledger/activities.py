"""The log of activities: append-only, in the ledger's own order; what feeds publish and views follow."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from registry.record import shift

Stream = Literal["record", "entity"]
Type = Literal["Create", "Update", "Delete"]

_COLUMNS = "sequence, stream, type, object, source, run, published, digest, previous, payload, state, live"


@dataclass(frozen=True)
class Activity:
    """One Create, Update or Delete. `payload` is the version it brings, packed; None for a Delete."""

    sequence: int
    stream: Stream
    type: Type
    object: str
    source: str | None
    run: int | None
    published: str
    digest: bytes | None
    previous: bytes | None
    payload: bytes | None
    state: bytes
    live: int

    @property
    def nquads(self) -> str | None:
        """The version it brings. Most followers read it elsewhere, so it is unpacked when it is asked for."""
        return unpack(self.payload) if self.payload is not None else None


def append(
    db: sqlite3.Connection,
    stream: Stream,
    type_: Type,
    object_: str,
    *,
    published: str,
    digest: bytes | None = None,
    previous: bytes | None = None,
    nquads: str | None = None,
    source: str | None = None,
    run: int | None = None,
) -> int:
    """Append one activity, carry the state digests on, and return its sequence."""
    step = (digest is not None) - (previous is not None)
    state, live = _shifted(db, stream, "", digest, previous, step)
    source_state, source_live = _shifted(db, stream, source, digest, previous, step) if source else (None, None)
    sequence = db.execute(
        "INSERT INTO activity (stream, type, object, source, run, published, digest, previous, payload,"
        " state, live, source_state, source_live) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (stream, type_, object_, source, run, published, digest, previous, pack(nquads) if nquads is not None else None,
         state, live, source_state, source_live),
    ).lastrowid  # fmt: skip
    assert sequence is not None
    for name, value, count in (("", state, live), (source, source_state, source_live)):
        if name is not None:
            db.execute(
                "INSERT INTO state VALUES (?, ?, ?, ?, ?) ON CONFLICT (stream, source) DO UPDATE"
                " SET digest = excluded.digest, live = excluded.live, sequence = excluded.sequence",
                (stream, name, value, count, sequence),
            )
    return sequence


def since(db: sqlite3.Connection, sequence: int, stream: Stream | None = None, limit: int = -1) -> Iterator[Activity]:
    """Activities after a sequence, oldest first."""
    where, values = ("", [sequence, limit]) if stream is None else (" AND stream = ?", [sequence, stream, limit])
    for row in db.execute(
        f"SELECT {_COLUMNS} FROM activity WHERE sequence > ?{where} ORDER BY sequence LIMIT ?", values
    ):
        yield Activity(*row)


def last(db: sqlite3.Connection) -> int:
    """Sequence of the last activity; 0 when there is none."""
    return int(db.execute("SELECT coalesce(max(sequence), 0) FROM activity").fetchone()[0])


def latest(db: sqlite3.Connection) -> str:
    """When the last activity was published; empty when there is none."""
    row = db.execute("SELECT published FROM activity ORDER BY sequence DESC LIMIT 1").fetchone()
    return row[0] if row else ""


@lru_cache(maxsize=1)  # a version goes into its own row and into the log, one after the other
def pack(nquads: str) -> bytes:
    return zlib.compress(nquads.encode(), 3)


def unpack(payload: bytes) -> str:
    return zlib.decompress(payload).decode()


def _shifted(
    db: sqlite3.Connection, stream: str, source: str, add: bytes | None, remove: bytes | None, step: int
) -> tuple[bytes, int]:
    row = db.execute("SELECT digest, live FROM state WHERE stream = ? AND source = ?", (stream, source)).fetchone()
    state, live = row or (bytes(32), 0)
    return shift(state, add=add, remove=remove), live + step
