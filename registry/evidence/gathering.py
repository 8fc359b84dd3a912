"""Who says what about an entity: for every value which records say it, since when, and which one was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from registry.ledger import Entity, Ledger, SourceState, StoredRecord, activities, identity, judgements
from registry.ledger import records as stored
from registry.ledger.identity import Derived
from registry.merge import SINGLE
from registry.record import parse
from registry.terms import ORTE, PROV, SCHEMA

if TYPE_CHECKING:
    from registry.identity.evidence import Sign

Term = ox.NamedNode | ox.Literal
Path = tuple[str, ...]
"""Properties from the entity to a value: `(schema:address, schema:postalCode)`."""

_TEXTS = frozenset(SCHEMA[name].value for name in ("description", "abstract", "name"))


@dataclass(frozen=True)
class Said:
    """That a record says a value: since when without a break, and when that was last confirmed (UTC, ISO 8601).

    ``subject`` is the record's name for what the value is about: its thing, or a nested node.
    """

    record: StoredRecord
    subject: str
    since: str
    confirmed: str


@dataclass(frozen=True)
class Value:
    """A value somewhere below the entity, and who says so. ``chosen``: it is in the catalogue.

    ``derived`` is set where no record makes the statement, but a rule or a judgement.
    """

    path: Path
    term: Term
    chosen: bool
    said: tuple[Said, ...] = ()
    derived: Derived | None = None


@dataclass(frozen=True)
class Join:
    """Why two records of the entity are one: the signs, or the judgement that decided."""

    a: StoredRecord
    b: StoredRecord
    score: float
    signs: tuple[Sign, ...]
    judgement: int | None


@dataclass(frozen=True)
class Evidence:
    """Everything behind one entity's description."""

    entity: Entity
    values: tuple[Value, ...]
    records: tuple[StoredRecord, ...]
    sources: Mapping[str, SourceState]
    joins: tuple[Join, ...]

    @property
    def conflicts(self) -> frozenset[Path]:
        """Paths of which the entity has one value and its records different ones; texts differ always."""
        return frozenset(_conflicting((value.path, str(value.term)) for value in self.values if value.said))

    @property
    def attributions(self) -> tuple[str, ...]:
        """What the sources want to be named as, each once."""
        texts = [
            str(self.sources[r.source].description.get("attribution") or "")
            for r in self.records
            if r.source in self.sources
        ]
        return tuple(dict.fromkeys(text for text in texts if text))


def evidence(ledger: Ledger, entity: Entity) -> Evidence:
    """What the ledger holds about a live entity."""
    records = ledger.records_of(entity.iri)
    used = {record.source for record in records}
    sources = {state.id: state for state in ledger.sources() if state.id in used}
    chosen = _chosen(entity)
    found: dict[tuple[Path, str], tuple[Term, list[Said]]] = {}
    for record in records:
        state = sources.get(record.source)
        confirmed = max(state.confirmed or "" if state else "", record.changed)
        statements = list(_statements(ledger, entity.iri, record))
        since = _since(ledger, record.iri, {line for _, _, _, line in statements})
        for path, term, subject, line in statements:
            said = Said(record, subject, since.get(line, record.changed), confirmed)
            found.setdefault((path, str(term)), (term, []))[1].append(said)
    values = [
        Value(path, term, (path, text) in chosen, tuple(said)) for (path, text), (term, said) in found.items()
    ]  # fmt: skip
    (number,) = ledger.db.execute("SELECT id FROM entity WHERE iri = ?", (entity.iri,)).fetchone()
    derived = {((one.predicate,), one.object): one for one in identity.derived(ledger.db, number)}
    values += [
        Value(path, chosen[path, text], True, derived=one)
        for (path, text), one in derived.items()
        if (path, text) not in found and (path, text) in chosen
    ]
    values.sort(key=lambda value: (value.path, not value.chosen, str(value.term)))
    return Evidence(entity, tuple(values), tuple(records), sources, tuple(_joins(ledger, records)))


@dataclass(frozen=True)
class Conflict:
    """A property of which the entity has one value and its records several: the values, which of them was chosen, and
    the sources (ids) that give them."""

    path: Path
    values: tuple[tuple[Term, bool, tuple[str, ...]], ...]


