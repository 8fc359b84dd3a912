"""Validating before joining: any syntax in, a conforming report out, nothing stored, and nothing that takes it down."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from fastapi.testclient import TestClient

from registry.api import create_app
from registry.api.allowance import Allowance
from registry.config import Config, Fetch, Limits
from registry.ledger import Ledger
from tests.registry.conftest import BASE
from tests.registry.report_shape import faults_of_report
from tests.serving import orte, serving
from tests.shapes.examples import RECORDS, changed
from tests.standins.server import StandIn

TURTLE, JSON_LD = "text/turtle", "application/ld+json"
SHAPES = "https://w3id.org/orte/shapes#"
BROKEN = """
@prefix orte: <https://w3id.org/orte/ns#> .
@prefix schema: <https://schema.org/> .
<https://partner.example/orte/1> a orte:CooperationSite ;
  schema:name "Alte Rösterei"@de ; schema:description "Coworking."@de ; schema:url <https://roesterei.example/> ;
  orte:phase <https://w3id.org/orte/concept/phase/operating> ;
  schema:geo [ a schema:GeoCoordinates ; schema:latitude 19.432 ; schema:longitude 12.726 ] .
"""
LATITUDE = f"{SHAPES}Latitude"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an empty ledger and two sources of its own: a table and a website's interface."""
    data = tmp_path_factory.mktemp("data")
    Ledger.open(data / "ledger.sqlite", BASE).close()
    for name, reader in (("tabelle", 'reader = "csv"\nkey = "nr"'), ("seiten", 'reader = "wordpress"\ntype = "orte"')):
        source = data / "sources" / name
        source.mkdir(parents=True)
        (source / "source.toml").write_text(
            f'id = "{name}"\ntitle = {{ de = "Liste", en = "List" }}\npublisher = "Verein"\n'
            f'licence = "http://creativecommons.org/licenses/by/4.0/"\n[read]\n{reader}\n'
            f'url = "https://verein.example/liste"\n',
            encoding="utf-8",
        )
        (source / "lift.rq").write_text(
            "CONSTRUCT { ?it a orte:Site ; schema:name ?name ; schema:telephone ?phone ; orte:floorArea ?area }\n"
            "WHERE { ?r a fx:root . BIND(fn:it(?r) AS ?it)\n"
            '  OPTIONAL { ?r xyz:name ?n BIND(STRLANG(?n, "de") AS ?name) }\n'
            "  OPTIONAL { ?r xyz:tel ?p BIND(fn:phone(?p) AS ?phone) }\n"
            "  OPTIONAL { ?r xyz:area ?a BIND(xsd:decimal(?a) AS ?area) } }\n",
            encoding="utf-8",
        )
    return data


LIMITS = Limits(validate_bytes=1_500_000, validate_seconds=20, validate_per_minute=100_000)


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    config = Config(data=folder, base_url=BASE, limits=LIMITS, fetch=Fetch(allow_private_hosts=("127.0.0.1",)))
    with TestClient(create_app(config), base_url=BASE) as client:
        yield client


def post(client: TestClient, content: str | bytes, kind: str, accept: str = "application/json", **more: Any) -> Any:
    body = content.encode() if isinstance(content, str) else content
    return client.post("/validate", content=body, headers={"content-type": kind, "accept": accept}, **more)


