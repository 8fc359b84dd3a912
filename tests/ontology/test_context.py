"""The JSON-LD context: plain JSON that expands to exactly the triples meant, regular enough to be read backwards."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from pyld import jsonld
from rdflib import OWL, RDF, SKOS

from tests.conftest import ROOT
from tests.ontology.documents import BASE, PAIRS

CONTEXT: dict[str, Any] = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))["@context"]
TERMS = {key: value for key, value in CONTEXT.items() if isinstance(value, dict)}
PREFIXES = {key: value for key, value in CONTEXT.items() if isinstance(value, str) and value[-1] in "/#"}
TURTLE = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items()) + (
    "@prefix phase: <https://w3id.org/orte/concept/phase/> .\n"
    "@prefix service: <https://w3id.org/orte/concept/service/> .\n"
    "@prefix theme: <https://w3id.org/orte/concept/theme/> . @prefix region: <https://w3id.org/orte/region/> .\n"
)


def triples(turtle: str) -> set[str]:
    return {str(q.triple) for q in ox.parse(TURTLE + turtle, ox.RdfFormat.TURTLE, base_iri=BASE)}


def expanded(document: dict[str, Any]) -> set[str]:
    """The triples of a document by PyLD, the reference implementation."""
    nquads = jsonld.to_rdf({"@context": CONTEXT, **document}, {"format": "application/n-quads", "base": BASE})
    return {str(quad.triple) for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS)}


@pytest.mark.parametrize("name", PAIRS)
def test_documents_expand_to_the_triples_meant(name: str) -> None:
    document, turtle = PAIRS[name]
    assert expanded(document) == triples(turtle)


@pytest.mark.parametrize("name", PAIRS)
def test_other_parsers_read_the_same(name: str) -> None:
    document, turtle = PAIRS[name]
    text = json.dumps({"@context": CONTEXT, **document})
    assert {str(q.triple) for q in ox.parse(text, ox.RdfFormat.JSON_LD, base_iri=BASE)} == triples(turtle)
    rdflib.NORMALIZE_LITERALS, before = False, rdflib.NORMALIZE_LITERALS
    try:
        nquads = rdflib.Graph().parse(data=text, format="json-ld", publicID=BASE).serialize(format="nt")
    finally:
        rdflib.NORMALIZE_LITERALS = before
    assert {str(q.triple) for q in ox.parse(nquads, ox.RdfFormat.N_TRIPLES)} == triples(turtle)


@pytest.mark.parametrize("key", TERMS)
def test_each_term_alone(key: str) -> None:
    """Every key, with a value of the kind it is declared for, gives the one triple that its definition promises."""
    definition = TERMS[key]
    prefix, _, local = definition["@id"].partition(":")
    predicate, coercion = PREFIXES[prefix] + local, definition.get("@type")
    containers = definition.get("@container", [])
    value: Any
    if "@language" in containers:
        value, meant = {"de": "Ä"}, '"Ä"@de'
    elif coercion == "@vocab":
        value, meant = "14729", f"<{definition['@context']['@vocab']}14729>"
    elif coercion == "@id":
        value, meant = "https://a.example/?b=c#d", "<https://a.example/?b=c#d>"
    elif coercion is None:
        value, meant = "042", '"042"'
    else:
        datatype = PREFIXES[coercion.partition(":")[0]] + coercion.partition(":")[2]
        value, meant = "042", f'"042"^^<{datatype}>'
    document = {"id": f"{BASE}x", key: [value] if "@set" in containers and isinstance(value, str) else value}
    assert expanded(document) == triples(f"<x> <{predicate}> {meant} .")


def test_no_concept_or_region_is_taken_for_a_key() -> None:
    """Inside a scheme's scope a word that is also a term would expand to the term: JSON-LD looks there first."""
    graph = rdflib.Graph().parse(ROOT / "ontology" / "concepts.ttl").parse(ROOT / "ontology" / "regions.ttl")
    orte = rdflib.Namespace("https://w3id.org/orte/ns#")
    words = {str(word) for word in [*graph.objects(None, SKOS.notation), *graph.objects(None, orte.ags)]}
    assert len(words) > 90
    assert words & set(CONTEXT) == set()


def test_scopes_are_the_schemes_that_the_ontology_names() -> None:
    vocabulary = rdflib.Graph().parse(ROOT / "ontology" / "orte.ttl")
    for definition in TERMS.values():
        scope = definition.get("@context", {}).get("@vocab", "")
        if scope.startswith("https://w3id.org/orte/concept/"):
            term = rdflib.URIRef(PREFIXES["orte"] + definition["@id"].removeprefix("orte:"))
            assert vocabulary.value(term, rdflib.RDFS.seeAlso) == rdflib.URIRef(scope.rstrip("/"))


def test_every_term_of_the_vocabulary_has_a_key() -> None:
    vocabulary = rdflib.Graph().parse(ROOT / "ontology" / "orte.ttl")
    declared = {
        str(term)
        for kind in (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
        for term in vocabulary.subjects(RDF.type, kind)
        if str(term).startswith(PREFIXES["orte"])
    }
    reachable = {d["@id"] if isinstance(d, dict) else str(d) for d in CONTEXT.values()}
    keyed = {PREFIXES["orte"] + name.removeprefix("orte:") for name in reachable if name.startswith("orte:")}
    assert declared - keyed == set()


def test_the_context_is_regular() -> None:
    """What the writer of JSON-LD (registry/formats) relies on when it reads this file backwards."""
    seen: set[tuple[str, str | None, bool]] = set()
    for key, definition in TERMS.items():
        assert definition.keys() <= {"@id", "@type", "@container", "@context"}, key
        containers = definition.get("@container", [])
        assert {containers} if isinstance(containers, str) else set(containers) <= {"@language", "@set"}, key
        assert definition.get("@context", {}).keys() <= {"@vocab"}, key
        assert ("@context" in definition) == (definition.get("@type") == "@vocab"), key
        assert not ("@language" in containers and "@type" in definition), key
        slot = (definition["@id"], definition.get("@type"), "@language" in containers)
        assert slot not in seen, f"{key}: two keys for one kind of value"
        seen.add(slot)
    for key, value in CONTEXT.items():
        assert value is None or isinstance(value, dict | str) or key == "@version"
