"""Measure entities and sources as the ledger has them.

Nothing of it is stored or projected: freshness changes with every day, so whatever were written down would have to be
written again without anything having changed. A source is measured when somebody asks, and once for each of its states.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from registry.ledger import Entity, Ledger, SourceState
from registry.ledger.activities import unpack
from registry.quality.metrics import (
    METRICS,
    Agreement,
    Facts,
    Improvement,
    Measured,
    age_in_days,
    best,
    compare,
    measure,
)

_LINE = re.compile(r'<([^>]*)> <([^>]*)> (?:<([^>]*)>|"((?:[^"\\]|\\.)*)")')
_ESCAPE = re.compile(r'\\(?:(["\\tnrbf])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))')
_ESCAPED = {'"': '"', "\\": "\\", "t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}


class Qualities:
    """Measures, and remembers each source's last measurement as long as nothing has changed. Safe from every thread."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, Measured]] = {}
        self._lock = threading.Lock()

    def of_source(self, ledger: Ledger, state: SourceState, now: datetime | None = None) -> Measured:
        """The mean of what this source says of its things, and what would raise it."""
        now = now or datetime.now(UTC)
        key = (state.digest, state.live, state.confirmed, now.date(), ledger.sequence())
        kept = self._kept.get(state.id)
        if kept is None or kept[0] != key:
            with self._lock:  # several who ask at once wait for one measurement
                kept = self._kept.get(state.id)
                if kept is None or kept[0] != key:
                    kept = self._kept[state.id] = (key, of_source(ledger, state, now))
        return kept[1]


def of_source(ledger: Ledger, state: SourceState, now: datetime) -> Measured:
    """Measure every live record of a source, and where other sources speak of the same thing, whether they agree."""
    age = age_in_days(state.confirmed, now)
    shared = _agreements(ledger, state.id)
    sums: defaultdict[str, float] = defaultdict(float)
    counts: defaultdict[str, int] = defaultdict(int)
    gains: dict[tuple[str, str], Improvement] = {}
    things = 0
    for iri, kind, entity, nquads in ledger.db.execute(
        "SELECT iri, kind, entity, nquads FROM record WHERE source = ? AND status = 'live' ORDER BY iri", (state.id,)
    ):
        things += 1
        one = measure(kind, facts(f"{iri}#it", unpack(nquads)), age, shared.get(entity))
        for metric, value in one.values.items():
            sums[metric] += value
            counts[metric] += 1
        for improvement in one.improvements:
            name = (improvement.property, improvement.metric)
            known = gains.get(name) or replace(improvement, gain=0.0, affected=0)
            gains[name] = replace(known, gain=known.gain + improvement.gain, affected=known.affected + 1)
    values = {metric: sums[metric] / counts[metric] for metric in METRICS if counts[metric]}
    return Measured(values, best(replace(one, gain=one.gain / things) for one in gains.values()), things)


def of_entity(ledger: Ledger, entity: Entity, now: datetime | None = None) -> Measured:
    """Measure what the catalogue says of one entity; it is as fresh as the source that confirmed it last."""
    now = now or datetime.now(UTC)
    confirmed = {state.id: state.confirmed for state in ledger.sources()}
    members = ledger.records_of(entity.iri)
    moments = [moment for one in members if (moment := confirmed.get(one.source))]
    by_source: defaultdict[str, list[Facts]] = defaultdict(list)
    for one in members:
        by_source[one.source].append(facts(one.thing, one.nquads))
    agreement = compare([_together(said) for said in by_source.values()]) if len(by_source) > 1 else None
    age = age_in_days(max(moments, default=None), now)
    return measure(entity.kind, facts(entity.iri, entity.nquads), age, agreement)


def facts(thing: str, nquads: str) -> Facts:
    """The values by node and property, of a canonical form (its lines are regular: no parser is needed)."""
    found: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in nquads.split("\n"):
        if match := _LINE.match(line):
            subject, predicate, iri, text = match.groups()
            value = iri if text is None else _ESCAPE.sub(_unescaped, text) if "\\" in text else text
            found["" if subject == thing else subject][predicate].append(value)
    return found


def _unescaped(match: re.Match[str]) -> str:
    short, four, eight = match.groups()
    return _ESCAPED[short] if short else chr(int(four or eight, 16))


def _agreements(ledger: Ledger, source: str) -> Mapping[int, Agreement]:
    """Where other sources speak of the same things as this one: whether they agree, by entity."""
    said: defaultdict[int, defaultdict[str, list[Facts]]] = defaultdict(lambda: defaultdict(list))
    for entity, other, iri, nquads in _shared(ledger, source):
        said[entity][other].append(facts(f"{iri}#it", unpack(nquads)))
    return {entity: compare([_together(one) for one in sources.values()]) for entity, sources in said.items()}


def _shared(ledger: Ledger, source: str) -> Iterator[tuple[int, str, str, bytes]]:
    """The live records of all entities that this source and another one speak of."""
    return ledger.db.execute(
        "SELECT o.entity, o.source, o.iri, o.nquads FROM record o WHERE o.status = 'live' AND o.entity IN ("
        " SELECT a.entity FROM record a JOIN record b ON b.entity = a.entity AND b.source <> a.source"
        " WHERE a.source = ? AND a.status = 'live' AND b.status = 'live')",
        (source,),
    )


def _together(said: Sequence[Facts]) -> Facts:
    """What one source says of a thing in several records."""
    if len(said) == 1:
        return said[0]
    merged: dict[str, dict[str, list[str]]] = {}
    for one in said:
        for node, properties in one.items():
            for predicate, values in properties.items():
                merged.setdefault(node, {}).setdefault(predicate, []).extend(values)
    return merged
