"""The store of an engine elsewhere as a Target: collects changes and sends them as SPARQL updates.

Two things lie in a graph of their own (`MARK`): the *position* up to which the follower has come, which is changed in
the same update as the data, and the *term of office*, a random word. Every update asks in its WHERE that the word be
still the same, and does nothing otherwise. So an update that was given up and is carried out late does no harm: before
anything is tried again, the word is changed.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse, serialize

from registry.engine.remote.asking import Asked
from registry.engine.remote.connection import STATEMENTS, Connection, NotEvaluated, RemoteError
from registry.engine.remote.mark import MARK, POSITION, TERM, Mark, read_mark
from registry.engine.target import Graph, Object, Predicate, Subject, is_part

_LISTED = 500  # IRIs in one VALUES
_POSTED = 50_000  # statements that are sorted by graph before they are posted
_LEAST = 50  # statements; an update with fewer is not refused for its length
_BLOCK = 500  # statements in one GRAPH { … }; of some thousands the stack of Virtuoso's parser overflows
_READ_SECONDS = 120.0


class RemoteStore:
    """A Target. Changes reach the engine with ``commit``, or when there are many; every change may be sent twice."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        self.catalogue = "" if self._dialect.own_default_graph else f"{connection.remote.home}/graph/default"
        self._term = ""
        self._seen = ""
        self._most = max(self._dialect.bulk_quads, self._dialect.update_quads)
        self._bulk = False
        self._removals: dict[str, None] = {}
        self._subjects: dict[str, dict[str, None]] = {}  # by graph
        self._graphs: dict[str, None] = {}
        self._things: dict[str, None] = {}
        self._additions: list[str] = []

    def asked(self) -> Asked:
        """The same store to be queried, over a connection of its own: for a worker."""
        remote = replace(self._connection.remote, kind=self._dialect.name)
        return Asked(Connection(remote), self.catalogue, self._term or self._seen)

    # What a follower does

    def load(self, nquads: bytes, *, bulk: bool = False) -> None:
        if bulk != self._bulk and self._additions:
            self.flush()
        self._bulk = bulk
        most = min(self._most, self._dialect.bulk_quads if bulk else self._dialect.update_quads)
        if bulk and self._connection.remote.graph_store_url:
            most = _POSTED
        for lines in _portions(nquads.decode().removesuffix("\n").split("\n"), most):
            if self._additions and len(self._additions) + len(lines) > most:
                self.flush()
            self._additions += lines

    def extend(self, quads: Iterable[Quad], *, bulk: bool = False) -> None:
        self.load(serialize(quads, format=RdfFormat.N_QUADS) or b"", bulk=bulk)

    def remove(self, subject: Subject, predicate: Predicate, object_: Object, graph: Graph) -> None:
        name = self._name(graph)
        if subject is not None and predicate is None and object_ is None:
            self._subjects.setdefault(name, {})[str(subject)] = None
        else:
            pattern = _within(name, _pattern(subject, predicate, object_))
            self._removals[f"DELETE {{ {pattern} }} WHERE {{ {self._fence()} {pattern} }}"] = None
        if len(self._removals) >= _LISTED:
            self.flush()

    def remove_graph(self, graph: NamedNode) -> None:
        self._graphs[str(graph)] = None

    def remove_thing(self, subject: NamedNode) -> None:
        self._things[str(subject)] = None

    def matching(self, subject: Subject, predicate: Predicate, object_: Object, graph: Graph) -> Iterator[Quad]:
        pattern = _pattern(subject, predicate, object_)
        query = f"CONSTRUCT {{ {pattern} }} WHERE {{ {_within(self._name(graph), pattern)} }}"
        with self._connection.ask(query, STATEMENTS, (), seconds=_READ_SECONDS) as response:
            text = self._dialect.decoded(response.content)
        for quad in parse(text, RdfFormat.N_TRIPLES, lenient=True):
            yield Quad(quad.subject, quad.predicate, quad.object, graph)

    # What its keeper does

    def mark(self) -> Mark | None:
        """The mark of a registry, None in a store without one. Raises RemoteError."""
        mark = read_mark(self._connection)
        self._seen = mark.term if mark else ""
        return mark

    def take_over(self) -> Mark | None:
        """Begin a new term of office; afterwards no earlier update has an effect. Returns the mark then."""
        self._forget()
        self._term = uuid.uuid4().hex
        self._connection.update(
            f"DELETE {{ GRAPH <{MARK}> {{ <{MARK}> {TERM} ?old }} }}"
            f' INSERT {{ GRAPH <{MARK}> {{ <{MARK}> {TERM} "{self._term}" }} }}'
            f" WHERE {{ GRAPH <{MARK}> {{ <{MARK}> {TERM} ?old }} }}"
        )
        return self.mark()

    def disown(self) -> None:
        """Whatever is there counts no longer: whoever keeps the store in step fills it anew."""
        if self.take_over() is not None:
            mine = f"GRAPH <{MARK}> {{ <{MARK}> {POSITION} ?old }}"
            self._connection.update(f"DELETE {{ {mine} }} WHERE {{ {self._fence()} {mine} }}")

    def check(self) -> None:
        """Raises RemoteError when the engine would answer wrongly: what is in a named graph is in no default graph."""
        if self._dialect.own_default_graph and self._connection.select(f"SELECT ?o {{ <{MARK}> {TERM} ?o }}"):
            raise RemoteError(
                f"{self._connection.remote.url} takes the union of all graphs for the default graph, where the "
                "registry needs one of its own; set it so, or take another engine"
            )

    def is_empty(self) -> bool:
        """Whether there is nothing but what an engine of this kind holds by itself."""
        if self._dialect.own_default_graph and self._connection.select("SELECT * { ?s ?p ?o } LIMIT 1"):
            return False
        return not self._foreign()

    def clear(self) -> None:
        """Begin with nothing but a new term of office. For a store that is empty, or known to be this registry's."""
        self._forget()
        self._term = uuid.uuid4().hex
        term = f'<{MARK}> {TERM} "{self._term}"'
        if self._dialect.own_default_graph:
            self._connection.update(f"CLEAR ALL ; INSERT DATA {{ GRAPH <{MARK}> {{ {term} }} }}")
            return
        old = f"GRAPH <{MARK}> {{ <{MARK}> ?p ?o }}"
        self._connection.update(f"DELETE {{ {old} }} INSERT {{ GRAPH <{MARK}> {{ {term} }} }} WHERE {{ {old} }}")
        if self.mark() is None:
            self._connection.update(f"INSERT DATA {{ GRAPH <{MARK}> {{ {term} }} }}")
        self._connection.update(f"CLEAR SILENT GRAPH <{self.catalogue}>")
        while names := self._foreign():  # an engine may list so many at once and no more
            for name in names:  # of records: small, and ten thousand of them cleared one by one take minutes
                self.remove_graph(NamedNode(name))
            self.flush()

    def commit(self, position: Mapping[str, Any]) -> Mark:
        """Send what was collected and, with the last of it, the position. Returns the mark that the store has now."""
        text = str(Literal(json.dumps(position, sort_keys=True)))
        mine = f"<{MARK}> {POSITION}"
        self.flush(
            f"DELETE {{ GRAPH <{MARK}> {{ {mine} ?old }} }} INSERT {{ GRAPH <{MARK}> {{ {mine} {text} }} }}"
            f" WHERE {{ {self._fence()} OPTIONAL {{ GRAPH <{MARK}> {{ {mine} ?old }} }} }}"
        )
        return Mark(self._term, dict(position))

    # How it is sent

    def flush(self, last: str | None = None) -> None:
        """What is removed goes before what is added: units are removed and added whole, and follow each other."""
        fence = self._fence()
        operations = list(self._removals)
        for names in _portions(list(self._graphs)):
            inner = "GRAPH ?g { ?s ?p ?o }"
            operations.append(f"DELETE {{ {inner} }} WHERE {{ {fence} VALUES ?g {{ {' '.join(names)} }} {inner} }}")
        catalogue = self._name(DefaultGraph())
        self._subjects.setdefault(catalogue, {}).update(self._with_parts())
        for graph, subjects in self._subjects.items():
            gone = _within(graph, "?s ?p ?o")
            for names in _portions(list(subjects)):
                found = _within(graph, f"VALUES ?s {{ {' '.join(names)} }} ?s ?p ?o")
                operations.append(f"DELETE {{ {gone} }} WHERE {{ {fence} {found} }}")
        if self._additions and self._bulk and self._connection.remote.graph_store_url:
            self._post()
        elif self._additions:
            if self._bulk and not self._dialect.fences_bulk:
                operations.append(f"INSERT DATA {{\n{self._template()}}}")
            else:
                operations.append(f"INSERT {{\n{self._template()}}} WHERE {{ {fence} }}")
        if last is not None:
            operations.append(last)
        try:
            if operations:
                self._connection.update(" ;\n".join(operations))
        except NotEvaluated:
            if len(self._additions) < 2 * _LEAST:
                raise
            self._halve(last)
        else:
            self._forget()

    def _halve(self, last: str | None) -> None:
        """An update that was refused may have been too long, which depends on what is in it: twice half as much."""
        half, bulk = len(self._additions) // 2, self._bulk
        self._most = min(self._most, half)
        rest = self._additions[half:]
        del self._additions[half:]
        self.flush()
        self._additions, self._bulk = rest, bulk
        self.flush(last)

    def _post(self) -> None:
        """Add by the Graph Store Protocol: much faster where an update has to become something else first.

        Without a fence, as INSERT DATA in bulk is: what comes late repeats what the next load writes anyway.
        """
        for name, lines in self._by_graph().items():
            self._connection.post(name, self._dialect.encoded("".join(lines)))
        self._additions.clear()

    def _by_graph(self) -> dict[str, list[str]]:
        """What is added, by graph."""
        graphs: dict[str, list[str]] = {}
        for quad in parse("\n".join(self._additions).encode(), RdfFormat.N_QUADS):
            assert not isinstance(quad.graph_name, BlankNode)
            graphs.setdefault(self._name(quad.graph_name), []).append(f"{quad.triple} .\n")
        return graphs

    def _template(self) -> str:
        """What is added, as part of an update."""
        graphs = self._by_graph()
        blocks = (
            _within(name, "".join(portion)) for name, lines in graphs.items() for portion in _portions(lines, _BLOCK)
        )
        return self._dialect.encoded("\n".join(blocks))

    def _with_parts(self) -> dict[str, None]:
        """The things to remove, and all that belongs to them."""
        found, todo = dict(self._things), list(self._things)
        while todo:
            asked, todo = todo[:_LISTED], todo[_LISTED:]
            inner = _within(self._name(DefaultGraph()), f"VALUES ?s {{ {' '.join(asked)} }} ?s ?p ?o")
            for row in self._connection.select(f"SELECT DISTINCT ?s ?o {{ {inner} FILTER(isIRI(?o)) }}"):
                part = NamedNode(row["o"]["value"])
                if is_part(NamedNode(row["s"]["value"]), part) and str(part) not in found:
                    found[str(part)] = None
                    todo.append(str(part))
        return found

    def _foreign(self) -> list[str]:
        """Names of all graphs but the mark and those of the engine itself."""
        known = ", ".join(f"<{name}>" for name in (MARK, *self._dialect.system_graphs))
        rows = self._connection.select(
            f"SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(?g NOT IN ({known})) }}", seconds=_READ_SECONDS
        )
        return [row["g"]["value"] for row in rows]

    def _fence(self) -> str:
        if not self._term:
            raise RemoteError("nothing may be written before a term of office has begun")
        return f'GRAPH <{MARK}> {{ <{MARK}> {TERM} "{self._term}" }}'

    def _name(self, graph: Graph) -> str:
        """Name of a graph there; empty for a default graph that has none."""
        return self.catalogue if isinstance(graph, DefaultGraph) else graph.value

    def _forget(self) -> None:
        """Nothing is collected."""
        self._bulk = False
        for collected in (self._removals, self._subjects, self._graphs, self._things, self._additions):
            collected.clear()


def _within(graph: str, pattern: str) -> str:
    return f"GRAPH <{graph}> {{ {pattern} }}" if graph else pattern


def _pattern(subject: Subject, predicate: Predicate, object_: Object) -> str:
    return " ".join(str(term) if term else variable for term, variable in
                    ((subject, "?s"), (predicate, "?p"), (object_, "?o")))  # fmt: skip


def _portions(all_: Sequence[str], most: int = _LISTED) -> Iterator[Sequence[str]]:
    for start in range(0, len(all_), most):
        yield all_[start : start + most]
