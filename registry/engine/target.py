"""What a follower writes into: the host's own store, or an engine elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store

Subject = NamedNode | None
Predicate = NamedNode | None
Object = NamedNode | Literal | None
Graph = NamedNode | DefaultGraph


class Target(Protocol):
    """A place for quads. What is removed is named by a pattern, for an engine may keep a literal in another form."""

    def load(self, nquads: bytes, *, bulk: bool = False) -> None:
        """Add N-Quads; ``bulk`` when there is much of it, which was found to be sound before."""
        ...

    def extend(self, quads: Iterable[Quad], *, bulk: bool = False) -> None: ...

    def remove(self, subject: Subject, predicate: Predicate, object_: Object, graph: Graph) -> None:
        """Remove what fits; None fits everything."""
        ...

    def remove_graph(self, graph: NamedNode) -> None: ...

    def remove_thing(self, subject: NamedNode) -> None:
        """Remove a subject from the default graph with its parts: what it leads to whose IRI is ``{subject}#…``."""
        ...

    def matching(self, subject: Subject, predicate: Predicate, object_: Object, graph: Graph) -> Iterator[Quad]:
        """What is there now and fits."""
        ...


class InMemory:
    """A Target in this process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._removed: set[Quad] = set()

    def load(self, nquads: bytes, *, bulk: bool = False) -> None:
        # not bulk_load, which costs half as much again in memory; lenient, as it was parsed before it was kept
        self._store.load(nquads, format=RdfFormat.N_QUADS, lenient=bulk)

    def extend(self, quads: Iterable[Quad], *, bulk: bool = False) -> None:
        if self._removed:
            quads = list(quads)
            self._removed.difference_update(quads)
        (self._store.bulk_extend if bulk else self._store.extend)(quads)

    def remove(self, subject: Subject, predicate: Predicate, object_: Object, graph: Graph) -> None:
        for quad in list(self._store.quads_for_pattern(subject, predicate, object_, graph)):
            self._remove(quad)

    def remove_graph(self, graph: NamedNode) -> None:
        self._removed.update(self._store.quads_for_pattern(None, None, None, graph))
        self._store.remove_graph(graph)

    def remove_thing(self, subject: NamedNode) -> None:
        for quad in list(self._store.quads_for_pattern(subject, None, None, DefaultGraph())):
            self._remove(quad)
            if is_part(subject, quad.object):
                self.remove_thing(quad.object)  # type: ignore[arg-type]

    def matching(self, subject: Subject, predicate: Predicate, object_: Object, graph: Graph) -> Iterator[Quad]:
        return self._store.quads_for_pattern(subject, predicate, object_, graph)

    def forgotten(self) -> int:
        """How many quads were removed, and not added again, since this was asked last.

        Their places stay in Oxigraph's memory, which uses the place of a quad again for the very same quad only.
        """
        number = len(self._removed)
        self._removed.clear()
        return number

    def _remove(self, quad: Quad) -> None:
        self._store.remove(quad)
        self._removed.add(quad)


def is_part(subject: NamedNode, term: object) -> bool:
    """Whether a term names a nested node of a subject, which may be one itself."""
    return isinstance(term, NamedNode) and term.value.startswith(subject.value.partition("#")[0] + "#")


def target_of(store: Store | Target) -> Target:
    """A store as a Target, which it may be already."""
    return InMemory(store) if isinstance(store, Store) else store
