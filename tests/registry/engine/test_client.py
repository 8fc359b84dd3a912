"""Questions and answers through the host and its workers."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results

from registry.engine import EngineError, EngineOptions, EngineStarting, QueryRefused, QueryRequest, query_once
from registry.engine.client import Engine
from registry.engine.formats import GRAPH, SELECT
from tests.registry.engine.conftest import FOLLOWER, TRIPLES, ask, rest, running, until

pytestmark = pytest.mark.usefixtures("kind")
EVERYTHING = "SELECT ?s ?p ?o { ?s ?p ?o }"
THING = "http://example.org/thing/7"


def test_select_and_ask_in_every_format(log: Path) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            for name, form in SELECT.items():
                answer = await engine.query(
                    QueryRequest(f"SELECT ?o {{ <{THING}> ?p ?o }} ORDER BY ?o", select_format=name)
                )
                body = await rest(answer)
                assert (answer.kind, answer.media_type) == ("select", form.media_type)
                assert answer.length == len(body)
                assert not answer.truncated
                if name == "csv":
                    assert body.split(b"\r\n")[1] == b"value 70"
                else:
                    found = list(parse_query_results(body, form.writer))  # type: ignore[arg-type]
                    assert [row["o"].value for row in found] == [f"value {i}" for i in range(70, 80)]  # type: ignore[union-attr]
                answer = await engine.query(QueryRequest(f"ASK {{ <{THING}> ?p ?o }}", select_format=name))
                assert answer.kind == "ask"
                assert b"true" in await rest(answer)
                answer = await engine.query(QueryRequest("ASK { <http://example.org/no> ?p ?o }", select_format=name))
                assert b"false" in await rest(answer)

    asyncio.run(scenario())


def test_construct_and_describe_in_every_format(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, prefixes={"ex": "http://example.org/"}) as engine:
            for name, form in GRAPH.items():
                for query in (f"DESCRIBE <{THING}>", f"CONSTRUCT {{ <{THING}> ?p ?o }} {{ <{THING}> ?p ?o }}"):
                    answer = await engine.query(QueryRequest(query, graph_format=name))
                    body = await rest(answer)
                    assert (answer.kind, answer.media_type) == ("graph", form.media_type)
                    found = {quad.object.value for quad in parse(body, form.writer)}  # type: ignore[arg-type, union-attr]
                    assert found == {f"value {i}" for i in range(70, 80)}
                    assert (b"ex:p1" in body) == (name in ("turtle", "trig", "rdfxml"))

    asyncio.run(scenario())


def test_long_answers_stream_and_are_the_same_as_in_process(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, hold_bytes=100_000) as engine:
            answer = await engine.query(QueryRequest(EVERYTHING, select_format="json"))
            assert answer.length is None
            pieces = [piece async for piece in answer.chunks()]
            assert len(pieces) > 3
            rows = json.loads(b"".join(pieces))["results"]["bindings"]
            assert sorted(int(row["o"]["value"].removeprefix("value ")) for row in rows) == list(range(TRIPLES))
            assert engine.figures["running"] == 0

    asyncio.run(scenario())


def test_limits_of_an_answer(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, max_bytes=50_000) as engine:
            answer = await engine.query(QueryRequest(EVERYTHING, max_bytes=10**9))
            assert answer.truncated
            assert answer.length is not None
            assert 45_000 < answer.length < 51_000
            answer = await engine.query(QueryRequest(EVERYTHING, max_rows=5, select_format="tsv"))
            body = await rest(answer)
            assert (answer.truncated, body.count(b"\n")) == (True, 6)
            for most, truncated in ((9, True), (10, False)):
                answer = await engine.query(QueryRequest(f"DESCRIBE <{THING}>", max_rows=most, graph_format="ntriples"))
                body = await rest(answer)
                assert (answer.truncated, body.count(b"\n")) == (truncated, most)

    asyncio.run(scenario())


def test_errors_say_line_and_column(log: Path) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            with pytest.raises(QueryRefused) as refused:
                await ask(engine, "SELECT *\nWHERE { ?s ?p ?o ?x }")
            assert (refused.value.line, refused.value.column) == (2, 18)
            assert "line 2, column 18: “?x” cannot stand here" in str(refused.value)
            with pytest.raises(QueryRefused, match="uses foaf: without declaring it"):
                await ask(engine, "SELECT * { ?s foaf:name ?o }")
            with pytest.raises(QueryRefused, match=r"custom function <http://e/f> is not supported"):
                await ask(engine, "SELECT (<http://e/f>(1) AS ?x) {}")
            with pytest.raises(QueryRefused, match="half a character at position 7"):
                await ask(engine, "ASK { \ud800 }")
            assert json.loads(await ask(engine, "ASK {}"))["boolean"]

    asyncio.run(scenario())


def test_datasets(log: Path) -> None:
    log.write_text("<a:s> <a:p> 'd' .\n<a:s> <a:p> 'g' <a:g> .\n<a:s> <a:p> 'h' <a:h> .\n".replace("'", '"'))

    async def scenario() -> None:
        async with running(log) as engine:

            async def values(query: str, **dataset: object) -> str:
                body = await ask(engine, query, select_format="tsv", **dataset)
                return "".join(sorted(body.decode().replace('"', "").split("\n")[1:]))

            default, named = "SELECT ?o { ?s ?p ?o }", "SELECT ?o { GRAPH ?g { ?s ?p ?o } }"
            assert await values(default) == "d"
            assert await values(named) == "gh"
            united = "SELECT ?o { ?s ?p ?o FILTER(?s != <urn:orte:engine>) }"  # the mark of an engine elsewhere
            assert await values(united, union_default=True) == "dgh"
            assert await values(default, default_graphs=("a:g", "a:h")) == "gh"
            assert await values(named, default_graphs=("a:g",)) == ""
            assert await values(default, named_graphs=("a:g",)) == ""
            assert await values(named, named_graphs=("a:g",)) == "g"
            assert await values("SELECT ?o FROM <a:h> { ?s ?p ?o }") == "h"
            assert await values("SELECT ?o FROM <a:h> { ?s ?p ?o }", default_graphs=("a:g",)) == "g"
            with pytest.raises(QueryRefused):
                await values(default, default_graphs=("no iri",))

    asyncio.run(scenario())


def test_a_description_includes_the_parts_of_a_thing(log: Path) -> None:
    log.write_text(
        '<a:site> <a:address> <a:site#address> .\n<a:site#address> <a:street> "Markt 1" .\n'
        "<a:site> <a:offers> <a:site#offer> .\n<a:site#offer> <a:price> <a:site#price> .\n"
        '<a:site#price> <a:amount> "9" .\n<a:site#price> <a:of> <a:site#offer> .\n'
        '<a:site> <a:partOf> <a:house> .\n<a:house> <a:name> "not mine" .\n'
        '<a:site> <a:note> _:b .\n_:b <a:text> "blank" .\n'
        '<a:site2> <a:near> <a:site> .\n<a:site#address> <a:street> "of a record" <a:g> .\n'
    )

    async def scenario() -> None:
        async with running(log) as engine:
            body = await ask(engine, "DESCRIBE <a:site>", graph_format="ntriples")
            assert body.count(b"\n") == len({*parse(body, RdfFormat.N_TRIPLES)}) == 9
            assert b"Markt 1" in body
            assert b'"9"' in body
            assert b"blank" in body
            assert b"not mine" not in body
            assert b"of a record" not in body
            body = await ask(engine, "DESCRIBE ?s { ?s <a:street> ?o }", graph_format="ntriples")
            assert body.count(b"\n") == 1

    asyncio.run(scenario())


def test_new_data_is_seen_while_queries_run(log: Path, kind: str) -> None:
    async def scenario() -> None:
        async with running(log, poll_seconds=0.01) as engine:
            counted: list[int] = []

            async def keep_asking() -> None:
                while True:
                    body = await ask(engine, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", select_format="csv")
                    counted.append(int(body.split(b"\r\n")[1]))

            asking = asyncio.gather(keep_asking(), keep_asking())
            for batch in range(20 if kind == "memory" else 7):
                with log.open("a") as file:
                    file.writelines(f'<a:new{batch}> <a:p> "{i}" .\n' for i in range(100))
                await asyncio.wait_for(engine.reached(TRIPLES + 100 * (batch + 1)), 20)
                answer = await engine.query(QueryRequest(f"ASK {{ <a:new{batch}> ?p '99' }}"))
                assert answer.sequence == TRIPLES + 100 * (batch + 1)
                assert b"true" in await rest(answer)
            refused = asking.done()
            assert kind == "virtuoso" or not refused  # which ends a reader that is in a writer's way
            asking.cancel()
            assert all(n % 100 == 0 for n in counted)  # never half a batch
            assert refused or len({*counted}) > 5

    asyncio.run(scenario())


def test_a_running_answer_is_finished_on_the_data_it_began_with(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, poll_seconds=0.01, hold_bytes=1) as engine:
            answer = await engine.query(QueryRequest(EVERYTHING, select_format="tsv"))
            with log.open("a") as file:
                file.write('<a:new> <a:p> "late" .\n')
            await asyncio.wait_for(engine.reached(TRIPLES + 1), 20)
            body = await rest(answer)
            assert body.count(b"\n") == TRIPLES + 1
            assert b"late" not in body

    asyncio.run(scenario())


def test_a_follower_may_ask_for_patience(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, poll_seconds=0.01) as engine:
            host = engine.figures["host"]
            with log.open("a") as file:
                file.write('!again\n<a:s> <a:p> "after" .\n')
            await asyncio.wait_for(engine.reached(TRIPLES + 2), 20)
            assert engine.figures["host"] == host

    asyncio.run(scenario())


@pytest.mark.parametrize("own", [None, "glibc.malloc.check=0"])
def test_the_host_asks_for_huge_pages_unless_the_operator_has_tuned_it(
    log: Path, own: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    if own is not None:
        monkeypatch.setenv("GLIBC_TUNABLES", own)

    async def scenario() -> None:
        async with running(log) as engine:
            environment = Path(f"/proc/{engine.figures['host']}/environ").read_bytes().split(b"\0")
            assert f"GLIBC_TUNABLES={own or 'glibc.malloc.hugetlb=1'}".encode() in environment

    asyncio.run(scenario())


def test_before_it_has_loaded(log: Path) -> None:
    async def scenario() -> None:
        engine = Engine(FOLLOWER, {"path": str(log)})
        await engine.start()
        try:
            assert not engine.ready
            with pytest.raises(EngineStarting) as starting:
                await ask(engine, "ASK {}")
            assert starting.value.retry_after is not None
            assert starting.value.retry_after >= 1
            with pytest.raises(QueryRefused):  # what is wrong with a query can be said at once
                await ask(engine, "DROP ALL")
        finally:
            await engine.stop()

    asyncio.run(scenario())


def test_a_follower_that_cannot_load_is_tried_again(log: Path) -> None:
    async def scenario() -> None:
        log.rename(log.with_suffix(".away"))
        engine = Engine(FOLLOWER, {"path": str(log)})
        await engine.start()
        try:
            await until(lambda: engine.problem is not None)
            assert "FileNotFoundError" in str(engine.problem)
            assert not engine.ready
            log.with_suffix(".away").rename(log)
            await asyncio.wait_for(engine.reached(), 20)
            assert engine.problem is None
        finally:
            await engine.stop()

    asyncio.run(scenario())


def test_twenty_at_once(log: Path) -> None:
    async def scenario() -> None:
        async with running(log) as engine:
            queries = [f"SELECT ?o {{ <http://example.org/thing/{i}> <http://example.org/p3> ?o }}" for i in range(20)]
            bodies = await asyncio.gather(*(ask(engine, query, select_format="csv") for query in queries))
            assert bodies == [b"o\r\nvalue %d\r\n" % (10 * i + 3) for i in range(20)]
            assert engine.figures["restarts"] == 0

    asyncio.run(scenario())


def test_query_once(log: Path) -> None:
    request = QueryRequest(f"SELECT ?o {{ <{THING}> <http://example.org/p1> ?o }}", select_format="csv")
    assert query_once(request, follower=FOLLOWER, arguments={"path": str(log)}) == b"o\r\nvalue 71\r\n"
    with pytest.raises(EngineError, match="could not load: FileNotFoundError"):
        query_once(request, follower=FOLLOWER, arguments={"path": str(log) + ".missing"})
    with pytest.raises(QueryRefused):
        query_once(QueryRequest("DROP ALL"), follower="nowhere:Nothing", arguments={})
    options = EngineOptions(max_bytes=5000)
    with pytest.raises(EngineError, match="longer than 5000 bytes"):
        query_once(QueryRequest(EVERYTHING), follower=FOLLOWER, arguments={"path": str(log)}, options=options)


def test_relative_iris_have_a_base(log: Path) -> None:
    async def scenario() -> None:
        async with running(log, base_iri="http://example.org/") as engine:
            body = await ask(engine, "SELECT ?o { <thing/7> <p1> ?o }", select_format="json")
            solutions = parse_query_results(io.BytesIO(body), QueryResultsFormat.JSON)
            assert [row["o"].value for row in solutions] == ["value 71"]  # type: ignore[union-attr]

    asyncio.run(scenario())
