"""The study's own networks and places are there, and true."""

from __future__ import annotations

import pytest

from harvesters.readers import READERS
from harvesters.reading import Context, RawRecord
from harvesters.source import SHIPPED, load
from tests.harvesters.sources.lifting import Graph

NETWORKS = [
    "CoworkLand eG",
    "Innovation Hub 13",
    "KAT-Netzwerk",
    "Kreatives Sachsen",
    "Kreativorte Mitteldeutschland",
    "Kreativwirtschaft Sachsen-Anhalt",
    "LAG Leipziger Muldenland",
    "RKW Thüringen",
    "Village Office",
]


@pytest.fixture(scope="module")
def graph() -> Graph:
    source = load(SHIPPED / "studie")
    context = Context(fetch=None, since=None, districts=(), notes=print)  # type: ignore[arg-type]
    items = list(READERS[source.reader](source.read, context))
    assert all(isinstance(item, RawRecord) for item in items)
    assert len(items) >= source.min_records
    return Graph("studie", items)


def test_lists_nine_networks_with_one_name_each(graph: Graph) -> None:
    assert graph.column("SELECT ?n { ?s a orte:Network ; schema:name ?n }") == NETWORKS


def test_says_which_networks_ended_and_when(graph: Graph) -> None:
    ended = graph.rows("""
        SELECT ?name ?status ?end {
          ?s a orte:Network ; schema:name ?name ; orte:status ?status . FILTER(?status != <https://w3id.org/orte/concept/status/active>)
          ?s schema:endDate ?end
        }""")
    assert ended == [
        ("Innovation Hub 13", "concept/status/ended", "2022-12-31"),
        ("Village Office", "concept/status/ended", "2021-12"),
    ]
    assert len(graph.rows("SELECT ?s { ?s a orte:Network ; orte:status ?status }")) == 9


def test_successors_are_named_but_not_counted_as_networks(graph: Graph) -> None:
    rows = graph.rows("SELECT ?name ?type { ?s orte:successor ?next . ?next schema:name ?name ; a ?type }")
    assert rows == [("Coworking Switzerland", "ns#Organisation"), ("Flesk", "ns#Organisation")]


def test_places_are_of_the_right_kind_and_phase(graph: Graph) -> None:
    rows = graph.rows("""
        SELECT ?name ?type ?phase ?region {
          ?s a ?type ; schema:name ?name ; orte:region ?region . OPTIONAL { ?s orte:phase ?phase }
        }""")
    assert rows == [
        ("Glascampus Torgau", "ns#InnovationSite", "", "region/14730"),
        ("Kulturhaus Beucha", "ns#CooperationSite", "concept/phase/building", "region/14729"),
        ("Nudelfabrik Zeitz", "ns#Site", "", "region/15084"),
        ("Röcknitz in Thallwitz", "ns#CooperationSite", "concept/phase/project-development", "region/14729"),
        ("VR-Zentrum in der Nudelfabrik Zeitz", "ns#InnovationSite", "", "region/15084"),
    ]


def test_the_vr_centre_is_part_of_the_nudelfabrik(graph: Graph) -> None:
    rows = graph.rows("SELECT ?part ?whole { ?s orte:partOf ?w . ?s schema:name ?part . ?w schema:name ?whole }")
    assert rows == [("VR-Zentrum in der Nudelfabrik Zeitz", "Nudelfabrik Zeitz")]


def test_every_reference_leads_to_a_record_that_is_there(graph: Graph) -> None:
    dangling = graph.rows("""
        SELECT ?s ?o { ?s ?p ?o . FILTER(CONTAINS(STR(?o), "/records/")) FILTER NOT EXISTS { ?o a ?any } }""")
    assert dangling == []


def test_every_text_for_people_is_there_in_german_and_english(graph: Graph) -> None:
    lonely = graph.rows("""
        SELECT ?s { ?s schema:description ?de FILTER(LANG(?de) = "de")
                    FILTER NOT EXISTS { ?s schema:description ?en FILTER(LANG(?en) = "en") } }""")
    assert lonely == []


def test_nothing_of_the_file_stays_unread(graph: Graph) -> None:
    assert graph.unread == set()
