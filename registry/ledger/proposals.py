"""Proposals of sources as rows: put down, looked up and decided, once each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["open", "accepted", "refused"]

_COLUMNS = "number, state, offer, report, made, decided, why, source"


@dataclass(frozen=True)
class Proposal:
    """One proposal. `offer` is what was proposed, `report` what was found when it was tried (plain JSON, both).

    `source` is the id of the source that was made of it, `why` the reason of a refusal. Times are UTC, ISO 8601.
    """

    number: int
    state: State
    offer: Mapping[str, Any]
    report: Mapping[str, Any]
    made: str
    decided: str | None = None
    why: str | None = None
    source: str | None = None


def add(db: sqlite3.Connection, place: str, offer: Mapping[str, Any], report: Mapping[str, Any], now: str) -> int:
    """Put an open proposal down; `place` is its address in a normal form. Returns its number."""
    number = db.execute(
        "INSERT INTO proposal (place, offer, report, made) VALUES (?, ?, ?, ?)",
        (place, json.dumps(offer, ensure_ascii=False), json.dumps(report, ensure_ascii=False), now),
    ).lastrowid
    assert number is not None
    return number


def get(db: sqlite3.Connection, number: int) -> Proposal | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM proposal WHERE number = ?", (number,)).fetchone()
    return _proposal(row) if row else None


def every(db: sqlite3.Connection, state: State | None = "open") -> list[Proposal]:
    """The proposals in one state, or all; the earliest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM proposal WHERE ?1 IS NULL OR state = ?1 ORDER BY number", (state,))
    return [_proposal(row) for row in rows]


def open_places(db: sqlite3.Connection) -> dict[str, int]:
    """The number of each open proposal by its place."""
    return dict(db.execute("SELECT place, number FROM proposal WHERE state = 'open'"))


def accept(db: sqlite3.Connection, number: int, source: str, now: str) -> None:
    db.execute(
        "UPDATE proposal SET state = 'accepted', source = ?, decided = ? WHERE number = ?", (source, now, number)
    )


def refuse(db: sqlite3.Connection, number: int, why: str, now: str) -> None:
    """Refuse it, and forget how to reach who proposed it: that was only for deciding."""
    db.execute(
        "UPDATE proposal SET state = 'refused', why = ?, decided = ?, offer = json_remove(offer, '$.contact')"
        " WHERE number = ?",
        (why, now, number),
    )


def _proposal(row: tuple[Any, ...]) -> Proposal:
    number, state, offer, report, *rest = row
    return Proposal(number, state, json.loads(offer), json.loads(report), *rest)
