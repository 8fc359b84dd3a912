"""From records to the unified catalogue: follow the log of records and the judgements, decide which records are one
thing, and describe every entity that is affected."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from registry import identity
from registry.identity.assign import assign
from registry.identity.parts import derived_parts
from registry.identity.resolve import Resolver
from registry.identity.services import compare_services
from registry.ledger import Ledger, activities, entities, judgements, records
from registry.ledger import identity as store
from registry.ledger.activities import Activity
from registry.merge import describe
from registry.record import digest
from registry.uncollected import uncollected

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


def unify_all(ledger: Ledger) -> int:
    """Describe every entity anew, as after a change of the rules of merging; returns how many changed."""
    with ledger.transaction():
        resolver, circumstances = Resolver(ledger), _circumstances(ledger)
        numbers = [number for (number,) in ledger.db.execute("SELECT id FROM entity ORDER BY id")]
        return sum(_publish(ledger, resolver, number, circumstances) for number in numbers)


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
    comparing = _Comparing(ledger)
    while True:
        with ledger.transaction(), comparing as resolver:
            judged = list(judgements.all_(ledger.db, ledger.position(JUDGEMENTS)))
            batch = list(activities.since(ledger.db, ledger.position(FOLLOWER), "record", BATCH))
            if not batch and not judged:
                return changed
            changed += _renew(ledger, resolver, _last(ledger, batch), _judged(ledger, judged))
            if batch:
                ledger.move(FOLLOWER, batch[-1].sequence)
            if judged:
                ledger.move(JUDGEMENTS, judged[-1].number)
        done += len(batch)
        progress(done)


@dataclass(frozen=True)
class _Circumstances:
    """What is the same for all that is published together: the moment, and of each source its rank (the lower one
    speaks first where single values conflict) and how it wants to be named."""

    now: str
    ranks: Mapping[str, int]
    attributions: Mapping[str, str]


def _circumstances(ledger: Ledger) -> _Circumstances:
    rows = ledger.db.execute("SELECT id, description FROM source")
    described = {source: json.loads(text) for source, text in rows}
    return _Circumstances(
        ledger.now(),
        {source: about.get("rank", 50) for source, about in described.items()},
        {source: text for source, about in described.items() if (text := about.get("attribution"))},
    )


class _Comparing:
    """A resolver for one transaction after the other: the same, unless others have compared something in between."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._resolver: Resolver | None = None
        self._left: object = None

    def __enter__(self) -> Resolver:
        if self._resolver is None or self._resolver.full or self._left != self._stand():
            self._resolver = Resolver(self._ledger)
        self._resolver.begin()
        return self._resolver

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._left = self._stand()
        else:
            self._resolver = None

    def _stand(self) -> object:
        """What changes with whatever is compared."""
        ledger = self._ledger
        return ledger.position(FOLLOWER), ledger.position(JUDGEMENTS), identity.progress(ledger)


def _renew(ledger: Ledger, resolver: Resolver, changes: Mapping[int, bool], judged: Sequence[int]) -> int:
    """Resolve records that changed (True: appeared or went) or were judged, and publish whatever that concerns."""
    version = _version(ledger)
    touched = resolver.apply(changes) | set(judged)
    concerned = _assign(ledger, resolver, touched | resolver.unmoved, set(changes), changes)
    concerned |= {entity for number in (*changes, *judged) for entity in _entity_of(ledger, number)}
    appeared = [number for number, appears in changes.items() if appears]
    _, reassigned, _ = store.changes(ledger.db, version)
    concerned |= _referring(ledger, {*appeared, *reassigned}) | _beside(ledger, {*touched, *reassigned})
    circumstances = _circumstances(ledger)
    return sum(_publish(ledger, resolver, number, circumstances) for number in sorted(concerned))


def _assign(
    ledger: Ledger, resolver: Resolver, touched: Iterable[int], changed: set[int], renewed: Iterable[int]
) -> set[int]:
    """Sites, networks and organisations first; then their services, which are compared house by house."""
    hosted = {n for n in touched if (known := resolver.profile(n)) and resolver.hosted(known)}
    affected = assign(ledger, resolver, set(touched) - hosted, changed)
    houses = affected | {entity for number in renewed for entity in _entity_of(ledger, number)}
    for number in hosted:
        known = resolver.profile(number)
        houses |= {e for host in resolver.hosts(known) for e in _entity_of(ledger, host)} if known else set()
    services = compare_services(resolver, sorted(houses)) | hosted
    return affected | assign(ledger, resolver, services, changed) | houses


