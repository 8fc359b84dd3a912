"""What curators do on their pages: let a source shrink, take a proposal or refuse it; and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry import harvesting
from registry.api import create_app
from registry.joining import proposals
from registry.joining.proposals import Offer
from registry.ledger import Ledger
from registry.sources import sources
from registry.tokens import create_for_curator
from tests.registry.sourced import Sourced
from tests.standins import StandIn

TEN = [{"id": str(number), "name": f"Haus {number}"} for number in range(10)]
OFFER = {"url": "https://dorf.example/orte.csv", "kind": "csv", "title": "<b>Dorforte</b>", "publisher": "Dorf e. V.",
         "contact": "post@dorf.example", "options": {"key": "nr"}}  # fmt: skip
REPORT: dict[str, Any] = {"fits": False, "open": {"violation": 1, "warning": 0, "info": 2},
          "checked": {"entries": 3, "records": 2}, "lines": [{"severity": "violation", "de": "Der Name fehlt.",
          "en": "The name is missing.", "value": "", "key": "3", "page": None}]}  # fmt: skip
MORNING = datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def registry(tmp_path: Path, site: StandIn) -> Sourced:
    """One source whose last run was held: it gave five of ten."""
    made = Sourced(tmp_path, site)
    made.describe("liste", {"reader": "json", "url": site.url("/orte"), "key": "id"}, every="1w")
    for hours, entries in enumerate((TEN, TEN[:5])):
        site.route("/orte", entries)
        made.harvest("liste", at=MORNING + timedelta(hours=hours))
    return made


@pytest.fixture
def stranger(registry: Sourced) -> TestClient:
    return TestClient(create_app(registry.config), base_url=registry.config.base_url, follow_redirects=False)


@pytest.fixture
def curator(registry: Sourced, stranger: TestClient) -> TestClient:
    ledger = Ledger.open(registry.config.ledger, registry.config.base_url)
    token = create_for_curator(ledger, "Redaktion", timedelta(days=3650))
    ledger.close()
    assert stranger.post("/review/session", data={"token": token}).status_code == 303
    return stranger


def due(registry: Sourced, at: datetime) -> bool:
    ledger = Ledger.open(registry.config.ledger, registry.config.base_url, clock=lambda: at)
    found = harvesting.due(ledger, [sources(registry.config)["liste"]])
    ledger.close()
    return bool(found)


def test_strangers_are_asked_for_a_token(stranger: TestClient) -> None:
    for path in ("/review", "/review/runs", "/review/proposals"):
        page = stranger.get(path)
        assert page.status_code == 401
        assert 'name="token"' in page.text
        assert "liste" not in page.text
    for path, form in (("/review/runs", {"source": "liste", "run": "2"}), ("/review/proposals", {"number": "1"})):
        assert stranger.post(path, data=form).status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "http://[", "http://a]b", "http://[::1"])
def test_forms_of_other_sites_and_of_none_are_refused(curator: TestClient, origin: str) -> None:
    for path in ("/review/session", "/review", "/review/runs", "/review/proposals"):
        answer = curator.post(path, data={"token": "x"}, headers={"origin": origin})
        assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (403, "forbidden"), path


def test_a_released_run_is_taken_over_by_the_next_reading(registry: Sourced, curator: TestClient) -> None:
    page = curator.get("/review/runs", headers={"accept-language": "de"}).text
    assert "shrank from 10 to 5" in page
    assert "Freigeben" in page
    assert not due(registry, MORNING + timedelta(hours=3))
    assert curator.post("/review/runs", data={"source": "liste", "run": "1"}).status_code == 409  # it was complete
    assert curator.post("/review/runs", data={"source": "liste", "run": "2"}).status_code == 303
    assert "die nächste Lesung übernimmt es" in curator.get("/review/runs", headers={"accept-language": "de"}).text
    assert due(registry, MORNING + timedelta(hours=3))
    run = registry.harvest("liste", at=MORNING + timedelta(hours=3))["liste"]
    assert (run.outcome, run.counts["withdrawn"]) == ("complete", 5)
    assert len(registry.names("liste")) == 5
    assert not due(registry, MORNING + timedelta(hours=4))
    assert "Kein Lauf ist angehalten" in curator.get("/review/runs", headers={"accept-language": "de"}).text


def test_a_release_holds_for_what_was_looked_at_and_no_less(
    registry: Sourced, curator: TestClient, site: StandIn
) -> None:
    assert curator.post("/review/runs", data={"source": "liste", "run": "2"}).status_code == 303
    site.route("/orte", TEN[:2])
    run = registry.harvest("liste", at=MORNING + timedelta(hours=3))["liste"]
    assert run.outcome == "held"
    assert len(registry.names("liste")) == 10
    site.route("/orte", TEN[:5])
    again = registry.harvest("liste", at=MORNING + timedelta(hours=4))["liste"]
    assert again.outcome == "held", "a release is for one run"


def test_an_outage_after_a_release_is_no_reason_to_ask_every_minute(
    registry: Sourced, curator: TestClient, site: StandIn
) -> None:
    assert curator.post("/review/runs", data={"source": "liste", "run": "2"}).status_code == 303
    site.route("/orte", 503)
    assert registry.harvest("liste", at=MORNING + timedelta(hours=3))["liste"].outcome == "failed"
    assert not due(registry, MORNING + timedelta(hours=3, minutes=2))
    site.route("/orte", TEN[:5])
    assert registry.harvest("liste", at=MORNING + timedelta(hours=5))["liste"].outcome == "complete"


def test_proposals_are_shown_accepted_and_refused(registry: Sourced, curator: TestClient) -> None:
    ledger = Ledger.open(registry.config.ledger, registry.config.base_url)
    for url in ("https://dorf.example/orte.csv", "https://stadt.example/orte.csv"):
        proposals.propose(ledger, registry.config, Offer.read({**OFFER, "url": url}), REPORT)
    page = curator.get("/review/proposals", headers={"accept-language": "de"}).text
    assert "&lt;b&gt;Dorforte&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "post@dorf.example" in page
    assert "3 Einträge, 2 Datensätze" in page
    assert "Der Name fehlt." in page
    assert curator.post("/review/proposals", data={"number": "2", "decision": "refuse"}).status_code == 409  # why?
    refused = {"number": "2", "decision": "refuse", "why": "Das sind Ferienwohnungen."}
    assert curator.post("/review/proposals", data=refused).status_code == 303
    assert curator.post("/review/proposals", data=refused).status_code == 409
    assert curator.post(
        "/review/proposals", data={"number": "1", "decision": "accept", "name": "dorforte"}
    ).status_code == 303  # fmt: skip
    assert {one.number: one.state for one in proposals.listing(ledger, None)} == {1: "accepted", 2: "refused"}
    assert "dorforte" in sources(registry.config)
    assert "Kein Vorschlag ist offen" in curator.get("/review/proposals", headers={"accept-language": "de"}).text
    ledger.close()


def test_other_sites_and_those_who_signed_out_decide_nothing(registry: Sourced, curator: TestClient) -> None:
    form = {"source": "liste", "run": "2"}
    assert curator.post("/review/runs", data=form, headers={"origin": "https://evil.example"}).status_code == 403
    assert curator.post("/review/session").status_code == 303
    assert curator.post("/review/runs", data=form).status_code == 401
