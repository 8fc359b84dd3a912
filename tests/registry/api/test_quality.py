"""Quality over HTTP: DQV in every format, and pages that say what to do."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from registry.quality import METRICS
from registry.terms import DQV, ORTE
from tests.registry.api.conftest import Served
from tests.registry.api.test_entities import expanded, triples
from tests.registry.conftest import BASE

SOURCE = "/sources/liste"


@pytest.fixture(params=["source", "entity"])
def subject(request: pytest.FixtureRequest, served: Served) -> str:
    return SOURCE if request.param == "source" else served.at["haus"]


def test_measurements_and_improvements(served: Served, subject: str) -> None:
    found = served.get(f"{subject}/quality.jsonld").json()
    assert found["id"] == f"{BASE}{subject}"
    values = {one["metric"].removeprefix(str(ORTE)): float(one["value"]) for one in found["hasQualityMeasurement"]}
    assert values.keys() >= {"qualityScore", "addressCompleteness", "hoursCompleteness", "freshness"}
    assert values.keys() <= {"qualityScore", *METRICS}
    assert all(0 <= value <= 1 for value in values.values())
    gains = [float(one["gain"]) for one in found["improvement"]]
    assert gains == sorted(gains, reverse=True)
    assert values["qualityScore"] + sum(gains) == pytest.approx(1, abs=0.02) or subject == SOURCE


def test_all_formats_say_the_same(served: Served, subject: str) -> None:
    turtle = triples(served.get(f"{subject}/quality.ttl").content, ox.RdfFormat.TURTLE)
    assert {t for t in turtle if DQV["QualityMeasurement"].value in str(t)}
    assert expanded(served, served.get(f"{subject}/quality.jsonld").content) == turtle
    assert triples(served.get(f"{subject}/quality", "application/rdf+xml").content, ox.RdfFormat.RDF_XML) == turtle
    assert served.get(f"{subject}/quality.json").json() == served.get(f"{subject}/quality.jsonld").json()


def test_the_page(served: Served, subject: str) -> None:
    german = served.get(f"{subject}/quality", "text/html").text
    assert "„Öffnungszeiten“ angeben" in german
    assert "Opening hours" in served.get(f"{subject}/quality?lang=en", "text/html").text
    assert f'href="{subject}/quality"' in served.get(subject, "text/html").text


def test_the_report_shows_it(served: Served) -> None:
    page = served.get(f"{SOURCE}/report", "text/html").text
    assert "„Öffnungszeiten“ angeben" in page
    assert f'href="{SOURCE}/quality"' in page


def test_304_and_what_is_not_there(served: Served, subject: str) -> None:
    first = served.get(f"{subject}/quality.ttl")
    assert served.get(f"{subject}/quality.ttl", headers={"if-none-match": first.headers["etag"]}).status_code == 304
    assert served.get("/sources/nix/quality").status_code == 404
    assert served.get("/site/nix-aaaa/quality").status_code == 404
    assert served.get(f"{subject}/quality.csv").status_code == 404
    assert served.get(f"{served.withdrawn}/quality").status_code == 410