def rules(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {line["rule"] for line in answer.json()["lines"] if line["severity"] != "info"}


@pytest.mark.parametrize("accept", [JSON_LD, TURTLE, "application/n-triples"])
def test_the_answer_is_a_conforming_validation_report(client: TestClient, accept: str) -> None:
    answer = post(client, BROKEN, TURTLE, accept)
    assert answer.headers["content-type"].partition(";")[0] == accept
    assert answer.headers["cache-control"] == "no-store"
    assert faults_of_report(answer.content, accept) == []
    syntax = {JSON_LD: ox.RdfFormat.JSON_LD, TURTLE: ox.RdfFormat.TURTLE}.get(accept, ox.RdfFormat.N_TRIPLES)
    triples = list(ox.parse(answer.content, syntax))
    values = {str(q.object) for q in triples if q.predicate.value.endswith("#value")}
    assert '"19.432"^^<http://www.w3.org/2001/XMLSchema#decimal>' in values
    assert {q.object.value for q in triples if q.predicate.value.endswith("#conforms")} == {"false"}


def test_what_is_fine_conforms(client: TestClient) -> None:
    good = changed("site", "gut").serialize(format="turtle")
    answer = post(client, good, TURTLE).json()
    assert (answer["conforms"], answer["fits"], answer["lines"]) == (True, True, [])
    assert answer["checked"]["triples"] > 20
    report = post(client, good, TURTLE, JSON_LD)
    assert faults_of_report(report.content, JSON_LD) == []
    assert report.json()["conforms"] is True


@pytest.mark.parametrize(
    ("syntax", "kind"),
    [
        (ox.RdfFormat.TURTLE, TURTLE),
        (ox.RdfFormat.N_TRIPLES, "application/n-triples"),
        (ox.RdfFormat.N_QUADS, "application/n-quads"),
        (ox.RdfFormat.TRIG, "application/trig"),
        (ox.RdfFormat.RDF_XML, "application/rdf+xml"),
        (ox.RdfFormat.RDF_XML, "application/xml"),
        (ox.RdfFormat.JSON_LD, JSON_LD),
        (ox.RdfFormat.JSON_LD, "application/json; charset=utf-8"),
    ],
)
def test_every_syntax_gives_the_same_report(client: TestClient, syntax: ox.RdfFormat, kind: str) -> None:
    triples = [quad.triple for quad in ox.parse(BROKEN, ox.RdfFormat.TURTLE)]
    assert rules(post(client, ox.serialize(triples, format=syntax) or b"", kind)) == {LATITUDE}


def test_named_graphs_are_checked_together(client: TestClient) -> None:
    node = ox.NamedNode("https://partner.example/g")
    quads = [ox.Quad(*quad.triple, node) for quad in ox.parse(BROKEN, ox.RdfFormat.TURTLE)]
    assert rules(post(client, ox.serialize(quads, format=ox.RdfFormat.TRIG) or b"", "application/trig")) == {LATITUDE}


def test_our_own_context_is_known_and_no_other_is_fetched(client: TestClient) -> None:
    document = {"@context": f"{BASE}/context.jsonld", "type": "Network", "name": {"de": " "}}
    assert rules(post(client, json.dumps(document), JSON_LD)) == {f"{SHAPES}NameText"}
    document["@context"] = "/context.jsonld"
    assert rules(post(client, json.dumps(document), JSON_LD)) == {f"{SHAPES}NameText"}
    with StandIn() as elsewhere:
        document["@context"] = elsewhere.url("/context.jsonld")
        answer = post(client, json.dumps(document), JSON_LD)
        assert (answer.status_code, answer.json()["type"]) == (422, f"{BASE}/docs#not-validated")
        assert "not fetched" in answer.json()["detail"]
        assert elsewhere.requests == []


def test_blank_nodes_are_named_by_what_they_belong_to(client: TestClient) -> None:
    (line,) = [one for one in post(client, BROKEN, TURTLE).json()["lines"] if one["severity"] == "violation"]
    assert line["focus"].startswith("_:")
    assert line["key"] == "https://partner.example/orte/1"


def test_csv_and_the_page(client: TestClient) -> None:
    rows = list(csv.DictReader(io.StringIO(post(client, BROKEN, TURTLE, "text/csv").text)))
    assert rows[0]["rule"] == LATITUDE
    page = post(client, BROKEN, TURTLE, "text/html").text
    assert "Passt nicht" in page
    assert "Die geografische Breite fehlt oder liegt nicht in Deutschland" in page
    form = client.post(
        "/validate?lang=en",
        data={"text": BROKEN, "syntax": TURTLE, "source": "", "url": ""},
        headers={"accept": "text/html"},
    )
    assert "Does not fit" in form.text
    assert "Alte Rösterei" in form.text, "the text is still in its field"


def test_the_form_states_the_limits(client: TestClient) -> None:
    for language, expected in (("de", "Höchstens 1.5 MB und 20 Sekunden"), ("en", "At most 1.5 MB and 20 seconds")):
        assert expected in client.get(f"/validate?lang={language}", headers={"accept": "text/html"}).text


def test_the_form_offers_sources_that_are_only_being_prepared(client: TestClient) -> None:
    page = client.get("/validate?source=tabelle&lang=de", headers={"accept": "text/html"}).text
    assert '<option value="tabelle" selected>Liste</option>' in page


# as a source


def test_a_table_is_read_as_its_source_reads_it(client: TestClient) -> None:
    table = "nr;name;tel;area\n1;Haus Eins;auf Anfrage;\n2; ;0341 1234567;0\n"
    answer = post(client, table, "text/csv", params={"source": "tabelle"})
    assert answer.status_code == 200, answer.text
    found = {
        (line["key"], line["rule"].rpartition("/")[2]) for line in answer.json()["lines"] if line["severity"] != "info"
    }
    assert {("1", "fn#phone"), ("2", "shapes#Name"), ("2", "shapes#FloorArea")} <= found
    pages = {line["page"] for line in answer.json()["lines"]}
    assert all(page.startswith("https://verein.example/liste") for page in pages), pages
    assert answer.json()["checked"] == {"entries": 2, "records": 2}
    report = post(client, table, "text/csv", TURTLE, params={"source": "tabelle"})
    assert faults_of_report(report.content, TURTLE) == []


def test_entries_of_a_website_are_handed_in_as_json(client: TestClient) -> None:
    entries = [{"id": 7, "link": "https://verein.example/7", "name": " "}, {"id": 8, "name": "Haus"}, "nichts"]
    answer = post(client, json.dumps(entries), "application/json", params={"source": "seiten"})
    lines = [line for line in answer.json()["lines"] if line["severity"] == "violation"]
    assert {(line["key"], line["page"]) for line in lines} == {("7", "https://verein.example/7"), (None, None)}


def test_csv_without_a_source_and_unknown_sources(client: TestClient) -> None:
    answer = post(client, "a;b\n1;2\n", "text/csv")
    assert (answer.status_code, "source" in answer.json()["detail"]) == (415, True)
    answer = post(client, "[]", "application/json", params={"source": "nix"})
    assert (answer.status_code, "tabelle" in answer.json()["detail"]) == (422, True)
    answer = post(client, "kein JSON", "application/json", params={"source": "seiten"})
    assert answer.status_code == 422


def test_nothing_is_stored(client: TestClient, folder: Path) -> None:
    def state() -> list[tuple[str, int]]:
        reader = Ledger.reader(folder / "ledger.sqlite")
        tables = [name for (name,) in reader.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [(name, reader.db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in tables]

    before, files = state(), sorted(path for path in folder.rglob("*") if "wal" not in path.name)
    post(client, BROKEN, TURTLE)
    post(client, "nr;name\n1;Haus\n", "text/csv", params={"source": "tabelle"})
    assert state() == before
    assert sorted(path for path in folder.rglob("*") if "wal" not in path.name) == files


# by address


def test_an_address_is_fetched_and_validated(client: TestClient) -> None:
    with StandIn() as partner:
        partner.route("/liste", BROKEN.encode(), headers={"Content-Type": TURTLE})
        address = partner.url("/liste")
        for answer in (
            client.post("/validate", params={"url": address}, headers={"accept": "application/json"}),
            client.get("/validate", params={"url": address}, headers={"accept": "application/json"}),
            client.post("/validate", data={"url": address}, headers={"accept": "application/json"}),
        ):
            assert rules(answer) == {LATITUDE}
            assert answer.json()["about"] == address
        assert len(partner.asked("/liste")) == 3
        assert partner.asked("/robots.txt")


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1/x",
        "file:///etc/passwd",
        "http://localhost:1/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "nix",
    ],
)
def test_only_public_addresses_are_fetched(client: TestClient, address: str) -> None:
    answer = client.get("/validate", params={"url": address}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (422, f"{BASE}/docs#fetch-failed")
    assert "root:" not in answer.text


def test_a_redirect_leads_to_no_private_network(client: TestClient) -> None:
    with StandIn() as partner:
        partner.route("/", status=302, headers={"Location": "http://10.0.0.1/"})
        answer = client.get("/validate", params={"url": partner.url()}, headers={"accept": "application/json"})
        assert answer.status_code == 422


def test_what_is_too_large_to_fetch(client: TestClient) -> None:
    with StandIn() as partner:
        partner.route("/", b"#" * 1_600_000, headers={"Content-Type": TURTLE})
        answer = client.get("/validate", params={"url": partner.url()}, headers={"accept": "application/json"})
        assert answer.status_code == 422


# what harms


DEEP = 100_000
NASTY = {
    "deep JSON-LD": ("[" * DEEP + "]" * DEEP, JSON_LD),
    "deep objects": ('{"@graph":' * DEEP + "{}" + "}" * DEEP, JSON_LD),
    "nested triple terms": ("<a> <b> " + "<<( <a> <b> " * 20_000 + "1" + " )>>" * 20_000 + " .", TURTLE),
    "entity bomb": (
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)) + "]><r>&j;</r>",
        "application/rdf+xml",
    ),
    "external entity": ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', "application/rdf+xml"),
    "no UTF-8": (b"\xff\xfe\x00<a> <b> <c> .", TURTLE),
    "no Turtle": ("<a> <b> .", TURTLE),
    "zeros": (b"\x00" * 1000, TURTLE),
}  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_what_is_made_to_harm_is_refused_and_the_next_one_is_answered(client: TestClient, name: str) -> None:
    content, kind = NASTY[name]
    answer = post(client, content, kind)
    assert answer.status_code == 422, answer.text[:300]
    assert answer.json()["type"] == f"{BASE}/docs#not-validated"
    assert "root:" not in answer.text
    assert rules(post(client, BROKEN, TURTLE)) == {LATITUDE}


