"""The page and the documents on coverage."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from fastapi.testclient import TestClient

from harvesters.gazetteer import Gazetteer
from harvesters.gazetteer_files import GazetteerFiles, load_gazetteer
from registry import coverage
from registry.api import create_app
from registry.check import Checker
from registry.config import Config
from tests.registry.api.conftest import Served
from tests.registry.conftest import BASE, Ground
from tests.registry.test_coverage import GRIMMA, LIFT, POSTAL, TORGAU, TOWNS, site

OUTLINES = """{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"AGS": "14729"},
"geometry": {"type": "Polygon", "coordinates": [[[12.5, 51], [13, 51], [13, 51.4], [12.5, 51.4], [12.5, 51]]]}}]}"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, checker: Checker, served: Served) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("coverage")
    for name, text in (("plz.csv", POSTAL), ("towns.csv", TOWNS), ("districts.geojson", OUTLINES)):
        (folder / name).write_text(text, encoding="utf-8")
    files = GazetteerFiles("plz.csv", "towns.csv", "districts.geojson")
    ground = Ground(folder, checker)
    ground.configure(lift=LIFT)
    ground.harvest([site("a", GRIMMA, phase="operating"), site("b", TORGAU, phase="idea")])
    coverage.follow(ground.ledger, load_gazetteer(files, base=folder, copies=Path(folder)))
    engine = served.client.app.state.catalogue.engine  # type: ignore[attr-defined]
    yield TestClient(create_app(Config(data=folder, base_url=BASE, gazetteer=files), engine), base_url=BASE)
    ground.ledger.close()


def test_the_page_says_number_target_and_method(client: TestClient) -> None:
    page = client.get("/coverage", headers={"accept": "text/html"}).text
    row = page[page.index("Landkreis Leipzig</a>") :].partition("</tr>")[0]
    assert "noch 4" in row
    assert "78 %" in row
    city = page[page.index("Leipzig (Stadt)</a>") :].partition("</tr>")[0]
    assert "nicht anwendbar" in city
    for said in (
        "Näherung",
        "15 km/h",
        "1,3-mal",
        "2.885 Meter",
        "2021-12-31",
        "© GeoNames",
        "Torgau",
        "6.000 Menschen",
    ):
        assert said in page
    assert page.count("<svg") >= 2
    assert "style=" not in page


def test_csv_json_ld_and_turtle_say_the_same(client: TestClient) -> None:
    rows = {row["ags"]: row for row in csv.DictReader(io.StringIO(client.get("/coverage.csv").text))}
    assert (rows["14729"]["operating"], rows["14729"]["reached"], rows["14729"]["targetMin"]) == ("1", "29000", "5")
    assert rows["14713"]["targetMin"] == ""
    document = client.get("/coverage.jsonld").json()
    observed = [one for one in document["@graph"] if one.get("type") == "Observation"]
    assert len(observed) == 9
    (one,) = [one for one in observed if one["id"].startswith(f"{BASE}/coverage#14729-")]
    assert (one["operatingSites"], one["populationReached"], one["region"]) == (1, 29000, "14729")
    turtle = client.get("/coverage", headers={"accept": "text/turtle"})
    about = ox.NamedNode("http://purl.org/linked-data/cube#Observation")
    assert sum(quad.object == about for quad in ox.parse(turtle.content, ox.RdfFormat.TURTLE)) == 9


def test_outlines_for_maps(client: TestClient, served: Served) -> None:
    (feature,) = client.get("/outlines.geojson").json()["features"]
    assert feature["properties"] == {"ags": "14729", "name": "Landkreis Leipzig"}
    assert [12.5, 51.4] in feature["geometry"]["coordinates"][0]
    assert served.get("/outlines.geojson").json()["features"] == []


def test_before_the_first_count(served: Served) -> None:
    assert "Noch nicht gezählt" in served.get("/coverage", "text/html").text
    assert len(served.get("/coverage.csv").text.splitlines()) == 1


def test_the_page_shows_how_it_came_to_be(tmp_path: Path, checker: Checker, served: Served) -> None:
    ground = Ground(tmp_path, checker)
    ground.configure(lift=LIFT)
    for places in ([site("a", GRIMMA, phase="operating")], [site(key, GRIMMA, phase="operating") for key in "abc"]):
        ground.harvest(places)
        coverage.follow(ground.ledger, Gazetteer())
        ground.clock.tick(days=40)
    engine = served.client.app.state.catalogue.engine  # type: ignore[attr-defined]
    page = TestClient(create_app(Config(data=tmp_path, base_url=BASE), engine), base_url=BASE).get(
        "/coverage", headers={"accept": "text/html"}
    ).text  # fmt: skip
    assert page.count('class="trend"') == 9
    assert "Landkreis Leipzig: 3</text>" in page
    ground.ledger.close()
