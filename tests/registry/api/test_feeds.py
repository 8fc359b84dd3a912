"""The feeds over HTTP: complete, provable, cacheable, in every syntax the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyoxigraph as ox
import pytest

from registry.terms import LDES, ORTE, PROV, TREE
from tests.registry.api.conftest import Served
from tests.registry.conftest import BASE
from tests.registry.feed.reading import nodes, read, value

SYNTAXES = {"trig": ox.RdfFormat.TRIG, "nq": ox.RdfFormat.N_QUADS, "jsonld": ox.RdfFormat.JSON_LD}


def getter(served: Served, suffix: str = "trig") -> Callable[[str], list[ox.Quad]]:
    def get(address: str) -> list[ox.Quad]:
        answer = served.get(f"{address}.{suffix}")
        assert answer.status_code == 200, answer.text
        return list(ox.parse(answer.content, SYNTAXES[suffix], base_iri=address))

    return get


@pytest.mark.parametrize(
    ("name", "stream", "source"),
    [("records", "record", ""), ("catalogue", "entity", ""), ("records/liste", "record", "liste")],
)
@pytest.mark.parametrize("suffix", SYNTAXES)
def test_a_follower_holds_what_the_ledger_holds_and_can_prove_it(
    served: Served, name: str, stream: str, source: str, suffix: str
) -> None:
    found = read(getter(served, suffix), f"{BASE}/feed/{name}", graph_is_object=stream == "record")
    state = served.ground.ledger.digest(stream, source)
    assert found.state.hex() == found.told == state.hex
    assert len(found.live) == state.live > 10
    table = "record" if stream == "record" else "entity"
    rows = served.ground.ledger.db.execute(f"SELECT iri FROM {table} WHERE status = 'live'")
    assert found.live.keys() == {iri for (iri,) in rows}


def test_records_travel_with_licence_origin_and_page(served: Served) -> None:
    found = read(getter(served), f"{BASE}/feed/records", graph_is_object=True)
    record = found.live[f"{BASE}/sources/liste/records/haus"]
    for statement in (
        f"<http://purl.org/dc/terms/source> <{BASE}/sources/liste>",
        "<http://purl.org/dc/terms/license> <https://creativecommons.org/licenses/by/4.0/>",
        f"<{PROV}wasDerivedFrom> <https://liste.example/haus>",
    ):
        assert statement in record


def test_the_syntaxes_say_the_same(served: Served) -> None:
    for node, _ in nodes(getter(served), f"{BASE}/feed/records"):
        sets = [{str(quad) for quad in getter(served, suffix)(node) if not _blank(quad)} for suffix in SYNTAXES]
        assert sets[0] == sets[1] == sets[2]
        assert len(sets[0]) >= 5


def _blank(quad: ox.Quad) -> bool:
    return isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)


def test_turtle_carries_what_has_no_graphs(served: Served) -> None:
    root = served.get("/feed/records", "text/turtle")
    assert root.headers["content-type"].startswith("text/turtle")
    assert list(ox.parse(root.content, ox.RdfFormat.TURTLE))
    refused = served.get("/feed/records/page/0", "text/turtle")
    assert (refused.status_code, refused.headers["content-type"]) == (406, "application/problem+json")


def test_runs_are_transactions_that_end(served: Served) -> None:
    root = getter(served)(f"{BASE}/feed/records")
    (stream,) = {quad.subject for quad in root if quad.predicate == LDES["transactionPath"]}
    assert value(root, stream, LDES["transactionFinalizedPath"]) == ORTE["endsRun"].value
    quads = [quad for _, quads in nodes(getter(served), f"{BASE}/feed/records") for quad in quads]
    runs: dict[str, list[int]] = {}
    for quad in quads:
        if quad.predicate == PROV["wasGeneratedBy"] and str(quad.subject.value).startswith(f"{BASE}/feed/"):
            runs.setdefault(quad.object.value, []).append(int(quad.subject.value.rpartition("#")[2]))
    ends = {int(quad.subject.value.rpartition("#")[2]) for quad in quads if quad.predicate == ORTE["endsRun"]}
    assert len(runs) == 2
    assert ends == {max(sequences) for sequences in runs.values()}


def test_every_run_is_announced_once_it_is_over(served: Served) -> None:
    quads = [quad for _, quads in nodes(getter(served), f"{BASE}/feed/runs") for quad in quads]
    runs = {quad.object.value for quad in quads if quad.predicate.value.endswith("#object")}
    assert runs == {f"{BASE}/runs/1", f"{BASE}/runs/2"}
    outcome = [quad for quad in quads if quad.predicate == ORTE["outcome"]]
    assert len(outcome) == 2
    assert {quad.graph_name.value for quad in outcome} == {
        quad.object.value for quad in quads if quad.predicate == TREE["member"]
    }


def test_answers_can_be_cached_and_asked_again(served: Served) -> None:
    for path in ("/feed/records", "/feed/records/index/0", "/feed/records/page/0", "/feed/runs"):
        first = served.get(path)
        assert first.headers["content-type"] == "application/trig"
        assert "immutable" not in first.headers["cache-control"], "nothing is full yet"
        again = served.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert served.client.head(path).headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize(
    "path", ["/feed/nix", "/feed/records/nix", "/feed/records/page/9", "/feed/runs/index/7", "/feed/records/liste/x"]
)
def test_what_is_not_there(served: Served, path: str) -> None:
    answer: Any = served.get(path)
    assert answer.status_code == 404
    assert answer.json()["detail"]


def test_digests_at_their_addresses(served: Served) -> None:
    state = served.ground.ledger.digest("record")
    found = served.get("/digest").json()
    assert found["records"] == {"digest": state.hex, "count": state.live, "sequence": state.sequence}
    assert found["entities"]["digest"] == served.ground.ledger.digest("entity").hex
    assert served.get("/sources/liste/digest").json() == {"records": found["records"]}
    assert served.get("/sources/nix/digest").status_code == 404


@pytest.mark.parametrize("path", ["/", "/feed/records", "/feed/catalogue/page/0"])
def test_the_inbox_is_advertised(served: Served, path: str) -> None:
    links = served.get(path, "text/html, application/trig").headers["link"]
    assert f'<{BASE}/inbox>; rel="http://www.w3.org/ns/ldp#inbox"' in links