def test_strange_values_are_reported_like_any_other(client: TestClient) -> None:
    texts = ['"9999999999-13-45"^^xsd:date', '"1e400"^^xsd:double', f'"{"9" * 5000}"^^xsd:integer', '"x"^^<urn:x>',
             '"<a>&b;</a>"^^rdf:XMLLiteral', '"\\u0000"', '"a"@de-AT-1996', "<urn:a:b>", "[]"]  # fmt: skip
    head = (
        "@prefix orte: <https://w3id.org/orte/ns#> . @prefix schema: <https://schema.org/> ."
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> ."
        "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> ."
    )
    for text in texts:
        body = f"{head} <#n> a orte:Network ; schema:name {text} ; schema:startDate {text} ; orte:status {text} ."
        answer = post(client, body, TURTLE, TURTLE)
        assert answer.status_code == 200, (text, answer.text)
        assert faults_of_report(answer.content, TURTLE) == [], text


def test_classes_in_circles_and_terms_turned_against_us_end(client: TestClient) -> None:
    head = "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix orte: <https://w3id.org/orte/ns#> ."
    circle = "".join(f"<urn:c:{n}> rdfs:subClassOf <urn:c:{(n + 1) % 50}> .\n" for n in range(50))
    more = "orte:Site rdfs:subClassOf <urn:c:1> . <urn:c:3> rdfs:subClassOf orte:Site . <urn:x> a <urn:c:3> ."
    assert f"{SHAPES}Name" in rules(post(client, head + circle + more, TURTLE))


