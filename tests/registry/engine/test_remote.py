"""An engine elsewhere dies, forgets, hangs, belongs to somebody else: nobody has to do anything, nothing is lost."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from registry.engine import Engine, EngineOptions, EngineStarting, QueryRefused, QueryTimedOut, Remote
from registry.engine.remote.connection import Connection, RemoteError
from registry.engine.remote.store import RemoteStore
from tests.registry.engine.conftest import FOLLOWER, PATIENCE, TRIPLES, ask, place, running, until
from tests.standins.engines import OxigraphServe, RemoteEngine, Virtuoso, emptied, remote

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
STRANGE = "INSERT DATA { <urn:by:hand> <urn:p> 1 }"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RemoteEngine]:
    """A process that this test may kill."""
    engine = OxigraphServe(tmp_path / "engine")
    engine.start()
    place.append(remote(engine, tmp_path))
    yield engine
    place.clear()
    engine.kill()


@pytest.fixture
def elsewhere(engines: Callable[[str], RemoteEngine], tmp_path: Path) -> Iterator[RemoteEngine]:
    """One that all share, empty."""
    engine = engines("oxigraph")
    place.append(remote(engine, tmp_path))
    emptied(place[0])
    yield engine
    place.clear()


async def counted(engine: Engine) -> int:
    return int((await ask(engine, COUNT, select_format="csv")).split()[1])


async def back(engine: Engine, sequence: int) -> None:
    """The engine is ready, and at this sequence."""
    async with asyncio.timeout(PATIENCE):
        await until(lambda: not engine.ready)
        await engine.reached(sequence)


def test_killed_and_empty_afterwards_it_is_filled_anew(log: Path, own: RemoteEngine) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            own.kill()
            await until(lambda: not engine.ready)
            with pytest.raises(EngineStarting) as starting:
                await ask(engine, COUNT)
            assert starting.value.retry_after
            own.lose_everything()
            own.start()
            async with asyncio.timeout(PATIENCE):
                await engine.reached(TRIPLES)
            assert await counted(engine) == TRIPLES

    asyncio.run(scenario())


def test_one_that_came_back_empty_answers_nobody_before_it_is_filled(log: Path, own: RemoteEngine) -> None:
    place[0] = replace(place[0], check_seconds=600.0)  # nobody looks but those who ask

    async def scenario() -> None:
        async with running(log) as engine:
            assert await counted(engine) == TRIPLES
            own.kill()
            own.lose_everything()
            own.start()
            with pytest.raises(EngineStarting):
                await ask(engine, COUNT)

    asyncio.run(scenario())


def test_killed_and_back_with_its_data_it_is_caught_up(log: Path, own: RemoteEngine) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            own.update(STRANGE)  # would be gone if it were filled anew
            own.kill()
            await until(lambda: not engine.ready)
            with log.open("a") as file:
                file.write('<a:new> <a:p> "while it was away" .\n')
            own.start()
            async with asyncio.timeout(PATIENCE):
                await engine.reached(TRIPLES + 1)
            assert await counted(engine) == TRIPLES + 2
            assert b"true" in await ask(engine, "ASK { <a:new> ?p 'while it was away' }")

    asyncio.run(scenario())


@pytest.mark.parametrize("which", ["oxigraph", "virtuoso"])
def test_what_is_lost_while_it_runs_is_noticed(
    log: Path, tmp_path: Path, engines: Callable[[str], RemoteEngine], which: str
) -> None:
    place.append(remote(engines(which), tmp_path))
    emptied(place[0])

    async def scenario() -> None:
        async with running(log) as engine:
            emptied(place[0])
            await back(engine, TRIPLES)
            assert await counted(engine) == TRIPLES

    try:
        asyncio.run(scenario())
    finally:
        place.clear()


def test_we_restart_and_go_on_where_it_stands(log: Path, elsewhere: RemoteEngine) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            assert await counted(engine) == TRIPLES
        elsewhere.update(STRANGE)
        with log.open("a") as file:
            file.write('<a:new> <a:p> "in between" .\n')
        async with running(log) as engine:
            async with asyncio.timeout(PATIENCE):
                await engine.reached(TRIPLES + 1)
            assert await counted(engine) == TRIPLES + 2  # caught up, for what was written by hand is still there
        log.write_text('<a:other> <a:p> "history" .\n')
        async with running(log) as engine:
            assert await counted(engine) == 1  # another history: filled anew

    asyncio.run(scenario())


@pytest.mark.parametrize("which", ["oxigraph", "virtuoso"])
def test_an_update_that_comes_late_has_no_effect(
    tmp_path: Path, engines: Callable[[str], RemoteEngine], which: str
) -> None:
    there = remote(engines(which), tmp_path)
    late = emptied(there)
    late.clear()
    late.commit({})
    in_time = RemoteStore(Connection(there))
    in_time.take_over()
    in_time.load(b'<a:s> <a:p> "new" .\n<a:s> <a:p> "new" <a:g> .\n')
    in_time.commit({"home": "ours"})
    late.load(b'<a:s> <a:p> "old" .\n<a:s> <a:p> "old" <a:g> .\n')
    late.remove_graph(NamedNode("a:g"))
    late.remove_thing(NamedNode("a:s"))
    late.commit({"home": "theirs"})
    found = list(in_time.matching(None, None, None, NamedNode("a:g")))
    assert [quad.object.value for quad in found] == ["new"]  # type: ignore[union-attr]
    mark = in_time.mark()
    assert mark is not None
    assert mark.position == {"home": "ours"}
    in_time.clear()


def test_the_mark_is_in_no_answer(log: Path, elsewhere: RemoteEngine) -> None:
    log.write_text('<a:s> <a:p> "in a graph" <a:g> .\n')

    async def scenario() -> None:
        async with running(log) as engine:
            query = "SELECT DISTINCT ?g { { GRAPH ?g { ?s ?p ?o } } UNION { OPTIONAL { GRAPH ?g { ?a ?b ?c } } } }"
            assert (await ask(engine, query, select_format="csv")).split() == [b"g", b"a:g"]
            assert b'"engine"' not in await ask(engine, "SELECT * { GRAPH $h{ ?s ?p ?o } }")

    asyncio.run(scenario())


async def _refused(log: Path, sentence: str) -> None:
    """The engine does not start, and says why."""
    engine = Engine(FOLLOWER, {"path": str(log)}, EngineOptions(remote=place[0]))
    await engine.start()
    try:
        await until(lambda: engine.problem is not None)
        assert sentence in str(engine.problem)
        assert not engine.ready
    finally:
        await engine.stop()


def test_one_without_a_default_graph_of_its_own_is_refused(log: Path, tmp_path: Path) -> None:
    united = OxigraphServe(tmp_path / "engine")
    united.options = ("--union-default-graph",)
    united.start()
    place.append(remote(united, tmp_path))
    try:
        asyncio.run(_refused(log, "takes the union of all graphs for the default graph"))
    finally:
        place.clear()
        united.kill()


def test_a_store_with_data_of_others_is_left_alone(log: Path, elsewhere: RemoteEngine) -> None:
    elsewhere.update("INSERT DATA { GRAPH <urn:theirs> { <urn:s> <urn:p> 1 } }")

    asyncio.run(_refused(log, "holds data that are not ours"))
    store = RemoteStore(Connection(place[0]))
    assert len(list(store.matching(None, None, None, NamedNode("urn:theirs")))) == 1
    emptied(place[0]).clear()
    store.take_over()
    store.commit({"home": "https://another.example"})
    asyncio.run(_refused(log, "holds the data of https://another.example"))
    emptied(place[0])


def test_two_processes_of_one_registry_do_not_write_against_each_other(log: Path, elsewhere: RemoteEngine) -> None:
    async def scenario() -> None:
        second = Engine(FOLLOWER, {"path": str(log)}, EngineOptions(remote=place[0]))
        async with running(log, poll_seconds=0.01) as first:
            await second.start()
            try:
                async with asyncio.timeout(PATIENCE):
                    await second.reached(TRIPLES)
                    with log.open("a") as file:
                        file.write('<a:new> <a:p> "news" .\n')
                    await first.reached(TRIPLES + 1)
                    await second.reached(TRIPLES + 1)
                    assert first.figures["restarts"] == second.figures["restarts"] == 0
                    await first.stop()
                    with log.open("a") as file:
                        file.write('<a:new> <a:p> "more" .\n')
                    await second.reached(TRIPLES + 2)  # takes the other's place
                    assert await counted(second) == TRIPLES + 2
            finally:
                await second.stop()

    asyncio.run(scenario())


def test_one_that_hangs_costs_a_query_its_time_and_nothing_else(log: Path, own: RemoteEngine) -> None:
    place[0] = replace(place[0], check_seconds=600.0)

    async def scenario() -> None:
        async with running(log, timeout=0.5) as engine:
            own.pause()
            with pytest.raises(QueryTimedOut):
                await ask(engine, COUNT)
            own.resume()
            assert await counted(engine) == TRIPLES
            own.kill()
            with pytest.raises(EngineStarting) as away:  # nobody has looked yet
                await ask(engine, COUNT)
            assert away.value.retry_after

    asyncio.run(scenario())


@pytest.mark.parametrize("which", ["oxigraph", "virtuoso"])
def test_a_query_without_end_is_ended_here_whatever_the_engine_does(
    log: Path, tmp_path: Path, engines: Callable[[str], RemoteEngine], own: RemoteEngine, which: str
) -> None:
    if which == "virtuoso":
        place[0] = remote(engines(which), tmp_path)
        emptied(place[0])

    async def scenario() -> None:
        async with running(log, timeout=1.0) as engine:
            for query in (
                "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
                "SELECT (MAX(CONCAT(?c, ?f, ?i)) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
            ):
                with pytest.raises(QueryTimedOut):
                    await ask(engine, query)
            assert b"true" in await ask(engine, "ASK { ?s ?p 'value 7' }", timeout=1.0)
            assert engine.figures["restarts"] == 0

    asyncio.run(scenario())


def test_what_our_own_parser_refuses_is_never_asked(log: Path, elsewhere: RemoteEngine) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            for query in (
                "DROP ALL",
                "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
                "LOAD <http://127.0.0.1:9/>",
                'define get:soft "replace" SELECT * FROM <http://127.0.0.1:9/> { ?s ?p ?o }',
                "SELECT (<bif:file_to_string>('/etc/passwd') AS ?x) {}",
                "SELECT (<sql:user_name>() AS ?x) {}",
            ):
                with pytest.raises(QueryRefused):
                    await ask(engine, query)
            assert await counted(engine) == TRIPLES

    asyncio.run(scenario())


def test_the_password_is_asked_for_and_in_no_list_of_processes(
    log: Path, tmp_path: Path, engines: Callable[[str], RemoteEngine]
) -> None:
    there = remote(engines("virtuoso"), tmp_path)
    emptied(there)
    with pytest.raises(RemoteError, match=r"correct engine\.user, engine\.password"):
        RemoteStore(Connection(replace(there, password="wrong"))).clear()
    with pytest.raises(RemoteError, match=r"correct engine\.user, engine\.password"):
        RemoteStore(Connection(replace(there, authentication="none"))).clear()
    secret = replace(there, password="a-secret-word")

    async def scenario() -> None:
        engine = Engine(FOLLOWER, {"path": str(log)}, EngineOptions(remote=secret))
        await engine.start()
        try:
            await until(lambda: engine.figures["host"] != 0)
            command = Path(f"/proc/{engine.figures['host']}/cmdline").read_bytes()
            assert there.url.encode() in command
            assert b"a-secret-word" not in command
            await until(lambda: "correct engine.user" in str(engine.problem))
        finally:
            await engine.stop()

    asyncio.run(scenario())


def test_virtuoso_killed_and_started_again(log: Path, tmp_path: Path) -> None:
    engine_there = Virtuoso(tmp_path / "virtuoso")
    engine_there.start()
    place.append(remote(engine_there, tmp_path))

    async def scenario() -> None:
        async with running(log) as engine:
            engine_there.kill(signal.SIGKILL)
            await until(lambda: not engine.ready)
            engine_there.lose_everything()
            engine_there.start()
            async with asyncio.timeout(2 * PATIENCE):
                await engine.reached(TRIPLES)
            assert await counted(engine) == TRIPLES

    try:
        asyncio.run(scenario())
    finally:
        place.clear()
        engine_there.kill()


def test_settings_say_nothing_of_the_password() -> None:
    assert "hidden" not in repr(Remote(url="u", update_url="u", home="h", lock="l", password="hidden"))
