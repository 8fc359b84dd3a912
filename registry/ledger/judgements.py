"""Judgements: what people decided about records, in order, and which of it holds now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["same", "different", "part-of", "prefer", "undo"]

_COLUMNS = "number, verdict, subject, object, author, why, made"


@dataclass(frozen=True)
class Judgement:
    """One decision by a person.

    ``subject`` and ``object`` are IRIs of records or entities as given; of "prefer" a record and a property; of "undo"
    the number of the judgement undone and nothing. ``pairs`` are the records it was about (IRIs); of "part-of" the
    first is inside the second.
    """

    number: int
    verdict: Verdict
    subject: str
    object: str
    author: str
    why: str
    made: str
    pairs: tuple[tuple[str, str], ...]


def add(
    db: sqlite3.Connection,
    verdict: Verdict,
    subject: str,
    object_: str,
    *,
    author: str,
    why: str,
    now: str,
    pairs: Iterable[tuple[str, str]] = (),
) -> int:
    """Write a judgement down; it holds at once, over earlier ones on the same records. Returns its number."""
    number = db.execute(
        "INSERT INTO judgement (verdict, subject, object, author, why, made) VALUES (?, ?, ?, ?, ?, ?)",
        (verdict, subject, object_, author, why, now),
    ).lastrowid
    assert number is not None
    listed = [(a, b) if verdict == "part-of" else (min(a, b), max(a, b)) for a, b in pairs]
    db.executemany("INSERT OR IGNORE INTO judgement_pair VALUES (?, ?, ?)", [(number, a, b) for a, b in listed])
    for a, b in about(db, number):
        _rule(db, a, b)
    return number


def get(db: sqlite3.Connection, number: int) -> Judgement | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM judgement WHERE number = ?", (number,)).fetchone()
    return _judgement(db, row) if row else None


def all_(db: sqlite3.Connection, after: int = 0) -> Iterator[Judgement]:
    """Judgements in the order in which they were made."""
    for row in db.execute(f"SELECT {_COLUMNS} FROM judgement WHERE number > ? ORDER BY number", (after,)).fetchall():
        yield _judgement(db, row)


def last(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(number), 0) FROM judgement").fetchone()[0])


def holds(db: sqlite3.Connection, number: int) -> bool:
    """Whether a judgement has not been undone, by an undo that has not been undone itself."""
    undone = db.execute(
        "SELECT number FROM judgement WHERE verdict = 'undo' AND subject = ?", (str(number),)
    ).fetchall()
    return not any(holds(db, one) for (one,) in undone)


def about(db: sqlite3.Connection, number: int) -> list[tuple[str, str]]:
    """The pairs of records that a judgement concerns; an undo concerns those of what it undoes."""
    row = db.execute("SELECT verdict, subject FROM judgement WHERE number = ?", (number,)).fetchone()
    if row is None:
        return []
    if row[0] == "undo":
        return about(db, int(row[1]))
    return db.execute("SELECT a, b FROM judgement_pair WHERE judgement = ? ORDER BY a, b", (number,)).fetchall()


def origin(db: sqlite3.Connection, number: int) -> Judgement | None:
    """What an undo is about in the end: the first judgement in the chain that is no undo itself."""
    found = get(db, number)
    while found is not None and found.verdict == "undo":
        found = get(db, int(found.subject))
    return found


def rulings(db: sqlite3.Connection, record: str) -> list[tuple[str, str, int]]:
    """What holds of a record: the other record's IRI, the verdict ("part-of" and "has-part" from where this one
    stands), and the judgement's number."""
    return db.execute("SELECT b, verdict, judgement FROM ruling WHERE a = ? ORDER BY b", (record,)).fetchall()


def ruling(db: sqlite3.Connection, a: str, b: str) -> tuple[str, int] | None:
    """The verdict that holds of a pair, and the judgement's number."""
    row = db.execute("SELECT verdict, judgement FROM ruling WHERE a = ? AND b = ?", (a, b)).fetchone()
    return (row[0], row[1]) if row else None


def effective(db: sqlite3.Connection) -> list[Judgement]:
    """The judgements that hold for at least one pair of records, in order."""
    numbers = [number for (number,) in db.execute("SELECT DISTINCT judgement FROM ruling ORDER BY judgement")]
    return [found for number in numbers if (found := get(db, number))]


def preferences(db: sqlite3.Connection, records: Iterable[str]) -> dict[str, str]:
    """Which of these records has the say on a property: record IRI by property IRI, the latest that holds."""
    found: dict[str, tuple[int, str]] = {}
    for record in records:
        for number, property_ in db.execute(
            "SELECT number, object FROM judgement WHERE verdict = 'prefer' AND subject = ?", (record,)
        ).fetchall():
            if (property_ not in found or number > found[property_][0]) and holds(db, number):
                found[property_] = (number, record)
    return {property_: record for property_, (_, record) in found.items()}


def _rule(db: sqlite3.Connection, a: str, b: str) -> None:
    """Work out which judgement holds for a pair: the latest that has not been undone."""
    db.execute("DELETE FROM ruling WHERE (a = ?1 AND b = ?2) OR (a = ?2 AND b = ?1)", (a, b))
    for number, verdict, first, second in db.execute(
        "SELECT j.number, j.verdict, p.a, p.b FROM judgement_pair p JOIN judgement j ON j.number = p.judgement"
        " WHERE (p.a = ?1 AND p.b = ?2) OR (p.a = ?2 AND p.b = ?1) ORDER BY j.number DESC",
        (a, b),
    ).fetchall():
        if holds(db, number):
            back = "has-part" if verdict == "part-of" else verdict
            rows = [(first, second, verdict, number), (second, first, back, number)]
            db.executemany("INSERT INTO ruling VALUES (?, ?, ?, ?)", rows)
            return


def _judgement(db: sqlite3.Connection, row: tuple[int, Verdict, str, str, str, str, str]) -> Judgement:
    pairs = db.execute("SELECT a, b FROM judgement_pair WHERE judgement = ? ORDER BY a, b", (row[0],)).fetchall()
    return Judgement(*row, pairs=tuple(pairs))
