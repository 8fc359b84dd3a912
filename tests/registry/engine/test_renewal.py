"""A host from whose store much was removed gives way to a fresh one, and nobody who asks notices."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from registry.engine import Engine, EngineOptions, EngineStarting, QueryRequest, supervisor
from registry.engine.process import HostProcess
from tests.registry.engine.conftest import (
    FOLLOWER,
    PATIENCE,
    TRIPLES,
    ask,
    computed,
    family,
    gone,
    running,
    until,
    watch,
)

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
WORN = {"renew_share": 0.25, "renew_least": 10, "poll_seconds": 0.01}


def remove(log: Path, first: int, last: int) -> None:
    """Take statements back, in one go."""
    lines = log.read_text().splitlines()[first:last]
    with log.open("a") as file:
        file.write("".join(f"-{line}\n" for line in lines))


def order(log: Path, word: str) -> None:
    """Have whoever loads from now on do something, see `LogFollower`."""
    with log.open("a") as file:
        file.write(f"!{word}\n")


def take_back(log: Path, word: str) -> None:
    """Make an order one that nobody knows, without moving what follows it."""
    with log.open("r+b") as file:
        file.seek(file.read().index(f"!{word}\n".encode()))
        file.write(b"!" + b"." * len(word))


def count(answer: bytes) -> int:
    return int(json.loads(answer)["results"]["bindings"][0]["n"]["value"])


def hosts() -> set[int]:
    """All engine hosts of this process."""
    found = set()
    for child in family(os.getpid())[1:]:
        try:
            if b"registry.engine.host" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.add(child)
        except OSError:  # gone at this very moment
            continue
    return found


def score(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


@pytest.mark.parametrize(("least", "enough"), [(10, 600), (700, 700)])
def test_a_host_says_when_it_is_worn_and_not_before(log: Path, least: int, enough: int) -> None:
    """When a quarter of what is still there was removed (600 of 2,400), and at least so many."""
    heard: list[dict[str, Any]] = []

    def hear(_: HostProcess, message: dict[str, Any], descriptors: list[int]) -> None:
        for descriptor in descriptors:
            os.close(descriptor)  # its workers end at once
        heard.append(message)

    async def said(state: str, sequence: int) -> None:
        """Wait until the host has said this since it reached the sequence."""

        def after() -> list[dict[str, Any]]:
            reached = [i for i, message in enumerate(heard) if message.get("sequence") == sequence]
            return heard[reached[0] :] if reached else []

        await until(lambda: any(message.get("state") == state for message in after()))

    async def scenario() -> None:
        options = EngineOptions(renew_share=0.25, renew_least=least, poll_seconds=0.01)
        host = HostProcess(FOLLOWER, {"path": str(log)}, options, hear)
        host.spawn()
        try:
            await said("alive", TRIPLES)
            remove(log, 0, enough - 1)
            await said("alive", TRIPLES + enough - 1)
            remove(log, enough - 1, enough)
            await said("worn", TRIPLES + enough)
        finally:
            await host.end()
        before = [message.get("sequence") for message in heard].index(TRIPLES + enough)
        assert {"state": "worn"} not in heard[:before]

    asyncio.run(scenario())


def test_nobody_notices(log: Path) -> None:
    """While one host follows another, and the log goes on, every query has its answer, and none an older one."""

    async def asking(engine: Engine, seen: list[tuple[int, int]]) -> None:
        while True:
            answer = await engine.query(QueryRequest(COUNT))
            seen.append((answer.sequence, count(b"".join([piece async for piece in answer.chunks()]))))

    async def scenario() -> None:
        async with running(log, **WORN) as engine:
            first = watch([engine.figures["host"]])
            seen: list[list[tuple[int, int]]] = [[], [], []]
            async with asyncio.TaskGroup() as group:
                askers = [group.create_task(asking(engine, own)) for own in seen]
                remove(log, 0, 1000)
                written = TRIPLES + 1000
                while engine.figures["renewals"] == 0:
                    assert engine.ready
                    with log.open("a") as file:
                        file.write(f'<a:s> <a:p> "{written}" .\n')
                    written += 1
                    await asyncio.wait_for(engine.reached(written), PATIENCE)
                for asker in askers:
                    asker.cancel()
            await asyncio.wait_for(engine.reached(written), PATIENCE)
            assert count(await ask(engine, COUNT)) == written - 2000
            for own in seen:
                assert own == sorted(own)
                assert all(number == sequence - 2000 for sequence, number in own if sequence >= TRIPLES + 1000)
            assert engine.figures["restarts"] == 0
            await gone(first)

    asyncio.run(scenario())


def test_a_fresh_host_takes_over_when_it_is_as_far_as_the_old_one(log: Path) -> None:
    """What somebody has seen is not gone again, however long the fresh one takes for what came meanwhile."""

    async def scenario() -> None:
        async with running(log, **WORN) as engine:
            first = engine.figures["host"]
            order(log, "part")
            remove(log, 0, 1000)
            await until(log.with_suffix(".part").exists)  # it has forked workers that see the first part
            answer = await engine.query(QueryRequest(COUNT))
            assert answer.sequence == TRIPLES + 1001
            assert count(b"".join([piece async for piece in answer.chunks()])) == TRIPLES - 1000
            assert (engine.figures["host"], engine.figures["renewals"]) == (first, 0)
            take_back(log, "part")
            await until(lambda: engine.figures["renewals"] == 1)
            assert engine.sequence == TRIPLES + 1001
            assert count(await ask(engine, COUNT)) == TRIPLES - 1000

    asyncio.run(scenario())


def test_a_query_that_runs_is_answered_to_its_end_and_then_the_old_host_ends(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, hold_bytes=1, **WORN) as engine:
            first = engine.figures["host"]
            answer = await engine.query(QueryRequest(ENDLESS))
            pieces = answer.chunks()
            await anext(pieces)
            remove(log, 0, 1000)
            await until(lambda: engine.figures["renewals"] == 1)
            assert count(await ask(engine, COUNT)) == TRIPLES - 1000
            assert first in hosts()
            for _ in range(20):  # much more than waits in any buffer
                assert await anext(pieces)
            handles = watch(family(first))
            await answer.aclose()
            await gone(handles)
            assert hosts() == {engine.figures["host"]}

    asyncio.run(scenario())


def test_the_end_of_the_fresh_host_disturbs_nobody_whom_the_old_one_answers(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, hold_bytes=1, **WORN) as engine:
            answer = await engine.query(QueryRequest(ENDLESS))
            pieces = answer.chunks()
            remove(log, 0, 1000)
            await until(lambda: engine.figures["renewals"] == 1)
            os.kill(engine.figures["host"], signal.SIGKILL)
            await until(lambda: engine.figures["restarts"] == 1)
            await asyncio.wait_for(engine.reached(), PATIENCE)
            for _ in range(20):  # much more than waits in any buffer
                assert await anext(pieces)
            await answer.aclose()

    asyncio.run(scenario())


def test_an_old_host_does_not_stay_for_a_reader_who_takes_for_ever(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds a whole store."""
    monkeypatch.setattr(supervisor, "_RETIREMENT", -19.0)  # of 20: a second is left

    async def scenario() -> None:
        async with running(log, hold_bytes=1, timeout=20.0, **WORN) as engine:
            first = engine.figures["host"]
            answer = await engine.query(QueryRequest(ENDLESS))
            remove(log, 0, 1000)
            await until(lambda: engine.figures["renewals"] == 1)
            await gone(watch([first]))
            with pytest.raises(EngineStarting):
                async for _ in answer.chunks():
                    pass
            assert count(await ask(engine, COUNT)) == TRIPLES - 1000

    asyncio.run(scenario())


