"""From records to the unified catalogue: follow the log of records, and describe every entity that is affected."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from registry import identity
from registry.ledger import Ledger, activities, entities, records
from registry.ledger.activities import Activity
from registry.merge import describe
from registry.record import digest

FOLLOWER = "unify"
BATCH = 500
"""Activities per transaction: writers elsewhere wait no longer than one batch takes."""


def unify(ledger: Ledger, progress: Callable[[int], None] = lambda done: None) -> int:
    """Bring the catalogue up to date with the records; returns how many entities changed.

    Interrupted at any moment it leaves a valid catalogue, and goes on from there the next time.
    """
    changed = done = 0
    while True:
        with ledger.transaction():
            position = ledger.position(FOLLOWER)
            batch = list(activities.since(ledger.db, position, "record", BATCH))
            if not batch:
                return changed
            ranks = source_ranks(ledger)
            for number in sorted(_affected(ledger, batch)):
                changed += _publish(ledger, number, ranks)
            ledger.move(FOLLOWER, batch[-1].sequence)
        done += len(batch)
        progress(done)


def unify_all(ledger: Ledger) -> int:
    """Describe every entity anew, as after a change of the rules of merging; returns how many changed."""
    with ledger.transaction():
        ranks = source_ranks(ledger)
        numbers = [number for (number,) in ledger.db.execute("SELECT id FROM entity ORDER BY id")]
        return sum(_publish(ledger, number, ranks) for number in numbers)


def source_ranks(ledger: Ledger) -> Mapping[str, int]:
    """Rank by source; the lower one speaks first where single values conflict."""
    rows = ledger.db.execute("SELECT id, description FROM source")
    return {source: json.loads(text).get("rank", 50) for source, text in rows}


def _affected(ledger: Ledger, batch: list[Activity]) -> set[int]:
    """Row ids of the entities whose description may have changed."""
    found: set[int] = set()
    for iri, appears in _last(batch).items():
        record = records.get(ledger.db, iri)
        if record is None:
            continue
        found |= _entity_of(ledger, record.id)
        moved = record.status == "live" and identity.assign(ledger, record)
        found |= _entity_of(ledger, record.id)
        if moved or appears:
            for (other,) in ledger.db.execute("SELECT record FROM reference WHERE target = ?", (record.thing,)):
                found |= _entity_of(ledger, other)
    return found


def _last(batch: list[Activity]) -> dict[str, bool]:
    """Records of a batch, and whether one appeared or went: then those that speak of it are affected, too."""
    found: dict[str, bool] = {}
    for activity in batch:
        found[activity.object] = found.get(activity.object, False) or activity.type != "Update"
    return found


def _entity_of(ledger: Ledger, record: int) -> set[int]:
    row = ledger.db.execute("SELECT entity FROM record WHERE id = ? AND entity IS NOT NULL", (record,)).fetchone()
    return {row[0]} if row else set()


def _publish(ledger: Ledger, number: int, ranks: Mapping[str, int]) -> bool:
    """Describe one entity from its live records; without any it is withdrawn."""
    (iri,) = ledger.db.execute("SELECT iri FROM entity WHERE id = ?", (number,)).fetchone()
    members = records.of_entity(ledger.db, iri)
    run = ledger.db.execute("SELECT max(changed) FROM record WHERE entity = ?", (number,)).fetchone()[0]
    if not members:
        return entities.withdraw(ledger.db, number, ledger.now(), run)
    nquads = describe(iri, members, ranks, lambda thing: resolve(ledger, thing))
    return entities.put(ledger.db, number, nquads, digest(nquads), ledger.now(), run)


def resolve(ledger: Ledger, thing: str) -> str | None:
    """IRI of the entity behind the thing of a record, None when that record is not live."""
    row = ledger.db.execute(
        "SELECT e.iri FROM record r JOIN entity e ON e.id = r.entity WHERE r.iri = ? AND r.status = 'live'",
        (thing.removesuffix("#it"),),
    ).fetchone()
    return row[0] if row else None
