"""The ontology as a page shows it: classes, properties and concept schemes, with labels and comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from registry.terms import DCT, ORTE, OWL, RDF, RDFS, SKOS, TYPE
from registry.vocabulary import Vocabulary


@dataclass(frozen=True)
class Entry:
    """One term: its IRI, the anchor on the page, label, comment, and the IRIs of what it is narrower than."""

    iri: str
    anchor: str
    label: str
    comment: str
    broader: Sequence[str]
    entries: Sequence[Entry] = ()


@dataclass(frozen=True)
class Section:
    """``name`` is that of the heading's text."""

    name: str
    entries: Sequence[Entry]


def sections(words: Vocabulary, language: str) -> list[Section]:
    """Classes and properties of ours, and all concept schemes with their concepts."""
    about: dict[str, list[ox.Triple]] = {}
    for triple in words.triples:
        if isinstance(triple.subject, ox.NamedNode):
            about.setdefault(triple.subject.value, []).append(triple)

    def entry(iri: str, entries: Sequence[Entry] = ()) -> Entry:
        triples = about.get(iri, [])
        comments = [
            t.object for t in triples if t.predicate in (RDFS["comment"], SKOS["definition"], DCT["description"])
        ]
        return Entry(
            iri,
            iri.removeprefix(ORTE).removeprefix("https://w3id.org/orte/concept/").replace("/", "-"),
            words.label(iri, language) or iri,
            _text(comments, language),
            [t.object.value for t in triples if t.predicate in _UPWARD and isinstance(t.object, ox.NamedNode)],
            entries,
        )

    def typed(*types: ox.NamedNode) -> list[str]:
        return [
            iri for iri, triples in about.items() if any(t.predicate == TYPE and t.object in types for t in triples)
        ]

    classes = [entry(iri) for iri in typed(OWL["Class"]) if iri.startswith(ORTE)]
    properties = [entry(iri) for iri in typed(*_PROPERTIES) if iri.startswith(ORTE)]
    schemes = [
        entry(scheme, [entry(concept) for concept in words.concepts(scheme)]) for scheme in typed(SKOS["ConceptScheme"])
    ]
    shown = {one.iri for one in (*classes, *properties)}
    others = [entry(iri) for iri in sorted(words.defined - shown) if iri.startswith(ORTE)]  # such as quality metrics
    sections_ = [("classes", classes), ("properties", properties), ("others", others), ("schemes", schemes)]
    return [Section(name, entries) for name, entries in sections_ if entries]


_PROPERTIES = (OWL["ObjectProperty"], OWL["DatatypeProperty"], OWL["AnnotationProperty"], RDF["Property"])
_UPWARD = (RDFS["subClassOf"], RDFS["subPropertyOf"], SKOS["broader"])


def _text(terms: Sequence[object], language: str) -> str:
    texts = {term.language or "": term.value for term in terms if isinstance(term, ox.Literal)}
    return texts.get(language) or texts.get("de") or next(iter(texts.values()), "")
