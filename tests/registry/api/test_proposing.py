"""Joining: a stranger proposes a source, it is tried at once and waits; only a curator's word makes it one."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.api import create_app
from registry.api.allowance import Allowance
from registry.check import Checker
from registry.config import load
from registry.joining import proposals
from registry.ledger import Ledger
from tests.registry.conftest import BASE
from tests.registry.federation import registry
from tests.serving import orte
from tests.standins.server import StandIn

TABLE = (
    "id;name;description;website;zip;city;Betreiber\n"
    "1;Alte Rösterei;Ein Haus;https://roesterei.example;04668;Grimma;Verein\n"
    "2;Hofladen Posa;Ein Laden;https://posa.example;06712;Zeitz;Verein\n"
)
OFFER = {
    "kind": "csv", "title": "Orte im Muldenland", "publisher": "Muldenland e. V.", "note": "Zwei Orte\nmehr folgt",
    "licence": "https://creativecommons.org/licenses/by/4.0/", "options": {"key": "id"},
    "contact": "liste@muldenland.example",
}  # fmt: skip


@dataclass
class Door:
    """A registry that takes proposals, and a server at which strangers keep their lists."""

    client: TestClient
    server: StandIn
    data: Path

    def propose(self, accept: str = "application/json", **more: Any) -> Any:
        offer = {**OFFER, "url": self.server.url("/orte.csv"), **more}
        return self.client.post("/sources", json=offer, headers={"accept": accept})

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(self.data / "ledger.sqlite", BASE)


@pytest.fixture(scope="module")
def client_and_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    data = tmp_path_factory.mktemp("door")
    with StandIn() as server:
        server.route("/orte.csv", TABLE)
        host = server.url("/").split("/")[2]
        (data / "registry.toml").write_text(
            f'base_url = "{BASE}"\n[fetch]\nallow_private_hosts = ["{host}"]\ndelay = 0\n'
            "[limits]\nvalidate_per_minute = 100000\nproposals_open = 4\n",
            encoding="utf-8",
        )
        Ledger.open(data / "ledger.sqlite", BASE).close()
        with TestClient(create_app(load(data)), base_url=BASE) as client:
            yield Door(client, server, data)


@pytest.fixture
def door(client_and_server: Door) -> Iterator[Door]:
    """With no proposals."""
    yield client_and_server
    ledger = client_and_server.ledger
    ledger.db.execute("DELETE FROM proposal")
    ledger.close()


def test_a_list_joins_only_when_a_curator_says_so(door: Door) -> None:
    before = door.client.get("/digest").json()
    answer = door.propose()
    assert answer.status_code == 202, answer.text
    report = answer.json()
    assert report["checked"] == {"entries": 2, "records": 2}
    assert report["fits"]
    assert any("Betreiber" in line["message"]["de"] for line in report["lines"]), "what the lift left unread is said"
    state = door.client.get(answer.headers["location"], headers={"accept": "application/json"})
    assert state.json()["state"] == "open"
    assert "muldenland" not in state.text.lower(), "nothing that a stranger says is published before it was looked at"
    assert not (door.data / "sources").exists()
    assert door.client.get("/digest").json() == before

    shown = json.loads(orte(door.data, "sources", "proposed", "--json").stdout)
    assert [(one["offer"]["url"], one["offer"]["contact"], one["report"]["fits"]) for one in shown] == [
        (door.server.url("/orte.csv"), "liste@muldenland.example", True)
    ]
    number = str(shown[0]["number"])
    assert "liste@muldenland.example" in orte(door.data, "sources", "proposed", number).stdout
    accepted = orte(door.data, "sources", "accept", number, "--enable", "--json")
    assert accepted.returncode == 0, accepted.stderr
    assert json.loads(accepted.stdout)["source"] == "orte-im-muldenland"
    written = tomllib.loads((door.data / "sources" / "orte-im-muldenland" / "source.toml").read_text("utf-8"))
    assert (written["licence"], written["publisher"], written["read"]["key"], written["enabled"]) == (
        OFFER["licence"], "Muldenland e. V.", "id", True
    )  # fmt: skip
    assert door.client.get(answer.headers["location"]).json()["source"] == f"{BASE}/sources/orte-im-muldenland"
    harvested = orte(door.data, "harvest", "orte-im-muldenland", "--json")
    assert json.loads(harvested.stdout)[0]["counts"]["created"] == 2, harvested.stderr
    assert "was accepted" in orte(door.data, "sources", "refuse", number, "--why", "zu spät").stderr
    again = door.propose()
    assert again.status_code == 409
    assert "orte-im-muldenland" in again.json()["detail"]


def test_a_refusal_says_why_and_forgets_the_contact(door: Door) -> None:
    location = door.propose(url=door.server.url("/orte.csv?liste=2")).headers["location"]
    number = location.rpartition("/")[2]
    assert orte(door.data, "sources", "refuse", number, "--why", "Das ist Werbung.").returncode == 0
    assert door.client.get(location).json()["why"] == "Das ist Werbung."
    page = door.client.get(location, headers={"accept": "text/html"}).text
    assert "Abgelehnt" in page
    assert "Das ist Werbung." in page
    assert "liste@muldenland.example" not in orte(door.data, "sources", "proposed", "--all", "--json").stdout
    assert "was refused" in orte(door.data, "sources", "accept", number).stderr
    assert "no proposal" in orte(door.data, "sources", "accept", "4711").stderr
    assert door.client.get("/proposals/4711").status_code == 404


def test_what_is_not_enabled_at_once_waits_for_its_lift(door: Door) -> None:
    door.server.route("/liste.json", '[{"id": 1, "bezeichnung": "Haus"}]')
    answer = door.propose(kind="json", url=door.server.url("/liste.json"), title="Ä")
    assert answer.status_code == 202, answer.text
    assert not answer.json()["fits"]
    assert "bezeichnung" in answer.text, "the curator learns which keys there are"
    source, folder = proposals.accept(door.ledger, load(door.data), int(answer.headers["location"].rpartition("/")[2]))
    assert (source.enabled, source.id) == (False, "ae")
    assert "xyz:name" in (folder / "lift.rq").read_text("utf-8")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"url": "file:///etc/passwd"}, "'url' must be"),
        ({"url": "http://jemand:geheim@example.org/"}, "'url' must be"),
        ({"kind": "records-file"}, "'kind' must be one of"),
        ({"contact": "ruf mich an"}, "'contact' must be"),
        ({"contact": ""}, "'contact' is missing"),
        ({"title": "x" * 201}, "longer than 200"),
        ({"title": 'Haus"\nenabled = true'}, "control characters"),
        ({"title": ["Haus"]}, "'title' must be a text"),
        ({"licence": "CC0"}, "'licence' must be"),
        ({"options": {"file": "/etc/passwd"}}, "'options' must be"),
        ({"colour": "blue"}, "'colour' is no field"),
    ],
)
def test_a_bad_proposal_is_told_what_is_wrong(door: Door, said: dict[str, Any], problem: str) -> None:
    answer = door.propose(**said)
    assert answer.status_code == 422, answer.text
    assert problem in answer.json()["detail"]
    assert proposals.listing(door.ledger) == []


def test_nothing_is_put_down_that_cannot_be_read(door: Door) -> None:
    door.server.route("/kaputt.json", "<html>")
    for url, why in (
        ("http://10.0.0.1/liste", "10.0.0.1"),
        ("http://127.0.0.1:9/liste", "127.0.0.1"),
        (door.server.url("/kaputt.json"), "cannot be read as json"),
    ):
        answer = door.propose(kind="json", url=url)
        assert answer.status_code == 422, answer.text
        assert why in answer.json()["detail"]
    peer = door.propose(kind="registry", url=door.server.url("/orte.csv"))
    assert "cannot be followed" in peer.json()["detail"]
    for body in (b"[", b"[]", b'"x"'):
        answer = door.client.post("/sources", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400
    assert door.client.post("/sources", content=b"x", headers={"content-type": "text/turtle"}).status_code == 415
    assert door.client.post("/sources", json={"note": "x" * 40_000}).status_code == 413
    assert proposals.listing(door.ledger) == []


def test_what_is_known_or_proposed_is_recognised_and_there_is_an_end(door: Door) -> None:
    url = door.server.url("/orte.csv?jahr=2026")
    assert door.propose(url=url).status_code == 202
    for same in (f"{url}#oben", url.replace("http:", "HTTP:"), f" {url} "):
        assert door.propose(url=same).status_code == 409, same
    assert "this registry itself" in door.propose(url=f"{BASE}/feed/records", kind="registry").json()["detail"]
    shipped = door.propose(url="https://www.kreativorte-mitteldeutschland.de/")
    assert shipped.status_code == 409
    for number in range(3):
        assert door.propose(url=door.server.url(f"/orte.csv?{number}")).status_code == 202
    full = door.propose(url=door.server.url("/orte.csv?voll"))
    assert (full.status_code, full.headers["retry-after"]) == (503, "86400")


def test_one_visitor_proposes_only_so_often(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    app: Any = door.client.app
    monkeypatch.setattr(app.state.validation, "allowance", Allowance(4, clock=lambda: 0.0))
    assert door.propose(url=door.server.url("/orte.csv?einmal")).status_code == 202
    second = door.propose(url=door.server.url("/orte.csv?nochmal"))
    assert second.status_code == 429
    assert int(second.headers["retry-after"]) > 0


def test_people_get_a_form_in_their_language_that_keeps_what_they_wrote(door: Door) -> None:
    german = door.client.get("/propose", headers={"accept": "text/html"}).text
    assert "Adresse der Daten" in german
    assert "Address of the data" in door.client.get("/propose?lang=en").text
    door.client.cookies.clear()
    assert "/propose" in door.client.get("/sources", headers={"accept": "text/html"}).text
    form = {"url": door.server.url("/orte.csv?form"), "kind": "csv", "title": "<b>Liste</b>", "publisher": "Verein",
            "contact": "", "key": "id"}  # fmt: skip
    bad = door.client.post("/sources", data=form, headers={"accept": "text/html"})
    assert bad.status_code == 422
    assert "&lt;b&gt;Liste&lt;/b&gt;" in bad.text
    assert "<b>Liste</b>" not in bad.text
    good = door.client.post("/sources", data=form | {"contact": "a@b.example"}, headers={"accept": "text/html"})
    assert good.status_code == 202, good.text
    assert "Danke!" in good.text
    assert "2 Einträge gelesen" in good.text


def test_a_registry_is_proposed_and_followed_at_once(tmp_path: Path, checker: Checker) -> None:
    with registry(tmp_path / "a", checker) as a, registry(tmp_path / "b", checker) as b:
        a.harvest({"x": "Haus", "y": "Hof"})
        host = a.base.split("/")[2]
        with (b.folder / "registry.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'[fetch]\nallow_private_hosts = ["{host}"]\ndelay = 0\n')
        config = load(b.folder)
        with TestClient(create_app(config), base_url=b.base) as client:
            offer = {"kind": "registry", "url": a.base, "title": "Nachbar", "publisher": "A", "contact": "a@a.example"}
            answer = client.post("/sources", json=offer, headers={"accept": "application/json"})
        assert answer.status_code == 202, answer.text
        assert answer.json()["checked"]["records"] == 2
        source, _ = proposals.accept(b.ledger, config, 1)
        assert (source.enabled, source.read) == (True, {"peer": True, "url": f"{a.base}/feed/records"})
        assert b.follow(a.base, source.id).counts["created"] == 2
