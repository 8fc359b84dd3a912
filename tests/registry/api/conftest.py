"""One catalogue for all tests of the API: harvested, merged, withdrawn, with nasty things in it; and its engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry import search
from registry.api import create_app
from registry.check import Checker
from registry.config import Config, Limits
from registry.ledger import entities
from registry.record import digest
from tests.registry.conftest import BASE, Ground

PLACES: list[dict[str, Any]] = [
    {"key": "haus", "name": "Käsehaus Grimma", "text": "Ein Haus für alle.", "phone": "0341 1234567",
     "lat": 51.236, "lon": 12.728, "desk": True},
    {"key": "werkstatt", "name": "Holzwerkstatt Zeitz", "lat": 51.047, "lon": 12.138, "house": "haus"},
    {"key": "a/b.ttl", "name": "Schrägstrich & Punkt"},
    *({"key": f"ort-{n}", "name": f"Ort {n:02d}", "text": f"Nummer {n}"} for n in range(12)),
]  # fmt: skip
GONE = {"key": "weg", "name": "Wegfall"}

NASTY = """\
<{iri}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/orte/ns#CooperationSite> .
<{iri}> <https://schema.org/description> "</p><img src=x onerror=alert(2)>"@de .
<{iri}> <https://schema.org/email> "a@b.test\\"onmouseover=\\"alert(3)" .
<{iri}> <https://schema.org/name> "<script>alert(1)</script>"@de .
<{iri}> <https://schema.org/sameAs> <data:text/html,x> .
<{iri}> <https://schema.org/url> <javascript:alert(4)> .
"""


@dataclass(frozen=True)
class Served:
    """A catalogue behind a client, and the addresses of what is in it (paths, by the key of the record)."""

    client: TestClient
    ground: Ground
    at: dict[str, str]
    nasty: str
    merged: str
    withdrawn: str

    def get(self, path: str, accept: str | None = None, **options: Any) -> Any:
        headers = {"accept": accept, **options.pop("headers", {})} if accept else options.pop("headers", {})
        self.client.cookies.clear()  # a language that somebody else chose
        return self.client.get(path, headers=headers, follow_redirects=False, **options)


def wait_until_ready(client: TestClient) -> None:
    """On a busy machine the engine may load a moment longer than the server waits for it."""
    pause = threading.Event()
    while client.get("/health").status_code != 200:
        pause.wait(0.05)


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory, checker: Checker) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("catalogue")
    ground = Ground(folder, checker)
    ground.harvest([*PLACES, GONE])
    gone = _address(ground, "weg")
    ground.harvest(PLACES)
    nasty, loser = _put(ground, "nasty", NASTY), _put(ground, "doppelt", NASTY)
    at = {place["key"]: _address(ground, place["key"]) for place in PLACES}
    with ground.ledger.transaction():
        number = ground.ledger.db.execute("SELECT id FROM entity WHERE iri = ?", (BASE + loser,)).fetchone()[0]
        entities.withdraw(ground.ledger.db, number, ground.ledger.now(), None, winner=BASE + at["haus"])
    search.follow(ground.ledger)
    limits = Limits(query_seconds=2.0, query_workers=2, page_size=5, page_size_max=100, result_rows=1000)
    app = create_app(Config(data=folder, base_url=BASE, limits=limits))
    with TestClient(app, base_url=BASE) as client:
        wait_until_ready(client)
        yield Served(client, ground, at, nasty, loser, gone)
    ground.ledger.close()


def _address(ground: Ground, key: str) -> str:
    (iri,) = ground.ledger.db.execute(
        "SELECT e.iri FROM record r JOIN entity e ON e.id = r.entity WHERE r.raw_key = ? AND r.kind = 'site'", (key,)
    ).fetchone()
    return str(iri).removeprefix(BASE)


def _put(ground: Ground, slug: str, template: str) -> str:
    """Publish a description that no lift would make."""
    with ground.ledger.transaction():
        number = entities.mint(ground.ledger.db, BASE, "site", slug, slug, ground.ledger.now())
        (iri,) = ground.ledger.db.execute("SELECT iri FROM entity WHERE id = ?", (number,)).fetchone()
        text = template.format(iri=iri)
        entities.put(ground.ledger.db, number, text, digest(text), ground.ledger.now(), None)
    return str(iri).removeprefix(BASE)
