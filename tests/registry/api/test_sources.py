"""Sources, their records and runs."""

from __future__ import annotations

from urllib.parse import quote

import pyoxigraph as ox
import pytest

from tests.registry.api.conftest import Served
from tests.registry.api.test_entities import expanded, triples
from tests.registry.conftest import BASE


def test_sources(served: Served) -> None:
    found = served.get("/sources.jsonld").json()
    (source,) = found["member"]
    assert (source["id"], source["title"]["de"]) == (f"{BASE}/sources/liste", "Liste")
    assert source["license"].endswith("://creativecommons.org/licenses/by/4.0/")
    turtle = triples(served.get("/sources/liste.ttl").content, ox.RdfFormat.TURTLE)
    assert expanded(served, served.get("/sources/liste.jsonld").content) == turtle
    page = served.get("/sources/liste", "text/html").text
    assert "vollständig gelesen" in page
    assert served.get("/sources/nix").status_code == 404


def test_a_record_carries_source_licence_and_page(served: Served) -> None:
    path = "/sources/liste/records/haus"
    found = served.get(f"{path}.jsonld").json()
    assert found["source"] == f"{BASE}/sources/liste"
    assert found["license"].endswith("://creativecommons.org/licenses/by/4.0/")
    assert found["derivedFrom"] == ["https://liste.example/haus"]
    assert found["primaryTopic"]["name"] == {"de": "Käsehaus Grimma"}
    assert found["generatedBy"].startswith(f"{BASE}/runs/")
    turtle = triples(served.get(f"{path}.ttl").content, ox.RdfFormat.TURTLE)
    assert expanded(served, served.get(f"{path}.jsonld").content) == turtle
    page = served.get(path, "text/html").text
    assert "https://liste.example/haus" in page
    assert f'href="{served.at["haus"]}"' in page


def test_a_record_is_a_named_graph_in_trig(served: Served) -> None:
    quads = list(ox.parse(served.get("/sources/liste/records/haus.trig").content, ox.RdfFormat.TRIG))
    graphs = {quad.graph_name for quad in quads}
    assert graphs == {ox.DefaultGraph(), ox.NamedNode(f"{BASE}/sources/liste/records/haus")}


@pytest.mark.parametrize("suffix", ["", ".jsonld", ".ttl"])
def test_keys_with_slashes_and_dots(served: Served, suffix: str) -> None:
    path = f"/sources/liste/records/{quote('a/b.ttl', safe='')}"
    answer = served.get(path + suffix, "application/ld+json" if not suffix else None)
    assert answer.status_code == 200
    assert "Punkt" in answer.text


def test_the_record_of_a_thing_within_a_raw_record(served: Served) -> None:
    found = served.get("/sources/liste/records/haus/service/desk.jsonld").json()
    assert found["primaryTopic"]["type"] == "Service"


def test_records_that_are_gone_or_never_were(served: Served) -> None:
    answer = served.get("/sources/liste/records/weg")
    assert (answer.status_code, answer.json()["was"]) == (410, f"{BASE}/sources/liste/records/weg")
    for key in ("nix", "..%2F..%2Fx", "%00", "haus%2Fservice%2Fnix", ""):
        assert served.get(f"/sources/liste/records/{key}").status_code == 404


def test_runs(served: Served) -> None:
    found = served.get("/runs/1.jsonld").json()
    assert found["type"] == ["Run", "Activity"] or set(found["type"]) == {"Run", "Activity"}
    assert found["recordsCreated"] >= 16
    assert "Lauf 1" in served.get("/runs/1", "text/html").text
    for name in ("0", "99", "x", "-1", "1e3", "9" * 30, "²"):
        assert served.get(f"/runs/{name}").status_code == 404
