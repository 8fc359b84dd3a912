"""Lift raw records into RDF: one SPARQL CONSTRUCT over a batch of raw records in generic RDF.

The generic form is Facade-X (Daga et al., "Facade-X: an opinionated approach to SPARQL Anything", 2021): an object is
a node, its keys are `xyz:` properties, its lists are containers with `rdf:_1`, `rdf:_2` …; each member is also linked
by `fx:item`, so that a query need not count. The root node of a raw record IS the IRI of the record it becomes.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote

import pyoxigraph as ox

from harvesters import district
from harvesters.clean import Finding, as_custom_functions
from harvesters.gazetteer import Gazetteer
from harvesters.reading import RawRecord

FX = "http://sparql.xyz/facade-x/ns/"
XYZ = "http://sparql.xyz/facade-x/data/"
RAW = "https://w3id.org/orte/raw#"
FN = "https://w3id.org/orte/fn#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

PREFIXES = {
    "fx": FX,
    "xyz": XYZ,
    "raw": RAW,
    "fn": FN,
    "rdf": RDF,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "orte": "https://w3id.org/orte/ns#",
    "concept": "https://w3id.org/orte/concept/",
    "region": "https://w3id.org/orte/region/",
    "schema": "https://schema.org/",
    "org": "http://www.w3.org/ns/org#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dct": "http://purl.org/dc/terms/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prov": "http://www.w3.org/ns/prov#",
}
"""Prefixes that every lift query may use without declaring them."""

MAX_DEPTH = 40
"""Raw records nested deeper than this are refused: no real source needs it, and recursion is finite."""

_KEY = re.compile(r"xyz:((?:[\w-]|%[0-9A-Fa-f]{2})+)|<" + re.escape(XYZ) + r"([^>]*)>")

type_ = ox.NamedNode(RDF + "type")
root = ox.NamedNode(FX + "root")
item = ox.NamedNode(FX + "item")


class LiftError(Exception):
    """A lift query that cannot be evaluated; the message holds the engine's own."""


@dataclass(frozen=True)
class Lifted:
    """What one raw record became: the triples of each record by record IRI, and what cleaning had to say.

    No records and a `reason` (in German `reason_de`) mean that the raw record could not be lifted.
    """

    raw: RawRecord
    records: Mapping[str, Sequence[ox.Triple]]
    findings: Sequence[Finding] = ()
    reason: str | None = None
    reason_de: str = ""


class Lifts(Protocol):
    """Whatever lifts batches: this process or another one."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same raw record may become something else."""

    def lift(self, batch: Sequence[RawRecord]) -> list[Lifted]:
        """What each raw record became, in their order."""

    def unread(self, data: Mapping[str, Any]) -> set[str]:
        """The keys of raw data, at any depth, that nothing reads."""


