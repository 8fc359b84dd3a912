"""Processes that die or hang at the worst moment. The service goes on, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from registry.engine import EngineError, EngineOptions, EngineStarting, QueryRequest, QueryTooExpensive
from registry.engine.client import Engine
from tests.registry.engine.conftest import (
    FOLLOWER,
    PATIENCE,
    TRIPLES,
    ask,
    computed,
    family,
    gone,
    rest,
    running,
    until,
    watch,
)

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
CARTESIAN = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ROOT = Path(__file__).resolve().parents[3]

OWNER = f"""
import asyncio, signal, sys
from registry.engine import Engine, EngineOptions, QueryRequest
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background is deaf to it
async def main():
    options = EngineOptions(hold_bytes=1, timeout=600.0, stall_seconds=600.0)
    engine = Engine({FOLLOWER!r}, {{"path": sys.argv[1]}}, options)
    await engine.start()
    await engine.reached()
    answer = await engine.query(QueryRequest({ENDLESS!r}))
    running = asyncio.create_task(engine.query(QueryRequest({CARTESIAN!r})))
    while engine.figures["running"] < 2:
        await asyncio.sleep(0)
    print(engine.figures["host"], flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_when_the_api_is_killed_host_and_workers_die_with_it(log: Path, end: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(log)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as owner:
        assert owner.stdout is not None
        host = int(owner.stdout.readline())
        processes = family(host)
        assert len(processes) >= 4  # the host, two that run, at least one that waits
        handles = watch(processes)
        owner.send_signal(end)
        asyncio.run(gone(handles))
        owner.wait(PATIENCE)


def test_when_the_api_is_killed_while_the_host_loads_the_host_dies_with_it(log: Path) -> None:
    program = (
        "import asyncio; from registry.engine import Engine\n"
        "async def main():\n"
        "    engine = Engine('tests.registry.engine.followers:StuckFollower', {})\n"
        "    await engine.start()\n"
        "    while not engine.figures['host']:\n"
        "        await asyncio.sleep(0)\n"
        "    print(engine.figures['host'], flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT) as owner:
        assert owner.stdout is not None
        handles = watch([int(owner.stdout.readline())])
        owner.kill()
        asyncio.run(gone(handles))


def test_a_killed_host_is_replaced(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, hold_bytes=1) as engine:
            streaming = await engine.query(QueryRequest(ENDLESS))
            counting = asyncio.create_task(ask(engine, CARTESIAN))
            await until(lambda: engine.figures["running"] == 2)
            host = engine.figures["host"]
            handles = watch(family(host))
            os.kill(host, signal.SIGKILL)
            await gone(handles)
            with pytest.raises(EngineStarting) as starting:
                await counting
            assert starting.value.retry_after
            with pytest.raises(EngineError):
                await rest(streaming)
            await until(lambda: engine.figures["restarts"] == 1)
            await asyncio.wait_for(engine.reached(), PATIENCE)
            assert engine.figures["host"] != host
            assert str(TRIPLES).encode() in await ask(engine, COUNT)

    asyncio.run(scenario())


def test_while_a_host_is_replaced_the_engine_says_when_to_come_back(log: Path) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            os.kill(engine.figures["host"], signal.SIGKILL)
            await until(lambda: not engine.ready)
            with pytest.raises(EngineStarting) as starting:
                await ask(engine, COUNT)
            assert starting.value.retry_after is not None
            assert 1 <= starting.value.retry_after < 60
            await asyncio.wait_for(engine.reached(), PATIENCE)
            assert str(TRIPLES).encode() in await ask(engine, COUNT)

    asyncio.run(scenario())


def test_a_stopped_host_is_noticed_and_replaced_while_its_workers_answer(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, silence_seconds=1.0) as engine:
            host = engine.figures["host"]
            handles = watch([host])
            os.kill(host, signal.SIGSTOP)
            assert str(TRIPLES).encode() in await ask(engine, COUNT)
            await gone(handles)
            await until(lambda: engine.figures["restarts"] == 1)
            await asyncio.wait_for(engine.reached(), PATIENCE)
            assert str(TRIPLES).encode() in await ask(engine, COUNT)

    asyncio.run(scenario())


def test_a_host_stuck_in_loading_is_replaced(log: Path) -> None:
    async def scenario() -> None:
        options = EngineOptions(silence_seconds=0.5)
        engine = Engine("tests.registry.engine.followers:StuckFollower", {}, options)
        await engine.start()
        try:
            await until(lambda: engine.figures["restarts"] >= 1)
            assert "said nothing for 0.5 s" in str(engine.problem)
        finally:
            await engine.stop()

    asyncio.run(scenario())


def test_where_workers_cannot_be_confined_there_are_none(log: Path) -> None:
    async def scenario() -> None:
        engine = Engine(FOLLOWER, {"path": str(log)}, EngineOptions(memory_bytes=10**30))
        await engine.start()
        try:
            await until(lambda: engine.problem is not None)
            assert "could not give up its rights" in str(engine.problem)
            await until(lambda: not engine.ready)
        finally:
            await engine.stop()

    asyncio.run(scenario())


def test_a_follower_that_fails_starts_from_the_beginning(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, poll_seconds=0.01) as engine:
            good = log.read_text()
            with log.open("a") as file:
                file.write("!fail\n")
            await until(lambda: not engine.ready)
            log.write_text(good + '<a:s> <a:p> "mended" .\n')
            await asyncio.wait_for(engine.reached(TRIPLES + 1), PATIENCE)
            assert str(TRIPLES + 1).encode() in await ask(engine, COUNT)

    asyncio.run(scenario())


def test_killed_idle_workers_are_replaced_and_nobody_notices(log: Path) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            host = engine.figures["host"]
            for _ in range(5):
                workers = family(host)[1:]
                for worker in workers:
                    os.kill(worker, signal.SIGKILL)
                assert str(TRIPLES).encode() in await ask(engine, COUNT)  # asks another when the first is dead
                await until(lambda dead=workers: len({*family(host)[1:]} - {*dead}) >= engine.options.spare)
            assert engine.figures["restarts"] == 0

    asyncio.run(scenario())


def test_a_worker_killed_in_mid_answer_breaks_that_answer_only(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, hold_bytes=1, spare=1, workers=2) as engine:
            host = engine.figures["host"]
            answer = await engine.query(QueryRequest(ENDLESS))
            worker = max(family(host)[1:], key=computed)
            os.kill(worker, signal.SIGKILL)
            with pytest.raises(QueryTooExpensive, match="has ended"):
                await rest(answer)
            assert str(TRIPLES).encode() in await ask(engine, COUNT)
            assert engine.figures["restarts"] == 0

    asyncio.run(scenario())


def test_a_stopped_worker_is_killed_at_the_deadline(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, spare=1, workers=1, timeout=0.5) as engine:
            for worker in family(engine.figures["host"])[1:]:
                os.kill(worker, signal.SIGSTOP)
            with pytest.raises(EngineError, match=r"longer than 0\.5 s"):
                await ask(engine, COUNT)
            await until(lambda: engine.figures["running"] == 0)
            assert str(TRIPLES).encode() in await ask(engine, COUNT)

    asyncio.run(scenario())


def test_stop_leaves_nothing_even_while_queries_run_or_the_host_loads(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, timeout=60.0) as engine:
            hostile = asyncio.create_task(ask(engine, CARTESIAN))
            await until(lambda: engine.figures["running"] == 1)
            handles = watch(family(engine.figures["host"]))
        with pytest.raises(EngineStarting):
            await hostile
        await gone(handles)
        engine = Engine("tests.registry.engine.followers:StuckFollower", {})
        await engine.start()
        await until(lambda: engine.figures["host"] > 0)
        handles = watch([engine.figures["host"]])
        await engine.stop()
        await gone(handles)

    asyncio.run(scenario())


def test_old_generations_end(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, poll_seconds=0.01) as engine:
            host = engine.figures["host"]
            before = len(os.listdir("/proc/self/fd"))
            for batch in range(10):
                old = watch(family(host)[1:])
                with log.open("a") as file:
                    file.write(f'<a:s> <a:p> "{batch}" .\n')
                await asyncio.wait_for(engine.reached(TRIPLES + batch + 1), PATIENCE)
                await gone(old)
            assert len(family(host)) <= 1 + engine.options.workers + engine.options.spare
            assert len(os.listdir(f"/proc/{host}/fd")) < 40
            assert len(os.listdir("/proc/self/fd")) <= before + 2 * (engine.options.workers + engine.options.spare)

    asyncio.run(scenario())


def test_workers_hold_no_descriptor_but_their_own(log: Path) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            host = engine.figures["host"]
            await until(lambda: len(family(host)) == 1 + engine.options.spare)
            for worker in family(host)[1:]:
                await until(lambda worker=worker: descriptors(worker) == ["/dev/null"] * 3 + ["socket"])

    def descriptors(pid: int) -> list[str]:
        folder = f"/proc/{pid}/fd"
        try:
            return sorted(os.readlink(f"{folder}/{name}").partition(":")[0] for name in os.listdir(folder))
        except FileNotFoundError:  # closed at this very moment
            return []

    asyncio.run(scenario())
