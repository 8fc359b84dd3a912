"""Run the W3C's SPARQL tests against the real server: `python -m tests.conformance RDF-TESTS [--json FILE]`.

RDF-TESTS is a checkout of https://github.com/w3c/rdf-tests beside this project; it is not part of it.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import requests

from tests.conformance.compare import SYNTAXES, same_graph, same_results, same_solutions
from tests.conformance.manifests import Request, Test, tests
from tests.conformance.server import BASE, Exchangeable, running

SUITES = {
    "SPARQL 1.1 Protocol": "sparql/sparql11/protocol/manifest.ttl",
    "Graph Store, graphs named in the query": "sparql/sparql11/graph-store-protocol/manifest-indirect.ttl",
    "SPARQL 1.1 Query": "sparql/sparql11/manifest-sparql11-query.ttl",
    "SPARQL 1.1 result formats": "sparql/sparql11/manifest-sparql11-results.ttl",
    "SPARQL 1.0 Query": "sparql/sparql10/manifest-evaluation.ttl",
    "SPARQL 1.2 Query": "sparql/sparql12/manifest.ttl",
}
_OURS = "/sparql"


class Skipped(Exception):
    """What a test needs is not offered here; the message says what."""


def main() -> None:
    """Print what passed by suite, and every failure with its reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--engine", choices=("memory", "oxigraph", "virtuoso"), default="memory")
    asked = parser.parse_args()
    outcomes: dict[str, dict[str, str]] = {}
    with running(asked.engine) as (address, engine):
        for title, manifest in SUITES.items():
            if asked.only in title and (asked.suites / manifest).exists():
                outcomes[title] = {}
                for test in tests(asked.suites / manifest):
                    outcomes[title][test.name] = outcome(test, address, engine)
                _print(title, outcomes[title])
    if asked.json:
        asked.json.write_text(json.dumps(outcomes, indent=1, ensure_ascii=False), encoding="utf-8")


def outcome(test: Test, address: str, engine: Exchangeable) -> str:
    """``passed``, ``not offered: …`` or ``failed: …``."""
    run = _RUNNERS.get(test.kind)
    if run is None:
        return f"not offered: {test.kind}"
    try:
        run(test, address, engine)
    except Skipped as reason:
        return f"not offered: {reason}"
    except AssertionError as error:
        return f"failed: {error}"
    except (requests.RequestException, SyntaxError, ValueError, OSError) as error:
        return f"failed: {type(error).__name__}: {str(error)[:150]}"
    return "passed"


def _print(title: str, found: dict[str, str]) -> None:
    passed = sum(one == "passed" for one in found.values())
    absent = sum(one.startswith("not offered") for one in found.values())
    print(f"\n{title}: {passed} of {len(found) - absent} passed, {absent} need what is not offered")
    for name, one in found.items():
        if one.startswith("failed"):
            print(f"  {name}: {one}")


def evaluation(test: Test, address: str, engine: Exchangeable) -> None:
    """A query over its data gives the results expected."""
    assert test.query is not None
    assert test.result is not None
    engine.exchange(_quads(test))
    query = test.query.read_text(encoding="utf-8")
    if "SERVICE" in query:
        raise Skipped("SERVICE")
    graph = any(word in query.upper() for word in ("CONSTRUCT", "DESCRIBE"))
    accept = "text/csv" if test.result.suffix == ".csv" else "application/sparql-results+json"
    answer = _post(address, f"BASE <{test.query.as_uri()}>\n{query}", "application/n-triples" if graph else accept)
    if answer.status_code != 200:
        raise AssertionError(_whose_refusal(test, query, answer))
    if graph:
        same = same_graph(answer.content, test.result.read_bytes(), test.result.suffix, test.result.as_uri())
    else:
        same = same_results(answer.content, test.result)
    assert same, _whose(test, query, answer.content, graph=graph, csv=accept == "text/csv")


def _by_itself(test: Test, query: str) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    """What the engine answers without any server."""
    assert test.query is not None
    store = ox.Store()
    store.extend(_quads(test))
    return store.query(query, base_iri=test.query.as_uri())


def _whose_refusal(test: Test, query: str, answer: requests.Response) -> str:
    """Whether the engine by itself refuses the query, too."""
    said = f"{answer.status_code} {answer.text[:200]}"
    try:
        results = _by_itself(test, query)
        if isinstance(results, ox.QuerySolutions):
            list(results)  # some errors come with the first solution
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        return f"refused, as by the engine by itself ({str(error)[:100]})"
    return f"refused by the server alone: {said}"


def _whose(test: Test, query: str, found: bytes, *, graph: bool, csv: bool) -> str:
    """Whether the engine by itself answers like the server."""
    results = _by_itself(test, query)
    if graph:
        content = results.serialize(format=ox.RdfFormat.N_TRIPLES) or b""  # type: ignore[union-attr, call-overload]
        same = same_graph(found, content, ".nt", "")
    elif csv:
        content = results.serialize(format=ox.QueryResultsFormat.CSV) or b""  # type: ignore[union-attr, call-overload]
        same = sorted(found.splitlines()) == sorted(content.splitlines())
    else:
        same = same_solutions(found, results.serialize(format=ox.QueryResultsFormat.JSON) or b"")  # type: ignore[union-attr, call-overload]
    return "other results, as from the engine by itself" if same else "other results"


