"""How old the data is stands wherever the data stands: three days after a good harvest the source fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from harvesters.reading import SourceFailed
from registry.api import create_app
from registry.check import Checker
from registry.config import Config
from tests.registry.conftest import BASE, Ground

RECORD = "/sources/liste/records/haus"
QUERY = f"""
SELECT ?first ?changed ?confirmed ?why {{
  <{BASE}{RECORD}> orte:firstSeen ?first ; orte:lastChanged ?changed ; dct:source ?source .
  ?source orte:lastConfirmed ?confirmed ; orte:lastRun/dct:description ?why .
}}"""


@pytest.fixture(scope="module")
def stale(tmp_path_factory: pytest.TempPathFactory, checker: Checker) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("stale")
    ground = Ground(folder, checker)
    house = {"key": "haus", "name": "Haus", "lat": 51.2, "lon": 12.7}
    ground.harvest([house])  # 1 November, 13:00
    ground.harvest([{**house, "name": "Käsehaus"}])
    ground.harvest([{**house, "name": "Käsehaus"}])
    ground.clock.tick(days=3)
    ground.harvest([SourceFailed("it hangs")])
    ground.ledger.close()
    app = create_app(Config(data=folder, base_url=BASE))
    with TestClient(app, base_url=BASE) as client:
        assert client.portal is not None
        client.portal.call(app.state.catalogue.engine.reached)  # on a busy machine the start does not wait long enough
        yield client


def test_a_record_says_when_it_was_first_seen_last_changed_and_last_confirmed(stale: TestClient) -> None:
    found = stale.get(f"{RECORD}.jsonld").json()
    assert found["firstSeen"] == "2026-11-01T13:00:00Z"
    assert found["lastChanged"] == "2026-11-01T14:00:00Z"
    assert found["lastConfirmed"] == "2026-11-01T15:00:00Z"
    page = stale.get(RECORD, headers={"accept": "text/html"}).text
    for label, moment in (("zuerst gesehen", "13:00"), ("zuletzt geändert", "14:00"), ("zuletzt bestätigt", "15:00")):
        assert label in page.casefold()
        assert moment in page


def test_sparql_says_the_same(stale: TestClient) -> None:
    prefixes = "PREFIX orte: <https://w3id.org/orte/ns#> PREFIX dct: <http://purl.org/dc/terms/>"
    answer = stale.post("/sparql", data={"query": prefixes + QUERY}).json()
    (row,) = answer["results"]["bindings"]
    values = {name: term["value"] for name, term in row.items()}
    assert values == {
        "first": "2026-11-01T13:00:00Z",
        "changed": "2026-11-01T14:00:00Z",
        "confirmed": "2026-11-01T15:00:00Z",
        "why": "it hangs",
    }


def test_sources_say_how_old_they_are_and_lead_to_the_reason(stale: TestClient) -> None:
    (source,) = stale.get("/sources.jsonld").json()["member"]
    assert source["lastConfirmed"] == "2026-11-01T15:00:00Z"
    run = stale.get(source["lastRun"], headers={"accept": "application/ld+json"}).json()
    assert (run["outcome"], run["startedAt"][:10]) == ("failed", "2026-11-04")
    assert "it hangs" in str(run)


@pytest.mark.parametrize("path", ["/", "/sources", "/sources/liste", "/sites", "entity"])
def test_every_page_with_data_says_how_old_it_is(stale: TestClient, path: str) -> None:
    if path == "entity":
        site: dict[str, Any] = stale.get("/sites.jsonld").json()["member"][0]
        path = site["id"].removeprefix(BASE)
    page = stale.get(path, headers={"accept": "text/html"}).text
    assert "2026-11-01" in page
    if path != "/sites":
        assert "zuletzt gescheitert" in page
    assert "2026-11-04" not in page or path.startswith("/sources"), "a run that failed makes nothing younger"
