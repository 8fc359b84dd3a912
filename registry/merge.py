"""Merge the records of one entity into its unified description, deterministically.

Single values are chosen by source rank, then recency, then the record's IRI; multiple values are united. The same
ledger therefore gives the same catalogue, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import pyoxigraph as ox

from registry.ledger import StoredRecord
from registry.record import canonical, parse
from registry.terms import ORTE, PROV, SCHEMA

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

Resolve = Callable[[str], str | None]
"""From the IRI by which records speak of a thing (`…#it`) to its live entity's IRI, None when there is none."""


def describe(entity: str, records: Iterable[StoredRecord], ranks: Mapping[str, int], resolve: Resolve) -> str:
    """The unified description as canonical N-Triples; nested nodes become `{entity}#…`."""
    node = ox.NamedNode(entity)
    merged: set[ox.Triple] = set()
    spoken: set[ox.NamedNode] = set()
    fragments: set[str] = set()
    for record in preferred(records, ranks):
        merged.add(ox.Triple(node, PROV["wasDerivedFrom"], ox.NamedNode(record.iri)))
        rename = _Renaming(entity, record, resolve, fragments)
        statements = _by_subject(record)
        here: set[ox.NamedNode] = set()
        for predicate, value in statements.pop(record.thing, ()):
            if predicate in SINGLE and predicate in spoken:
                continue
            here.add(predicate)
            if (term := rename(value)) is not None:
                merged.add(ox.Triple(node, predicate, term))
                _nested(value, statements, rename, merged)
        spoken |= here
        fragments |= rename.used
    return canonical(merged)


def preferred(records: Iterable[StoredRecord], ranks: Mapping[str, int]) -> list[StoredRecord]:
    """Records in the order in which they speak: source rank, then most recently changed, then IRI."""
    by_iri = sorted(records, key=lambda record: record.iri)
    by_recency = sorted(by_iri, key=lambda record: record.changed, reverse=True)
    return sorted(by_recency, key=lambda record: ranks.get(record.source, 50))


class _Renaming:
    """Renames what one record says: its thing and nested nodes to the entity's, other things to their entities."""

    def __init__(self, entity: str, record: StoredRecord, resolve: Resolve, taken: set[str]) -> None:
        self.entity = entity
        self.thing = record.thing
        self.nested = record.iri + "#"
        self.resolve = resolve
        self.taken = taken
        self.names: dict[str, str] = {}

    @property
    def used(self) -> set[str]:
        return set(self.names.values())

    def __call__(self, term: ox.NamedNode | ox.Literal) -> ox.NamedNode | ox.Literal | None:
        """The term as the catalogue says it; None for a thing that is not published."""
        if isinstance(term, ox.Literal):
            return term
        if term.value == self.thing:
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


def _nested(
    value: ox.NamedNode | ox.Literal,
    statements: dict[str, Sequence[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]]],
    rename: _Renaming,
    merged: set[ox.Triple],
) -> None:
    """Add what is said of a nested node, once, and of the nodes nested in it."""
    said = statements.pop(value.value, ()) if isinstance(value, ox.NamedNode) else ()
    subject = rename(value)
    for predicate, inner in said:
        if (term := rename(inner)) is not None and isinstance(subject, ox.NamedNode):
            merged.add(ox.Triple(subject, predicate, term))
            _nested(inner, statements, rename, merged)


def _by_subject(record: StoredRecord) -> dict[str, Sequence[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]]]:
    found: dict[str, list[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]]] = {}
    for quad in parse(record.nquads):
        assert isinstance(quad.subject, ox.NamedNode)
        assert isinstance(quad.object, ox.NamedNode | ox.Literal)
        if quad.subject.value != record.iri:
            found.setdefault(quad.subject.value, []).append((quad.predicate, quad.object))
    return dict(found)
