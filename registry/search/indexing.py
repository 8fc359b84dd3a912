"""Keep the search view in step: one call for the entities that changed, inside the writer's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from importlib.resources import files

from registry.search.entries import OFFERS, SERVICE_KIND, Entry
from registry.search.folding import searchable
from registry.vocabulary import Vocabulary, vocabulary

DDL = files("registry.search").joinpath("schema.sql").read_text(encoding="utf-8")
_TABLES = ("entity", "value", "facet", "link", "change", "sets", "text", "gram", "box")


def create(db: sqlite3.Connection) -> None:
    """Make the tables where they are missing; leaves a transaction that is open as it is."""
    statement = ""
    for line in DDL.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""


def clear(db: sqlite3.Connection) -> None:
    """Empty the view, for a rebuild. Ids go on rising, and every entity counts as changed."""
    version = _next_version(db)
    db.execute("INSERT OR REPLACE INTO search_change SELECT id, ? FROM search_entity", (version,))
    for table in _TABLES:
        if table != "change":
            db.execute(f"DELETE FROM search_{table}")


def index(db: sqlite3.Connection, entries: Mapping[str, Entry | None]) -> None:
    """Put entities into the view, or their new versions, by IRI; those that are None are removed.

    Services come first, so that a house is written with them and not once more for each of them. Words come last:
    whatever else is written makes SQLite put away the words it has gathered, which takes longer than all the rest.
    """
    for iri, entry in entries.items():
        if entry is None:
            remove(db, iri)
    live = sorted((entry for entry in entries.values() if entry), key=lambda entry: entry.kind != "service")
    words = vocabulary()
    for number, entry in [(_index(db, entry, words), entry) for entry in live]:
        _write_text(db, number, entry, words)


def _index(db: sqlite3.Connection, entry: Entry, words: Vocabulary) -> int:
    """Write everything but the words; returns the id that the entity has in the view."""
    row = (entry.kind, entry.name, entry.sort_name, entry.modified, *(entry.position or (None, None)))
    known = db.execute("SELECT id FROM search_entity WHERE iri = ?", (entry.iri,)).fetchone()
    if known:
        number = int(known[0])
        _forget(db, number)
        db.execute(
            "UPDATE search_entity SET kind = ?, name = ?, sort_name = ?, modified = ?, latitude = ?, longitude = ?"
            " WHERE id = ?",
            (*row, number),
        )
    else:
        made = db.execute(
            "INSERT INTO search_entity (kind, name, sort_name, modified, latitude, longitude, iri)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*row, entry.iri),
        ).lastrowid
        assert made is not None
        number = made
    if entry.position:
        latitude, longitude = entry.position
        box = (number, longitude, longitude, latitude, latitude, latitude, longitude)
        db.execute("INSERT INTO search_box VALUES (?, ?, ?, ?, ?, ?, ?)", box)
    db.executemany("INSERT OR IGNORE INTO search_link VALUES (?, ?, ?)", [(number, *link) for link in entry.links])
    _write_facets(db, number, entry.kind, entry.facets | _services(db, number, words))
    _touch(db, number)
    if entry.kind == "service":
        _services_changed(db, entry.iri, words)
    return number


def remove(db: sqlite3.Connection, iri: str) -> None:
    """Take an entity out of the view; nothing happens when it is not in it."""
    row = db.execute("SELECT id, kind FROM search_entity WHERE iri = ?", (iri,)).fetchone()
    if row is None:
        return
    number, kind = row
    _forget(db, number)
    db.execute("DELETE FROM search_entity WHERE id = ?", (number,))
    _touch(db, number)
    if kind == "service":
        _services_changed(db, iri, vocabulary())


def _forget(db: sqlite3.Connection, number: int) -> None:
    for table, column in (("facet", "entity"), ("link", "entity"), ("text", "rowid"), ("gram", "rowid"), ("box", "id")):
        db.execute(f"DELETE FROM search_{table} WHERE {column} = ?", (number,))


def _touch(db: sqlite3.Connection, number: int) -> None:
    db.execute("INSERT OR REPLACE INTO search_change VALUES (?, ?)", (number, _next_version(db)))


def _next_version(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(version), 0) + 1 FROM search_change").fetchone()[0])


def _write_facets(db: sqlite3.Connection, number: int, kind: str, found: Iterable[tuple[str, str]]) -> None:
    rows = [(number, kind, facet, value) for facet, value in sorted(found)]
    db.executemany(
        "INSERT OR IGNORE INTO search_value (kind, facet, value) VALUES (?, ?, ?)", (row[1:] for row in rows)
    )
    db.executemany(
        "INSERT INTO search_facet SELECT id, ? FROM search_value WHERE kind = ? AND facet = ? AND value = ?", rows
    )


def _services(db: sqlite3.Connection, number: int, words: Vocabulary) -> set[tuple[str, str]]:
    """Kinds of service of an entity: its own, and those of the services it offers that are already in the view."""
    rows = db.execute(
        "SELECT target FROM search_link WHERE entity = ?1 AND relation = ?2"
        " UNION SELECT k.target FROM search_link o JOIN search_entity s ON s.iri = o.target"
        " JOIN search_link k ON k.entity = s.id AND k.relation = ?2 WHERE o.entity = ?1 AND o.relation = ?3",
        (number, SERVICE_KIND, OFFERS),
    )
    return {("service", broader) for (kind,) in rows for broader in words.ancestors(kind)}


def _services_changed(db: sqlite3.Connection, service: str, words: Vocabulary) -> None:
    """A service came, changed or went: those who offer it are found by its kinds, so theirs change as well."""
    offering = db.execute(
        "SELECT e.id, e.kind FROM search_link l JOIN search_entity e ON e.id = l.entity"
        " WHERE l.target = ? AND l.relation = ?",
        (service, OFFERS),
    ).fetchall()
    for number, kind in offering:
        db.execute(
            "DELETE FROM search_facet WHERE entity = ?"
            " AND value IN (SELECT id FROM search_value WHERE facet = 'service')",
            (number,),
        )
        found = _services(db, number, words)
        _write_facets(db, number, kind, found)
        db.execute("UPDATE search_text SET services = ? WHERE rowid = ?", (_labels(found, words), number))
        _touch(db, number)


def _write_text(db: sqlite3.Connection, number: int, entry: Entry, words: Vocabulary) -> None:
    services = _labels(_services(db, number, words), words)
    db.execute(
        "INSERT INTO search_text (rowid, name, alternate, place, services, words) VALUES (?, ?, ?, ?, ?, ?)",
        (number, entry.name_words, entry.alternate_words, entry.place_words, services, entry.words),
    )
    db.execute("INSERT INTO search_gram (rowid, name, words) VALUES (?, ?, ?)", (number, entry.names, entry.keywords))


def _labels(found: Iterable[tuple[str, str]], words: Vocabulary) -> str:
    return searchable(" ".join(label for _, kind in sorted(found) for label in words.words(kind)))
