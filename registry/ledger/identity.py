"""What the ledger keeps so that a harvest compares only what changed: profiles, blocking keys, comparisons, claims."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

TABLES = ("profile", "block", "comparison")
"""The tables that the rules fill; they are emptied when the rules change."""


@dataclass(frozen=True)
class Comparison:
    """A pair of records (``a`` < ``b``, ids) that the rules do not hold for different."""

    a: int
    b: int
    verdict: str
    part: int | None
    stated: bool
    score: float
    signs: bytes

    def other(self, record: int) -> int:
        return self.b if record == self.a else self.a


_COLUMNS = "a, b, verdict, part, stated, score, signs"


def number(key: str) -> int:
    """A blocking key as the ledger keeps it: 64 bits; among 100 million keys two meet by chance once in 3,700 times."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)


def members(db: sqlite3.Connection, key: int, limit: int) -> list[tuple[int, int]]:
    """Ids and sources (as numbers) of the records that have a key, at most so many."""
    return db.execute("SELECT record, source FROM block WHERE key = ? LIMIT ?", (key, limit)).fetchall()


def put_keys(
    db: sqlite3.Connection, added: Mapping[int, Iterable[tuple[int, int]]], removed: Mapping[int, Iterable[int]]
) -> None:
    """Write down which records (ids, with their sources as numbers) gained and lost which keys."""
    db.executemany(
        "DELETE FROM block WHERE key = ? AND record = ?",
        ((key, record) for key, lost in sorted(removed.items()) for record in lost),
    )
    db.executemany(
        "INSERT OR IGNORE INTO block VALUES (?, ?, ?)",
        ((key, *gained) for key, have in sorted(added.items()) for gained in have),
    )


def profile(db: sqlite3.Connection, record: int) -> bytes | None:
    row = db.execute("SELECT data FROM profile WHERE record = ?", (record,)).fetchone()
    return row[0] if row else None


def put_profile(db: sqlite3.Connection, record: int, data: bytes | None) -> None:
    """Keep a profile; None forgets it."""
    if data is None:
        db.execute("DELETE FROM profile WHERE record = ?", (record,))
    else:
        db.execute("INSERT OR REPLACE INTO profile VALUES (?, ?)", (record, data))


def comparisons(db: sqlite3.Connection, record: int) -> list[Comparison]:
    """All stored comparisons of a record."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM comparison WHERE a = ?1 UNION ALL SELECT {_COLUMNS} FROM comparison WHERE b = ?1",
        (record,),
    )
    return [Comparison(*row) for row in rows]


def comparison(db: sqlite3.Connection, one: int, two: int) -> Comparison | None:
    row = db.execute(
        f"SELECT {_COLUMNS} FROM comparison WHERE a = ? AND b = ?", (min(one, two), max(one, two))
    ).fetchone()
    return Comparison(*row) if row else None


def put_comparison(db: sqlite3.Connection, found: Comparison) -> None:
    db.execute(
        "INSERT OR REPLACE INTO comparison VALUES (?, ?, ?, ?, ?, ?, ?)",
        (found.a, found.b, found.verdict, found.part, found.stated, found.score, found.signs),
    )


def drop_comparison(db: sqlite3.Connection, one: int, two: int) -> None:
    db.execute("DELETE FROM comparison WHERE a = ? AND b = ?", (min(one, two), max(one, two)))


def claims_of_record(db: sqlite3.Connection, record: int, kind: str) -> list[int]:
    """Ids of the entities of a kind that a record has a claim to."""
    rows = db.execute(
        "SELECT c.entity FROM claim c JOIN entity e ON e.id = c.entity WHERE c.record = ? AND e.kind = ?",
        (record, kind),
    )
    return [entity for (entity,) in rows]


def claimants(db: sqlite3.Connection, entity: int, kind: str) -> list[int]:
    """Ids of the live records of the entity's kind with a claim to it, the earliest first."""
    rows = db.execute(
        "SELECT c.record FROM claim c JOIN record r ON r.id = c.record"
        " WHERE c.entity = ? AND r.status = 'live' AND r.kind = ? ORDER BY c.since, c.record",
        (entity, kind),
    )
    return [record for (record,) in rows]


def claim(db: sqlite3.Connection, entity: int, record: int) -> None:
    """Give a record a claim to an entity, unless it has one already; later claims come after earlier ones."""
    db.execute(
        "INSERT OR IGNORE INTO claim SELECT ?1, ?2, coalesce(max(since), 0) + 1 FROM claim WHERE entity = ?1",
        (entity, record),
    )


def forget_claim(db: sqlite3.Connection, entity: int, record: int) -> None:
    db.execute("DELETE FROM claim WHERE entity = ? AND record = ?", (entity, record))


def reassign(db: sqlite3.Connection, record: int, entity: int) -> None:
    """Make a record part of an entity; followers learn of it by `identity_change`."""
    db.execute("UPDATE record SET entity = ? WHERE id = ?", (entity, record))
    db.execute("INSERT INTO identity_change (record) VALUES (?)", (record,))


@dataclass(frozen=True)
class Derived:
    """A statement about an entity that no record makes. ``object`` is an N-Triples term; ``grounds`` are record IRIs
    or ``judgement:`` and a number."""

    predicate: str
    object: str
    rule: str
    grounds: tuple[str, ...]


def derived(db: sqlite3.Connection, entity: int) -> list[Derived]:
    rows = db.execute(
        "SELECT predicate, object, rule, grounds FROM derived WHERE entity = ? ORDER BY predicate, object", (entity,)
    )
    return [Derived(predicate, object_, rule, tuple(grounds.split())) for predicate, object_, rule, grounds in rows]


def with_derived(db: sqlite3.Connection) -> list[int]:
    """Ids of the entities about which something is derived."""
    return [entity for (entity,) in db.execute("SELECT DISTINCT entity FROM derived ORDER BY entity")]


def put_derived(db: sqlite3.Connection, entity: int, statements: Sequence[Derived]) -> bool:
    """Replace what is derived about an entity; True when that changed."""
    ordered = sorted(statements, key=lambda one: (one.predicate, one.object))
    if ordered == derived(db, entity):
        return False
    db.execute("DELETE FROM derived WHERE entity = ?", (entity,))
    db.executemany(
        "INSERT INTO derived VALUES (?, ?, ?, ?, ?)",
        [(entity, one.predicate, one.object, one.rule, " ".join(one.grounds)) for one in ordered],
    )
    db.execute("INSERT INTO identity_change (entity) VALUES (?)", (entity,))
    return True


def changes(db: sqlite3.Connection, version: int) -> tuple[int, list[int], list[int]]:
    """The present version, and ids of records reassigned and entities with other derived statements since another."""
    rows = db.execute("SELECT version, record, entity FROM identity_change WHERE version > ?", (version,)).fetchall()
    records = dict.fromkeys(record for _, record, _ in rows if record is not None)
    entities = dict.fromkeys(entity for _, _, entity in rows if entity is not None)
    return max((row[0] for row in rows), default=version), list(records), list(entities)
