"""The real API on a port, with an engine whose data can be exchanged between two tests."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pyoxigraph as ox
import uvicorn

from registry.api import create_app
from registry.config import Config
from registry.engine import Engine, EngineOptions, QueryAnswer, QueryRequest, Remote
from registry.ledger import Ledger
from tests.standins.engines import OxigraphServe, Virtuoso, remote

BASE = "http://www.example"


class Exchangeable:
    """A SparqlEngine that forwards to another one, which can be replaced while the server runs."""

    def __init__(self, folder: Path, remote: Remote | None = None) -> None:
        self._folder = folder
        self._remote = remote
        self._engine: Engine | None = None
        self._held: bytes | None = None
        self._count = 0
        self.loop: asyncio.AbstractEventLoop | None = None

    @property
    def ready(self) -> bool:
        return self._engine is not None and self._engine.ready

    @property
    def sequence(self) -> int:
        return self._count  # another one for other data, because validators are made of it

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        await self.hold(b"")

    async def stop(self) -> None:
        if self._engine is not None:
            await self._engine.stop()

    async def query(self, request: QueryRequest) -> QueryAnswer:
        assert self._engine is not None
        return await self._engine.query(request)

    async def hold(self, nquads: bytes) -> None:
        """Answer from these quads from now on."""
        if nquads == self._held:
            return
        await self.stop()
        self._count += 1
        file = self._folder / f"{self._count}.nq"
        file.write_bytes(nquads)
        options = EngineOptions(workers=2, base_iri=f"{BASE}/", remote=self._remote)
        self._engine = Engine("tests.conformance.data:Data", {"file": str(file)}, options)
        await self._engine.start()
        await self._engine.reached()
        self._held = nquads

    def exchange(self, quads: Iterable[ox.Quad]) -> None:
        """The same from another thread."""
        assert self.loop is not None
        content = ox.serialize(list(quads), format=ox.RdfFormat.N_QUADS) or b""
        asyncio.run_coroutine_threadsafe(self.hold(content), self.loop).result(60)


@contextmanager
def running(kind: str = "memory") -> Iterator[tuple[str, Exchangeable]]:
    """The address of a server, and its engine: our own, or one elsewhere of a kind."""
    with TemporaryDirectory() as name, _elsewhere(kind, Path(name)) as there, _serving(there) as found:
        yield found


@contextmanager
def _elsewhere(kind: str, folder: Path) -> Iterator[Remote | None]:
    if kind == "memory":
        yield None
        return
    engine = {"oxigraph": OxigraphServe, "virtuoso": Virtuoso}[kind](folder / kind)
    engine.start()
    try:
        yield remote(engine, folder, BASE)
    finally:
        engine.kill()


@contextmanager
def _serving(there: Remote | None) -> Iterator[tuple[str, Exchangeable]]:
    with TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as listening:
        folder = Path(name)
        Ledger.open(folder / "ledger.sqlite", BASE).close()
        engine = Exchangeable(folder, there)
        server = uvicorn.Server(
            uvicorn.Config(create_app(Config(data=folder, base_url=BASE), engine), log_level="error")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started or not engine.ready:
                threading.Event().wait(0.02)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", engine
        finally:
            server.should_exit = True
            thread.join(30)