def test_a_worker_of_the_old_host_that_dies_is_told_from_those_of_the_new(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, hold_bytes=1, **WORN) as engine:
            answer = await engine.query(QueryRequest(ENDLESS))
            worker = max(family(engine.figures["host"])[1:], key=computed)
            remove(log, 0, 1000)
            await until(lambda: engine.figures["renewals"] == 1)
            os.kill(worker, signal.SIGKILL)
            with pytest.raises(Exception, match="has ended"):
                async for _ in answer.chunks():
                    pass
            assert count(await ask(engine, COUNT)) == TRIPLES - 1000
            assert engine.figures["running"] == 0

    asyncio.run(scenario())


def test_a_fresh_host_that_fails_leaves_the_old_one_at_work_and_is_tried_again(
    log: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "_RENEWAL_PAUSE", 0.01)

    async def scenario() -> None:
        async with running(log, **WORN) as engine:
            first = engine.figures["host"]
            order(log, "new")
            remove(log, 0, 1000)
            await until(lambda: len(caplog.records) >= 2)
            assert caplog.records[0].levelno == logging.WARNING
            assert "goes on worn" in caplog.messages[0]
            assert "the log says fail to who is new" in caplog.messages[0]
            assert (engine.figures["host"], engine.figures["restarts"], engine.problem) == (first, 0, None)
            assert count(await ask(engine, COUNT)) == TRIPLES - 1000
            take_back(log, "new")
            await until(lambda: engine.figures["renewals"] == 1)
            assert count(await ask(engine, COUNT)) == TRIPLES - 1000

    asyncio.run(scenario())


