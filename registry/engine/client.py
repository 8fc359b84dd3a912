"""The engine as the API and the command line see it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import orjson

from registry.engine.answer import Answer, WorkerLost
from registry.engine.errors import EngineError, QueryTooExpensive
from registry.engine.frames import Kind, pack
from registry.engine.guard import inspected
from registry.engine.interface import EngineOptions, QueryAnswer, QueryRequest
from registry.engine.link import Link
from registry.engine.pool import Pool
from registry.engine.supervisor import Supervisor

_OBITUARY = 1.0  # seconds to wait for the host to say what a worker died of
_OBITUARIES = 64
_SUDDEN = 0.5  # seconds; a worker killed sooner did not die of its query


class Engine:
    """Oxigraph in a host process with killable workers; a SparqlEngine.

    ``follower`` is the import path (``package.module:Class``) of a Follower and ``arguments`` its keyword arguments,
    which must be JSON values. Start, query and stop it in one event loop, whose thread must outlive the engine:
    the kernel ends the host when the thread that started it ends.
    """

    def __init__(self, follower: str, arguments: Mapping[str, Any], options: EngineOptions | None = None) -> None:
        self.options = options or EngineOptions()
        self._supervisor = Supervisor(
            follower,
            arguments,
            self.options,
            on_worker=self._on_worker,
            on_death=self._on_death,
            on_end=self._on_end,
            on_loss=self._on_loss,
        )
        self._pool = Pool(self.options, self._supervisor.ask_for_workers)
        self._obituaries: dict[int, int] = {}
        self._mourners: dict[int, asyncio.Future[int | None]] = {}
        self._news = asyncio.Event()

    @property
    def ready(self) -> bool:
        return self._pool.generation > 0

    @property
    def sequence(self) -> int:
        return self._pool.sequence

    @property
    def problem(self) -> str | None:
        """Why the engine is not (or was last not) ready, a sentence for the operator; None when all is well."""
        return self._supervisor.problem

    @property
    def figures(self) -> dict[str, int]:
        """For /metrics: queries running and waiting, generation of workers, changes of the host and its pid."""
        return {
            "running": self._pool.running,
            "waiting": self._pool.waiting,
            "restarts": self._supervisor.restarts,
            "renewals": self._supervisor.renewals,
            "generation": self._pool.generation,
            "host": self._supervisor.pid,
        }

    async def start(self) -> None:
        """Start the host and return at once; queries raise EngineStarting until it has loaded."""
        self._supervisor.start()

    async def stop(self) -> None:
        """End the host and all workers; returns when they are gone. Running queries raise EngineStarting."""
        await self._supervisor.stop()

    async def reached(self, sequence: int = -1) -> None:
        """Wait until queries see the ledger at ``sequence`` or later (any, when not given)."""
        while not self.ready or self.sequence < sequence:
            self._news.clear()
            await self._news.wait()

    async def query(self, request: QueryRequest) -> QueryAnswer:
        """Raises QueryRefused, QueryTimedOut, QueryTooExpensive, EngineStarting or EngineBusy."""
        inspection = await inspected(request.query, self.options.max_query_bytes, self.options.max_depth)
        timeout = min(request.timeout or self.options.timeout, self.options.timeout)
        asked = orjson.dumps(
            {
                "query": request.query,
                "select_format": request.select_format,
                "graph_format": request.graph_format,
                "default_graphs": request.default_graphs,
                "named_graphs": request.named_graphs,
                "union_default": request.union_default,
                "base_iri": self.options.base_iri,
                "describe": inspection.form == "DESCRIBE" and not inspection.dataset,
                "timeout": timeout,
                "max_bytes": _least(request.max_bytes, self.options.max_bytes),
                "max_rows": _least(request.max_rows, self.options.max_rows),
            }
        )
        frame = pack(Kind.REQUEST, asked)
        guilty = 0
        for _ in range(2 + self.options.workers + self.options.spare):
            if not self.ready:
                raise self._supervisor.starting()
            answer = Answer(
                await self._pool.acquire(),
                timeout=timeout,
                hold=self.options.hold_bytes,
                stall=self.options.stall_seconds,
                release=self._release,
                cause_of_death=self._cause_of_death,
                starting=self._supervisor.starting,
            )
            try:
                await answer.open(frame)
            except WorkerLost as lost:  # it may be the query, by way of the system's out-of-memory killer
                guilty += lost.seconds > _SUDDEN
                if guilty == 2:
                    break
                continue
            except EngineError as error:
                raise inspection.explain(error) from None
            return answer
        raise QueryTooExpensive("The process that should answer the query was killed twice; it is probably the query.")

    def _release(self, link: Link, fit: bool) -> None:
        self._pool.release(link, fit=fit)

    def _on_worker(self, link: Link) -> None:
        self._pool.arrived(link)
        self._news.set()

    def _on_death(self, number: int, signal: int) -> None:
        mourner = self._mourners.get(number)
        if mourner is not None and not mourner.done():
            mourner.set_result(signal)
        self._obituaries[number] = signal
        while len(self._obituaries) > _OBITUARIES:
            del self._obituaries[next(iter(self._obituaries))]
        self._pool.died(number)

    def _on_end(self, numbers: Collection[int]) -> None:
        self._pool.ended(numbers)
        for number in numbers:
            mourner = self._mourners.get(number)
            if mourner is not None and not mourner.done():
                mourner.set_result(None)

    def _on_loss(self) -> None:
        self._pool.abandon(self._supervisor.starting())

    async def _cause_of_death(self, link: Link) -> int | None:
        """The signal a worker died of; None when the host cannot say."""
        if link.number in self._obituaries:
            return self._obituaries[link.number]
        mourner: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._mourners[link.number] = mourner
        try:
            async with asyncio.timeout(_OBITUARY):
                return await mourner
        except TimeoutError:
            return None
        finally:
            del self._mourners[link.number]


def query_once(
    request: QueryRequest,
    *,
    follower: str,
    arguments: Mapping[str, Any],
    options: EngineOptions | None = None,
) -> bytes:
    """Start an engine, ask it one thing, end it, return the whole answer: for the command line.

    Raises EngineError; with the follower's reason when the engine cannot load, and QueryTooExpensive rather than
    returning a truncated answer that a script would take for a whole one.
    """

    async def ask() -> bytes:
        engine = Engine(follower, arguments, options)
        await inspected(
            request.query, engine.options.max_query_bytes, engine.options.max_depth
        )  # before a load for nothing
        await engine.start()
        try:
            await _loaded_or_failed(engine)
            answer = await engine.query(request)
            pieces = [piece async for piece in answer.chunks()]
        finally:
            await engine.stop()
        if answer.truncated:
            raise QueryTooExpensive(f"The answer is longer than {engine.options.max_bytes} bytes; ask for less.")
        return b"".join(pieces)

    return asyncio.run(ask())


async def _loaded_or_failed(engine: Engine) -> None:
    loaded = asyncio.create_task(engine.reached())
    try:
        while not loaded.done():
            await asyncio.wait([loaded], timeout=0.05)
            if engine.problem and not engine.ready:
                raise EngineError(f"The engine could not load: {engine.problem}")
    finally:
        loaded.cancel()


def _least(asked: float | None, allowed: float | None) -> Any:
    """The smaller of two limits, either of which may be none; at least 1, as no answer is shorter than a row."""
    return allowed if asked is None else max(1, asked) if allowed is None else min(max(1, asked), allowed)
