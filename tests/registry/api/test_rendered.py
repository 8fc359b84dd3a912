"""What is kept of answers about entities: the same bytes as before, and nothing that is no longer so."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from registry.api import create_app
from registry.api import rendered as module
from registry.config import Config
from registry.ledger import Ledger, entities
from registry.record import digest
from tests.registry.api.conftest import NASTY, Served
from tests.registry.api.test_sparql import StubEngine
from tests.registry.conftest import BASE


def test_the_second_answer_is_the_first_one(served: Served) -> None:
    for suffix, accept in ((".jsonld", None), ("", "text/turtle"), (".geojson", None)):
        path = served.at["haus"] + suffix
        first, second = served.get(path, accept), served.get(path, accept)
        assert first.content == second.content
        assert {**first.headers, "x-request-id": ""} == {**second.headers, "x-request-id": ""}
        tag = {"if-none-match": first.headers["etag"]}
        third = served.get(path, accept, headers=tag)
        assert (third.status_code, third.content, third.headers["etag"]) == (304, b"", first.headers["etag"])
        assert "content-length" not in third.headers
    assert served.client.head(served.at["haus"] + ".jsonld").content == b""


def test_a_change_is_seen_at_once(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite", BASE)

    def put(text: str) -> None:
        with ledger.transaction():
            entities.put(ledger.db, number, text, digest(text), ledger.now(), None)

    with ledger.transaction():
        number = entities.mint(ledger.db, BASE, "site", "ort", "ort", ledger.now())
    (iri,) = ledger.db.execute("SELECT iri FROM entity").fetchone()
    put(NASTY.format(iri=iri))
    client = TestClient(create_app(Config(data=tmp_path, base_url=BASE), StubEngine()), base_url=BASE)
    path = iri.removeprefix(BASE) + ".nt"
    assert b"alert(1)" in client.get(path).content
    assert b"alert(1)" in client.get(path).content
    put(NASTY.format(iri=iri).replace("alert(1)", "anders"))
    assert b"anders" in client.get(path).content
    with ledger.transaction():
        entities.withdraw(ledger.db, number, ledger.now(), None)
    assert client.get(path).status_code == 410
    ledger.close()


def test_what_is_kept_is_bounded(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CAPACITY", 16_000)
    kept = served.client.app.observed.app  # type: ignore[attr-defined]
    for number in range(12):
        served.get(served.at[f"ort-{number}"] + ".ttl")
        assert kept._size <= 16_000
    assert 0 < len(kept._kept) < 12
    assert kept._size == sum(one.size for one in kept._kept.values())


def test_what_did_not_change_is_kept_when_something_else_does(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite", BASE)

    def put(text: str) -> None:
        with ledger.transaction():
            number = entities.mint(ledger.db, BASE, "site", "ort", text, ledger.now())
            (iri,) = ledger.db.execute("SELECT iri FROM entity WHERE id = ?", (number,)).fetchone()
            text = NASTY.format(iri=iri)
            entities.put(ledger.db, number, text, digest(text), ledger.now(), None)

    put("one")
    (iri,) = ledger.db.execute("SELECT iri FROM entity").fetchone()
    app = create_app(Config(data=tmp_path, base_url=BASE), StubEngine())
    client, kept = TestClient(app, base_url=BASE), app.observed.app
    path = iri.removeprefix(BASE) + ".jsonld"
    plain, schema = client.get(path), client.get(f"{path}?profile=schema")
    before = {key: one.body for key, one in kept._kept.items()}
    assert {key[1] for key in before} == {b"", b"profile=schema"}
    put("two")
    asked: list[str] = []
    framework = kept.app
    kept.app = lambda scope, *rest: asked.append(scope["query_string"].decode()) or framework(scope, *rest)
    assert client.get(path).content == plain.content
    assert asked == []  # it is the same entity as before
    assert client.get(f"{path}?profile=schema").content == schema.content
    assert asked == ["profile=schema"]  # which names others, too, that may have changed
    ledger.close()


def test_entities_are_answered_without_the_framework_and_errors_by_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    direct = served.client.app.observed.app.app  # type: ignore[attr-defined]
    framework = direct.framework

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await framework(scope, receive, send)

    monkeypatch.setattr(direct, "framework", watched)
    answer = served.get(served.at["haus"] + ".rdf")
    assert (answer.status_code, asked) == (200, [])
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    page = served.get(served.at["haus"], "text/html")
    assert "content-security-policy" in page.headers
    missing = served.get("/site/gibt-es-nicht")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert served.get(served.at["haus"] + ".ttl?profile=schema").status_code == 406
    assert asked == ["/site/gibt-es-nicht", served.at["haus"] + ".ttl"]
