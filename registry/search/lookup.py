"""Look things up in the search view by what they are, not by what they say: names, addresses, who offers what."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import orjson


def exists(db: sqlite3.Connection) -> bool:
    """False before the first indexing: a new registry has a ledger, and nothing to be found in it."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'search_change'").fetchone() is not None


def names(db: sqlite3.Connection, iris: Iterable[str]) -> dict[str, str]:
    """The names of entities by IRI, for pages that link to them."""
    wanted = list(iris)
    if not wanted or not exists(db):
        return {}
    rows = db.execute(
        "SELECT iri, name FROM search_entity WHERE iri IN (SELECT value FROM json_each(?))",
        (orjson.dumps(wanted).decode(),),
    )
    return dict(rows.fetchall())


def offered_by(db: sqlite3.Connection, service: str) -> list[tuple[str, str]]:
    """IRI and name of those who offer a service."""
    if not exists(db):
        return []
    return db.execute(
        "SELECT e.iri, e.name FROM search_link l JOIN search_entity e ON e.id = l.entity"
        " WHERE l.target = ? AND l.relation = 'offers' ORDER BY e.sort_name, e.id",
        (service,),
    ).fetchall()


def addresses(db: sqlite3.Connection, part: int, size: int) -> list[tuple[str, str]]:
    """IRIs of live entities and when they changed, in parts of at most ``size``, counted from 0."""
    if not exists(db):
        return []
    return db.execute(
        "SELECT iri, modified FROM search_entity WHERE id >= ? AND id < ? ORDER BY id", (part * size, (part + 1) * size)
    ).fetchall()


def parts(db: sqlite3.Connection, size: int) -> int:
    """How many parts of addresses there are; some may be empty. At least one."""
    if not exists(db):
        return 1
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM search_entity").fetchone()
    return int(last) // size + 1
