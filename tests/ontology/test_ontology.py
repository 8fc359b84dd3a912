"""The vocabulary: every term is labelled, explained, traced to its origin, and stays inside OWL 2 RL."""

from __future__ import annotations

import owlrl  # type: ignore[import-untyped]
import pyoxigraph as ox
import pytest
import rdflib
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS

from tests.conftest import ROOT

ORTE = rdflib.Namespace("https://w3id.org/orte/ns#")
SCHEMA = rdflib.Namespace("https://schema.org/")
FILES = sorted((ROOT / "ontology").glob("*.ttl"))
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, OWL.NamedIndividual)


@pytest.fixture(scope="module")
def vocabulary() -> rdflib.Graph:
    return rdflib.Graph().parse(ROOT / "ontology" / "orte.ttl")


@pytest.fixture(scope="module")
def whole() -> rdflib.Graph:
    graph = rdflib.Graph()
    for file in FILES:
        graph.parse(file)
    return graph


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_both_parsers_read_the_same(file: object) -> None:
    by_rdflib = rdflib.Graph().parse(str(file))
    by_oxigraph = list(ox.parse(path=str(file)))
    assert len(by_rdflib) == len(by_oxigraph) > 100
    assert not any(isinstance(term, rdflib.BNode) for triple in by_rdflib for term in triple)


def test_every_term_is_explained_in_both_languages(vocabulary: rdflib.Graph) -> None:
    terms = {s for s in vocabulary.subjects(RDF.type) if str(s).startswith(ORTE)}
    assert len(terms) > 50
    for term in terms:
        assert set(vocabulary.objects(term, RDF.type)) & set(KINDS), term
        for predicate in (RDFS.label, RDFS.comment):
            languages = sorted(str(text.language) for text in vocabulary.objects(term, predicate))  # type: ignore[attr-defined]
            assert languages == ["de", "en"], (term, predicate)
        assert (term, RDFS.isDefinedBy, rdflib.URIRef("https://w3id.org/orte/ns")) in vocabulary, term
        assert (term, DCTERMS.source, None) in vocabulary, term


def test_german_comments_are_not_english_ones(vocabulary: rdflib.Graph) -> None:
    for term in vocabulary.subjects(RDFS.comment):
        texts = {text.language: str(text) for text in vocabulary.objects(term, RDFS.comment)}  # type: ignore[attr-defined]
        assert texts["de"] != texts["en"], term


def test_header_names_version_and_licence(vocabulary: rdflib.Graph) -> None:
    header = rdflib.URIRef("https://w3id.org/orte/ns")
    assert (header, RDF.type, OWL.Ontology) in vocabulary
    assert (header, DCTERMS.license, rdflib.URIRef("https://creativecommons.org/publicdomain/zero/1.0/")) in vocabulary
    version = vocabulary.value(header, OWL.versionInfo)
    assert vocabulary.value(header, OWL.versionIRI) == header + f"/{version}"


def test_the_design_s_terms_are_there(vocabulary: rdflib.Graph) -> None:
    classes = "Site CooperationSite InnovationSite Network Service Organisation Region Source Record Run"
    properties = (
        "phase theme audience presence fundingElement floorArea region partOf offers operatedBy successor status "
        "serviceKind organisationKind ags nuts population land targetApplies targetMin targetMax attribution rank "
        "lastConfirmed firstSeen lastChanged digest sequence stale outcome"
    )
    for name in classes.split():
        assert (ORTE[name], RDF.type, OWL.Class) in vocabulary
    for name in properties.split():
        assert (ORTE[name], RDF.type, OWL.ObjectProperty) in vocabulary or (
            ORTE[name],
            RDF.type,
            OWL.DatatypeProperty,
        ) in vocabulary, name