def syntax(good: bool) -> Callable[[Test, str, Exchangeable], None]:
    """A query that is valid, or one that is not."""

    def run(test: Test, address: str, engine: Exchangeable) -> None:
        assert test.query is not None
        engine.exchange([])
        query = test.query.read_text(encoding="utf-8")
        if good and "SERVICE" in query.upper():
            raise Skipped("SERVICE")
        answer = _post(address, f"BASE <{test.query.as_uri()}>\n{query}", "*/*")
        expected = (200,) if good else (400,)
        if answer.status_code not in expected:
            raise AssertionError(
                _whose_refusal(test, query, answer) if good else f"{answer.status_code} {answer.text[:200]}"
            )

    return run


def protocol(test: Test, address: str, engine: Exchangeable) -> None:
    """Requests of the SPARQL Protocol, as they are."""
    if test.name.startswith("update_"):
        raise Skipped("updates")
    engine.exchange(_quads(test))
    for request in test.requests:
        answer = _send(request, address, _OURS + request.path.removeprefix("/sparql/"))
        _check_status(request, answer)
        if request.boolean is not None:
            found = ox.parse_query_results(answer.content, format=_results_format(answer))
            assert bool(found) == request.boolean, "the other boolean"
        media = answer.headers.get("content-type", "")
        if request.format in ("boolean", "tabular"):
            assert "sparql-results" in media or media.startswith("text/"), media
        elif request.format == "RDF":
            assert media.startswith(("text/turtle", "application/")), media
            assert "sparql-results" not in media


def graph_store(test: Test, address: str, engine: Exchangeable) -> None:
    """What is written is put into the engine directly; what is read is read over HTTP."""
    if any("graph=" not in one.path and "default" not in one.path for one in test.requests):
        raise Skipped("POST that names a new graph")
    held: dict[str, list[ox.Quad]] = {}
    for request in test.requests:
        query = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
        name = query.get("graph", [""])[0]
        graph = ox.NamedNode(name) if name else ox.DefaultGraph()
        if "multipart" in request.headers.get("content-type", ""):
            raise Skipped("POST of several files")
        if request.method in ("PUT", "POST"):
            quads = ox.parse(request.body or "", ox.RdfFormat.TURTLE, base_iri=name or BASE, rename_blank_nodes=True)
            new = [ox.Quad(q.subject, q.predicate, q.object, graph) for q in quads]
            held[name] = (held.get(name, []) if request.method == "POST" else []) + new
        elif request.method == "DELETE":
            held.pop(name, None)
        else:
            engine.exchange([quad for quads in held.values() for quad in quads])
            answer = _send(request, address, request.path.replace("/gsp", "/graphs", 1))
            _check_status(request, answer)
            if request.answer is not None and request.method == "GET":
                found = ox.serialize(ox.parse(answer.content, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES)
                assert same_graph(found or b"", request.answer.encode(), ".ttl", name or BASE), "another graph"


def _quads(test: Test) -> Iterator[ox.Quad]:
    for file in test.data:
        for quad in ox.parse(file.read_bytes(), SYNTAXES[file.suffix], base_iri=file.as_uri()):
            yield quad
    for name, file in [*test.graphs, *_from(test)]:
        for quad in ox.parse(file.read_bytes(), SYNTAXES[file.suffix], base_iri=file.as_uri(), rename_blank_nodes=True):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(name))


def _from(test: Test) -> Iterator[tuple[str, Path]]:
    """Files that a query names in FROM: nothing is fetched here, so they are there from the beginning."""
    if test.query is None:
        return
    for name in re.findall(r"FROM\s+(?:NAMED\s+)?<([^<>:]+)>", test.query.read_text(encoding="utf-8")):
        file = test.query.parent / name
        if file.exists() and file.suffix in SYNTAXES:
            yield file.as_uri(), file


def _post(address: str, query: str, accept: str) -> requests.Response:
    headers = {"Accept": accept, "Content-Type": "application/sparql-query"}
    return requests.post(f"{address}/sparql", data=query.encode(), headers=headers, timeout=60)


def _send(request: Request, address: str, path: str) -> requests.Response:
    body = None
    if request.body is not None:
        latin = "utf-16" in request.headers.get("content-type", "").lower()
        body = request.body.encode("utf-16" if latin else "utf-8")
    prepared = requests.Request(request.method, address, headers=request.headers, data=body).prepare()
    prepared.url = address + path
    with requests.Session() as session:
        return session.send(prepared, timeout=60)


def _check_status(request: Request, answer: requests.Response) -> None:
    names = {"OK": 200, "NotFound": 404, "NoContent": 204, "Created": 201}
    fits = any(
        answer.status_code // 100 == int(status[10])
        if status.startswith("StatusCode")
        else answer.status_code == names[status]
        for status in request.statuses
    )
    assert fits or not request.statuses, f"{answer.status_code} where {', '.join(request.statuses)} is expected"


def _results_format(answer: requests.Response) -> ox.QueryResultsFormat:
    found = ox.QueryResultsFormat.from_media_type(answer.headers["content-type"])
    assert found is not None
    return found


_RUNNERS: dict[str, Callable[[Test, str, Exchangeable], None]] = {
    "QueryEvaluationTest": evaluation,
    "CSVResultFormatTest": evaluation,
    "PositiveSyntaxTest": syntax(good=True),
    "PositiveSyntaxTest11": syntax(good=True),
    "NegativeSyntaxTest": syntax(good=False),
    "NegativeSyntaxTest11": syntax(good=False),
    "ProtocolTest": protocol,
    "GraphStoreProtocolTest": graph_store,
}

if __name__ == "__main__":
    main()
