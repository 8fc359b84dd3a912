"""Merge the records of one entity into its unified description, deterministically.

Single values are chosen by judgement, then source rank, then the source's own modification date, then the record's IRI;
multiple values are united. Nothing depends on when or in which order we harvested, so the same records give the same
catalogue, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyoxigraph as ox

from registry.identity.statements import read_term
from registry.ledger import StoredRecord
from registry.ledger.identity import Derived
from registry.record import canonical
from registry.terms import DCT, ORTE, PROV, SCHEMA

_ADDRESS, _STREET = SCHEMA["address"], SCHEMA["streetAddress"]
_NAMES = (SCHEMA["name"], SCHEMA["alternateName"])

SINGLE = frozenset(
    [
        *(
            SCHEMA[n]
            for n in ("name", "address", "geo", "openingHours", "description", "abstract", "telephone", "email")
        ),
        *(SCHEMA[n] for n in ("url", "startDate", "endDate", "foundingDate", "maximumAttendeeCapacity")),
        *(ORTE[n] for n in ("phase", "status", "region", "presence", "floorArea", "organisationKind")),
    ]
)
"""Properties of which an entity has one value (per language): the best record that has any speaks."""

OTHER_NAME = "other-name"
"""The rule by which the name that another source gives becomes an alternate name."""

Resolve = Callable[[str], str | None]
"""From the IRI by which records speak of a thing (`…#it`) to its live entity's IRI, None when there is none."""


@dataclass(frozen=True)
class Merged:
    """A unified description (canonical N-Triples), and which of its statements no record makes."""

    nquads: str
    derived: tuple[Derived, ...]


def describe(
    entity: str,
    records: Iterable[StoredRecord],
    ranks: Mapping[str, int],
    resolve: Resolve,
    *,
    preferred: Mapping[str, str] | None = None,
    derived: Sequence[Derived] = (),
    attributions: Mapping[str, str] | None = None,
) -> Merged:
    """The unified description of an entity; nested nodes become `{entity}#…`.

    Args:
        preferred: IRI of the record that has the say, by property, where a person decided that.
        derived: statements about the entity that follow from more than one record.
        attributions: what each source (by id) wants to be named as; those of all that speak travel with the entity.
    """
    node = ox.NamedNode(entity)
    merged: set[ox.Triple] = set()
    fragments: set[str] = set()
    views = [_View(entity, record, resolve) for record in in_order(records, ranks)]
    speakers = _speakers(views, preferred or {})
    for view in views:
        view.taken = frozenset(fragments)
        merged.add(ox.Triple(node, PROV["wasDerivedFrom"], ox.NamedNode(view.record.iri)))
        if credit := (attributions or {}).get(view.record.source):
            merged.add(ox.Triple(node, ORTE["attribution"], ox.Literal(credit)))
        for predicate, value in view.said:
            if predicate in SINGLE and speakers[predicate] is not view:
                continue
            if (term := view(value)) is not None and term != node:  # two of its records may speak of each other
                merged.add(ox.Triple(node, predicate, term))
                _nested(value, view, merged)
        fragments |= view.used
    statements = [*derived, *_other_names(views, speakers, merged)]
    for one in statements:
        merged.add(ox.Triple(node, ox.NamedNode(one.predicate), read_term(one.object)))
    return Merged(canonical(merged), tuple(statements))


def in_order(records: Iterable[StoredRecord], ranks: Mapping[str, int]) -> list[StoredRecord]:
    """Records in the order in which they speak: source rank, then the source's latest modification, then IRI."""
    by_iri = sorted(records, key=lambda record: record.iri)
    by_recency = sorted(by_iri, key=modified, reverse=True)
    return sorted(by_recency, key=lambda record: ranks.get(record.source, 50))


def modified(record: StoredRecord) -> float:
    """When the source last changed it, by its own word, in seconds since 1970; 0 when it does not say."""
    start = f"<{record.iri}> <{DCT['modified'].value}> "
    for line in record.nquads.split("\n"):
        if line.startswith(start):
            return _seconds(line.split('"')[1])
    return 0.0


