"""Records and raw records: what each source says now, and what of it does not validate."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pyoxigraph as ox

from registry.ledger import activities
from registry.ledger.activities import pack, unpack
from registry.record import Record, parse

Change = Literal["created", "updated", "unchanged"]

_SELECT = (
    "SELECT r.id, r.iri, r.source, r.raw_key, r.kind, r.status, r.nquads, r.digest, r.page, r.licence, e.iri,"
    " f.started, c.started, s.started FROM record r LEFT JOIN entity e ON e.id = r.entity"
    " JOIN run f ON f.id = r.first_seen JOIN run c ON c.id = r.changed"
    " LEFT JOIN quarantine q ON q.iri = r.iri LEFT JOIN run s ON s.id = q.since"
)


@dataclass(frozen=True)
class StoredRecord:
    """A record in the ledger: its last valid version, and which entity it belongs to.

    `first_seen` and `changed` are the starts of the runs (UTC, ISO 8601); so is `stale_since`, given while a newer
    version is in quarantine.
    """

    id: int
    iri: str
    source: str
    raw_key: str
    kind: str
    status: str
    nquads: str
    digest: bytes
    page: str | None
    licence: str | None
    entity: str | None
    first_seen: str
    changed: str
    stale_since: str | None

    @property
    def thing(self) -> str:
        return self.iri + "#it"

    @cached_property
    def quads(self) -> list[ox.Quad]:
        """What `nquads` says; parsed when it is first asked for."""
        return parse(self.nquads)


@dataclass(frozen=True)
class Quarantined:
    """A version that does not validate; `published` says whether an older one is in the catalogue meanwhile."""

    iri: str
    source: str
    raw_key: str
    page: str | None
    since: str
    changed: str
    nquads: str
    published: bool


def get(db: sqlite3.Connection, iri: str) -> StoredRecord | None:
    return _one(db.execute(f"{_SELECT} WHERE r.iri = ?", (iri,)).fetchone())


def by_id(db: sqlite3.Connection, number: int) -> StoredRecord | None:
    return _one(db.execute(f"{_SELECT} WHERE r.id = ?", (number,)).fetchone())


def of_entity(db: sqlite3.Connection, entity: str) -> list[StoredRecord]:
    rows = db.execute(f"{_SELECT} WHERE e.iri = ? AND r.status = 'live' ORDER BY r.iri", (entity,))
    return [record for record in map(_one, rows) if record]


def entity_of(db: sqlite3.Connection, thing: str) -> str | None:
    """IRI of the entity behind the thing of a record, None when that record is not live."""
    row = db.execute(
        "SELECT e.iri FROM record r JOIN entity e ON e.id = r.entity WHERE r.iri = ? AND r.status = 'live'",
        (thing.removesuffix("#it"),),
    ).fetchone()
    return row[0] if row else None


def of_raw(db: sqlite3.Connection, source: str, key: str) -> list[str]:
    """IRIs of the live records that came from one raw record."""
    rows = db.execute("SELECT iri FROM record WHERE source = ? AND raw_key = ? AND status = 'live'", (source, key))
    return [iri for (iri,) in rows]


def put(db: sqlite3.Connection, record: Record, references: Sequence[str], run: int, now: str) -> Change:
    """Store a valid version: a Create or Update in the log, or nothing when it equals what is there."""
    digest = record.digest
    row = db.execute("SELECT id, status, digest FROM record WHERE iri = ?", (record.iri,)).fetchone()
    live = bool(row) and row[1] == "live"
    db.execute("DELETE FROM quarantine WHERE iri = ?", (record.iri,))
    if live and row[2] == digest:
        return "unchanged"
    payload = pack(record.nquads)
    values = (record.source, record.raw_key, record.kind, payload, digest, record.page, record.licence, run)
    if row:
        number = row[0]
        db.execute(
            "UPDATE record SET status = 'live', source = ?, raw_key = ?, kind = ?, nquads = ?, digest = ?, page = ?,"
            " licence = ?, changed = ? WHERE id = ?",
            (*values, number),
        )
        db.execute("DELETE FROM reference WHERE record = ?", (number,))
    else:
        number = db.execute(
            "INSERT INTO record"
            " (source, raw_key, kind, nquads, digest, page, licence, changed, iri, status, first_seen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'live', ?)",
            (*values, record.iri, run),
        ).lastrowid
    db.executemany("INSERT OR IGNORE INTO reference VALUES (?, ?)", [(target, number) for target in references])
    activities.append(
        db, "record", "Update" if live else "Create", record.iri,
        published=now, digest=digest, previous=row[2] if live else None, nquads=record.nquads,
        source=record.source, run=run,
    )  # fmt: skip
    return "updated" if live else "created"


def withdraw(db: sqlite3.Connection, iri: str, run: int, now: str) -> bool:
    """Take a record out of the catalogue; True when it was live. Its last version stays in the ledger."""
    db.execute("DELETE FROM quarantine WHERE iri = ?", (iri,))
    row = db.execute("SELECT id, status, digest, source FROM record WHERE iri = ?", (iri,)).fetchone()
    if not row or row[1] != "live":
        return False
    db.execute("UPDATE record SET status = 'withdrawn', changed = ? WHERE id = ?", (run, row[0]))
    activities.append(db, "record", "Delete", iri, published=now, previous=row[2], source=row[3], run=run)
    return True


def quarantine(db: sqlite3.Connection, record: Record, run: int) -> None:
    """Keep a version that does not validate aside; what was published before stays."""
    db.execute(
        "INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (iri) DO UPDATE"
        " SET nquads = excluded.nquads, page = excluded.page, changed = excluded.changed",
        (record.iri, record.source, record.raw_key, pack(record.nquads), record.page, run, run),
    )


def raw_digests(db: sqlite3.Connection, source: str) -> dict[str, bytes]:
    """Digest of every raw record of a source, by key."""
    return dict(db.execute("SELECT key, digest FROM raw WHERE source = ?", (source,)))


def put_raw(
    db: sqlite3.Connection, source: str, key: str, digest: bytes, page: str | None, run: int,
    *, reason: str | None = None, body: str | None = None,
) -> None:  # fmt: skip
    """Remember a raw record as dealt with, or with a reason and its body as one that could not be lifted."""
    db.execute(
        "INSERT INTO raw VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, key) DO UPDATE"
        " SET digest = excluded.digest, page = excluded.page, reason = excluded.reason, body = excluded.body,"
        " changed = excluded.changed",
        (source, key, digest, page, reason, pack(body) if body is not None else None, run, run),
    )


def forget_raw(db: sqlite3.Connection, source: str, key: str) -> None:
    db.execute("DELETE FROM raw WHERE source = ? AND key = ?", (source, key))


def mark_raw_stale(db: sqlite3.Connection, source: str, key: str) -> bool:
    """Make a known raw record count as changed next time; False when it is not known."""
    return db.execute("UPDATE raw SET digest = x'' WHERE source = ? AND key = ?", (source, key)).rowcount > 0


def forget_quarantine(db: sqlite3.Connection, source: str, key: str, keep: Collection[str] = ()) -> None:
    """Drop what one raw record has in quarantine, but for the records that it still becomes."""
    rows = db.execute("SELECT iri FROM quarantine WHERE source = ? AND raw_key = ?", (source, key)).fetchall()
    db.executemany("DELETE FROM quarantine WHERE iri = ?", [(iri,) for (iri,) in rows if iri not in keep])


def stale(db: sqlite3.Connection) -> frozenset[str]:
    """The live records of which a newer version is in quarantine."""
    rows = db.execute("SELECT q.iri FROM quarantine q JOIN record r ON r.iri = q.iri WHERE r.status = 'live'")
    return frozenset(iri for (iri,) in rows)


def quarantined(db: sqlite3.Connection, source: str | None = None, iri: str | None = None) -> Iterator[Quarantined]:
    """What is in quarantine, of one source or all, or one record; by source and key."""
    rows = db.execute(
        "SELECT q.iri, q.source, q.raw_key, q.page, s.started, c.started, q.nquads, r.status IS 'live'"
        " FROM quarantine q JOIN run s ON s.id = q.since JOIN run c ON c.id = q.changed"
        " LEFT JOIN record r ON r.iri = q.iri"
        " WHERE (?1 IS NULL OR q.source = ?1) AND (?2 IS NULL OR q.iri = ?2) ORDER BY q.source, q.raw_key, q.iri",
        (source, iri),
    )
    for name, of, key, page, since, changed, nquads, live in rows:
        yield Quarantined(name, of, key, page, since, changed, unpack(nquads), bool(live))


def _one(row: tuple[object, ...] | None) -> StoredRecord | None:
    if row is None:
        return None
    values = list(row)
    values[6] = unpack(values[6])  # type: ignore[arg-type]
    return StoredRecord(*values)  # type: ignore[arg-type]
