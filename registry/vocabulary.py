"""The ontology as the program uses it: labels, concept schemes, hierarchies and regions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from registry.assets import ontology_dir
from registry.terms import DCT, ORTE, RDFS, SCHEMA, SKOS, TYPE

FILES = ("orte.ttl", "concepts.ttl", "regions.ttl")
_LABELS = (SKOS["prefLabel"], RDFS["label"], SCHEMA["name"])


_UPWARD = (SKOS["broader"], RDFS["subClassOf"], DCT["isPartOf"])


class Vocabulary:
    """Everything the ontology files say, with the look-ups that search and pages need."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.triples = tuple(triples)
        named = [triple for triple in self.triples if isinstance(triple.subject, ox.NamedNode)]
        self._about: dict[str, list[ox.Triple]] = {}
        for triple in self.triples:
            self._about.setdefault(_iri(triple.subject), []).append(triple)
        self._labels: dict[tuple[str, str], str] = {}
        self._synonyms: dict[str, list[str]] = {}
        self._parents: dict[str, set[str]] = {}
        self._schemes: dict[str, list[str]] = {}
        self._regions: dict[str, str] = {}
        self._districts: set[str] = set()
        for label in reversed(_LABELS):  # the first kind of label has the last word
            for triple in named:
                if triple.predicate == label and isinstance(triple.object, ox.Literal):
                    self._labels[_iri(triple.subject), triple.object.language or ""] = triple.object.value
        for triple in named:
            subject, value = _iri(triple.subject), getattr(triple.object, "value", "")
            if triple.predicate in (SKOS["altLabel"], SKOS["hiddenLabel"]):
                self._synonyms.setdefault(subject, []).append(value)
            elif triple.predicate in _UPWARD:
                self._parents.setdefault(subject, set()).add(value)
            elif triple.predicate == SKOS["inScheme"]:
                self._schemes.setdefault(value, []).append(subject)
            elif triple.predicate == ORTE["ags"]:
                self._regions[value] = subject
            elif triple.predicate == TYPE and triple.object == ORTE["Region"]:
                self._districts.add(subject)
        self.defined = frozenset(_iri(triple.subject) for triple in named if triple.predicate == TYPE)

    def label(self, iri: str, language: str = "de") -> str | None:
        """The label in a language, else in German, else in any other; None for what the ontology does not know."""
        for tag in (language, "de", "en", ""):
            if (found := self._labels.get((iri, tag))) is not None:
                return found
        return None

    def words(self, iri: str) -> list[str]:
        """The labels in all languages, and the other words for the same, for searching."""
        labels = [self._labels[iri, tag] for tag in ("de", "en") if (iri, tag) in self._labels]
        return labels + self._synonyms.get(iri, [])

    def ancestors(self, iri: str) -> frozenset[str]:
        """The concept, class or region itself and everything broader than it."""
        found = {iri}
        pending = [iri]
        while pending:
            for parent in self._parents.get(pending.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    pending.append(parent)
        return frozenset(found)

    def concepts(self, scheme: str) -> list[str]:
        """The concepts of a scheme by its IRI, in the order in which the ontology lists them."""
        return list(self._schemes.get(scheme, ()))

    @property
    def regions(self) -> dict[str, str]:
        """The IRI of each district and Land by its AGS, in order of the AGS."""
        return dict(sorted(self._regions.items()))

    @property
    def districts(self) -> dict[str, str]:
        """The IRI of each district by its AGS: the regions without the Länder they lie in."""
        return {ags: iri for ags, iri in self.regions.items() if iri in self._districts}

    def target(self, region: str) -> tuple[int, int] | None:
        """The least and largest number of sites that the study aims at for a district; None where it names none."""
        numbers = {
            triple.predicate.value: int(triple.object.value)
            for triple in self.about(region)
            if triple.predicate in (ORTE["targetMin"], ORTE["targetMax"]) and isinstance(triple.object, ox.Literal)
        }
        return (numbers[ORTE["targetMin"].value], numbers[ORTE["targetMax"].value]) if len(numbers) == 2 else None

    def about(self, iri: str) -> list[ox.Triple]:
        """What the ontology says about one term, concept or region."""
        return list(self._about.get(iri, ()))


def _iri(node: ox.NamedNode | ox.BlankNode | ox.Triple) -> str:
    return node.value if isinstance(node, ox.NamedNode) else str(node)


def read(folder: Path) -> Vocabulary:
    """Read the ontology files of a folder. Raises OSError or SyntaxError, which name file or line."""
    triples: list[ox.Triple] = []
    for name in FILES:
        triples += [quad.triple for quad in ox.parse(path=str(folder / name), format=ox.RdfFormat.TURTLE)]
    return Vocabulary(triples)


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The ontology this program came with, read once."""
    return read(ontology_dir())