def test_what_is_only_long_is_no_harm(client: TestClient) -> None:
    body = "<a> <b> " + "[ <b> " * 40_000 + "1" + " ]" * 40_000 + " ."
    assert post(client, body, TURTLE).json()["checked"] == {"triples": 40_001}


def test_too_large_is_said_before_it_is_read(client: TestClient) -> None:
    answer = post(client, "#" * 1_600_000, TURTLE)
    assert (answer.status_code, answer.json()["limit_bytes"]) == (413, 1_500_000)
    assert "1500000 bytes" in answer.json()["detail"]


def test_without_a_syntax_or_with_an_unknown_one(client: TestClient) -> None:
    assert client.post("/validate", content=BROKEN.encode()).status_code == 415
    assert post(client, BROKEN, "image/png").status_code == 422
    curled = post(client, BROKEN, "application/x-www-form-urlencoded")  # what curl says when told nothing
    assert (curled.status_code, "Content-Type" in curled.json()["detail"]) == (400, True)
    assert client.post("/validate", content=b"", headers={"content-type": TURTLE}).status_code == 200
    assert post(client, BROKEN, TURTLE, "image/png").status_code == 406


def test_what_takes_too_long_is_ended_and_the_rest_goes_on(folder: Path) -> None:
    config = Config(data=folder, base_url=BASE, limits=replace(LIMITS, validate_seconds=0.05))
    with TestClient(create_app(config), base_url=BASE) as client:
        answer = post(client, BROKEN, TURTLE)
        assert (answer.status_code, answer.json()["type"]) == (503, f"{BASE}/docs#validation-timeout")
        assert "0.05 s" in answer.json()["detail"]
        assert client.get("/health/live").status_code == 200