def test_when_the_old_host_dies_meanwhile_the_fresh_one_takes_its_place(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, **WORN) as engine:
            first = engine.figures["host"]
            order(log, "wait")
            remove(log, 0, 1000)
            await until(lambda: len(hosts()) == 2)
            (fresh,) = hosts() - {first}
            await until(lambda: score(fresh) == 500)  # goes before us and the old host when memory runs out
            assert count(await ask(engine, COUNT)) in (TRIPLES, TRIPLES - 1000)
            os.kill(first, signal.SIGKILL)
            await until(lambda: not engine.ready)
            with pytest.raises(EngineStarting):
                await ask(engine, COUNT)
            take_back(log, "wait")
            await asyncio.wait_for(engine.reached(), PATIENCE)
            assert count(await ask(engine, COUNT)) == TRIPLES - 1000
            assert (engine.figures["host"], engine.figures["restarts"], engine.figures["renewals"]) == (fresh, 1, 0)
            assert score(fresh) == score(os.getpid())

    asyncio.run(scenario())


def test_a_fresh_host_that_waited_for_the_log_answers_when_the_old_one_dies(log: Path) -> None:
    """It has sent its workers, which were not wanted then, and its log has no news by which it would send others."""

    async def scenario() -> None:
        async with running(log, **WORN) as engine:
            order(log, "part")
            remove(log, 0, 1000)
            await until(log.with_suffix(".part").exists)
            os.kill(engine.figures["host"], signal.SIGKILL)
            await until(lambda: engine.figures["restarts"] == 1)
            await asyncio.wait_for(engine.reached(), PATIENCE)
            assert count(await ask(engine, COUNT)) == TRIPLES

    asyncio.run(scenario())


def test_the_fresh_host_is_as_dear_as_the_old_one_once_it_has_taken_over(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, **WORN) as engine:
            remove(log, 0, 1000)
            await until(lambda: engine.figures["renewals"] == 1)
            assert score(engine.figures["host"]) == score(os.getpid())

    asyncio.run(scenario())


def test_stop_ends_the_old_the_new_and_the_next(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One host that still answers a query, one that has taken over, and one that loads."""

    async def scenario() -> None:
        async with running(log, hold_bytes=1, **WORN) as engine:
            await engine.query(QueryRequest(ENDLESS))
            remove(log, 0, 1000)
            await until(lambda: engine.figures["renewals"] == 1)
            order(log, "wait")
            remove(log, 1000, 2000)
            await until(lambda: len(hosts()) == 3)
            handles = watch(child for host in hosts() for child in family(host))
        await gone(handles)
        assert hosts() == set()

    asyncio.run(scenario())
    assert caplog.messages == [], "nothing has failed"
