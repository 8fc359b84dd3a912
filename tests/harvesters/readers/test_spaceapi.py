"""SpaceAPI over HTTP: a directory, spaces of three versions, and spaces that are gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harvesters.reading import SourceFailed
from tests.harvesters.readers.harvests import Harvest, harvest
from tests.standins import Reply, StandIn, hung_up

GERA = "<name>space Gera"

OLD = {"api": "0.13", "space": "Alt", "logo": "https://alt.de/l.png", "url": "https://alt.de",
       "location": {"address": "Weg 1, 04109 Leipzig", "lat": 51.3, "lon": 12.4}, "state": {"open": True},
       "contact": {"email": "info@alt.de", "keymasters": [{"name": "Jemand"}], "issue_mail": "x@alt.de"}}  # fmt: skip
NEW = {"api": "0.13", "api_compatibility": ["14", "15"], "space": GERA, "logo": "https://gera.de/l.png", "url": "https://gera.de",
       "contact": {"email": "vorname.nachname@gera.de"}, "linked_spaces": [{"endpoint": "https://x.de"}]}  # fmt: skip


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as site:
        site.route("/directory", {"Alt": site.url("/alt.json"), GERA: site.url("/gera.json")})
        site.route("/alt.json", OLD)
        site.route("/gera.json", NEW)
        yield site


def run(site: StandIn, **options: Any) -> Harvest:
    return harvest("spaceapi", site, **{"url": site.url("/directory"), **options})


def test_spaces_of_all_versions_are_records_by_their_name(site: StandIn) -> None:
    found = run(site)
    assert found.keys == ["Alt", GERA]
    assert found.records["Alt"].data["versions"] == ["0.13"]
    assert found.records[GERA].data["versions"] == ["14", "15"]
    assert not {"api", "api_compatibility"} & found.records[GERA].data.keys()
    assert found.records[GERA].page == site.url("/gera.json")


def test_persons_are_left_out(site: StandIn) -> None:
    found = run(site)
    assert found.records["Alt"].data["contact"] == {"email": "info@alt.de"}
    assert found.records[GERA].data["contact"] == {}


def test_a_door_that_opens_is_no_change(site: StandIn) -> None:
    before = run(site)
    site.route("/alt.json", {**OLD, "state": {"open": False}, "sensors": {"people_now_present": [{"value": 3}]}})
    assert run(site).changes(before) == (set(), set(), set())


def test_a_second_harvest_finds_exactly_what_changed(site: StandIn) -> None:
    before = run(site)
    site.route("/directory", {"Alt": site.url("/alt.json"), "Neu": site.url("/neu.json")})
    site.route("/alt.json", {**OLD, "url": "https://neu.alt.de"})
    site.route("/neu.json", {**NEW, "space": "Neu"})
    assert run(site).changes(before) == ({"Neu"}, {"Alt"}, {GERA})


@pytest.mark.parametrize("reply", [Reply("gone", 404), hung_up(), Reply("<html>"), Reply([]), Reply({"name": "x"})])
def test_a_space_that_cannot_be_had_keeps_its_place(site: StandIn, reply: Any) -> None:
    before = run(site)
    site.route("/alt.json", reply)
    after = run(site)
    assert after.keys == [GERA]
    assert [item.key for item in after.unreadable] == ["Alt"]
    assert after.changes(before) == (set(), set(), set())


def test_only_the_spaces_that_are_wanted_are_asked(site: StandIn) -> None:
    assert run(site, only="gera|leipzig").keys == [GERA]
    assert site.asked("/alt.json") == []


def test_a_collector_gives_all_spaces_in_one_answer(site: StandIn) -> None:
    entry = {"url": "https://alt.de/api.json", "valid": True, "data": OLD}
    site.route("/collector", [entry, {"url": "https://x.de", "errMsg": "down"}, {"valid": False}])
    found = run(site, url=site.url("/collector"))
    assert found.keys == ["Alt"]
    assert found.records["Alt"].page == "https://alt.de/api.json"
    assert len(found.unreadable) == 2


@pytest.mark.parametrize(
    "reply", [Reply("down", 500), Reply("<html>"), Reply('"text"', 200, {"Content-Type": "application/json"})]
)
def test_without_a_directory_the_source_fails(site: StandIn, reply: Any) -> None:
    site.route("/directory", reply)
    with pytest.raises(SourceFailed):
        run(site)


def test_a_wrong_option_fails_the_source_in_one_sentence(site: StandIn) -> None:
    with pytest.raises(SourceFailed, match=r"'only' .* regular expression"):
        run(site, only="(")
