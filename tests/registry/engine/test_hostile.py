"""Queries that want to take the service down. Each ends with a clear error, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from registry.engine import EngineBusy, Inspection, QueryRefused, QueryRequest, QueryTimedOut, QueryTooExpensive, client
from tests.conftest import ROOT
from tests.registry.engine.conftest import ask, computed, family, gone, rest, running, until, watch

CARTESIAN = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
QUICK = "SELECT ?o { <http://example.org/thing/7> <http://example.org/p1> ?o }"
NEXT = "<http://example.org/next>"
DOUBLING = " ".join(f"BIND(CONCAT(?v{i}, ?v{i}) AS ?v{i + 1})" for i in range(40))

TOO_LONG = {
    "cartesian": CARTESIAN,
    "filter": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c = ?f && ?f = CONCAT(?i, 'x')) }",
    "regex": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(REGEX(CONCAT(?c,?f,?i), '^(a+)+(b|c)*.*x{20}y$')) }",
    "values": "SELECT * {"
    + " ".join(f"VALUES ?x{i} {{ 1 2 3 4 5 6 7 8 9 }}" for i in range(12))
    + "FILTER(?x0 + ?x11 > 99) }",
    "optionals": "SELECT (COUNT(*) AS ?n) {" + " ".join(f"OPTIONAL {{ ?a{i} ?b{i} ?c{i} }}" for i in range(8)) + "}",
}
TOO_LARGE = {
    "order": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?f",
    "group": "SELECT (GROUP_CONCAT(?c) AS ?all) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "distinct": "SELECT DISTINCT ?c ?f ?i { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c",
    "doubling": f"SELECT (STRLEN(?v40) AS ?n) {{ BIND('aaaaaaaaaaaaaaaa' AS ?v0) {DOUBLING} }}",
    "paths": f"SELECT * {{ ?a ({NEXT}|^{NEXT}|!<a:no>)* ?b . ?c ({NEXT}|!<a:no>)* ?d }} ORDER BY ?d",
}
ANYTHING_BUT_LIFE = {
    "star of stars": f"SELECT (COUNT(*) AS ?n) {{ ?a (({NEXT}*)*)* ?b . ?c (((^{NEXT})*)*)* ?d }}",
    "long path": "SELECT * { ?a " + "/".join([NEXT] * 1000) + " ?b }",
    "many patterns": "SELECT * { " + " . ".join(f"?a{i} ?b{i} ?c{i}" for i in range(300)) + " }",
    "many nots": "SELECT * { ?a ?b ?c FILTER(" + "!" * 60_000 + "?c) }",
    "deep strings": "SELECT (" + "STR(" * 95 + "'x'" + ")" * 95 + " AS ?x) {}",
    "long in": "SELECT * { ?a ?b ?c FILTER(?c IN (" + ",".join(str(i) for i in range(9000)) + ")) }",
    "regex size": "SELECT * { ?a ?b ?c FILTER(REGEX(?c, '((((a{100}){100}){100}){100}){100}')) }",
    "repeat": "SELECT (REPLACE('" + "a" * 30_000 + "', 'a', '" + "b" * 30_000 + "') AS ?x) {}",
}


async def unguarded(*_: object) -> Inspection:
    """A guard that lets everything pass."""
    return Inspection("SELECT", False, ())


@pytest.mark.parametrize("name", TOO_LONG)
def test_what_takes_too_long_is_stopped_while_others_are_answered(log: Path, name: str) -> None:
    async def scenario() -> None:
        async with running(log, timeout=1.0) as engine:
            started = time.monotonic()
            hostile = asyncio.create_task(ask(engine, TOO_LONG[name]))
            times = []
            while not hostile.done():
                before = time.monotonic()
                assert b"value 71" in await ask(engine, QUICK)
                times.append(time.monotonic() - before)
            with pytest.raises(QueryTimedOut, match="longer than 1 s"):
                await hostile
            assert time.monotonic() - started > 0.9
            # Nobody waited for it: `python -m benchmarks.load` says in how many milliseconds others are answered.
            assert len(times) > 3
            assert statistics.median(times) < 0.5
            assert engine.figures["restarts"] == 0

    asyncio.run(scenario())


def test_two_hostile_queries_leave_a_worker_for_others(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, timeout=2.0) as engine:
            await asyncio.gather(*(ask(engine, QUICK) for _ in range(4)))
            hostile = asyncio.gather(*(ask(engine, CARTESIAN) for _ in range(2)), return_exceptions=True)
            times = []
            while not hostile.done():
                before = time.monotonic()
                await ask(engine, QUICK)
                times.append(time.monotonic() - before)
            assert len(times) > 3
            assert statistics.median(times) < 1.0  # half of the time the hostile ones had

    asyncio.run(scenario())


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_needs_too_much_memory_ends_itself(log: Path, name: str) -> None:
    with log.open("a") as file:
        file.writelines(f"<a:n{i}> <http://example.org/next> <a:n{(i * 7 + 1) % 2000}> .\n" for i in range(2000))

    async def scenario() -> None:
        async with running(log, memory_bytes=48 * 2**20, timeout=60.0) as engine:
            with pytest.raises(QueryTooExpensive, match="memory"):
                await ask(engine, TOO_LARGE[name])
            assert b"value 71" in await ask(engine, QUICK)
            assert engine.figures["restarts"] == 0

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ANYTHING_BUT_LIFE)
def test_what_is_merely_strange_ends_one_way_or_the_other(log: Path, name: str) -> None:
    with log.open("a") as file:
        file.writelines(f"<a:n{i}> <http://example.org/next> <a:n{i + 1}> .\n" for i in range(1000))

    async def scenario() -> None:
        async with running(log, memory_bytes=64 * 2**20, timeout=1.0, max_bytes=10**6) as engine:
            hostile = asyncio.create_task(ask(engine, ANYTHING_BUT_LIFE[name]))
            assert b"value 71" in await ask(engine, QUICK)
            (outcome,) = await asyncio.wait_for(asyncio.gather(hostile, return_exceptions=True), 10)
            assert isinstance(outcome, bytes | QueryTimedOut | QueryTooExpensive | QueryRefused)
            assert b"value 71" in await ask(engine, QUICK)
            assert engine.figures["restarts"] == 0

    asyncio.run(scenario())


def test_deep_nesting_does_not_even_reach_a_worker(log: Path) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            host = engine.figures["host"]
            await until(lambda: len(family(host)) == 1 + engine.options.spare)
            processes = family(host)
            with pytest.raises(QueryRefused, match="brackets within brackets"):
                await ask(engine, "SELECT * {" + "{" * 5000 + "}" * 5000 + "}")
            assert family(host) == processes

    asyncio.run(scenario())


def test_nesting_past_the_guard_costs_one_worker(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "inspected", unguarded)

    async def scenario() -> None:
        async with running(log) as engine:
            with pytest.raises(QueryTooExpensive, match="nests deeper"):
                await ask(engine, "SELECT * {" + "{" * 5000 + "}" * 5000 + "}")
            assert b"value 71" in await ask(engine, QUICK)

    asyncio.run(scenario())


def test_endless_answers_are_cut_in_constant_memory(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, max_bytes=20 * 2**20, timeout=60.0) as engine:
            answer = await engine.query(QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"))
            assert answer.length is None
            pieces = [piece async for piece in answer.chunks()]
            assert answer.truncated
            body = b"".join(pieces)
            assert 19 * 2**20 < len(body) < 21 * 2**20
            assert json.loads(body)["truncated"] is True

    asyncio.run(scenario())


def test_an_answer_that_fails_halfway_breaks_visibly(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, hold_bytes=1, timeout=0.5, max_bytes=10**9) as engine:
            answer = await engine.query(QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"))
            received: list[bytes] = []

            async def read() -> None:
                async for piece in answer.chunks():
                    received.append(piece)

            with pytest.raises(QueryTimedOut):
                await read()
            assert received

    asyncio.run(scenario())


def test_a_slow_reader_is_not_timed_out_but_a_sleeping_one_is_dropped(log: Path) -> None:
    async def scenario() -> None:
        async def read(seconds: float) -> int:
            """Take the answer in pieces, doing something else for so long after each; returns the bytes taken."""
            answer = await engine.query(QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"))
            received = 0
            async for piece in answer.chunks():
                received += len(piece)
                elsewhere = asyncio.Event()
                asyncio.get_running_loop().call_later(seconds, elsewhere.set)
                await elsewhere.wait()
            return received

        async with running(log, hold_bytes=1, timeout=0.8, stall_seconds=0.3, max_bytes=2**19) as engine:
            started = time.monotonic()
            assert await read(0.15) > 0.9 * 2**19
            assert time.monotonic() - started > 0.9  # longer than the query may run
            with pytest.raises(QueryTimedOut, match="not taken"):
                await read(0.5)

    asyncio.run(scenario())


def test_a_reader_who_goes_away_frees_the_worker(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, workers=1, spare=1, hold_bytes=1, timeout=60.0) as engine:
            for _ in range(3):
                answer = await engine.query(QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"))
                async for _ in answer.chunks():
                    break
                await answer.aclose()
            asking = asyncio.create_task(ask(engine, CARTESIAN))
            await until(lambda: computed(max(family(engine.figures["host"])[1:], key=computed)) > 10**8)
            handles = watch([max(family(engine.figures["host"])[1:], key=computed)])
            asking.cancel()
            assert b"value 71" in await ask(engine, QUICK)
            await gone(handles)

    asyncio.run(scenario())


def test_an_answer_that_nobody_ever_reads_frees_the_worker(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, hold_bytes=1, stall_seconds=0.1) as engine:
            answer = await engine.query(QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"))
            assert engine.figures["running"] == 1
            await until(lambda: engine.figures["running"] == 0)
            with pytest.raises(QueryTimedOut, match="not taken"):
                await rest(answer)

    asyncio.run(scenario())


def test_heavy_queries_cannot_keep_everybody_else_out(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, workers=2, timeout=60.0, fair_seconds=0.2) as engine:
            hostile = [asyncio.create_task(ask(engine, CARTESIAN)) for _ in range(2)]
            await until(lambda: engine.figures["running"] == 2)
            assert b"value 71" in await asyncio.wait_for(ask(engine, QUICK), 5)
            with pytest.raises(QueryTimedOut, match="others were waiting"):
                await hostile[0]
            assert not hostile[1].done()
            hostile[1].cancel()

    asyncio.run(scenario())


def test_the_queue_is_bounded_in_length_and_time(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, workers=1, queue=2, queue_seconds=0.3, fair_seconds=60.0, timeout=60.0) as engine:
            hostile = asyncio.create_task(ask(engine, CARTESIAN))
            await until(lambda: engine.figures["running"] == 1)
            waiting = [asyncio.create_task(ask(engine, QUICK)) for _ in range(2)]
            await until(lambda: engine.figures["waiting"] == 2)
            with pytest.raises(EngineBusy, match="2 queries are waiting already") as busy:
                await ask(engine, QUICK)
            assert busy.value.retry_after
            for one in waiting:
                with pytest.raises(EngineBusy, match="No worker became free"):
                    await one
            assert engine.figures["waiting"] == 0
            hostile.cancel()

    asyncio.run(scenario())


@pytest.fixture
def listener() -> object:
    """A server on 127.0.0.1 that counts who comes."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    visitors: list[object] = []
    done = threading.Event()

    def listen() -> None:
        while not done.is_set():
            try:
                connection, address = server.accept()
            except TimeoutError:
                continue
            visitors.append(address)
            connection.close()

    thread = threading.Thread(target=listen)
    thread.start()
    yield server.getsockname()[1], visitors
    done.set()
    thread.join()
    server.close()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
        "SELECT * { SERVICE <http://localhost:PORT/> { ?s ?p ?o } }",
        "SELECT * { VALUES ?w { <http://127.0.0.1:PORT/> } SERVICE ?w { ?s ?p ?o } }",
        "PREFIX : <http://127.0.0.1:PORT/> SELECT * { SERVICE:x { ?s ?p ?o } }",
        "SELECT * { SERVICE SILENT <http://127.0.0.1:PORT/> { ?s ?p ?o } }",
    ],
)
def test_service_past_the_guard_reaches_nobody(
    log: Path, listener: tuple[int, list[object]], monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    port, visitors = listener
    monkeypatch.setattr(client, "inspected", unguarded)

    async def scenario() -> None:
        async with running(log) as engine:
            if "SILENT" in query:
                assert json.loads(await ask(engine, query.replace("PORT", str(port))))["results"]["bindings"] == [{}]
            else:
                with pytest.raises(QueryRefused, match="cannot be evaluated"):
                    await ask(engine, query.replace("PORT", str(port)))

    asyncio.run(scenario())
    with socket.create_connection(("127.0.0.1", port)):  # the listener does listen, and hears this one only
        pass
    deadline = threading.Event()
    while not visitors:
        deadline.wait(0.01)
    assert len(visitors) == 1


def test_hundred_hostile_queries_leave_no_process(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, timeout=0.3, memory_bytes=32 * 2**20, queue=200, queue_seconds=60.0) as engine:
            hostile = [CARTESIAN, TOO_LARGE["doubling"], TOO_LARGE["order"], QUICK] * 25
            outcomes = await asyncio.gather(*(ask(engine, query) for query in hostile), return_exceptions=True)
            assert sum(isinstance(outcome, bytes) for outcome in outcomes) == 25
            assert {type(o) for o in outcomes if not isinstance(o, bytes)} <= {QueryTimedOut, QueryTooExpensive}
            host = engine.figures["host"]
            options = engine.options
            await until(lambda: len(family(host)) <= 1 + options.workers + options.spare)
            handles = watch(family(host))
        await gone(handles)

    asyncio.run(scenario())


def test_workers_take_the_limits_that_the_operator_has_set() -> None:
    """Under `ulimit -v` or LimitAS= a worker has less than the settings say, and is a worker all the same."""
    program = (
        "import resource as r; from registry.engine.confine import allow_computing, confine\n"
        "r.setrlimit(r.RLIMIT_AS, (400_000_000, 400_000_000)); r.setrlimit(r.RLIMIT_CPU, (50, 50))\n"
        "confine(2_000_000_000); allow_computing(5000)\n"
        "print(r.getrlimit(r.RLIMIT_AS), r.getrlimit(r.RLIMIT_CPU)[1])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, text=True, capture_output=True, check=False)
    assert done.stdout.strip() == "(400000000, 400000000) 50", done.stderr
