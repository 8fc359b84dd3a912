"""Entities: the unified things, their IRIs minted once and never reused."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from dataclasses import dataclass

from registry.ledger import activities
from registry.ledger.activities import pack, unpack

_COLUMNS = "iri, kind, status, winner, nquads, digest, sequence, modified, created"


@dataclass(frozen=True)
class Entity:
    """A unified thing. `nquads` is its description as canonical N-Triples, its last one once withdrawn.

    `sequence` and `modified` (UTC, ISO 8601) are those of its last activity; `winner` is the IRI that answers instead
    after a merge.
    """

    iri: str
    kind: str
    status: str
    winner: str | None
    nquads: str
    digest: bytes
    sequence: int
    modified: str
    created: str


def get(db: sqlite3.Connection, iri: str) -> Entity | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM entity WHERE iri = ?", (iri,)).fetchone()
    if row is None:
        return None
    iri, kind, status, winner, nquads, digest, sequence, modified, created = row
    return Entity(iri, kind, status, winner, unpack(nquads), digest, sequence, modified, created)


EntityState = tuple[bytes, str]
"""Digest and moment of the last activity: two equal ones stand for the same description."""


def state(db: sqlite3.Connection, iri: str) -> EntityState | None:
    """The state of a live entity, None for any other; a fifth of the time that reading it takes."""
    row: EntityState | None = db.execute(
        "SELECT digest, modified FROM entity WHERE iri = ? AND status = 'live'", (iri,)
    ).fetchone()
    return row


def mint(db: sqlite3.Connection, base: str, kind: str, slug: str, origin: str, now: str) -> int:
    """A new entity's row id. Its IRI `{base}/{kind}/{slug}-{4 base32 characters}` derives from its first record.

    Deriving it, rather than drawing it at random, makes an interrupted harvest that is repeated mint the same IRIs.
    """
    attempt = 0
    while True:
        seed = hashlib.sha256(f"{origin} {kind} {attempt}".encode()).digest()
        iri = f"{base}/{kind}/{slug}-{base64.b32encode(seed).decode().lower()[:4]}"
        if not db.execute("SELECT 1 FROM entity WHERE iri = ?", (iri,)).fetchone():
            break
        attempt += 1
    number = db.execute(
        "INSERT INTO entity (iri, kind, status, nquads, digest, created, modified, sequence)"
        " VALUES (?, ?, 'withdrawn', ?, ?, ?, ?, 0)",
        (iri, kind, pack(""), b"", now, now),
    ).lastrowid
    assert number is not None
    return number


def put(db: sqlite3.Connection, number: int, nquads: str, digest: bytes, now: str, run: int | None) -> bool:
    """Publish a description; True when it differs from what was published."""
    iri, status, old = db.execute("SELECT iri, status, digest FROM entity WHERE id = ?", (number,)).fetchone()
    live = status == "live"
    if live and old == digest:
        return False
    sequence = activities.append(
        db, "entity", "Update" if live else "Create", iri,
        published=now, digest=digest, previous=old if live else None, nquads=nquads, run=run,
    )  # fmt: skip
    db.execute(
        "UPDATE entity SET status = 'live', winner = NULL, nquads = ?, digest = ?, modified = ?, sequence = ?"
        " WHERE id = ?",
        (pack(nquads), digest, now, sequence, number),
    )
    return True


def withdraw(db: sqlite3.Connection, number: int, now: str, run: int | None, winner: str | None = None) -> bool:
    """Take an entity out of the catalogue, merged into a winner or gone; True when it was live."""
    iri, status, old = db.execute("SELECT iri, status, digest FROM entity WHERE id = ?", (number,)).fetchone()
    if status != "live":
        return False
    sequence = _delete(db, iri, now, old, run, winner)
    db.execute(
        "UPDATE entity SET status = ?, winner = ?, modified = ?, sequence = ? WHERE id = ?",
        ("merged" if winner else "withdrawn", winner, now, sequence, number),
    )
    return True


def redirect(db: sqlite3.Connection, number: int, target: str, now: str) -> bool:
    """Make an entity's IRI answer with another entity's; True when that is news.

    The log tells followers of it, also when the entity was gone or merged before: with one more Delete.
    """
    iri, status, before, last = db.execute(
        "SELECT iri, status, winner, sequence FROM entity WHERE id = ?", (number,)
    ).fetchone()
    if status == "live":
        return withdraw(db, number, now, None, target)
    if (status, before) == ("merged", target):
        return False
    sequence = _delete(db, iri, now, None, None, target) if last else 0  # nobody knows what was never published
    db.execute(
        "UPDATE entity SET status = 'merged', winner = ?, modified = ?, sequence = ? WHERE id = ?",
        (target, now, sequence, number),
    )
    return True


def _delete(
    db: sqlite3.Connection, iri: str, now: str, previous: bytes | None, run: int | None, winner: str | None
) -> int:
    sequence = activities.append(db, "entity", "Delete", iri, published=now, previous=previous, run=run)
    if winner:
        db.execute("INSERT INTO activity_winner VALUES (?, ?)", (sequence, winner))
    return sequence
