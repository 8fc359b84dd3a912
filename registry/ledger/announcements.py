"""Announcements: logs that are written for a feed alone (runs, datasets), with state digests like the activities'."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from registry.ledger.activities import Type, pack
from registry.record import digest as digest_of
from registry.record import shift


def append(db: sqlite3.Connection, feed: str, type_: Type, object_: str, payload: str | None, published: str) -> int:
    """Append one announcement, carry the state digest on, and return its sequence. Without payload it is a Delete."""
    row = db.execute(
        "SELECT digest FROM announcement WHERE feed = ? AND object = ? ORDER BY sequence DESC LIMIT 1", (feed, object_)
    ).fetchone()
    previous = row[0] if row else None
    new = digest_of(payload) if payload is not None else None
    state, live = db.execute(
        "SELECT state, live FROM announcement WHERE feed = ? ORDER BY sequence DESC LIMIT 1", (feed,)
    ).fetchone() or (bytes(32), 0)
    sequence = db.execute(
        "INSERT INTO announcement (feed, type, object, published, digest, payload, state, live)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (feed, type_, object_, published, new, pack(payload) if payload is not None else None,
         shift(state, add=new, remove=previous), live + (new is not None) - (previous is not None)),
    ).lastrowid  # fmt: skip
    assert sequence is not None
    return sequence


def moment(db: sqlite3.Connection) -> str:
    """When the last announcement of any feed was published; empty when there is none."""
    row = db.execute("SELECT published FROM announcement ORDER BY sequence DESC LIMIT 1").fetchone()
    return row[0] if row else ""


def latest(db: sqlite3.Connection, feed: str) -> dict[str, bytes]:
    """Digest of the latest version of everything that is announced and not deleted, by its IRI."""
    rows = db.execute(
        "SELECT object, digest FROM announcement WHERE sequence IN"
        " (SELECT max(sequence) FROM announcement WHERE feed = ? GROUP BY object)",
        (feed,),
    )
    return {object_: digest for object_, digest in rows if digest is not None}


def renew(db: sqlite3.Connection, feed: str, things: Mapping[str, str], published: str) -> int:
    """Announce what differs from what was announced: new, changed and vanished things; returns how many."""
    known = latest(db, feed)
    changed = 0
    for iri, payload in things.items():
        if known.get(iri) != digest_of(payload):
            append(db, feed, "Update" if iri in known else "Create", iri, payload, published)
            changed += 1
    for iri in sorted(known.keys() - things.keys()):
        append(db, feed, "Delete", iri, None, published)
        changed += 1
    return changed
