"""Runs and sources: what each harvest did, and how each source stands."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Run:
    """One harvest of one source. `outcome` is None while it goes on, or when it was killed."""

    id: int
    source: str
    started: str
    ended: str | None
    outcome: str | None
    reason: str | None
    counts: Mapping[str, Any]


@dataclass(frozen=True)
class SourceState:
    """A source as the ledger knows it. `confirmed` is when a complete run last saw all of it."""

    id: str
    description: Mapping[str, Any]
    state: str
    reason: str | None
    last_run: Run | None
    confirmed: str | None
    live: int
    digest: bytes


INTERRUPTED = "interrupted: the process that harvested it ended before it did"
"""Reason of a run that was killed, or whose process died of it."""

_RUN = "id, source, started, ended, outcome, reason, counts"


def describe(db: sqlite3.Connection, source: str, description: Mapping[str, Any]) -> bool:
    """Write down what is known about a source; True when that changed."""
    text = json.dumps(description, ensure_ascii=False, sort_keys=True)
    row = db.execute("SELECT description FROM source WHERE id = ?", (source,)).fetchone()
    if row and row[0] == text:
        return False
    db.execute(
        "INSERT INTO source (id, description) VALUES (?, ?)"
        " ON CONFLICT (id) DO UPDATE SET description = excluded.description",
        (source, text),
    )
    return True


def begin(db: sqlite3.Connection, source: str, started: str, now: str = "") -> int:
    """Open a run; an earlier one of the source that never ended was interrupted, and now says so.

    `started` is what the clock says, `now` the ledger's own time, which never goes back.
    """
    db.execute(
        "UPDATE run SET ended = ?, outcome = 'failed', reason = ? WHERE source = ? AND ended IS NULL",
        (now or started, INTERRUPTED, source),
    )
    number = db.execute("INSERT INTO run (source, started) VALUES (?, ?)", (source, started)).lastrowid
    assert number is not None
    return number


def finish(
    db: sqlite3.Connection, number: int, *, outcome: str, reason: str | None, counts: Mapping[str, Any], now: str
) -> None:
    """End a run and say how its source now stands."""
    db.execute(
        "UPDATE run SET ended = ?, outcome = ?, reason = ?, counts = ? WHERE id = ?",
        (now, outcome, reason, json.dumps(counts, ensure_ascii=False), number),
    )
    db.execute(
        "UPDATE source SET state = ?, reason = ?, last_run = ?,"
        " last_complete = CASE WHEN ? THEN ? ELSE last_complete END WHERE id = (SELECT source FROM run WHERE id = ?)",
        ("ok" if outcome == "complete" else outcome, reason, number, outcome == "complete", number, number),
    )


def unfinished(db: sqlite3.Connection) -> list[Run]:
    """Runs that go on, or whose process ended before they did."""
    return [_run(row) for row in db.execute(f"SELECT {_RUN} FROM run WHERE ended IS NULL ORDER BY id")]


def get(db: sqlite3.Connection, number: int) -> Run | None:
    row = db.execute(f"SELECT {_RUN} FROM run WHERE id = ?", (number,)).fetchone()
    return _run(row) if row else None


def last_complete(db: sqlite3.Connection, source: str) -> Run | None:
    row = db.execute("SELECT last_complete FROM source WHERE id = ?", (source,)).fetchone()
    return get(db, row[0]) if row and row[0] is not None else None


def sources(db: sqlite3.Connection) -> list[SourceState]:
    """All sources by id."""
    found = []
    for name, description, state, reason, last, complete, live, digest in db.execute(
        "SELECT s.id, description, s.state, s.reason, last_run, c.ended, coalesce(t.live, 0), t.digest FROM source s"
        " LEFT JOIN run c ON c.id = last_complete LEFT JOIN state t ON t.stream = 'record' AND t.source = s.id"
        " ORDER BY s.id"
    ):
        run = get(db, last) if last is not None else None
        found.append(
            SourceState(name, json.loads(description), state, reason, run, complete, live, digest or bytes(32))
        )
    return found


def _run(row: tuple[Any, ...]) -> Run:
    number, source, started, ended, outcome, reason, counts = row
    return Run(number, source, started, ended, outcome, reason, json.loads(counts))