def _seconds(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return float(text) if text.isdigit() and len(text) <= 12 else 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class _View:
    """What one record says, renamed: its thing and nested nodes to the entity's, other things to their entities."""

    def __init__(self, entity: str, record: StoredRecord, resolve: Resolve) -> None:
        self.entity = entity
        self.record = record
        self.nested = record.iri + "#"
        self.resolve = resolve
        self.taken: frozenset[str] = frozenset()
        self.names: dict[str, str] = {}
        self.statements = _by_subject(record)
        self.said = self.statements.pop(record.thing, ())

    @property
    def used(self) -> set[str]:
        return set(self.names.values())

    def __call__(self, term: ox.NamedNode | ox.Literal) -> ox.NamedNode | ox.Literal | None:
        """The term as the catalogue says it; None for a thing that is not published."""
        if isinstance(term, ox.Literal):
            return term
        if term.value == self.record.thing:
            return ox.NamedNode(self.entity)
        if term.value.startswith(self.nested):
            return ox.NamedNode(f"{self.entity}#{self._fragment(term.value[len(self.nested) :])}")
        if term.value.endswith("#it") and "/records/" in term.value:
            found = self.resolve(term.value)
            return ox.NamedNode(found) if found else None
        return term

    def _fragment(self, name: str) -> str:
        if name not in self.names:
            free, number = name, 1
            while free in self.taken:
                number += 1
                free = f"{name}-{number}"
            self.names[name] = free
        return self.names[name]


def _speakers(views: Sequence[_View], preferred: Mapping[str, str]) -> dict[ox.NamedNode, _View]:
    """Which record speaks for each property of which there is one value."""
    found: dict[ox.NamedNode, _View] = {}
    for view in views:
        for predicate, _ in view.said:
            found.setdefault(predicate, view)
    full = next((view for view in views if _has_street(view)), None)
    if full is not None and not _has_street(found[_ADDRESS]):
        # A better source that knows but the town does not hide the street that another one knows.
        found[_ADDRESS] = full
    for property_, record in preferred.items():
        chosen = next((view for view in views if view.record.iri == record), None)
        if chosen and any(predicate.value == property_ for predicate, _ in chosen.said):
            found[ox.NamedNode(property_)] = chosen
    return found


def _has_street(view: _View) -> bool:
    nodes = [value.value for predicate, value in view.said if predicate == _ADDRESS]
    return any(p == _STREET for node in nodes for p, _ in view.statements.get(node, ()))


def _other_names(
    views: Sequence[_View], speakers: Mapping[ox.NamedNode, _View], merged: set[ox.Triple]
) -> list[Derived]:
    """The names that other records give: people look for a place by any of them."""
    known = {
        triple.object.value for triple in merged if triple.predicate in _NAMES and isinstance(triple.object, ox.Literal)
    }
    found: dict[str, list[str]] = {}
    for view in views:
        for predicate, value in view.said:
            if predicate == _NAMES[0] and speakers[predicate] is not view and value.value not in known:
                found.setdefault(str(value), []).append(view.record.iri)
    return [
        Derived(SCHEMA["alternateName"].value, term, OTHER_NAME, tuple(sorted(records)))
        for term, records in sorted(found.items())
    ]


def _nested(value: ox.NamedNode | ox.Literal, view: _View, merged: set[ox.Triple]) -> None:
    """Add what is said of a nested node, once, and of the nodes nested in it."""
    said = view.statements.pop(value.value, ()) if isinstance(value, ox.NamedNode) else ()
    subject = view(value)
    for predicate, inner in said:
        if (term := view(inner)) is not None and isinstance(subject, ox.NamedNode):
            merged.add(ox.Triple(subject, predicate, term))
            _nested(inner, view, merged)


def _by_subject(record: StoredRecord) -> dict[str, Sequence[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]]]:
    found: dict[str, list[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]]] = {}
    for quad in record.quads:
        assert isinstance(quad.subject, ox.NamedNode)
        assert isinstance(quad.object, ox.NamedNode | ox.Literal)
        if quad.subject.value != record.iri:
            found.setdefault(quad.subject.value, []).append((quad.predicate, quad.object))
    return dict(found)
