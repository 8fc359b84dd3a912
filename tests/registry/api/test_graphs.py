"""Single graphs, VoID, and the terms of the ontology: what RDF tools look for beside SPARQL."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from registry.api.description import FUNCTIONS, GEOF, SD
from registry.vocabulary import vocabulary
from tests.registry.api.conftest import Served
from tests.registry.api.test_entities import triples
from tests.registry.api.test_sparql import ask
from tests.registry.conftest import BASE

RECORD = f"{BASE}/sources/liste/records/haus"


def test_a_named_graph(served: Served) -> None:
    answer = served.get("/graphs", "text/turtle", params={"graph": RECORD})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/turtle; charset=utf-8")
    found = triples(answer.content, ox.RdfFormat.TURTLE)
    assert any("schema.org/telephone" in line for line in found)
    relative = served.get("/graphs", "application/n-triples", params={"graph": "sources/liste/records/haus"})
    assert triples(relative.content, ox.RdfFormat.N_TRIPLES) == found
    again = served.get(
        "/graphs", "text/turtle", params={"graph": RECORD}, headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304


def test_the_default_graph(served: Served) -> None:
    answer = served.get("/graphs?default", "application/n-triples")
    (row,) = ask(served, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").json()["results"]["bindings"]
    # Both are cut at the same thousand rows here; what is there belongs to the default graph.
    assert len(triples(answer.content, ox.RdfFormat.N_TRIPLES)) == min(1000, int(row["n"]["value"]))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/graphs", 400),
        ("/graphs?default&graph=x", 400),
        (f"/graphs?graph={RECORD}&graph={RECORD}", 400),
        ("/graphs?graph=http://[", 400),
        ("/graphs?graph=http://a%20b/", 400),
        (f"/graphs?graph={BASE}/nothing", 404),
    ],
)
def test_graphs_that_are_not_there(served: Served, path: str, status: int) -> None:
    answer = served.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_graphs_are_only_read(served: Served, method: str) -> None:
    answer = served.client.request(method, f"/graphs?graph={RECORD}", content=b"")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_head_and_no_fitting_format(served: Served) -> None:
    head = served.client.head("/graphs", params={"graph": RECORD})
    assert (head.status_code, head.content) == (200, b"")
    assert served.get("/graphs", "image/png", params={"graph": RECORD}).status_code == 406


def test_void_counts_what_there_is(served: Served) -> None:
    about = served.get("/.well-known/void", "application/n-triples").text
    void = "http://rdfs.org/ns/void#"
    (row,) = ask(served, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").json()["results"]["bindings"]
    assert f'<{void}triples> "{row["n"]["value"]}"' in about
    assert f'<{void}entities> "17"' in about  # 16 sites and a service
    assert f"<{void}sparqlEndpoint> <{BASE}/sparql>" in about
    assert f"#catalogue-CooperationSite> <{void}entities>" in about
    assert served.get("/.well-known/void", "application/ld+json").json()["id"].endswith("void#catalogue")


def test_every_extension_function_named_is_there(served: Served) -> None:
    described = served.get("/sparql", "application/n-triples").text
    point = '"POINT(12.1 51.1)"^^<http://www.opengis.net/ont/geosparql#wktLiteral>'
    metre = "<http://www.opengis.net/def/uom/OGC/1.0/metre>"
    for name in FUNCTIONS:
        assert f"<{SD}extensionFunction> <{GEOF}{name}>" in described
        ways = [point, f"{point},{point}", f"{point},{point},{metre}", f'{point},{point},"T********"']
        calls = " ".join(f"OPTIONAL {{ BIND(<{GEOF}{name}>({way}) AS ?r{i}) }}" for i, way in enumerate(ways))
        (row,) = ask(served, f"SELECT * {{ {calls} }}").json()["results"]["bindings"]
        assert row, name


def test_every_term_leads_somewhere(served: Served) -> None:
    page = served.get("/ns", "text/html").text
    ours = [
        iri
        for iri in vocabulary().defined
        if iri.startswith(("https://w3id.org/orte/ns#", "https://w3id.org/orte/concept/"))
    ]
    assert len(ours) > 100
    for iri in ours[::7]:
        local = iri.removeprefix("https://w3id.org/orte/").replace("ns#", "ns/")
        answer = served.get(f"/{local}", "text/turtle")
        assert answer.status_code == 200
        assert any(f"<{iri}>" in line for line in triples(answer.content, ox.RdfFormat.TURTLE))
        lead = served.get(f"/{local}", "text/html")
        assert lead.status_code == 303
        anchor = lead.headers["location"].partition("#")[2]
        assert f'id="{anchor}"' in page
    assert len(served.get("/concept/phase.nt").text.splitlines()) > 20
    assert served.get("/concept/phase/nonsense").status_code == 404
    assert served.get("/ns/Nonsense").status_code == 404
