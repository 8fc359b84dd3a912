"""What is said about one thing: its triples, by subject, in an order people like to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from registry.terms import SCHEMA

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


class Description:
    """Triples around one root: ``about[subject][predicate]`` is a list of objects.

    Subjects and predicates are IRIs as text, blank nodes ``_:label``. The root comes first, then the
    others in order of first appearance, so that a document starts with what it is about.
    """

    __slots__ = ("about", "root")

    def __init__(self, root: str, triples: Iterable[ox.Triple | ox.Quad]) -> None:
        self.root = root
        self.about: dict[str, dict[str, list[Term]]] = {root: {}}
        about = self.about
        for triple in triples:
            subject, predicate, value = triple.subject, triple.predicate, triple.object
            name = subject.value if isinstance(subject, ox.NamedNode) else str(subject)
            about.setdefault(name, {}).setdefault(predicate.value, []).append(value)

    @classmethod
    def parse(cls, root: str, ntriples: str | bytes) -> Description:
        """Read N-Triples. Raises SyntaxError."""
        return cls(root, ox.parse(ntriples, ox.RdfFormat.N_TRIPLES))

    def triples(self) -> Iterator[ox.Triple]:
        """All triples: the root first, and ``rdf:type`` first in every subject."""
        for subject, properties in self.about.items():
            node = ox.BlankNode(subject[2:]) if subject.startswith("_:") else ox.NamedNode(subject)
            for predicate in sorted(properties, key=lambda p: p != RDF_TYPE):
                for value in properties[predicate]:
                    yield ox.Triple(node, ox.NamedNode(predicate), value)

    def objects(self, predicate: str, subject: str | None = None) -> list[Term]:
        """The values of a property of the root, or of another subject."""
        return self.about.get(subject or self.root, {}).get(predicate, [])

    def texts(self, predicate: str, subject: str | None = None) -> list[str]:
        """The literals of a property as text, whatever their language."""
        return [term.value for term in self.objects(predicate, subject) if isinstance(term, ox.Literal)]

    def text(self, predicate: str, language: str = "de", subject: str | None = None) -> str | None:
        """One literal of a property: in the language asked for, else without language, else any, else None."""
        literals = [term for term in self.objects(predicate, subject) if isinstance(term, ox.Literal)]
        if not literals:
            return None
        return min(literals, key=lambda term: _distance(term.language, language)).value

    def iris(self, predicate: str, subject: str | None = None) -> list[str]:
        """The IRIs among the values of a property."""
        return [term.value for term in self.objects(predicate, subject) if isinstance(term, ox.NamedNode)]

    def iri(self, predicate: str, subject: str | None = None) -> str | None:
        """The first IRI among the values of a property, or None."""
        return next(iter(self.iris(predicate, subject)), None)

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees (WGS 84) of the first `schema:geo` that has both, within their bounds."""
        for node in self.iris(SCHEMA["geo"].value):
            try:
                latitude = float(self.texts(SCHEMA["latitude"].value, node)[0])
                longitude = float(self.texts(SCHEMA["longitude"].value, node)[0])
            except (IndexError, ValueError):
                continue
            if -90 <= latitude <= 90 and -180 <= longitude <= 180:
                return latitude, longitude
        return None

    @property
    def types(self) -> list[str]:
        return self.iris(RDF_TYPE)


def _distance(found: str | None, wanted: str) -> int:
    if found is None:
        return 1
    return 0 if found == wanted or found.startswith(f"{wanted}-") else 2
