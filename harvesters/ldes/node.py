"""One page of a stream, taken apart: what the stream says of itself, members, and relations to further pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyoxigraph as ox

LDES = "https://w3id.org/ldes#"
TREE = "https://w3id.org/tree#"
AS = "https://www.w3.org/ns/activitystreams#"
ORTE = "https://w3id.org/orte/ns#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_LOWER = ("GreaterThanRelation", "GreaterThanOrEqualToRelation", "EqualToRelation")

Kind = Literal["create", "update", "delete", "version"]


class Unreadable(Exception):
    """Why a page is no page of a stream, as the end of a sentence that begins with its address."""


@dataclass(frozen=True)
class Semantics:
    """What the stream says about its members: which property tells what (LDES vocabulary)."""

    stream: str
    timestamp: str | None = None
    sequence: str | None = None
    version_of: str | None = None
    kinds: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    polling: int | None = None

    def kind(self, about: Mapping[str, list[str]]) -> Kind:
        """What a member does; a stream without such words publishes versions."""
        for kind, (path, value) in self.kinds.items():
            if value in about.get(path, ()):
                return kind  # type: ignore[return-value]
        return "version"


@dataclass(frozen=True)
class Member:
    """One event. `object` is what it is about, `payload` what it says of that; `about` the event's own values."""

    iri: str
    kind: Kind
    object: str
    published: str | None
    sequence: int | None
    about: Mapping[str, Sequence[str]]
    payload: Sequence[ox.Triple]


@dataclass(frozen=True)
class Relation:
    """A link to a further page; members behind it are not before `earliest` (a literal of the stream's order)."""

    node: str
    earliest: str


@dataclass(frozen=True)
class Page:
    """All of one document."""

    semantics: Semantics | None
    members: Sequence[Member]
    relations: Sequence[Relation]
    immutable: bool
    about: Mapping[str, Sequence[str]]


def take_apart(quads: Iterable[ox.Quad], address: str, known: Semantics | None) -> Page:
    """Read a page at an address; the root gives the semantics, further pages are read by them.

    Raises:
        Unreadable: when the root describes no stream, or more than one.
    """
    facts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    triples: dict[str, list[ox.Triple]] = defaultdict(list)
    graphs: dict[str, list[ox.Triple]] = defaultdict(list)
    for quad in quads:
        subject, value, graph = quad.subject, quad.object, quad.graph_name
        if type(subject) is ox.Triple or type(value) is ox.Triple:
            continue
        if type(graph) is ox.DefaultGraph:
            name = _name(subject)
            facts[name][quad.predicate.value].append(_name(value))
            triples[name].append(quad.triple)
        else:  # nearly all: what members bring
            graphs[graph.value if type(graph) is ox.NamedNode else str(graph)].append(quad.triple)
    semantics = known or _semantics(facts, address)
    node = _node(facts, address, semantics)
    members = [
        _member(iri, semantics, facts, triples, graphs)
        for iri in dict.fromkeys(facts.get(semantics.stream, {}).get(f"{TREE}member", ()))
    ]
    order = [semantics.timestamp] if semantics.timestamp else []
    relations = _relations(facts, node, order)
    about = facts.get(node, {})
    immutable = "true" in about.get(f"{LDES}immutable", ())
    return Page(semantics, members, relations, immutable, about)


def _semantics(facts: Mapping[str, Mapping[str, list[str]]], address: str) -> Semantics:
    streams = [name for name, about in facts.items() if f"{TREE}view" in about]
    streams = streams or [name for name, about in facts.items() if f"{LDES}EventStream" in about.get(TYPE, ())]
    if len(streams) != 1:
        raise Unreadable(f"describes {len(streams) or 'no'} event streams; it must be the root of exactly one")
    about = facts[streams[0]]

    def one(name: str) -> str | None:
        return next(iter(about.get(LDES + name, ())), None)

    kinds = {}
    for kind in ("Create", "Update", "Delete"):
        if value := one(f"version{kind}Object"):
            kinds[kind.lower()] = (one(f"version{kind}Path") or TYPE, value)
    if not kinds and one("versionOfPath") == f"{AS}object":  # ActivityStreams say it by their names
        kinds = {kind.lower(): (TYPE, AS + kind) for kind in ("Create", "Update", "Delete")}
    polling = one("pollingInterval")
    return Semantics(
        streams[0], one("timestampPath"), one("sequencePath"), one("versionOfPath"), kinds,
        int(polling) if polling and polling.isdecimal() else None,
    )  # fmt: skip


def _node(facts: Mapping[str, Mapping[str, list[str]]], address: str, semantics: Semantics) -> str:
    """The page's own name: its address, else the view, else whatever has relations."""
    if f"{TREE}relation" in facts.get(address, {}) or TYPE in facts.get(address, {}):
        return address
    views = facts.get(semantics.stream, {}).get(f"{TREE}view", ())
    named = [name for name, about in facts.items() if f"{TREE}Node" in about.get(TYPE, ())]
    return next((name for name in (*views, *named) if name in facts), address)


def _relations(facts: Mapping[str, Mapping[str, list[str]]], node: str, order: Sequence[str | None]) -> list[Relation]:
    earliest: dict[str, str] = {}
    for relation in facts.get(node, {}).get(f"{TREE}relation", ()):
        about = facts.get(relation, {})
        for target in about.get(f"{TREE}node", ())[:1]:
            bound = earliest.setdefault(target, "")
            lower = any(f"{TREE}{kind}" in about.get(TYPE, ()) for kind in _LOWER)
            if lower and about.get(f"{TREE}path", [None])[0] in order:
                earliest[target] = max(bound, about.get(f"{TREE}value", [""])[0])
    return [Relation(target, bound) for target, bound in earliest.items()]


def _member(
    iri: str,
    semantics: Semantics,
    facts: Mapping[str, Mapping[str, list[str]]],
    triples: Mapping[str, list[ox.Triple]],
    graphs: Mapping[str, list[ox.Triple]],
) -> Member:
    about = facts.get(iri, {})
    object_ = next(iter(about.get(semantics.version_of or "", ())), iri)
    sequence = next(iter(about.get(semantics.sequence or "", ())), "")
    kind = semantics.kind(about)
    payload = [] if kind == "delete" else graphs.get(iri) or _bounded(iri, object_, triples)
    return Member(
        iri, kind, object_, next(iter(about.get(semantics.timestamp or "", ())), None),
        int(sequence) if sequence.lstrip("-").isdecimal() else None, about, payload,
    )  # fmt: skip


def _bounded(iri: str, object_: str, triples: Mapping[str, list[ox.Triple]]) -> list[ox.Triple]:
    """Without a graph: the statements of the member and its object, and of the blank nodes these lead to."""
    found: list[ox.Triple] = []
    todo, seen = [iri, object_], {iri, object_}
    while todo:
        for triple in triples.get(todo.pop(), ()):
            found.append(triple)
            name = _name(triple.object)
            if isinstance(triple.object, ox.BlankNode) and name not in seen:
                seen.add(name)
                todo.append(name)
    return found


def _name(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | ox.DefaultGraph) -> str:
    if isinstance(term, ox.NamedNode | ox.Literal):
        return term.value
    return str(term)
