"""Registries that answer over HTTP, each with a source of its own, for tests in which they follow one another."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn

from harvesters.fetch import Fetcher, FetchSettings
from harvesters.lift import Lift
from harvesters.reading import Context, RawRecord
from harvesters.source import Source
from registry.api import create_app
from registry.check import Checker
from registry.config import Config
from registry.engine import QueryAnswer, QueryRequest
from registry.federation.peers import follow_peer
from registry.ingest import ingest
from registry.ledger import Ledger, Run
from registry.publishing import publish
from tests.registry.conftest import LIFT


class NoEngine:
    """These tests ask no SPARQL."""

    ready = True
    sequence = 0

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def query(self, request: QueryRequest) -> QueryAnswer:
        raise AssertionError

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b""


class Registry:
    """One registry: its ledger, its server, its own source `eigene`, and the peers it follows."""

    def __init__(self, folder: Path, checker: Checker, base: str) -> None:
        self.folder = folder
        self.base = base
        self.checker = checker
        self.ledger = Ledger.open(folder / "ledger.sqlite", base)

    def harvest(self, entries: dict[str, str]) -> Run:
        """Its own source says this, by key and name."""

        def read(_options: Any, _context: Context) -> Iterator[RawRecord]:
            for key, name in entries.items():
                yield RawRecord(key, {"name": name, "text": f"Von {self.base}"}, page=f"https://e.example/{key}")

        source = self.source("eigene", "test", {})
        lift = Lift(LIFT, source_id="eigene", records_base=f"{self.base}/sources/")
        with Fetcher() as fetch:
            context = Context(fetch=fetch, since=None, districts=(), notes=lambda line: None)
            run = ingest(self.ledger, self.checker, source, read, lift, context, locks=self.folder / "locks")
        publish(self.ledger)
        return run

    def follow(self, url: str, name: str = "nachbar", **options: Any) -> Run:
        """Follow a peer's records once."""
        url = url if "/feed/" in url else f"{url}/feed/records"
        source = self.source(name, "feed", {"peer": True, "url": url, **options})
        hosts = (url.split("/")[2],)
        settings = FetchSettings(contact="test", allow_private_hosts=hosts, delay=0, max_retries=0)
        with Fetcher(settings, cache=self.folder / "cache") as fetch:
            run = follow_peer(self.ledger, self.checker, source, fetch, locks=self.folder / "locks")
        publish(self.ledger)
        return run

    def source(self, name: str, reader: str, read: dict[str, Any]) -> Source:
        return described(self.folder, name, reader, read)

    def names(self) -> set[str]:
        """IRIs of all live records."""
        return {iri for (iri,) in self.ledger.db.execute("SELECT iri FROM record WHERE status = 'live'")}

    @property
    def state(self) -> tuple[str, int]:
        digest = self.ledger.digest("record")
        return digest.hex, digest.live


def described(folder: Path, name: str, reader: str, read: dict[str, Any]) -> Source:
    """A source as its description would have it."""
    return Source(
        id=name, title={"de": name, "en": name}, homepage=None, publisher="Verein",
        licence="https://creativecommons.org/licenses/by/4.0/", attribution=None, rank=10, every=timedelta(days=1),
        enabled=True, reader=reader, read=read, min_records=0, max_shrink=1.0, time_limit=timedelta(hours=1),
        districts=(), lift=LIFT, note=None, folder=folder,
    )  # fmt: skip


def peer_source(folder: Path, url: str) -> Source:
    """A source that is the registry with this feed."""
    return described(folder, "nachbar", "feed", {"peer": True, "url": url})


@contextmanager
def registry(folder: Path, checker: Checker) -> Iterator[Registry]:
    """A registry whose server answers at its own base address."""
    folder.mkdir(parents=True, exist_ok=True)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    (folder / "registry.toml").write_text(f'base_url = "{base}"\n', encoding="utf-8")
    one = Registry(folder, checker, base)
    app = create_app(Config(data=folder, base_url=base), NoEngine())
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield one
    finally:
        server.should_exit = True
        thread.join()
        app.state.writing.writer.close()
        listening.close()
        one.ledger.close()
