"""OpenFairDB over HTTP: boxes, splitting, entries, changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harvesters.readers.openfairdb import EVENT, read
from harvesters.reading import Item, Partial, RawRecord, SourceFailed, Unreadable, Withdrawn
from harvesters.source import SHIPPED, load
from tests.harvesters.readers.contexts import context
from tests.standins.misbehaviour import hung_up
from tests.standins.openfairdb import OpenFairDB
from tests.standins.server import Reply

COMPANY = "77b3c33a92554bcf8e8c2c86cedd6f6f"
BOX = [50.0, 10.0, 52.0, 14.0]


def place(key: str, lat: float = 51.0, lng: float = 12.0, **more: Any) -> dict[str, Any]:
    base = {"id": key, "lat": lat, "lng": lng, "title": f"Ort {key}", "description": "Ein Ort", "tags": ["bio"]}
    return {**base, "categories": [COMPANY], "avg_rating": 1.5, "license": "CC0-1.0", **more}


def run(server: OpenFairDB, notes: list[str] | None = None, **options: Any) -> list[Item]:
    since = options.pop("since", None)
    options = {"url": server.api(), "boxes": [BOX], **options}
    return list(read(options, context(server, since=since, notes=notes)))


def keys(items: list[Item]) -> list[str]:
    return sorted(item.key for item in items if isinstance(item, RawRecord))


@pytest.fixture
def server() -> Iterator[OpenFairDB]:
    with OpenFairDB([place("in"), place("out", lat=53.0)]) as server:
        yield server


def test_takes_what_is_inside_and_not_what_is_invisible(server: OpenFairDB) -> None:
    items = run(server)
    assert keys(items) == ["in"]
    assert len(items) == 1
    assert server.asked("/v0/search")[0].query == {"bbox": "50,10,52,14", "limit": "2000"}


def test_real_search_answers_give_exactly_the_entries_inside_the_boxes_of_the_region(shared: Path) -> None:
    answer = json.loads((shared / "data" / "openfairdb_search_results.json").read_text(encoding="utf-8"))
    new_form = json.loads((shared / "data" / "openfairdb_search_results_new_ratings.json").read_text(encoding="utf-8"))
    boxes = load(SHIPPED / "openfairdb").read["boxes"]
    everything = answer["visible"] + answer["invisible"] + new_form["visible"]
    inside = sorted(
        one["id"] for one in everything if any(s <= one["lat"] <= n and w <= one["lng"] <= e for s, w, n, e in boxes)
    )
    with OpenFairDB(everything) as server:
        items = run(server, boxes=boxes)
        assert keys(items) == inside
        assert len(inside) == 4
        assert items == run(server, boxes=boxes)


def test_a_server_that_ignores_the_box_does_not_widen_it(server: OpenFairDB) -> None:
    server.route("/v0/search", {"visible": list(server.places.values()), "invisible": []})
    assert keys(run(server)) == ["in"]


def test_the_licence_is_that_of_each_entry(server: OpenFairDB) -> None:
    server.places = {
        "a": place("a"),
        "b": place("b", license="ODbL-1.0"),
        "c": place("c", license=None),
        "d": place("d", license="all rights reserved"),
    }
    licences = {item.key: item.licence for item in run(server) if isinstance(item, RawRecord)}
    assert licences == {
        "a": "https://creativecommons.org/publicdomain/zero/1.0/",
        "b": "https://opendatacommons.org/licenses/odbl/1-0/",
        "c": None,
        "d": None,
    }


def test_the_address_comes_from_the_entry_and_a_page_can_be_opened(server: OpenFairDB) -> None:
    server.places["in"].update(street="Markt 1", zip="04668", city="Grimma")
    [record] = run(server)
    assert isinstance(record, RawRecord)
    assert (record.data["street"], record.data["zip"], record.data["city"]) == ("Markt 1", "04668", "Grimma")
    assert record.page == f"{server.api()}entries/in"


@pytest.mark.parametrize("rating", [{"avg_rating": 2.0}, {"ratings": {"total": 1.25, "diversity": 2.0}}])
def test_a_changed_rating_changes_no_record(server: OpenFairDB, rating: dict[str, Any]) -> None:
    before = run(server)
    server.places["in"].pop("avg_rating")
    server.places["in"].update(rating)
    assert run(server) == before


def test_personal_contact_is_left_out_and_role_mailboxes_stay(server: OpenFairDB) -> None:
    server.places = {
        "a": place("a", email="info@hof.example", telephone="0341 1", contact_name="Somebody"),
        "b": place("b", email="vorname.name@hof.example"),
    }
    data = {item.key: item.data for item in run(server) if isinstance(item, RawRecord)}
    assert data["a"]["email"] == "info@hof.example"
    assert "email" not in data["b"]
    assert not {"telephone", "contact_name"} & (data["a"].keys() | data["b"].keys())


def test_events_and_places_without_position_are_no_records(server: OpenFairDB) -> None:
    server.places["fest"] = place("fest", categories=[EVENT])
    visible = [*server.places.values(), {"id": "nowhere"}, "nonsense"]
    server.route("/v0/search", {"visible": visible, "invisible": []})
    items = run(server)
    assert keys(items) == ["in"]
    assert [item.reason for item in items if isinstance(item, Unreadable)] == ["a place needs an id and a position"] * 2


def test_full_boxes_are_split_until_everything_is_seen() -> None:
    grid = [place(f"p{i}-{j}", 50.1 + i * 0.09, 10.1 + j * 0.19) for i in range(20) for j in range(20)]
    with OpenFairDB(grid, at_most=30) as server:
        notes: list[str] = []
        items = run(server, notes, limit=30, batch=100)
        assert len(keys(items)) == 400
        assert not any(isinstance(item, Partial) for item in items)
        assert len(server.asked("/v0/entries/*")) == 0  # no such address; entries were asked for in batches of 100:
        assert len([r for r in server.asked() if r.path.startswith("/v0/entries/")]) == 4


def test_an_answer_of_exactly_a_former_limit_is_not_trusted() -> None:
    crowd = [place(f"p{i}", 50.1 + i * 0.01, 10.1 + i * 0.01) for i in range(150)]
    with OpenFairDB(crowd, at_most=100) as server:
        assert len(keys(run(server, limit=2000))) == 150


def test_too_many_places_on_one_spot_make_the_reading_partial() -> None:
    with OpenFairDB([place(f"p{i}", 51.1, 12.3) for i in range(40)], at_most=30) as server:
        items = run(server, limit=30)
        assert len(keys(items)) == 30
        [partial] = [item for item in items if isinstance(item, Partial)]
        assert "30 places in the box" in partial.reason


def test_a_place_whose_entry_is_gone_is_left_out(server: OpenFairDB) -> None:
    server.places["second"] = place("second", lat=51.5)
    server.route("/v0/entries/*", [dict(server.places["in"])])
    notes: list[str] = []
    items = run(server, notes)
    assert keys(items) == ["in"]
    assert "1 places are in the search but have no entry any more; left out" in notes


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v0/search", Reply("down", 500)),
        ("/v0/search", {"error": "no"}),
        ("/v0/search", hung_up()),
        ("/v0/entries/*", Reply("down", 500)),
        ("/v0/entries/*", "<html>maintenance</html>"),
        ("/v0/entries/*", {"message": "no"}),
    ],
)
def test_any_failure_fails_the_source_instead_of_shrinking_it(server: OpenFairDB, path: str, answer: Any) -> None:
    server.route(path, answer)
    with pytest.raises(SourceFailed):
        run(server)


def test_changes_only_are_read_soon_after_a_complete_run(server: OpenFairDB) -> None:
    for key in ("old", "new", "archived", "moved"):
        server.places[key] = place(key)
    server.touch("new", title="Neuer Name")
    server.touch("archived", status="archived")
    server.touch("moved", lat=53.0)
    items = run(server, since=datetime.now(UTC) - timedelta(hours=2), changes_for_days=7)
    assert isinstance(items[0], Partial)
    assert keys(items) == ["new"]
    assert sorted(item.key for item in items if isinstance(item, Withdrawn)) == ["archived", "moved"]
    assert server.asked("/v0/search") == []


@pytest.mark.parametrize("age", [timedelta(days=8), timedelta(days=200)])
def test_after_a_longer_pause_everything_is_read_again(server: OpenFairDB, age: timedelta) -> None:
    items = run(server, since=datetime.now(UTC) - age, changes_for_days=7 if age.days < 100 else 1000)
    assert keys(items) == ["in"]
    assert not any(isinstance(item, Partial) for item in items)


def test_more_changes_than_can_be_listed_mean_everything_is_read(server: OpenFairDB) -> None:
    for number in range(1000):
        server.places[f"far{number}"] = place(f"far{number}", lat=53.0)
        server.touch(f"far{number}")
    items = run(server, since=datetime.now(UTC) - timedelta(hours=2), changes_for_days=7)
    assert keys(items) == ["in"]
    assert not any(isinstance(item, Partial) for item in items)


def test_without_a_list_of_changes_everything_is_read(server: OpenFairDB) -> None:
    server.forget("/v0/entries/recently-changed")
    server.route("/v0/entries/recently-changed", "gone", status=410)
    notes: list[str] = []
    assert keys(run(server, notes, since=datetime.now(UTC) - timedelta(hours=2), changes_for_days=7)) == ["in"]
    assert any("no list of changes" in note for note in notes)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "option 'url'"),
        ({"url": "http://x.example"}, "option 'boxes'"),
        ({"url": "http://x.example", "boxes": [[1, 2, 3]]}, "option 'boxes'"),
        ({"url": "http://x.example", "boxes": [], "bbox": 1}, "no option 'bbox'"),
    ],
)
def test_a_wrong_option_fails_the_source_in_one_sentence(
    server: OpenFairDB, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(SourceFailed, match=says):
        list(read(options, context(server)))
