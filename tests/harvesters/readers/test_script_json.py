"""JSON inside a page's script, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from harvesters.reading import SourceFailed
from tests.harvesters.readers.harvests import Harvest, harvest
from tests.standins import Reply, StandIn, truncated

PLACES = [
    {"uid": 7, "name": 'Werk "Eins" [alt]', "url": "werk-eins", "mail": "x@y.de"},
    {"uid": 8, "name": "Zwei", "url": "zwei"},
]


def page(value: Any, before: str = "", after: str = "") -> str:
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    other = "<script>var settings = {colours: ['red'], n: [1, 2]};</script>"
    widget = f"<script>{before}new vow.Map('#map', {{zoom: 5}}, {data}, {{cluster: true}});{after}</script>"
    return f"<html><head>{other}</head><body>{widget}</body></html>"


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as site:
        site.route("/widget", page(PLACES))
        yield site


def run(site: StandIn, **options: Any) -> Harvest:
    return harvest("script-json", site, **{"url": site.url("/widget"), "key": "uid", **options})


def test_each_object_of_the_array_is_a_record(site: StandIn) -> None:
    found = run(site, page="https://werk.example/werkstatt/{url}", leave_out=["mail"])
    assert found.keys == ["7", "8"]
    assert found.records["7"].data == {"uid": 7, "name": 'Werk "Eins" [alt]', "url": "werk-eins"}
    assert found.records["7"].page == "https://werk.example/werkstatt/werk-eins"


def test_the_script_is_chosen_by_its_text(site: StandIn) -> None:
    decoy = '<script>var menu = [{"uid": 1, "name": "Start"}];</script>'
    site.route("/widget", decoy + page(PLACES))
    assert run(site).keys == ["1"]
    assert run(site, script="vow.Map").keys == ["7", "8"]


def test_the_beginning_is_chosen_by_what_stands_before(site: StandIn) -> None:
    site.route("/widget", page(PLACES, before='var icons = [{"uid": 1}]; '))
    assert run(site).keys == ["1"]
    assert run(site, after=r"vow\.Map\(").keys == ["7", "8"]


def test_records_may_lie_deeper_in_the_value(site: StandIn) -> None:
    site.route("/widget", page({"places": PLACES, "total": 2}))
    assert run(site, records="$.places[*]").keys == ["7", "8"]


def test_a_script_file_can_be_read_as_it_is(site: StandIn) -> None:
    site.route("/widget", Reply(f"var places = {json.dumps(PLACES)};", 200, {"Content-Type": "text/javascript"}))
    assert run(site).keys == ["7", "8"]


def test_a_second_harvest_finds_exactly_what_changed(site: StandIn) -> None:
    before = run(site)
    site.route("/widget", page([{**PLACES[0], "name": "Werk"}, {"uid": 9, "name": "Neun"}]))
    assert run(site).changes(before) == ({"9"}, {"7"}, {"8"})


@pytest.mark.parametrize(
    "reply",
    [
        Reply("<html><p>Wartung</p></html>"),
        Reply(page([])),
        Reply(page('[{"uid": 7, "name": "ab')),  # breaks off inside the script
        Reply(page("[{'uid': 7}]")),  # JavaScript, not JSON
        Reply("<div>" * 2000),
        Reply("down", 503),
        truncated(page(PLACES)),
    ],
)
def test_a_page_without_a_whole_array_fails_the_source(site: StandIn, reply: Any) -> None:
    site.route("/widget", reply)
    with pytest.raises(SourceFailed):
        run(site)


def test_nan_costs_only_its_own_record(site: StandIn) -> None:
    site.route("/widget", page('[{"uid": 7, "lat": NaN}, {"uid": 8, "lat": 51.3}]'))
    found = run(site)
    assert (found.keys, found.records["8"].data["lat"]) == (["7", "8"], 51.3)


def test_brackets_without_end_are_given_up(site: StandIn) -> None:
    site.route("/widget", page("[" * 20_000))
    with pytest.raises(SourceFailed, match="no complete JSON"):
        run(site)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"key": ""}, "'key' .* is missing"),
        ({"after": "("}, "'after' .* regular expression"),
        ({"records": "$[["}, "'records' .* JSONPath"),
        ({"colour": 1}, "'colour' .* does not exist"),
    ],
)
def test_a_wrong_option_fails_the_source_in_one_sentence(site: StandIn, options: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceFailed, match=says):
        run(site, **options)