def test_each_visitor_has_an_allowance(folder: Path) -> None:
    config = Config(data=folder, base_url=BASE, limits=replace(LIMITS, validate_per_minute=3))
    with TestClient(create_app(config), base_url=BASE) as client:
        statuses = [post(client, BROKEN, TURTLE).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        again = post(client, BROKEN, TURTLE)
        assert again.json()["type"] == f"{BASE}/docs#too-many-requests"
        assert 1 <= int(again.headers["retry-after"]) <= 20


def test_an_allowance_refills_evenly_and_is_each_visitor_s_own() -> None:
    now = [0.0]
    allowance = Allowance(6, clock=lambda: now[0])
    assert [allowance.take("a") for _ in range(6)] == [0] * 6
    assert allowance.take("a") == pytest.approx(10)
    assert allowance.take("b", 4) == 0
    now[0] = 10
    assert allowance.take("a") == 0
    assert allowance.take("a") > 0
    for visitor in range(11_000):
        allowance.take(str(visitor))
    assert len(allowance._left) <= 10_000


# a real server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("served")
    assert orte(data, "init").returncode == 0
    with serving(data) as base:
        yield base


def test_curl(server: str, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here; test_httpx does the same")
    (tmp_path / "broken.ttl").write_text(BROKEN, encoding="utf-8")
    done = subprocess.run(
        ["curl", "-sS", "--data-binary", "@broken.ttl", f"{server}/validate",
         "-H", "Content-Type: text/turtle", "-H", "Accept: application/ld+json"],
        cwd=tmp_path, capture_output=True, check=True,
    )  # fmt: skip
    assert faults_of_report(done.stdout, JSON_LD) == []
    assert LATITUDE in done.stdout.decode().replace("shape:", SHAPES)


def test_httpx(server: str) -> None:
    answer = httpx.post(f"{server}/validate", content=BROKEN.encode(), timeout=60,
                        headers={"content-type": TURTLE, "accept": JSON_LD})  # fmt: skip
    assert faults_of_report(answer.content, answer.headers["content-type"]) == []


def test_others_are_answered_while_something_large_is_validated(server: str) -> None:
    name = "x" * 40
    many = "\n".join(changed("site", f"{name}{n}").serialize(format="nt") for n in range(300))
    answers: list[httpx.Response] = []
    headers = {"content-type": "application/n-triples", "accept": "application/json"}
    large = threading.Thread(
        target=lambda: answers.append(
            httpx.post(f"{server}/validate", content=many.encode(), headers=headers, timeout=120)
        )
    )
    large.start()
    slowest = 0.0
    while large.is_alive():
        live = httpx.get(f"{server}/health/live", timeout=30)
        assert live.status_code == 200
        slowest = max(slowest, live.elapsed.total_seconds())
    assert answers[0].status_code == 200, answers[0].text[:500]
    assert RECORDS not in answers[0].text, "all of them are fine"
    assert slowest < 2