def test_terms_of_others_are_declared_but_not_redefined(whole: rdflib.Graph) -> None:
    for subject in set(whole.subjects(RDF.type, OWL.Class)) | set(whole.subjects(RDF.type, OWL.ObjectProperty)):
        if not str(subject).startswith(ORTE):
            assert not list(whole.objects(subject, RDFS.label)), subject
            assert not list(whole.objects(subject, RDFS.comment)), subject


# OWL 2 RL (W3C OWL 2 Profiles, section 4): what is used here must be among what may stand on either side of an axiom.
ALLOWED = {
    OWL.Ontology,
    OWL.Class,
    OWL.ObjectProperty,
    OWL.DatatypeProperty,
    OWL.AnnotationProperty,
    OWL.NamedIndividual,
    OWL.TransitiveProperty,
    OWL.disjointWith,
    OWL.inverseOf,
    OWL.versionInfo,
    OWL.versionIRI,
}
# Section 4.2: the datatypes of OWL 2 RL that we use as ranges. xsd:date and xsd:gYear are not among them.
RL_DATATYPES = {rdflib.XSD[name] for name in ("string", "integer", "decimal", "boolean", "dateTime")}


def test_only_constructs_of_owl_2_rl_are_used(whole: rdflib.Graph) -> None:
    used = {term for triple in whole for term in triple if str(term).startswith(str(OWL))}
    assert used <= ALLOWED
    for term in whole.subjects(RDF.type, OWL.DatatypeProperty):
        assert set(whole.objects(term, RDFS.range)) <= RL_DATATYPES, term
        assert (term, RDF.type, OWL.ObjectProperty) not in whole, term
    for term in whole.subjects(RDF.type, OWL.ObjectProperty):
        for end in whole.objects(term, RDFS.range):
            assert (end, RDF.type, OWL.Class) in whole, (term, end)


EXAMPLE = """
@prefix orte: <https://w3id.org/orte/ns#> .
@prefix schema: <https://schema.org/> .
<house> a orte:CooperationSite ; orte:offers <desk> ; orte:operatedBy <town> ; orte:floorArea 420.0 ;
    orte:region <https://w3id.org/orte/region/14729> ; orte:phase <https://w3id.org/orte/concept/phase/operating> .
<room> orte:partOf <floor> . <floor> orte:partOf <house> .
<old> orte:status <https://w3id.org/orte/concept/status/ended> ; orte:successor <new> .
<town> a orte:Organisation .
"""


def closure(graph: rdflib.Graph, more: str) -> rdflib.Graph:
    result = rdflib.Graph()
    for triple in graph:
        result.add(triple)
    result.parse(data=more, format="turtle", publicID="https://example.org/")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(result)
    return result


def contradictions(graph: rdflib.Graph) -> list[object]:
    """What owlrl reports as errors, and members of the empty class."""
    errors = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#ErrorMessage")
    return [*graph.subjects(RDF.type, errors), *graph.subjects(RDF.type, OWL.Nothing)]


def test_the_closure_is_consistent_and_says_what_it_should(vocabulary: rdflib.Graph) -> None:
    closed = closure(vocabulary, EXAMPLE)
    assert contradictions(closed) == []
    node = rdflib.Namespace("https://example.org/")
    assert (node.house, RDF.type, SCHEMA.Place) in closed
    assert (node.room, ORTE.partOf, node.house) in closed
    assert (node.desk, RDF.type, ORTE.Service) in closed
    assert (node.old, RDF.type, ORTE.Network) in closed


def test_a_site_that_is_a_network_contradicts(vocabulary: rdflib.Graph) -> None:
    closed = closure(
        vocabulary, "<x> a <https://w3id.org/orte/ns#InnovationSite>, <https://w3id.org/orte/ns#Network> ."
    )
    assert contradictions(closed) != []


def test_concept_properties_point_at_their_schemes(whole: rdflib.Graph) -> None:
    for term, scheme in whole.subject_objects(RDFS.seeAlso):
        assert (term, RDFS.range, SKOS.Concept) in whole
        assert (scheme, RDF.type, SKOS.ConceptScheme) in whole
