"""The concept schemes: complete in both languages, sound as SKOS, and with the names that others rely on."""

from __future__ import annotations

import pytest
import rdflib
from rdflib import RDF, SKOS

from tests.conftest import ROOT

BASE = "https://w3id.org/orte/concept/"
SCHEMA = rdflib.Namespace("https://schema.org/")

# The names that lifts, filters and partners use: concepts may be added, never renamed.
PROMISED = {
    "phase": "idea project-development on-trial building start-up operating paused moved closed",
    "service": (
        "desk meeting-room workshop event-space childcare local-supply gastronomy accommodation workation counselling "
        "incubation booking parcel exhibition studio lab mobility education 3d-printing biology-chemistry cnc printing "
        "electronics bicycle photo-lab wood ceramics plastics laser-cutting food painting metal programming stone "
        "textile digital-media"
    ),
    "theme": (
        "creative-industries digitalisation crafts food-agriculture energy-climate health-care mobility education "
        "culture tourism social-economy chemistry-materials structural-change"
    ),
    "audience": (
        "commuters freelancers founders companies researchers craftspeople artists families young-people seniors "
        "tourists associations citizens municipalities"
    ),
    "organisation": "municipal civil-society company university",
    "funding": "project-development investment operation regional-programme network-management",
    "presence": "physical virtual hybrid",
    "status": "active dissolving ended",
    "outcome": "complete partial held failed",
}


@pytest.fixture(scope="module")
def concepts() -> rdflib.Graph:
    return rdflib.Graph().parse(ROOT / "ontology" / "concepts.ttl")


def languages(graph: rdflib.Graph, subject: rdflib.term.Node, predicate: rdflib.term.Node) -> list[str]:
    return sorted(str(text.language) for text in graph.objects(subject, predicate) if isinstance(text, rdflib.Literal))


@pytest.mark.parametrize("scheme", PROMISED)
def test_promised_concepts_exist(scheme: str, concepts: rdflib.Graph) -> None:
    present = {str(c) for c in concepts.subjects(SKOS.inScheme, rdflib.URIRef(BASE + scheme))}
    assert {f"{BASE}{scheme}/{name}" for name in PROMISED[scheme].split()} <= present


def test_every_concept_is_complete(concepts: rdflib.Graph) -> None:
    everything = set(concepts.subjects(RDF.type, SKOS.Concept)) | set(concepts.subjects(RDF.type, SKOS.ConceptScheme))
    assert len(everything) > 90
    for concept in everything:
        assert languages(concepts, concept, SKOS.prefLabel) == ["de", "en"], concept
        assert languages(concepts, concept, SKOS.definition) == ["de", "en"], concept
    for concept in concepts.subjects(RDF.type, SKOS.Concept):
        (scheme,) = concepts.objects(concept, SKOS.inScheme)
        (notation,) = concepts.objects(concept, SKOS.notation)
        assert str(concept) == f"{scheme}/{notation}"


def test_hierarchy_is_sound(concepts: rdflib.Graph) -> None:
    for concept in concepts.subjects(RDF.type, SKOS.Concept):
        top = (concept, SKOS.topConceptOf, None) in concepts
        assert top != ((concept, SKOS.broader, None) in concepts), concept
    assert set(concepts.subject_objects(SKOS.broader)) == {(n, b) for b, n in concepts.subject_objects(SKOS.narrower)}
    assert set(concepts.subject_objects(SKOS.topConceptOf)) == {
        (c, s) for s, c in concepts.subject_objects(SKOS.hasTopConcept)
    }
    assert set(concepts.subject_objects(SKOS.related)) == {(b, a) for a, b in concepts.subject_objects(SKOS.related)}


def test_a_concept_has_a_label_only_once(concepts: rdflib.Graph) -> None:
    """SKOS S13: preferred, alternative and hidden labels are disjoint."""
    for concept in concepts.subjects(RDF.type, SKOS.Concept):
        labels = [t for p in (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel) for t in concepts.objects(concept, p)]
        assert len(labels) == len(set(labels)), concept


def test_a_preferred_label_names_one_concept_of_a_scheme(concepts: rdflib.Graph) -> None:
    for scheme in concepts.subjects(RDF.type, SKOS.ConceptScheme):
        members = list(concepts.subjects(SKOS.inScheme, scheme))
        labels = [label for member in members for label in concepts.objects(member, SKOS.prefLabel)]
        assert len(labels) == len(set(labels)), scheme


def test_the_eighteen_crafts_are_workshops(concepts: rdflib.Graph) -> None:
    assert len(list(concepts.subjects(SKOS.broader, rdflib.URIRef(f"{BASE}service/workshop")))) == 18


def test_every_craft_is_found_by_the_word_of_offene_werkstaetten(concepts: rdflib.Graph) -> None:
    words = (
        "3D-Druck|Biologie/Chemie|CNC-Fräse|Druckverfahren|Elektronik|Fahrrad|Fotolabor|Holz|Keramik/Töpfern|Kunststoff|"
        "Laserschneiden|Lebensmittel|Malerei|Metall|Programmieren|Stein|Textil|digitale Medien"
    )
    crafts = list(concepts.subjects(SKOS.broader, rdflib.URIRef(f"{BASE}service/workshop")))
    known = {str(t) for c in crafts for p in (SKOS.prefLabel, SKOS.hiddenLabel) for t in concepts.objects(c, p)}
    assert set(words.split("|")) <= known


def test_phases_follow_the_life_of_a_place(concepts: rdflib.Graph) -> None:
    phases = concepts.subjects(SKOS.inScheme, rdflib.URIRef(f"{BASE}phase"))
    order = sorted(phases, key=lambda phase: int(str(concepts.value(phase, SCHEMA.position))))
    assert [str(phase).rpartition("/")[2] for phase in order] == PROMISED["phase"].split()


def test_start_up_is_the_first_24_to_36_months(concepts: rdflib.Graph) -> None:
    definitions = concepts.objects(rdflib.URIRef(f"{BASE}phase/start-up"), SKOS.definition)
    assert all("24" in str(text) and "36" in str(text) for text in definitions)