class Lift:
    """One source's CONSTRUCT query, ready to be applied to batches.

    Args:
        query: the text of `lift.rq`; the prefixes of `PREFIXES` are known.
        records_base: address under which every source has its records, `{base}/sources/`.
        source_id: the source whose raw records are lifted.
        gazetteer: what `fn:district`, `fn:outside` and `fn:municipality` know; without one they go by words alone.
    """

    def __init__(
        self,
        query: str,
        *,
        source_id: str,
        records_base: str,
        gazetteer: Gazetteer | None = None,
    ) -> None:
        self._made_of = (query, source_id, records_base, gazetteer)
        self._query = query
        self._sources = records_base
        self._base = f"{records_base}{source_id}/records/"
        self._findings: list[Finding] = []
        self._functions: dict[ox.NamedNode, Callable[..., Any]] = {
            **as_custom_functions(self._findings.append),
            **(district.as_custom_functions(gazetteer, self._findings.append) if gazetteer else {}),
            ox.NamedNode(FN + "it"): _it,
            ox.NamedNode(FN + "node"): _node,
            ox.NamedNode(FN + "record"): self._record,
        }
        self.reads = frozenset(a or b for a, b in _KEY.findall(query))
        known = gazetteer.fingerprint if gazetteer else ""
        self.fingerprint = hashlib.sha256(f"{query}\n{_code_fingerprint()}\n{known}".encode()).hexdigest()
        try:
            list(self._evaluate([]))
        except SyntaxError as error:
            raise LiftError(f"the lift of source '{source_id}' is not valid SPARQL: {error}") from None

    def __reduce__(self) -> tuple[Callable[..., Lift], tuple[Any, ...]]:
        """Another process makes it anew."""
        return _again, self._made_of

    def iri(self, key: str) -> str:
        """The IRI of the record with this key: percent-encoded, so that no key can leave its place."""
        return self._base + quote(key, safe="")

    def lift(self, batch: Sequence[RawRecord]) -> list[Lifted]:
        """Lift a batch (some hundred at a time: one query over many records is much faster than many over one).

        One bad record never spoils the others: where the batch fails, its records are lifted one by one.
        """
        try:
            return self._lift(batch)
        except (ValueError, TypeError, OverflowError, OSError, SyntaxError, RuntimeError) as error:
            if len(batch) == 1:
                return [
                    Lifted(
                        batch[0],
                        {},
                        reason=f"the lift failed on this record: {error}",
                        reason_de=f"der Lift scheiterte an diesem Eintrag: {error}",
                    )
                ]
            return [lifted for raw in batch for lifted in self.lift([raw])]

    def unread(self, data: Mapping[str, Any]) -> set[str]:
        """The keys of raw data, at any depth, that the query never mentions."""
        return {key for key, _ in _keys(data) if quote(key, safe="") not in self.reads}

    def _lift(self, batch: Sequence[RawRecord]) -> list[Lifted]:
        self._findings.clear()
        raws = {self.iri(raw.key): raw for raw in batch}
        records: dict[str, dict[str, list[ox.Triple]]] = {iri: defaultdict(list) for iri in raws}
        strays: dict[str, str] = {}
        for triple in dict.fromkeys(self._evaluate(list(raws.items()))):
            subject = triple.subject.value if isinstance(triple.subject, ox.NamedNode) else "a blank node"
            record = subject.partition("#")[0]
            owner = self._owner(record)
            if owner not in records or isinstance(triple.object, ox.BlankNode):
                strays[owner if owner in records else next(iter(raws))] = subject
                continue
            records[owner][record].append(triple)
        findings = self._findings_by_value()
        return [
            Lifted(raw, records[iri], _findings_about(raw, findings), *self._why_nothing(raw, strays.get(iri)))
            if not records[iri]
            else Lifted(raw, records[iri], _findings_about(raw, findings))
            for iri, raw in raws.items()
        ]

    def _why_nothing(self, raw: RawRecord, stray: str | None) -> tuple[str, str]:
        """Why a raw record became nothing, in English and in German: what it spoke of, or what it lacks."""
        if stray:
            return (
                f"the lift made nothing of it; it spoke of {stray}, which is outside the record",
                f"der Lift machte nichts daraus; er sprach von {stray}, das nicht zum Datensatz gehört",
            )
        filled = {quote(key, safe="") for key, value in _keys(raw.data) if value not in (None, "", [], {})}
        lacking = ", ".join(sorted(unquote(key) for key in self.reads - filled))
        if not lacking:
            return "the lift made nothing of it", "der Lift machte nichts daraus"
        return (
            f"the lift made nothing of it; of what it reads, this entry lacks: {lacking}",
            f"der Lift machte nichts daraus; von dem, was er liest, fehlt diesem Eintrag: {lacking}",
        )

    def _evaluate(self, batch: Sequence[tuple[str, RawRecord]]) -> Iterator[ox.Triple]:
        store = ox.Store()
        store.extend(quad for iri, raw in batch for quad in _facade(iri, raw))
        answer = store.query(self._query, prefixes=PREFIXES, custom_functions=self._functions)
        if not isinstance(answer, ox.QueryTriples):
            raise SyntaxError("a lift must be a CONSTRUCT query")
        yield from answer

    def _owner(self, record: str) -> str:
        """The record that a record IRI belongs to: itself, or the one it is a part of."""
        if not record.startswith(self._base):
            return record
        return self._base + record[len(self._base) :].partition("/")[0]

    def _findings_by_value(self) -> Mapping[str, Sequence[tuple[int, Finding]]]:
        """The findings of a batch, in their order, by the (first) value that they are about."""
        found: dict[str, list[tuple[int, Finding]]] = defaultdict(list)
        for number, finding in enumerate(dict.fromkeys(self._findings)):
            found[(finding.parts or (finding.found,))[0].strip()].append((number, finding))
        return found

    def _record(self, source: ox.Literal, key: ox.Literal) -> ox.NamedNode:
        return ox.NamedNode(f"{self._sources}{source.value}/records/{quote(key.value, safe='')}#it")


