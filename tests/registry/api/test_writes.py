"""Partner writes: by token, checked, all or nothing, the same when repeated, and seen by everyone who follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry import tokens
from registry.api import create_app
from registry.config import Limits, load
from registry.ledger import Ledger, findings
from registry.verify import verify
from tests import pushed
from tests.registry.conftest import BASE, LIFT
from tests.registry.federation import NoEngine

PREFIXES = "@prefix orte: <https://w3id.org/orte/ns#> . @prefix schema: <https://schema.org/> .\n"
HOUSE = PREFIXES + '<#it> a orte:CooperationSite ; schema:name "{}"@de .'


@dataclass
class Partner:
    """Someone with a token."""

    client: TestClient
    ledger: Ledger
    folder: Path
    token: str

    def send(self, method: str, path: str, body: str | bytes = "", media: str = "text/turtle", **headers: str) -> Any:
        sent = {"content-type": media, "authorization": f"Bearer {self.token}", **headers}
        return self.client.request(method, f"/sources/verein/records{path}", content=body, headers=sent)

    def live(self) -> set[str]:
        rows = self.ledger.db.execute("SELECT raw_key FROM record WHERE status = 'live'")
        return {key for (key,) in rows}


@pytest.fixture(scope="module")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partner]:
    folder = tmp_path_factory.mktemp("partner")
    pushed.describe(folder, LIFT)
    config = load(folder)
    ledger = Ledger.open(config.ledger, BASE)
    token = tokens.create(ledger, "verein", timedelta(days=1))
    with TestClient(create_app(config, NoEngine()), base_url=BASE) as client:
        yield Partner(client, ledger, folder, token)
    ledger.close()


def test_put_get_and_delete(partner: Partner) -> None:
    created = partner.send("PUT", "/haus", HOUSE.format("Haus"))
    assert created.status_code == 201, created.text
    assert partner.send("PUT", "/haus", HOUSE.format("Haus")).json()["unchanged"] == 1, "the same again is nothing"
    found = partner.client.get("/sources/verein/records/haus.jsonld").json()
    assert found["primaryTopic"]["name"] == {"de": "Haus"}
    assert found["license"].endswith("/licenses/by/4.0/")
    assert "Haus" in partner.client.get("/sites.csv").text
    late = partner.send("PUT", "/haus", HOUSE.format("Spät"), **{"if-match": '"00"'})
    assert late.status_code == 412
    good = partner.send("PUT", "/haus", HOUSE.format("Neu"), **{"if-match": created.headers["etag"]})
    assert (good.status_code, good.json()["updated"]) == (200, 1)
    assert partner.send("DELETE", "/haus").json()["withdrawn"] == 1
    assert partner.send("DELETE", "/haus").json()["unchanged"] == 1
    assert partner.client.get("/sources/verein/records/haus").status_code == 410
    assert partner.send("DELETE", "/nie").status_code == 404
    kinds = partner.ledger.db.execute("SELECT type FROM activity WHERE object LIKE '%/haus' ORDER BY sequence")
    assert [kind for (kind,) in kinds] == ["Create", "Update", "Delete"]
    assert all(one.good for one in verify(partner.ledger, str(partner.folder / "ledger.sqlite")))


def test_numbers_stay_as_they_are_written_and_verify_agrees(partner: Partner) -> None:
    area = HOUSE.format("Halle")[:-1] + '; orte:floorArea "33.00"^^<http://www.w3.org/2001/XMLSchema#decimal> .'
    assert partner.send("PUT", "/halle", area).status_code == 201
    assert '"33.00"' in partner.client.get("/sources/verein/records/halle.nt").text
    wrong = [one for one in verify(partner.ledger, str(partner.folder / "ledger.sqlite")) if not one.good]
    assert wrong == [], "an engine that holds 33 for 33.00 holds the same"
    assert partner.send("DELETE", "/halle").status_code == 200


def test_many_at_once_all_or_none(partner: Partner) -> None:
    root = f"{BASE}/sources/verein/records"
    good = PREFIXES + "".join(f'<{root}/{n}#it> a orte:CooperationSite ; schema:name "Ort {n}"@de .\n' for n in "abc")
    assert partner.send("POST", "", good).json()["created"] == 3
    bad = good.replace("Ort", "Neu") + f"<{root}/d#it> a orte:CooperationSite ; schema:url 7 .\n"
    refused = partner.send("POST", "", bad)
    assert refused.status_code == 422
    assert refused.json()["findings"]
    assert partner.live() == {"a", "b", "c"}
    assert "Neu" not in partner.client.get("/sites.csv").text
    lifted = partner.send("POST", "", '[{"id": "j", "name": "Aus JSON"}]', "application/json")
    assert lifted.json()["created"] == 1, lifted.text
    assert partner.live() == {"a", "b", "c", "j"}


@pytest.mark.parametrize(
    ("media", "body"),
    [
        (
            "application/n-quads",
            "<{root}/1#it> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/orte/ns#Site> .\n"
            '<{root}/1#it> <https://schema.org/name> "Eins"@de <{root}/1> .\n',
        ),
        (
            "application/ld+json",
            '{"@context": "/context.jsonld", "id": "{root}/1#it", "type": "Site", "name": {"de": "Eins"}}',
        ),
        ("application/json", '[{"id": 1, "name": "Eins"}]'),
        ("text/csv", 'id;name\n1;"Eins"\n'),
    ],
)
def test_many_in_every_syntax_twice_is_the_same_as_once(partner: Partner, media: str, body: str) -> None:
    body = body.replace("{root}", f"{BASE}/sources/verein/records")
    written = partner.send("POST", "", body, media)
    assert written.status_code == 200, written.text
    assert partner.send("POST", "", body, media).json() == {"created": 0, "updated": 0, "withdrawn": 0, "unchanged": 1}
    found = partner.client.get("/sources/verein/records/1.nt").text
    assert "Eins" in found
    assert "127.0.0.1" not in found.replace(BASE, ""), "where it was parsed is nobody's business"
    assert partner.send("DELETE", "/1").status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/x", "kaputt"),
        ("/x", PREFIXES + f'<{BASE}/sources/verein/records/y#it> a orte:CooperationSite ; schema:name "Y"@de .'),
        ("/x", PREFIXES + '<http://fremd.example/> a orte:CooperationSite ; schema:name "Y"@de .'),
        ("/x", PREFIXES + '[] a orte:CooperationSite ; schema:name "Y"@de .'),
        ("/x", ""),
    ],
)
def test_what_is_not_this_record_is_refused(partner: Partner, path: str, body: str) -> None:
    before = partner.ledger.sequence()
    answer = partner.send("PUT", path, body)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert partner.ledger.sequence() == before


def test_only_a_token_of_this_source_that_still_holds_may_write(partner: Partner) -> None:
    right = partner.token
    other = tokens.create(partner.ledger, "studie", timedelta(days=1))
    old = tokens.create(partner.ledger, "verein", timedelta(days=-1))
    for token, status in (("", 401), ("orte_x_y", 401), (right + "0", 401), (old, 401), (other, 403)):
        partner.token = token
        assert partner.send("PUT", "/haus", HOUSE.format("Haus")).status_code == status
    gone = tokens.create(partner.ledger, "verein", timedelta(days=1))
    assert tokens.revoke(partner.ledger, gone.split("_")[1])
    partner.token = gone
    assert partner.send("PUT", "/haus", HOUSE.format("Haus")).status_code == 401
    partner.token = right
    stored = "".join(str(row) for row in partner.ledger.db.execute("SELECT * FROM token"))
    assert right.split("_")[2] not in stored
    assert partner.send("PUT", "/haus", "x", "text/plain").status_code == 415


def test_a_clock_that_was_wrong_for_a_while_ends_no_token(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moments of the log go on from that time and never back; a token is good until the clock says otherwise."""
    ledger = partner.ledger
    monkeypatch.setattr(ledger, "_clock", lambda: datetime.now(UTC) + timedelta(days=4000))
    assert ledger.now() > "2035"
    monkeypatch.setattr(ledger, "_clock", lambda: datetime.now(UTC))
    assert ledger.now() > "2035", "the log does not go back"
    assert tokens.source_of(ledger, partner.token) == "verein"
    made = tokens.create(ledger, "verein", timedelta(days=1))
    assert tokens.source_of(ledger, made) == "verein"
    assert max(token.expires for token in tokens.listing(ledger)) < "2035"


