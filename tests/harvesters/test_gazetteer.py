"""Loading the gazetteer: files, addresses, and what is broken."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from harvesters.fetch import Fetcher, FetchSettings
from harvesters.gazetteer import Gazetteer, GazetteerError
from harvesters.gazetteer_files import EVERY, GazetteerFiles, credits_of, load_gazetteer
from tests.standins.server import Reply, StandIn

POSTAL = "zipcode,place,community_code,latitude,longitude\n04668,Grimma,14729,51.2366,12.7252\n"
TOWNS = 'ags,name,level,kreis_ags\n14729160,"Grimma, Stadt",gemeinde,14729\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plz.csv").write_text(POSTAL, encoding="utf-8")
    (tmp_path / "towns.csv").write_text("\ufeff" + TOWNS, encoding="utf-8")
    return tmp_path


def fetcher(server: StandIn) -> Fetcher:
    return Fetcher(FetchSettings(allow_private_hosts=(server.host,), delay=0, max_retries=0))


def test_paths_start_from_the_data_directory(folder: Path) -> None:
    loaded = load_gazetteer(GazetteerFiles("plz.csv", str(folder / "towns.csv")), base=folder, copies=folder / "copies")
    town = loaded.municipality("04668", "Grimma")
    assert town is not None
    assert (town.ags, town.name) == ("14729160", "Grimma")
    assert loaded.districts_of_place("Grimma") == {"14729"}
    assert loaded.outlines is None


def test_nothing_configured_is_an_empty_gazetteer(folder: Path) -> None:
    loaded = load_gazetteer(GazetteerFiles(), base=folder, copies=folder)
    assert loaded.municipality("04668", "Grimma") is None
    assert loaded.centroid(51.2, 12.7) is None


def test_only_what_is_configured_is_credited() -> None:
    assert [credit.attribution for credit in credits_of(GazetteerFiles(postal_codes="plz.csv"))] == [
        "© GeoNames, CC BY 4.0"
    ]
    assert len(credits_of(GazetteerFiles("a", "b", "c", "d"))) == 4


def test_other_files_have_another_fingerprint(folder: Path) -> None:
    before = Gazetteer.load(folder / "plz.csv").fingerprint
    assert before == Gazetteer.load(folder / "plz.csv").fingerprint
    (folder / "plz.csv").write_text(POSTAL + "04824,Beucha,14729,51.3,12.5\n", encoding="utf-8")
    assert before != Gazetteer.load(folder / "plz.csv").fingerprint


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"zipcode,place\n04668,Grimma\n", "has no column community_code, latitude, longitude"),
        (b"", "has no column"),
        ("zipcode,place,community_code,latitude,longitude\n04668,Döbeln,1,2,3\n".encode("latin-1"), "cannot be read"),
    ],
)
def test_a_broken_table_is_named(folder: Path, content: bytes, what: str) -> None:
    (folder / "plz.csv").write_bytes(content)
    with pytest.raises(GazetteerError, match=what) as caught:
        Gazetteer.load(folder / "plz.csv")
    assert "plz.csv" in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "<html>",
        "{}",
        '{"features": []}',
        '{"features": [{"properties": {"AGS": "14729"}, "geometry": null}]}',
        '{"features": [{"properties": {"AGS": "1"}, "geometry": {"type": "Polygon",'
        ' "coordinates": [[[318000, 5690000], [319000, 5690000], [319000, 5691000], [318000, 5690000]]]}}]}',
    ],
)
def test_broken_outlines_are_named(folder: Path, content: str) -> None:
    (folder / "kreise.geojson").write_text(content, encoding="utf-8")
    with pytest.raises(GazetteerError, match=r"kreise\.geojson"):
        Gazetteer.load(outlines=folder / "kreise.geojson")


def test_a_missing_file_is_one_sentence(folder: Path) -> None:
    with pytest.raises(GazetteerError, match=r"nowhere\.csv cannot be read"):
        load_gazetteer(GazetteerFiles("nowhere.csv"), base=folder, copies=folder)


def test_a_row_without_coordinates_does_not_stop_the_others(folder: Path) -> None:
    (folder / "plz.csv").write_text(POSTAL + "04703,Leisnig,14522,,\n", encoding="utf-8")
    assert set(Gazetteer.load(folder / "plz.csv").postcodes) == {"04668"}


def test_an_address_is_fetched_once_and_its_copy_outlives_the_server(folder: Path) -> None:
    notes: list[str] = []
    copies = folder / "copies"
    with StandIn() as server, fetcher(server) as fetch:
        server.route("/plz.csv", Reply(POSTAL.encode()))
        files = GazetteerFiles(server.url("/plz.csv"))
        for _ in range(2):
            loaded = load_gazetteer(files, base=folder, copies=copies, fetch=fetch, notes=notes.append)
            assert "04668" in loaded.postcodes
        assert len(server.asked("/plz.csv")) == 1
    assert "04668" in load_gazetteer(files, base=folder, copies=copies).postcodes
    assert notes == []


@pytest.mark.parametrize("answer", [Reply(b"busy", status=500), Reply("<html>moved</html>"), Reply(b"zipcode,pl")])
def test_a_copy_too_old_stays_in_use_when_its_renewal_fails(folder: Path, answer: Reply) -> None:
    notes: list[str] = []
    copies = folder / "copies"
    with StandIn() as server, fetcher(server) as fetch:
        server.route("/plz.csv", Reply(POSTAL.encode()))
        files = GazetteerFiles(server.url("/plz.csv"))
        load_gazetteer(files, base=folder, copies=copies, fetch=fetch)
        (copy,) = copies.iterdir()
        old = time.time() - EVERY.total_seconds() - 1
        os.utime(copy, (old, old))
        server.route("/plz.csv", answer)
        loaded = load_gazetteer(files, base=folder, copies=copies, fetch=fetch, notes=notes.append)
    assert "04668" in loaded.postcodes
    assert len(notes) == 1
    assert "stays in use" in notes[0]
    assert list(copies.iterdir()) == [copy]


def test_an_address_that_never_answered_is_an_error(folder: Path) -> None:
    with StandIn() as server, fetcher(server) as fetch:
        files = GazetteerFiles(server.url("/plz.csv"))
        with pytest.raises(GazetteerError, match="cannot be used"):
            load_gazetteer(files, base=folder, copies=folder / "copies", fetch=fetch)
    with pytest.raises(GazetteerError, match="never fetched"):
        load_gazetteer(files, base=folder, copies=folder / "copies")


def test_stations_are_points_with_names(tmp_path: Path) -> None:
    file = tmp_path / "stations.geojson"
    point = {"type": "Feature", "properties": {"name": "Grimma ob Bf"},
             "geometry": {"type": "Point", "coordinates": [12.7262, 51.2382]}}  # fmt: skip
    nameless = {**point, "properties": {}}
    area = {**point, "geometry": {"type": "Polygon", "coordinates": [[[12, 51], [13, 51], [13, 52], [12, 51]]]}}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [point, nameless, area]}), encoding="utf-8")
    known = load_gazetteer(GazetteerFiles(stations="stations.geojson"), base=tmp_path, copies=tmp_path)
    assert [one.name for one in known.stations.all] == ["Grimma ob Bf"]
    assert known.fingerprint == Gazetteer.load().fingerprint, "stations change no district, so nothing is lifted anew"


@pytest.mark.parametrize("content", ["", "[]", '{"features": []}', '{"features": [{"properties": {"name": "a"}}]}'])
def test_what_holds_no_stations_is_refused_by_name(content: str, tmp_path: Path) -> None:
    (tmp_path / "s.geojson").write_text(content, encoding="utf-8")
    with pytest.raises(GazetteerError, match=r"s\.geojson holds no railway stations"):
        load_gazetteer(GazetteerFiles(stations="s.geojson"), base=tmp_path, copies=tmp_path)
