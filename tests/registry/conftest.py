"""A small registry to test against: a real ledger, the real shapes, and a source whose entries the test writes down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harvesters.fetch import Fetcher
from harvesters.lift import Lift
from harvesters.reading import Context, Item, RawRecord
from harvesters.source import Source
from registry.check import Checker
from registry.ingest import ingest
from registry.ledger import Ledger, Run
from registry.publishing import publish
from tests.standins.engines import OxigraphServe, RemoteEngine, Virtuoso

BASE = "http://127.0.0.1:8000"
RECORDS = f"{BASE}/sources/liste/records/"

LIFT = """
CONSTRUCT {
  ?it a orte:CooperationSite ; schema:name ?name ; schema:description ?text ; schema:telephone ?phone ;
    schema:geo ?geo ; orte:offers ?service ; orte:partOf ?house .
  ?geo a schema:GeoCoordinates ; schema:latitude ?lat ; schema:longitude ?lon .
  ?service a orte:Service ; schema:name ?serviceName ; orte:serviceKind ?kind .
} WHERE {
  ?r a fx:root ; xyz:name ?n .
  BIND(fn:it(?r) AS ?it)
  BIND(STRLANG(?n, "de") AS ?name)
  OPTIONAL { ?r xyz:text ?t BIND(STRLANG(?t, "de") AS ?text) }
  OPTIONAL { ?r xyz:phone ?p BIND(fn:phone(?p) AS ?phone) }
  OPTIONAL {
    ?r xyz:lat ?y ; xyz:lon ?x
    BIND(fn:node(?r, "geo") AS ?geo) BIND(xsd:decimal(?y) AS ?lat) BIND(xsd:decimal(?x) AS ?lon)
  }
  OPTIONAL { ?r xyz:house ?h BIND(fn:record("liste", ?h) AS ?house) }
  OPTIONAL {
    ?r xyz:desk true
    BIND(fn:it(?r, "service/desk") AS ?service) BIND(STRLANG("Schreibtisch", "de") AS ?serviceName)
    BIND(<https://w3id.org/orte/concept/service/desk> AS ?kind)
  }
}
"""


class Clock:
    """A clock that only moves when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **step: float) -> None:
        self.now += timedelta(**step)


class Ground:
    """One registry with one source `liste`; `harvest` takes what the source says this time."""

    def __init__(self, folder: Path, checker: Checker) -> None:
        self.folder = folder
        self.clock = Clock()
        self.path = folder / "ledger.sqlite"
        self.ledger = Ledger.open(self.path, BASE, clock=self.clock)
        self.checker = checker
        self.source = Source(
            id="liste", title={"de": "Liste", "en": "List"}, homepage="https://liste.example/", publisher="Verein",
            licence="https://creativecommons.org/licenses/by/4.0/", attribution=None, rank=10, every=timedelta(days=1),
            enabled=True, reader="test", read={}, min_records=1, max_shrink=0.2, time_limit=timedelta(minutes=5),
            districts=(), lift=LIFT, note=None, folder=folder,
        )  # fmt: skip

    def configure(self, **changes: Any) -> None:
        self.source = replace(self.source, **changes)

    def harvest(
        self,
        items: Iterable[Item | Mapping[str, Any] | Exception] = (),
        *,
        accept_shrink: bool = False,
    ) -> Run:
        run = self.take(items, accept_shrink=accept_shrink)
        publish(self.ledger)
        return run

    def take(self, items: Iterable[Item | Mapping[str, Any] | Exception], *, accept_shrink: bool = False) -> Run:
        """Into the ledger, but not yet into the catalogue."""

        def read(_options: Mapping[str, Any], _context: Context) -> Iterator[Item]:
            for item in items:
                if isinstance(item, Exception):
                    raise item
                yield raw(**item) if isinstance(item, Mapping) else item

        self.clock.tick(hours=1)
        lift = Lift(self.source.lift, source_id=self.source.id, records_base=f"{BASE}/sources/")
        with Fetcher() as fetch:
            context = Context(fetch=fetch, since=None, districts=(), notes=lambda line: None)
            return ingest(
                self.ledger, self.checker, self.source, read, lift, context,
                locks=self.folder / "locks", least=0 if accept_shrink else None,
            )  # fmt: skip

    def kinds(self) -> dict[str, str]:
        """Kind of every live entity by IRI."""
        return dict(self.ledger.db.execute("SELECT iri, kind FROM entity WHERE status = 'live'"))

    def findings(self, *, fixed: bool = False) -> list[tuple[str, str, str | None]]:
        """Key, rule and value of the findings that are open, or of those that were fixed."""
        return self.ledger.db.execute(
            f"SELECT raw_key, rule, value FROM finding WHERE fixed_run IS {'NOT' if fixed else ''} NULL"
        ).fetchall()


def raw(key: str, **data: Any) -> RawRecord:
    return RawRecord(key, data, page=f"https://liste.example/{key}")


@pytest.fixture(scope="session")
def checker() -> Checker:
    return Checker()


@pytest.fixture
def ground(tmp_path: Path, checker: Checker) -> Iterator[Ground]:
    ground = Ground(tmp_path, checker)
    yield ground
    ground.ledger.close()


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], RemoteEngine]]:
    """Engines elsewhere by their kind; each is started when it is first asked for, once for all tests."""
    started: dict[str, RemoteEngine] = {}

    def of(kind: str) -> RemoteEngine:
        if kind not in started:
            engine = {"oxigraph": OxigraphServe, "virtuoso": Virtuoso}[kind](tmp_path_factory.mktemp(kind) / "engine")
            engine.start()
            started[kind] = engine
        return started[kind]

    yield of
    for engine in started.values():
        engine.kill()
