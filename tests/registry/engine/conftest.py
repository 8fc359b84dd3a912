"""A log for the engine to follow, and an engine that runs while a test asks."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from registry.engine import Engine, EngineOptions, QueryAnswer, QueryRequest, Remote
from tests.standins.engines import RemoteEngine, emptied, remote

FOLLOWER = "tests.registry.engine.followers:LogFollower"
PATIENCE = 20.0  # seconds; how long anything may take on a busy machine before a test fails
TRIPLES = 3000


@pytest.fixture(autouse=True)
def _loop_as_in_production() -> Iterator[None]:
    """uvicorn runs uvloop, whose sockets and readers are not asyncio's."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    yield
    asyncio.set_event_loop_policy(None)


@pytest.fixture(params=["memory", "oxigraph", "virtuoso"])
def kind(request: pytest.FixtureRequest, tmp_path: Path, engines: Callable[[str], RemoteEngine]) -> Iterator[str]:
    """Every engine in turn: what ``running`` starts has its store in memory, or in an empty engine elsewhere."""
    found: str = request.param
    if found != "memory":
        place.append(remote(engines(found), tmp_path))
        emptied(place[0])
    yield found
    place.clear()


place: list[Remote] = []
"""The engine elsewhere that ``running`` uses, if any."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """300 things of ten statements each, as a ledger would give them."""
    file = tmp_path / "log.nq"
    file.write_text(
        "".join(
            f'<http://example.org/thing/{i // 10}> <http://example.org/p{i % 10}> "value {i}" .\n'
            for i in range(TRIPLES)
        )
    )
    return file


@asynccontextmanager
async def running(log: Path, **options: object) -> AsyncIterator[Engine]:
    """An engine that has loaded ``log``."""
    options = {"remote": place[0] if place else None, **options}
    engine = Engine(FOLLOWER, {"path": str(log)}, EngineOptions(**options))  # type: ignore[arg-type]
    await engine.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await engine.reached()
        yield engine
    finally:
        await engine.stop()


async def ask(engine: Engine, query: str, **request: object) -> bytes:
    """The whole answer."""
    return await rest(await engine.query(QueryRequest(query, **request)))  # type: ignore[arg-type]


async def rest(answer: QueryAnswer) -> bytes:
    """What an answer still has to say."""
    return b"".join([piece async for piece in answer.chunks()])


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition that gives no signal of its own."""
    never = asyncio.Event()
    async with asyncio.timeout(PATIENCE):
        while not condition():
            try:
                await asyncio.wait_for(never.wait(), 0.005)
            except TimeoutError:
                continue


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def watch(pids: Iterable[int]) -> list[int]:
    """Handles that tell the death of these very processes, whoever inherits their numbers."""
    handles = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # dead already
            handles.append(os.pidfd_open(pid))
    return handles


async def gone(handles: Iterable[int]) -> None:
    """Wait until all these processes have ended; fails when one does not."""
    loop = asyncio.get_running_loop()
    for handle in handles:
        ended = asyncio.Event()
        loop.add_reader(handle, ended.set)
        try:
            async with asyncio.timeout(PATIENCE):
                await ended.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)


def computed(pid: int) -> int:
    """Nanoseconds a process has computed; idle workers have hardly begun."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
