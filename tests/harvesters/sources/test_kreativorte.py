"""Kreativorte from the stand-in site, in each of the three ways, through reader and lift."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harvesters.readers import READERS
from harvesters.reading import Item, RawRecord
from harvesters.source import SHIPPED, load
from tests.harvesters.readers.contexts import context
from tests.harvesters.sources.lifting import Graph
from tests.standins.wordpress import WordPress, kreativorte

SOURCE = "kreativorte-mitteldeutschland"
SIX = [
    "Alte Brauerei Colditz",
    "Alte Rösterei Grimma",
    "Bahnhof Leisnig",
    "Kloster Posa",
    "Kulturhaus Beucha",
    "Nudelfabrik Zeitz",
]

WAYS: dict[str, dict[str, Any]] = {
    "rest": {},
    "rest, place only on the page": {"full_content": False},
    "sitemap and JSON-LD": {"rest": False, "structured": "json-ld"},
    "sitemap and microdata": {"rest": False, "structured": "microdata"},
    "sitemap and RDFa": {"rest": False, "structured": "rdfa"},
    "sitemap and headings": {"rest": False},
    "overview and headings": {"rest": False, "sitemap": False},
}  # fmt: skip


@pytest.fixture
def site() -> Iterator[WordPress]:
    with WordPress(kreativorte()) as site:
        yield site


def harvest(site: WordPress, source: str = SOURCE, **offers: Any) -> list[Item]:
    for name, value in offers.items():
        setattr(site, name, value)
    description = load(SHIPPED / source)
    options = {**description.read, "url": site.url("/")}
    return list(READERS[description.reader](options, context(site)))


@pytest.mark.parametrize("way", WAYS)
def test_the_same_six_places_come_out_in_every_way(site: WordPress, way: str) -> None:
    items = harvest(site, **WAYS[way])
    assert sorted(item.key for item in items if isinstance(item, RawRecord)) == [
        "312",
        "347",
        "402",
        "455",
        "508",
        "591",
    ]
    assert len(items) == 6
    graph = Graph(SOURCE, items)
    assert graph.column("SELECT ?n { ?s a orte:CooperationSite ; schema:name ?n }") == SIX


@pytest.mark.parametrize("way", [way for way in WAYS if way != "rest"])
def test_every_way_says_the_same_of_a_place(site: WordPress, way: str) -> None:
    """But for the position, which only structured data have."""
    everything = "SELECT ?s ?p ?o { ?s ?p ?o FILTER(?p NOT IN (schema:geo) && !CONTAINS(STR(?s), '#geo')) }"
    first = Graph(SOURCE, harvest(site, **WAYS["rest"])).rows(everything)
    assert Graph(SOURCE, harvest(site, **WAYS[way])).rows(everything) == first


@pytest.mark.parametrize("way", ["rest, place only on the page", "sitemap and headings"])
def test_changing_the_way_moves_no_date_and_no_page(site: WordPress, way: str) -> None:
    def known(items: list[Item]) -> dict[str, tuple[str | None, str | None]]:
        return {item.key: (item.page, item.modified) for item in items if isinstance(item, RawRecord)}

    assert known(harvest(site)) == known(harvest(site, **WAYS[way]))


def test_a_page_that_does_not_show_its_number_is_known_by_its_slug(site: WordPress) -> None:
    items = harvest(site, rest=False, numbered=False)
    keys = sorted(item.key for item in items if isinstance(item, RawRecord))
    slugs = ["alte-brauerei-colditz", "alte-roesterei-grimma", "bahnhof-leisnig", "kloster-posa", "kulturhaus-beucha"]
    assert keys == ["591", *slugs]  # 591 is in the address itself


def test_what_is_known_of_each_place(site: WordPress) -> None:
    graph = Graph(SOURCE, harvest(site))
    rows = graph.rows("""
        SELECT ?name ?locality ?land ?region ?phase ?url {
          ?s schema:name ?name ; schema:address [ schema:addressLocality ?locality ; schema:addressRegion ?land ] ;
             orte:phase ?phase . OPTIONAL { ?s schema:url ?url } OPTIONAL { ?s orte:region ?region }
        }""")
    operating, developing = "concept/phase/operating", "concept/phase/project-development"
    assert rows == [
        ("Alte Brauerei Colditz", "Colditz", "Sachsen", "region/14729", developing, ""),
        (
            "Alte Rösterei Grimma",
            "Grimma",
            "Sachsen",
            "region/14729",
            operating,
            "https://www.alte-roesterei-grimma.de/",
        ),
        ("Bahnhof Leisnig", "Leisnig", "Sachsen", "", operating, ""),  # Mittelsachsen: outside the region
        ("Kloster Posa", "Zeitz", "Sachsen-Anhalt", "region/15084", operating, "https://kloster-posa.de/"),
        ("Kulturhaus Beucha", "Brandis", "Sachsen", "region/14729", developing, ""),
        ("Nudelfabrik Zeitz", "Zeitz", "Sachsen-Anhalt", "region/15084", operating, ""),
    ]


def test_services_are_read_from_the_teaser(site: WordPress) -> None:
    graph = Graph(SOURCE, harvest(site))
    rows = graph.rows("SELECT ?n ?k { ?s schema:name ?n ; orte:offers [ a orte:Service ; orte:serviceKind ?k ] }")
    assert [(name, kind.removeprefix("concept/service/")) for name, kind in rows] == [
        ("Alte Rösterei Grimma", "desk"),
        ("Alte Rösterei Grimma", "event-space"),
        ("Alte Rösterei Grimma", "gastronomy"),
        ("Bahnhof Leisnig", "local-supply"),
        ("Bahnhof Leisnig", "meeting-room"),
        ("Kloster Posa", "accommodation"),
        ("Kloster Posa", "studio"),
        ("Kloster Posa", "workshop"),
        ("Kulturhaus Beucha", "childcare"),
        ("Kulturhaus Beucha", "desk"),
        ("Kulturhaus Beucha", "event-space"),
        ("Nudelfabrik Zeitz", "exhibition"),
        ("Nudelfabrik Zeitz", "lab"),
    ]


def test_a_title_that_repeats_the_place_gives_name_and_long_name(site: WordPress) -> None:
    graph = Graph(SOURCE, harvest(site))
    assert graph.rows("SELECT ?n ?a { ?s schema:name ?n ; schema:alternateName ?a }") == [
        ("Kloster Posa", "Kloster Posa, Zeitz")
    ]


def test_one_area_in_the_prose_is_taken_and_two_are_reported(site: WordPress) -> None:
    graph = Graph(SOURCE, harvest(site))
    assert graph.rows("SELECT ?n ?a { ?s schema:name ?n ; orte:floorArea ?a }") == [("Alte Rösterei Grimma", "420")]
    assert [finding.function for finding in graph.lifted["455"].findings] == ["find_area"]


def test_places_are_members_of_the_network_that_lists_them(site: WordPress) -> None:
    graph = Graph(SOURCE, harvest(site))
    assert set(graph.column("SELECT ?n { ?s schema:memberOf ?n }")) == {
        "studie/records/kreativorte-mitteldeutschland#it"
    }


def test_the_sister_site_is_read_with_the_same_lift_and_claims_no_membership(site: WordPress) -> None:
    graph = Graph("kreativorte-im-gruenen", harvest(site, "kreativorte-im-gruenen"))
    assert graph.column("SELECT ?n { ?s a orte:CooperationSite ; schema:name ?n }") == SIX
    assert graph.column("SELECT ?n { ?s schema:memberOf ?n }") == []


def test_a_rubric_that_the_page_does_not_say_gives_no_phase(site: WordPress) -> None:
    for place in site.places:
        place["rubric"] = "Orte"
    graph = Graph(SOURCE, harvest(site, rest=False))
    assert graph.column("SELECT ?p { ?s orte:phase ?p }") == []


def test_an_unchanged_site_gives_the_same_raw_records(site: WordPress) -> None:
    assert harvest(site) == harvest(site)


def test_changes_on_the_site_are_changes_in_the_reading(site: WordPress) -> None:
    before = {item.key: item for item in harvest(site) if isinstance(item, RawRecord)}
    site.place("kloster-posa")["teaser"] = "Nun auch mit Kinderbetreuung."
    site.places = [place for place in site.places if place["slug"] != "bahnhof-leisnig"]
    after = {item.key: item for item in harvest(site) if isinstance(item, RawRecord)}
    assert before.keys() - after.keys() == {"508"}
    assert [key for key in after if after[key] != before[key]] == ["402"]
