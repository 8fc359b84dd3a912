"""A graph as its resources: each one a JSON-like tree, the same tree whenever the graph is the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson
import pyoxigraph as ox

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TYPE, FIRST, REST, NIL = RDF + "type", RDF + "first", RDF + "rest", RDF + "nil"
_STRING = "http://www.w3.org/2001/XMLSchema#string"

_MOST_DEEP = 20
_MOST_STATEMENTS = 20_000  # of one tree: shared nodes are written out each time, and that can grow exponentially

Node = str
"""An IRI, or "_:" and a label."""

Value = ox.NamedNode | ox.BlankNode | ox.Literal


class TooTangled(Exception):
    """Why a resource makes no tree, as the end of a sentence."""


@dataclass
class Resources:
    """Statements by subject, the graphs of a dataset taken together.

    `embed` are properties whose objects become part of the tree though they have addresses of their own. Addresses
    under http://schema.org/ are read as https://schema.org/: both are in use, and mean the same.
    """

    embed: frozenset[str] = frozenset()
    _statements: dict[Node, dict[str, dict[Value, None]]] = field(default_factory=dict)  # innermost: an ordered set

    def add(self, quads: Iterable[ox.Quad], *, document: int) -> None:
        """Take in a document; labels of blank nodes mean something only within it."""
        for quad in quads:
            subject, value = quad.subject, quad.object
            if isinstance(subject, ox.Triple) or isinstance(value, ox.Triple):
                continue
            if isinstance(value, ox.BlankNode):
                value = ox.BlankNode(f"d{document}x{value.value}")
            node = f"_:d{document}x{subject.value}" if isinstance(subject, ox.BlankNode) else _https(subject.value)
            if node not in self._statements:
                self._statements[node] = defaultdict(dict)
            self._statements[node][_https(quad.predicate.value)][value] = None

    def of_types(self, types: Iterable[str]) -> list[Node]:
        """The resources of these types, in the order of their names.

        With no types given: all that have a type and an address, and are no part (`#…`) of another one.
        """
        wanted = {_https(type_) for type_ in types}
        if wanted:
            return sorted(node for node in self._statements if wanted & self.types(node))
        return sorted(node for node in self._statements if self.types(node) and self._stands_alone(node))

    def _stands_alone(self, node: Node) -> bool:
        document, hash_mark, _ = node.partition("#")
        return not node.startswith("_:") and not (hash_mark and document in self._statements)

    def types(self, node: Node) -> set[str]:
        values = self._statements.get(node, {}).get(TYPE, ())
        return {_https(value.value) for value in values if isinstance(value, ox.NamedNode)}

    def facts(self, node: Node) -> dict[str, str]:
        """One plain text for each property: the smallest value, so that it does not depend on any order."""
        found: dict[str, str] = {}
        for predicate, values in self._statements.get(node, {}).items():
            texts = [value.value for value in values if not isinstance(value, ox.BlankNode)]
            if texts:
                found[predicate] = min(texts)
        return found

    def objects(self, predicate: str) -> Iterator[str]:
        """The IRIs that anything has as this property."""
        for statements in self._statements.values():
            for value in statements.get(_https(predicate), ()):
                if isinstance(value, ox.NamedNode):
                    yield value.value

    def texts(self, predicate: str) -> Iterator[str]:
        """The literals that anything has as this property."""
        for statements in self._statements.values():
            for value in statements.get(_https(predicate), ()):
                if isinstance(value, ox.Literal):
                    yield value.value

    def tree(self, node: Node, records: frozenset[Node] = frozenset()) -> dict[str, Any]:
        """`{"@id": …, "@type": […], property: [value, …]}`.

        A value is `{"@value", "@language" or "@type"}`, `{"@id"}`, `{"@list": […]}`, or the tree of a blank node, of a
        part of the same document (`subject#part`), or of what is embedded. Other `records` are only referred to.
        Raises `TooTangled`.
        """
        return _Tree(self, node, records).build()

    def statements(self, node: Node) -> Mapping[str, Iterable[Value]]:
        return self._statements.get(node, {})


@dataclass
class _Tree:
    resources: Resources
    root: Node
    records: frozenset[Node]
    count: int = 0

    def build(self) -> dict[str, Any]:
        return self._of(self.root, (self.root,))

    def _of(self, node: Node, path: tuple[Node, ...]) -> dict[str, Any]:
        if len(path) > _MOST_DEEP:
            raise TooTangled(f"nests more than {_MOST_DEEP} levels deep")
        tree: dict[str, Any] = {} if node.startswith("_:") else {"@id": node}
        if types := self.resources.types(node):
            tree["@type"] = sorted(types)
        for predicate, objects in sorted(self.resources.statements(node).items()):
            if predicate != TYPE:
                values = [self._value(predicate, value, path) for value in objects]
                tree[predicate] = sorted((value for value in values if value is not None), key=_canonical)
        return tree

    def _value(self, predicate: str, value: Value, path: tuple[Node, ...]) -> dict[str, Any] | None:
        self.count += 1
        if self.count > _MOST_STATEMENTS:
            raise TooTangled(f"has more than {_MOST_STATEMENTS:,} statements when written out")
        if isinstance(value, ox.Literal):
            return _literal(value)
        if isinstance(value, ox.BlankNode):
            node = f"_:{value.value}"
            if node in path:
                return None  # a circle of nameless things has no other end
            if self.resources.statements(node).get(FIRST):
                return {"@list": list(self._members(node, path))}
            return self._of(node, (*path, node))
        iri = _https(value.value)
        if iri == NIL:
            return {"@list": []}
        inside = iri.startswith(self.root.partition("#")[0] + "#") or predicate in self.resources.embed
        if inside and iri not in path and iri not in self.records and self.resources.statements(iri):
            return self._of(iri, (*path, iri))
        return {"@id": iri}

    def _members(self, node: Node, path: tuple[Node, ...]) -> Iterator[dict[str, Any]]:
        seen = set()
        while node not in seen:
            seen.add(node)
            statements = self.resources.statements(node)
            for value in islice(statements.get(FIRST, ()), 1):
                member = self._value(FIRST, value, (*path, node))
                if member is not None:
                    yield member
            rest = next(iter(statements.get(REST, ())), None)
            if not isinstance(rest, ox.BlankNode):
                return
            node = f"_:{rest.value}"


def _literal(value: ox.Literal) -> dict[str, Any]:
    if value.language:
        return {"@value": value.value, "@language": value.language}
    datatype = _https(value.datatype.value)
    return {"@value": value.value} if datatype == _STRING else {"@value": value.value, "@type": datatype}


def _https(iri: str) -> str:
    return "https" + iri[4:] if iri.startswith("http://schema.org/") else iri


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
