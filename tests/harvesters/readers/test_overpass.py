"""Overpass over HTTP, with its real answers where they are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvesters.reading import SourceFailed
from harvesters.source import SHIPPED, load
from tests.harvesters.readers.harvests import Harvest, harvest
from tests.standins import Reply, StandIn, hung_up, truncated

ELEMENTS = [
    {"type": "node", "id": 1, "lat": 51.3, "lon": 12.4, "version": 2, "timestamp": "2024-05-01T10:00:00Z",
     "user": "somebody", "uid": 7, "changeset": 9, "tags": {"amenity": "coworking_space", "name": "Eins"}},
    {"type": "way", "id": 2, "center": {"lat": 51.4, "lon": 12.5}, "nodes": [1, 3], "tags": {"name": "Zwei"}},
    {"type": "relation", "id": 2, "center": {}, "members": [], "tags": {"name": "Drei"}},
    {"type": "node", "id": 3, "lat": 51.3, "lon": 12.4},
]  # fmt: skip


def answer(*elements: Any, **more: Any) -> dict[str, Any]:
    header = {"version": 0.6, "osm3s": {"timestamp_osm_base": "2026-11-01T00:00:00Z"}}
    return {**header, "elements": list(elements), **more}


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as site:
        site.route("/interpreter", answer(*ELEMENTS), method="POST")
        yield site


def run(site: StandIn, **options: Any) -> Harvest:
    options = options or {"filters": ['["amenity"="coworking_space"]'], "boxes": [[51, 12, 52, 13]]}
    return harvest("overpass", site, **{"url": site.url("/interpreter"), **options})


def test_elements_with_tags_are_records_without_their_mappers(site: StandIn) -> None:
    found = run(site)
    assert found.keys == ["node/1", "way/2", "relation/2"]
    first = found.records["node/1"]
    assert first.page == "https://www.openstreetmap.org/node/1"
    assert first.modified == "2024-05-01T10:00:00Z"
    tags = {"amenity": "coworking_space", "name": "Eins"}
    moment = {"version": 2, "timestamp": "2024-05-01T10:00:00Z"}
    assert first.data == {"type": "node", "id": 1, "lat": 51.3, "lon": 12.4, "tags": tags, **moment}


def test_ways_have_their_centre_and_an_empty_centre_is_no_position(site: StandIn) -> None:
    records = run(site).records
    assert (records["way/2"].data["lat"], records["way/2"].data["lon"]) == (51.4, 12.5)
    assert not {"lat", "lon", "center"} & records["relation/2"].data.keys()


def test_every_filter_is_asked_in_every_box(site: StandIn) -> None:
    run(site, filters=['["a"="b"]', '["c"]'], boxes=[[51, 12, 52, 13], [50.8, 12.2, 51.11, 12.66]], timeout=90)
    [request] = site.asked("/interpreter")
    assert request.form["data"] == (
        '[out:json][timeout:90];\n(\n  nwr["a"="b"](51,12,52,13);\n  nwr["c"](51,12,52,13);\n'
        '  nwr["a"="b"](50.8,12.2,51.11,12.66);\n  nwr["c"](50.8,12.2,51.11,12.66);\n);\nout meta center;'
    )


def test_the_shipped_source_asks_a_query(site: StandIn) -> None:
    source = load(SHIPPED / "openstreetmap")
    harvest("overpass", site, **{**source.read, "url": site.url("/interpreter")})
    query = site.asked("/interpreter")[0].form["data"]
    assert query.count("nwr") == 9 * len(source.read["filters"])


def test_a_second_harvest_finds_exactly_what_changed(site: StandIn) -> None:
    before = run(site)
    changed = {**ELEMENTS[0], "version": 3, "tags": {"name": "Eins A"}}
    new = {"type": "node", "id": 8, "tags": {"name": "Acht"}}
    site.route("/interpreter", answer(changed, ELEMENTS[1], new), method="POST")
    assert run(site).changes(before) == ({"node/8"}, {"node/1"}, {"relation/2"})


@pytest.mark.parametrize("name", ["remark-runtime-error-01.json", "remark-runtime-remark-01.json"])
def test_the_real_time_out_with_status_200_fails_the_source(site: StandIn, shared: Path, name: str) -> None:
    site.route("/interpreter", (shared / "data" / "overpass_samples" / name).read_bytes(), method="POST")
    with pytest.raises(SourceFailed, match="Overpass could not finish: runtime"):
        run(site)


def test_a_remark_beside_half_a_list_fails_the_source_too(site: StandIn) -> None:
    remark = 'runtime error: Query run out of memory in "recurse" at line 5 using about 512 MB of RAM.'
    site.route("/interpreter", answer(ELEMENTS[0], remark=remark), method="POST")
    with pytest.raises(SourceFailed, match="out of memory"):
        run(site)


def test_real_answers_with_ways_can_be_read(site: StandIn, shared: Path) -> None:
    found = {}
    for name in ("way-01.json", "way-04.json", "result-way-03.json"):
        site.route("/interpreter", (shared / "data" / "overpass_samples" / name).read_bytes(), method="POST")
        found[name] = run(site).keys
    assert found == {
        "way-01.json": ["way/317146077"],  # the other way there has no tags
        "way-04.json": ["way/225576797"],
        "result-way-03.json": ["way/317146077"],
    }


@pytest.mark.parametrize(
    "reply",
    [
        Reply("<html>rate limited</html>", 200, {"Content-Type": "text/html"}),
        Reply({"elements": []}),
        Reply({"osm3s": {}, "elements": {}}),
        Reply("gateway", 504),
        truncated(answer(*ELEMENTS)),
        hung_up(),
    ],
)
def test_anything_but_a_whole_answer_fails_the_source(site: StandIn, reply: Any) -> None:
    site.route("/interpreter", reply, method="POST")
    with pytest.raises(SourceFailed):
        run(site)


def test_an_odd_element_is_reported_and_the_rest_goes_on(site: StandIn) -> None:
    site.route("/interpreter", answer("x", {"type": "area", "id": 4, "tags": {"a": "b"}}, ELEMENTS[0]), method="POST")
    found = run(site)
    assert found.keys == ["node/1"]
    assert len(found.unreadable) == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"boxes": [[51, 12, 52, 13]]}, "'filters' .* is missing"),
        ({"filters": ["amenity=x"], "boxes": [[51, 12, 52, 13]]}, "no tag filter"),
        ({"filters": ['["a"](1,2,3,4);out;["b"]'], "boxes": [[51, 12, 52, 13]]}, "no tag filter"),
        ({"filters": ['["a"]']}, "'boxes' .* is missing"),
        ({"filters": ['["a"]'], "boxes": [[52, 12, 51, 13]]}, "south, west, north, east"),
        ({"query": "x", "colour": 1}, "'colour' .* does not exist"),
    ],
)
def test_a_wrong_option_fails_the_source_in_one_sentence(site: StandIn, options: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceFailed, match=says):
        run(site, **options)