def conflicts(ledger: Ledger, entity: Entity, records: Sequence[StoredRecord]) -> list[Conflict]:
    """Where the records of an entity contradict one another; quicker than all the evidence."""
    if len(records) < 2:
        return []
    said: dict[tuple[Path, str], tuple[Term, list[str]]] = {}
    for record in records:
        for path, term, _, _ in _statements(ledger, entity.iri, record):
            said.setdefault((path, str(term)), (term, []))[1].append(record.source)
    chosen, found = _chosen(entity), _conflicting(said)
    return [
        Conflict(path, tuple(sorted(((term, (path, text) in chosen, tuple(dict.fromkeys(sources)))
                                     for (other, text), (term, sources) in said.items() if other == path),
                                    key=lambda value: (not value[1], str(value[0])))))
        for path in sorted(found)
    ]  # fmt: skip


def _conflicting(said: Iterable[tuple[Path, str]]) -> set[Path]:
    """Paths of single values with more than one; texts differ always."""
    found: dict[Path, set[str]] = {}
    for path, text in said:
        if ox.NamedNode(path[0]) in SINGLE and path[0] not in _TEXTS:
            found.setdefault(path, set()).add(text)
    return {path for path, texts in found.items() if len(texts) > 1}


_ABOUT_RECORDS = frozenset([PROV["wasDerivedFrom"].value, ORTE["attribution"].value])


def _chosen(entity: Entity) -> dict[tuple[Path, str], Term]:
    """The values of the unified description, by path and text of the term."""
    about: dict[str, list[tuple[str, Term]]] = {}
    for quad in parse(entity.nquads):
        assert isinstance(quad.subject, ox.NamedNode)
        assert isinstance(quad.object, ox.NamedNode | ox.Literal)
        about.setdefault(quad.subject.value, []).append((quad.predicate.value, quad.object))
    found: dict[tuple[Path, str], Term] = {}

    def walk(subject: str, path: Path) -> None:
        for predicate, term in about.pop(subject, ()):
            below = (*path, predicate)
            if isinstance(term, ox.NamedNode) and term.value.startswith(f"{entity.iri}#"):
                walk(term.value, below)
            elif predicate not in _ABOUT_RECORDS:
                found[below, str(term)] = term

    walk(entity.iri, ())
    return found


def _statements(ledger: Ledger, entity: str, record: StoredRecord) -> Iterator[tuple[Path, Term, str, str]]:
    """What a record says: path, value as the catalogue would have it, the record's subject, and its own line."""
    about: dict[str, list[tuple[str, Term]]] = {}
    for quad in parse(record.nquads):
        assert isinstance(quad.subject, ox.NamedNode)
        assert isinstance(quad.object, ox.NamedNode | ox.Literal)
        about.setdefault(quad.subject.value, []).append((quad.predicate.value, quad.object))
    pending: list[tuple[str, Path]] = [(record.thing, ())]
    while pending:
        subject, path = pending.pop()
        for predicate, term in about.pop(subject, ()):
            below, line = (*path, predicate), f"<{subject}> <{predicate}> {term} "
            if isinstance(term, ox.NamedNode) and term.value.startswith(f"{record.iri}#") and term.value in about:
                pending.append((term.value, below))
                continue
            if isinstance(term, ox.NamedNode) and term.value.endswith("#it") and "/records/" in term.value:
                other = stored.entity_of(ledger.db, term.value)
                if other is None or other == entity:
                    continue
                term = ox.NamedNode(other)
            yield below, term, subject, line


def _since(ledger: Ledger, record: str, lines: set[str]) -> dict[str, str]:
    """Since when each line has been in the record without a break, by the log."""
    found: dict[str, str] = {}
    left = set(lines)
    for type_, published, payload in ledger.db.execute(
        "SELECT type, published, payload FROM activity WHERE object = ? AND stream = 'record' ORDER BY sequence DESC",
        (record,),
    ):
        if type_ == "Delete" or not left:
            break
        version = activities.unpack(payload)
        left = {line for line in left if line in version}
        found |= dict.fromkeys(left, published)
    return found


def _joins(ledger: Ledger, records: Sequence[StoredRecord]) -> Iterator[Join]:
    """What holds the records of an entity together."""
    from registry.identity.decide import load_signs  # compares, which a page of an entity does not

    for index, one in enumerate(records):
        for two in records[index + 1 :]:
            ruled = judgements.ruling(ledger.db, one.iri, two.iri)
            compared = identity.comparison(ledger.db, one.id, two.id)
            if ruled is not None and ruled[0] == "same":
                yield Join(one, two, 0.0, (), ruled[1])
            elif compared is not None and compared.verdict == "same":
                yield Join(one, two, compared.score, load_signs(compared.signs), None)
