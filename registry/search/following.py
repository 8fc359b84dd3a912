"""Bring the search view up to date with the ledger's entities."""

from __future__ import annotations

from collections.abc import Callable

from registry.ledger import Ledger, activities
from registry.search.bitmaps import keep, unkept
from registry.search.indexing import clear, create, index, remove

FOLLOWER = "search"
BATCH = 500
"""Activities per transaction: writers elsewhere wait no longer than one batch takes."""


def follow(ledger: Ledger, progress: Callable[[int], None] = lambda done: None) -> int:
    """Index what changed since the last call; returns how many entities that were.

    Interrupted at any moment it leaves a valid view, and goes on from there the next time.
    """
    with ledger.transaction():
        create(ledger.db)
    done = 0
    while True:
        with ledger.transaction():
            batch = list(activities.since(ledger.db, ledger.position(FOLLOWER), "entity", BATCH))
            if not batch:
                if unkept(ledger.db):
                    keep(ledger.db)
                return done
            changed = dict.fromkeys(activity.object for activity in batch)
            known = {iri: ledger.entity(iri) for iri in changed}
            for iri in (iri for iri, entity in known.items() if entity is None):
                remove(ledger.db, iri)
            index(ledger.db, *(entity for entity in known.values() if entity is not None))
            ledger.move(FOLLOWER, batch[-1].sequence)
        done += len(changed)
        progress(done)


def rebuild(ledger: Ledger, progress: Callable[[int], None] = lambda done: None) -> int:
    """Empty the view and fill it again from the ledger; returns the number of entities indexed."""
    with ledger.transaction():
        create(ledger.db)
        clear(ledger.db)
        ledger.move(FOLLOWER, 0)
    return follow(ledger, progress)
