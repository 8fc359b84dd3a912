"""Decide which records are one thing, and describe every entity that is affected: what follows from some records.

`unify` says which records, and when; it loads this, and all that compares, only when there are any.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from registry.identity.assign import assign
from registry.identity.parts import derived_parts
from registry.identity.resolve import Foreseen, Resolver, foresee
from registry.identity.services import compare_services
from registry.ledger import Ledger, entities, judgements, records
from registry.ledger import identity as store
from registry.merge import describe
from registry.record import digest


class Comparing:
    """A resolver for one transaction after the other: the same, unless others have compared something in between.

    `stand` changes with whatever is compared.
    """

    def __init__(self, ledger: Ledger, stand: Callable[[], object]) -> None:
        self._ledger = ledger
        self._stand = stand
        self._resolver: Resolver | None = None
        self._left: object = None
        self._foreseen: dict[int, Foreseen] = {}

    def foresee(self, numbers: Iterable[int]) -> None:
        """Work out before the next transaction what can be told of these records alone."""
        self._foreseen = foresee(self._ledger.db, numbers)

    def __enter__(self) -> Resolver:
        if self._resolver is None or self._resolver.full or self._left != self._stand():
            self._resolver = Resolver(self._ledger)
        self._resolver.begin(self._foreseen)
        return self._resolver

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._foreseen = {}
        if kind is None:
            self._left = self._stand()
        else:
            self._resolver = None


def renew(ledger: Ledger, resolver: Resolver, changes: Mapping[int, bool], judged: Sequence[int]) -> int:
    """Resolve records that changed (True: appeared or went) or were judged, and publish whatever that concerns."""
    version = _version(ledger)
    touched = resolver.apply(changes) | set(judged)
    concerned = _assign(ledger, resolver, touched | resolver.unmoved, set(changes), changes)
    concerned |= {entity for number in (*changes, *judged) for entity in _entity_of(ledger, number)}
    appeared = [number for number, appears in changes.items() if appears]
    _, reassigned, _ = store.changes(ledger.db, version)
    concerned |= _referring(ledger, {*appeared, *reassigned}) | _beside(ledger, {*touched, *reassigned})
    return _publish(ledger, resolver, sorted(concerned))


def reassign(ledger: Ledger, resolver: Resolver, numbers: Sequence[int]) -> int:
    """Assign records that were compared anew, and publish whatever that concerns; returns how many entities changed."""
    version = _version(ledger)
    concerned = _assign(ledger, resolver, numbers, set(), numbers)
    _, reassigned, _ = store.changes(ledger.db, version)
    concerned |= _referring(ledger, reassigned) | _beside(ledger, {*numbers, *reassigned})
    return _publish(ledger, resolver, sorted(concerned))


def renew_all(ledger: Ledger) -> int:
    """Describe every entity anew, as after a change of the rules of merging; returns how many changed."""
    with ledger.transaction():
        numbers = [number for (number,) in ledger.db.execute("SELECT id FROM entity ORDER BY id")]
        return _publish(ledger, Resolver(ledger), numbers)


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


def _publish(ledger: Ledger, resolver: Resolver, numbers: Iterable[int]) -> int:
    """Describe these entities; returns how many changed."""
    circumstances = _circumstances(ledger)
    return sum(_publish_one(ledger, resolver, number, circumstances) for number in numbers)


def _publish_one(ledger: Ledger, resolver: Resolver, number: int, among: _Circumstances) -> bool:
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