def _again(query: str, source_id: str, records_base: str, gazetteer: Gazetteer | None) -> Lift:
    return Lift(query, source_id=source_id, records_base=records_base, gazetteer=gazetteer)


def _findings_about(raw: RawRecord, findings: Mapping[str, Sequence[tuple[int, Finding]]]) -> tuple[Finding, ...]:
    """Those of a batch's findings that are about values of this record."""
    if not findings:
        return ()
    texts = {text.strip() for text in _texts(raw.data)}
    about = {number: one for text in texts & findings.keys() for number, one in findings[text] if one.about(texts)}
    return tuple(about[number] for number in sorted(about))


def _it(record: ox.NamedNode, suffix: ox.Literal | None = None) -> ox.NamedNode:
    """The thing that a record describes, or with a suffix the thing that one of its parts describes."""
    path = f"/{quote(suffix.value, safe='/')}" if suffix is not None else ""
    return ox.NamedNode(f"{record.value.partition('#')[0]}{path}#it")


def _node(record: ox.NamedNode, name: ox.Literal) -> ox.NamedNode:
    """A nested node of a record: address, position, offer."""
    return ox.NamedNode(f"{record.value.partition('#')[0]}#{quote(name.value, safe='')}")


def _facade(iri: str, raw: RawRecord) -> Iterator[ox.Quad]:
    node = ox.NamedNode(iri)
    yield ox.Quad(node, type_, root)
    yield ox.Quad(node, ox.NamedNode(RAW + "key"), ox.Literal(raw.key))
    if raw.page:
        yield ox.Quad(node, ox.NamedNode(RAW + "page"), ox.Literal(raw.page))
    if raw.modified:
        yield ox.Quad(node, ox.NamedNode(RAW + "modified"), ox.Literal(raw.modified))
    for key, value in raw.data.items():
        yield from _link(node, (_property(key),), value)


def _link(
    node: ox.NamedNode | ox.BlankNode, predicates: Sequence[ox.NamedNode], value: Any, depth: int = 0
) -> Iterator[ox.Quad]:
    """Say that `node` has `value`; objects and lists become nodes of their own."""
    if value is None:
        return
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if not isinstance(value, Mapping | list | tuple):
        for predicate in predicates:
            yield ox.Quad(node, predicate, ox.Literal(value))
        return
    child = ox.BlankNode()
    for predicate in predicates:
        yield ox.Quad(node, predicate, child)
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _link(child, (_property(key),), member, depth + 1)
    else:
        for index, member in enumerate(value, 1):
            yield from _link(child, (_slot(index), item), member, depth + 1)


@cache
def _slot(index: int) -> ox.NamedNode:
    return ox.NamedNode(f"{RDF}_{index}")


def _property(key: str) -> ox.NamedNode:
    return ox.NamedNode(XYZ + quote(key, safe=""))


def _keys(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield key, value
            yield from _keys(value)
    elif isinstance(data, list | tuple):
        for member in data:
            yield from _keys(member)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, Mapping):
        data = list(data.values())
    if isinstance(data, list | tuple):
        for member in data:
            yield from _texts(member)
    elif data is not None:
        yield str(ox.Literal(data).value)  # as cleaning functions were given it: NaN and 0, not nan and 0.0


@cache
def _code_fingerprint() -> str:
    """Changes whenever the cleaning functions or this file do: their results may then differ for equal raw records."""
    home = Path(__file__).parent
    names = ("lift.py", "district.py", "gazetteer.py", "outlines.py", "plane.py")
    files = [*(home / name for name in names), *sorted(home.glob("clean/*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
