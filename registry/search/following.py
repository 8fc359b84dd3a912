"""Bring the search view up to date with the ledger's entities."""

from __future__ import annotations

from collections.abc import Callable

from registry.ledger import Ledger, activities
from registry.search.entries import entry
from registry.search.indexing import clear, create, index
from registry.search.stale import unkept

FOLLOWER = "search"
BATCH = 1000
"""Activities per transaction: writers elsewhere wait no longer than it takes to write one batch. Smaller ones leave
more pieces of the full-text index to be put together."""


def follow(ledger: Ledger, progress: Callable[[int], None] = lambda done: None) -> int:
    """Index what changed since the last call; returns how many entities that were.

    What is written is made ready before, so that others may write meanwhile; they may also be at the same. Interrupted
    at any moment it leaves a valid view, and goes on from there the next time.
    """
    with ledger.transaction():
        create(ledger.db)
    done = 0
    while True:
        position = ledger.position(FOLLOWER)
        batch = list(activities.since(ledger.db, position, "entity", BATCH))
        entries = {iri: entry(ledger.entity(iri)) for iri in dict.fromkeys(activity.object for activity in batch)}
        with ledger.transaction():
            if ledger.position(FOLLOWER) != position:  # another process has indexed meanwhile
                continue
            if not batch:
                if unkept(ledger.db):
                    from registry.search.bitmaps import keep  # loads numpy, which takes longer than to see this

                    keep(ledger.db)
                return done
            index(ledger.db, entries)
            ledger.move(FOLLOWER, batch[-1].sequence)
        done += len(entries)
        progress(done)


def rebuild(ledger: Ledger, progress: Callable[[int], None] = lambda done: None) -> int:
    """Empty the view and fill it again from the ledger; returns the number of entities indexed."""
    with ledger.transaction():
        create(ledger.db)
        clear(ledger.db)
        ledger.move(FOLLOWER, 0)
    return follow(ledger, progress)