def test_a_report_says_nothing_of_what_was_deleted(partner: Partner) -> None:
    partner.send("PUT", "/haus", HOUSE.format("Haus"))
    assert list(findings.of_source(partner.ledger.db, "verein", key="haus"))
    assert partner.send("DELETE", "/haus").status_code == 200
    assert list(findings.of_source(partner.ledger.db, "verein", key="haus")) == []


def test_a_number_that_json_has_no_room_for_is_left_out_of_schema_org(partner: Partner) -> None:
    for number in ("9" * 30, "9" * 6000):
        body = HOUSE.format("Haus") + f"<#it> schema:maximumAttendeeCapacity {number} ."
        answer = partner.send("PUT", "/haus", body)
        assert answer.status_code in (200, 201, 204), answer.text
        listed = partner.client.get("/sites.jsonld?profile=schema")
        assert listed.status_code == 200
        assert "maximumAttendeeCapacity" not in listed.text


def test_too_many_writes_are_told_when_to_come_again(tmp_path: Path, partner: Partner) -> None:
    config = load(partner.folder)
    few = type(config)(**{**vars(config), "limits": Limits(writes_per_minute=1)})
    app = create_app(few, NoEngine())
    client = TestClient(app, base_url=BASE)
    headers = {"authorization": f"Bearer {partner.token}", "content-type": "text/plain"}
    answers = [client.put("/sources/verein/records/x", content="x", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [415, 429]
    assert int(answers[1].headers["retry-after"]) > 0