def _follow_rules(ledger: Ledger, progress: Callable[[int], None]) -> int:
    """Where the rules are not those that the comparisons were made with, compare everything anew.

    First all profiles, then all keys, all comparisons, and all entities: nothing is published while half of the
    comparisons are missing.
    """
    changed = 0
    comparing = _Comparing(ledger)
    while True:
        with ledger.transaction(), comparing as resolver:
            step, numbers = identity.pending(ledger, ANEW)
            if step is None:
                return changed
            if step == "profile":
                resolver.profile_anew(numbers)
            elif step == "key":
                resolver.key_anew(numbers)
            elif step == "compare":
                resolver.compare_anew(numbers)
            else:
                version = _version(ledger)
                concerned = _assign(ledger, resolver, numbers, set(), numbers)
                _, reassigned, _ = store.changes(ledger.db, version)
                concerned |= _referring(ledger, reassigned) | _beside(ledger, {*numbers, *reassigned})
                circumstances = _circumstances(ledger)
                changed += sum(_publish(ledger, resolver, number, circumstances) for number in sorted(concerned))
            identity.proceed(ledger, step, numbers)
        progress(len(numbers))


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


def _referring(ledger: Ledger, numbers: Iterable[int]) -> set[int]:
    """Entities whose records speak of the things of these records."""
    found: set[int] = set()
    for number in numbers:
        rows = ledger.db.execute(
            "SELECT o.entity FROM record r JOIN reference f ON f.target = r.iri || '#it'"
            " JOIN record o ON o.id = f.record WHERE r.id = ? AND o.entity IS NOT NULL",
            (number,),
        )
        found |= {entity for (entity,) in rows}
    return found


def _beside(ledger: Ledger, numbers: Iterable[int]) -> set[int]:
    """Entities of these records, and of those that they are part of or that are part of them."""
    found: set[int] = set()
    for number in numbers:
        found |= _entity_of(ledger, number)
        for compared in store.comparisons(ledger.db, number):
            if compared.verdict == "part-of":
                found |= _entity_of(ledger, compared.other(number))
        (iri,) = ledger.db.execute("SELECT iri FROM record WHERE id = ?", (number,)).fetchone()
        for other, verdict, _ in judgements.rulings(ledger.db, iri):
            if verdict != "same":
                rows = ledger.db.execute("SELECT entity FROM record WHERE iri = ? AND entity IS NOT NULL", (other,))
                found |= {entity for (entity,) in rows}
    return found


def _entity_of(ledger: Ledger, record: int) -> set[int]:
    row = ledger.db.execute("SELECT entity FROM record WHERE id = ? AND entity IS NOT NULL", (record,)).fetchone()
    return {row[0]} if row else set()


def _version(ledger: Ledger) -> int:
    return int(ledger.db.execute("SELECT coalesce(max(version), 0) FROM identity_change").fetchone()[0])


def _publish(ledger: Ledger, resolver: Resolver, number: int, among: _Circumstances) -> bool:
    """Describe one entity from its live records; without any it is withdrawn."""
    iri, kind = ledger.db.execute("SELECT iri, kind FROM entity WHERE id = ?", (number,)).fetchone()
    members = resolver.records_of(number)
    run = ledger.db.execute("SELECT max(changed) FROM record WHERE entity = ?", (number,)).fetchone()[0]
    if not members:
        store.put_derived(ledger.db, number, ())
        return entities.withdraw(ledger.db, number, among.now, run)
    parts = derived_parts(ledger, number, iri, kind)
    preferred = judgements.preferences(ledger.db, (record.iri for record in members))
    merged = describe(
        iri, members, among.ranks, partial(records.entity_of, ledger.db), preferred=preferred, derived=parts,
        attributions=among.attributions,
    )  # fmt: skip
    store.put_derived(ledger.db, number, merged.derived)
    return entities.put(ledger.db, number, merged.nquads, digest(merged.nquads), among.now, run)
