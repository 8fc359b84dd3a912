"""From records to the unified catalogue: follow the log of records, the judgements and the rules.

What compares is loaded (`renewal`) when there is something to compare: a harvest without changes ends sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from registry import identity
from registry.ledger import Ledger, activities, judgements
from registry.ledger.activities import Activity
from registry.uncollected import uncollected

if TYPE_CHECKING:
    from registry.renewal import Comparing

FOLLOWER = "unify"
JUDGEMENTS = "judgements"
BATCH = 500
"""Activities per transaction: writers elsewhere wait no longer than one batch takes."""
ANEW = 200
"""Records per transaction when everything is compared anew, which takes long: others are to get their turn."""


def unify(ledger: Ledger, progress: Callable[[int], None] = lambda done: None) -> int:
    """Bring the catalogue up to date with the records and judgements; returns how many entities changed.

    Interrupted at any moment it leaves a valid catalogue, and goes on from there the next time.
    """
    with uncollected():  # the many small values that are compared have no cycles
        return _follow_rules(ledger, progress) + _follow_records(ledger, progress)


def rework(ledger: Ledger, progress: Callable[[int], None] = lambda done: None) -> int:
    """Forget every comparison and work all of them out anew, as after a change of the rules; IRIs stay.

    Returns how many entities changed.
    """
    with ledger.transaction():
        identity.forget(ledger)
    with uncollected():
        return _follow_rules(ledger, progress)


def _follow_records(ledger: Ledger, progress: Callable[[int], None]) -> int:
    changed = done = 0
    comparing: Comparing | None = None
    while True:
        if coming := list(activities.since(ledger.db, ledger.position(FOLLOWER), "record", BATCH)):
            comparing = comparing or _comparing(ledger)
            comparing.foresee(_last(ledger, coming))
        with ledger.transaction():
            judged = list(judgements.all_(ledger.db, ledger.position(JUDGEMENTS)))
            batch = list(activities.since(ledger.db, ledger.position(FOLLOWER), "record", BATCH))
            if not batch and not judged:
                return changed
            from registry.renewal import renew

            comparing = comparing or _comparing(ledger)
            with comparing as resolver:
                changed += renew(ledger, resolver, _last(ledger, batch), _judged(ledger, judged))
                if batch:
                    ledger.move(FOLLOWER, batch[-1].sequence)
                if judged:
                    ledger.move(JUDGEMENTS, judged[-1].number)
        done += len(batch)
        progress(done)


def _follow_rules(ledger: Ledger, progress: Callable[[int], None]) -> int:
    """Where the rules are not those that the comparisons were made with, compare everything anew.

    First all profiles, then all keys, all comparisons, and all entities: nothing is published while half of the
    comparisons are missing.
    """
    changed = 0
    comparing: Comparing | None = None
    while True:
        with ledger.transaction():
            step, numbers = identity.pending(ledger, ANEW)
            if step is None:
                return changed
            from registry.renewal import reassign

            comparing = comparing or _comparing(ledger)
            with comparing as resolver:
                if step == "profile":
                    resolver.profile_anew(numbers)
                elif step == "key":
                    resolver.key_anew(numbers)
                elif step == "compare":
                    resolver.compare_anew(numbers)
                else:
                    changed += reassign(ledger, resolver, numbers)
                identity.proceed(ledger, step, numbers)
        progress(len(numbers))


def _comparing(ledger: Ledger) -> Comparing:
    from registry.renewal import Comparing

    return Comparing(ledger, partial(_stand, ledger))


def _stand(ledger: Ledger) -> object:
    """What changes with whatever is compared."""
    return ledger.position(FOLLOWER), ledger.position(JUDGEMENTS), identity.progress(ledger)


def _last(ledger: Ledger, batch: list[Activity]) -> dict[int, bool]:
    """Ids of the records of a batch, and whether one appeared or went: that concerns those that speak of it, too."""
    found: dict[int, bool] = {}
    for activity in batch:
        (number,) = ledger.db.execute("SELECT id FROM record WHERE iri = ?", (activity.object,)).fetchone()
        found[number] = found.get(number, False) or activity.type != "Update"
    return found


def _judged(ledger: Ledger, judged: Iterable[judgements.Judgement]) -> list[int]:
    """Ids of the records that judgements were about."""
    iris = {iri for one in judged for pair in judgements.about(ledger.db, one.number) for iri in pair}
    iris |= {one.subject for one in judged if one.verdict == "prefer"}
    for one in judged:
        if one.verdict == "undo" and (undone := judgements.origin(ledger.db, one.number)):
            iris.add(undone.subject)
    rows = (ledger.db.execute("SELECT id FROM record WHERE iri = ?", (iri,)).fetchone() for iri in sorted(iris))
    return [row[0] for row in rows if row]
