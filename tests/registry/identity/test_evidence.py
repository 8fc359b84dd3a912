"""Every value leads to who said it: in the ledger, over HTTP, and by SPARQL."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from fastapi.testclient import TestClient
from pyld import jsonld

from registry import search
from registry.api import create_app
from registry.config import Config
from registry.evidence import evidence
from registry.examples import examples
from registry.identity.judge import judge
from registry.licence import facts_only
from registry.project import Follower
from registry.terms import ORTE, SCHEMA
from registry.tokens import create_for_curator
from registry.unify import unify
from tests.conftest import ROOT
from tests.registry.identity.catalogue import BASE, CC0, Catalogue, made

ODBL = "https://opendatacommons.org/licenses/odbl/1-0/"
FLAGSHIP, OPEN = "kreativorte-mitteldeutschland", "openfairdb"
POSA: list[tuple[str, str, dict[str, Any]]] = [
    (FLAGSHIP, "posa", {"name": "Kloster Posa, Zeitz", "locality": "Zeitz", "tel": "+4934415550100", "licence": CC0}),
    (OPEN, "p1", {"name": "Kloster Posa", "street": "Posa 1", "postcode": "06712", "locality": "Zeitz",
                  "tel": "+4934415550199", "licence": ODBL}),
    ("studie", "werkstatt", {"name": "Holzwerkstatt im Kloster Posa", "locality": "Zeitz"}),
    ("studie", "facts", {"name": "Bahnhof Leisnig", "locality": "Leisnig", "licence": None}),
]  # fmt: skip


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    found = Catalogue(tmp_path / "ledger.sqlite")
    found.put(POSA, each=True)
    search.follow(found.ledger)
    return found


@pytest.fixture
def client(catalogue: Catalogue, tmp_path: Path) -> TestClient:
    return TestClient(create_app(Config(data=tmp_path)), base_url="http://127.0.0.1:8000", follow_redirects=False)


def test_every_value_has_its_records_and_the_chosen_one_is_marked(catalogue: Catalogue) -> None:
    found = evidence(catalogue.ledger, catalogue.entity(OPEN, "p1"))
    given = [value for value in found.values if value.path == (SCHEMA["telephone"].value,)]
    phones = {value.term.value: (value.chosen, [said.record.source for said in value.said]) for value in given}
    assert phones == {"+4934415550100": (True, [FLAGSHIP]), "+4934415550199": (False, [OPEN])}
    town = next(v for v in found.values if v.term.value == "Zeitz")
    assert [said.record.source for said in town.said] == [FLAGSHIP, OPEN]
    assert (SCHEMA["telephone"].value,) in found.conflicts
    assert not any(SCHEMA["name"].value in path for path in found.conflicts)
    other = next(v for v in found.values if v.path == (SCHEMA["alternateName"].value,))
    assert other.derived is not None
    assert other.derived.grounds == (catalogue.iri(OPEN, "p1"),)
    (join,) = found.joins
    assert {sign.name for sign in join.signs} == {"name-identical", "village-same", "phone-differs"}


def test_a_street_is_not_hidden_by_a_better_source_that_knows_only_the_town(catalogue: Catalogue) -> None:
    found = evidence(catalogue.ledger, catalogue.entity(OPEN, "p1"))
    assert any(v.term.value == "Posa 1" and v.chosen for v in found.values)


def test_since_when_is_counted_without_a_break(catalogue: Catalogue) -> None:
    def since(text: str) -> str:
        found = evidence(catalogue.ledger, catalogue.entity(FLAGSHIP, "posa"))
        return next(said.since for value in found.values if value.term.value == text for said in value.said)

    first = since("+4934415550100")
    changed = {**POSA[0][2], "tel": "+4934415550101"}
    catalogue.put([(FLAGSHIP, "posa", changed)])
    assert since("Kloster Posa, Zeitz") == first
    assert since("+4934415550101") > first
    catalogue.put([(FLAGSHIP, "posa", POSA[0][2])])
    assert since("+4934415550100") > since("Kloster Posa, Zeitz") == first


def test_the_evidence_profile_says_it_all_in_json_ld(client: TestClient, catalogue: Catalogue) -> None:
    entity = catalogue.entity(OPEN, "p1").iri
    path = entity.removeprefix("http://127.0.0.1:8000")
    answer = client.get(f"{path}?profile=evidence", headers={"accept": "application/ld+json"})
    assert answer.status_code == 200
    document = answer.json()
    rows = [row for row in document["evidence"] if row["predicate"] == str(SCHEMA["telephone"].value)]
    said = {row["object"]: row for row in rows}
    refused = said["+4934415550199"]
    assert refused["chosen"] is False
    assert refused["license"] == ODBL
    assert refused["source"].endswith("/sources/openfairdb") if isinstance(refused["source"], str) else True
    assert refused["since"] < refused["lastConfirmed"] or refused["since"] == refused["lastConfirmed"]
    assert str(SCHEMA["telephone"].value) in document["conflict"]
    assert {f"Verein {FLAGSHIP}", f"Verein {OPEN}"} <= set(document["attribution"])
    assert client.get(f"{path}/evidence", headers={"accept": "application/ld+json"}).json() == document


def test_json_ld_and_turtle_of_the_evidence_are_the_same_triples(client: TestClient, catalogue: Catalogue) -> None:
    path = catalogue.entity(OPEN, "p1").iri.removeprefix("http://127.0.0.1:8000")
    context = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))["@context"]
    document = client.get(f"{path}/evidence.jsonld").json()
    nquads = jsonld.to_rdf({**document, "@context": context}, {"format": "application/n-quads"})
    turtle = client.get(f"{path}/evidence.ttl").content
    assert {str(q.triple) for q in ox.parse(nquads, ox.RdfFormat.N_QUADS)} == {
        str(q.triple) for q in ox.parse(turtle, ox.RdfFormat.TURTLE)
    }


def test_the_dataset_has_a_graph_for_every_record_as_the_engine_does(client: TestClient, catalogue: Catalogue) -> None:
    path = catalogue.entity(OPEN, "p1").iri.removeprefix("http://127.0.0.1:8000")
    served = ox.Store()
    served.load(client.get(f"{path}/evidence.trig").content, ox.RdfFormat.TRIG)
    engine = ox.Store()
    Follower(str(catalogue.path)).load(engine)
    for source, key in ((FLAGSHIP, "posa"), (OPEN, "p1")):
        graph = ox.NamedNode(catalogue.iri(source, key))
        quads = set(engine.quads_for_pattern(None, None, None, graph))
        assert quads
        assert set(served.quads_for_pattern(None, None, None, graph)) == quads


def test_the_page_names_sources_licences_reasons_and_attributions(client: TestClient, catalogue: Catalogue) -> None:
    path = catalogue.entity(OPEN, "p1").iri.removeprefix("http://127.0.0.1:8000")
    german = client.get(f"{path}/evidence", headers={"accept": "text/html", "accept-language": "de"}).text
    for text in ("Wer sagt was", "+4934415550199", "Widerspruch", "nicht gewählt", f"Verein {OPEN}", "https://openfairdb.example/p1",
                 "gleicher Name", "im selben Ort", "CC0", "abgeleitet"):  # fmt: skip
        assert text in german, text
    english = client.get(f"{path}/evidence?lang=en", headers={"accept": "text/html"}).text
    assert "same name" in english
    part = catalogue.entity("studie", "werkstatt").iri.removeprefix("http://127.0.0.1:8000")
    assert "Liegt in einem anderen Ort" in client.get(f"{part}/evidence?lang=de", headers={"accept": "text/html"}).text


def test_the_entity_itself_names_conflicts_and_attributions(client: TestClient, catalogue: Catalogue) -> None:
    entity = catalogue.entity(FLAGSHIP, "posa")
    path = entity.iri.removeprefix(BASE)
    page = client.get(path, headers={"accept": "text/html"}, params={"lang": "de"}).text
    assert "Worin sich die Quellen widersprechen" in page
    assert "+4934415550100" in page
    assert "+4934415550199" in page, "the value that was not chosen"
    document = client.get(f"{path}.jsonld").json()
    used = {record.source for record in catalogue.ledger.records_of(entity.iri)}
    assert sorted(document["attribution"]) == sorted(f"Verein {source}" for source in used)
    for source in used:
        assert f"Verein {source}" in page


def test_a_merged_entity_redirects_its_evidence_too(client: TestClient, catalogue: Catalogue) -> None:
    a, b = catalogue.entity(OPEN, "p1").iri, catalogue.entity("studie", "facts").iri
    judge(catalogue.ledger, "same", a, b, by="Redaktion", why="")
    unify(catalogue.ledger)
    answer = client.get(f"{b.removeprefix('http://127.0.0.1:8000')}/evidence")
    assert (answer.status_code, answer.headers["location"]) == (301, f"{a}/evidence")
    assert client.get(b.removeprefix("http://127.0.0.1:8000")).headers["location"] == a


def _engine(catalogue: Catalogue) -> ox.Store:
    store = ox.Store()
    Follower(str(catalogue.path)).load(store)
    return store


def test_sparql_says_who_said_it(catalogue: Catalogue) -> None:
    rows = _engine(catalogue).query(
        """PREFIX schema: <https://schema.org/> PREFIX dct: <http://purl.org/dc/terms/>
        SELECT ?site ?tel ?source ?licence {
          GRAPH ?record { ?site schema:telephone ?tel } ?record dct:source ?source ; dct:license ?licence }"""
    )
    assert isinstance(rows, ox.QuerySolutions)
    entity = catalogue.entity(OPEN, "p1").iri
    found = {(row["site"].value, row["tel"].value, row["source"].value[-10:], row["licence"].value) for row in rows}
    assert found == {
        (entity, "+4934415550100", "eutschland", CC0),
        (entity, "+4934415550199", "openfairdb", ODBL),
    }


def test_the_example_with_open_licences_leaves_everything_else_out(catalogue: Catalogue) -> None:
    (example,) = [one for one in examples() if "cc-by" in one.name]
    rows = _engine(catalogue).query(example.query)
    assert isinstance(rows, ox.QuerySolutions)
    values = {str(row["value"].value) for row in rows}
    assert "+4934415550100" in values
    assert "+4934415550199" not in values, "ODbL"
    assert "Bahnhof Leisnig" not in values, "facts only: no licence"


def test_derived_statements_carry_rule_and_grounds_and_go_with_them(catalogue: Catalogue) -> None:
    store, follower = ox.Store(), Follower(str(catalogue.path))
    follower.load(store)
    (example,) = [one for one in examples() if "derived" in one.name]

    def derived() -> set[tuple[str, ...]]:
        rows = store.query(example.query)
        assert isinstance(rows, ox.QuerySolutions)
        return {
            (row["subject"].value, row["value"].value, row["rule"].value.rpartition("/")[2], row["ground"].value)
            for row in rows
            if row["property"] == ORTE["partOf"]
        }

    part, whole = catalogue.entity("studie", "werkstatt").iri, catalogue.entity(OPEN, "p1").iri
    records = [catalogue.iri("studie", "werkstatt"), catalogue.iri(OPEN, "p1"), catalogue.iri(FLAGSHIP, "posa")]
    assert derived() == {(part, whole, "inside", record) for record in records}
    catalogue.put([(OPEN, "p1", None)])
    follower.follow(store)
    assert derived() == {(part, whole, "inside", record) for record in (records[0], records[2])}
    judge(catalogue.ledger, "different", part, whole, by="Redaktion", why="")
    unify(catalogue.ledger)
    follower.follow(store)
    assert derived() == set()
    fresh = ox.Store()
    Follower(str(catalogue.path)).load(fresh)
    assert set(store) == set(fresh)


def test_following_merges_and_splits_gives_exactly_what_loading_gives(catalogue: Catalogue) -> None:
    catalogue.put([("netz", "verein", {"kind": "organisation", "name": "Verein Posa", "part_of": ["openfairdb:p1"]})])
    store, follower = ox.Store(), Follower(str(catalogue.path))
    follower.load(store)
    a, b = catalogue.iri(FLAGSHIP, "posa"), catalogue.iri(OPEN, "p1")
    for verdict in ("different", "same", "different"):
        judge(catalogue.ledger, verdict, a, b, by="Redaktion", why="")  # type: ignore[arg-type]
        unify(catalogue.ledger)
        follower.follow(store)
        fresh = ox.Store()
        Follower(str(catalogue.path)).load(fresh)
        assert set(store) == set(fresh), verdict


def test_curators_judge_on_a_page_that_nobody_else_can_use(client: TestClient, catalogue: Catalogue) -> None:
    catalogue.put([
        ("a", "1", {"name": "Coworking am Markt", "locality": "Zeitz", "url": "https://space14.example/"}),
        ("b", "2", {"name": "Space 14", "locality": "Zeitz", "url": "https://space14.example/"}),
    ])  # fmt: skip
    assert client.get("/review").status_code == 401
    form = {"a": catalogue.iri("a", "1"), "b": catalogue.iri("b", "2"), "verdict": "same", "why": "selbst dort gewesen"}
    assert client.post("/review", data=form).status_code == 401
    assert client.post("/review/session", data={"token": "orte_00000000_0"}).status_code == 403
    token = create_for_curator(catalogue.ledger, "Redaktion", timedelta(days=3650))
    assert client.post("/review/session", data={"token": token}).status_code == 303
    page = client.get("/review?lang=de").text
    assert "Space 14" in page
    assert "gleiche Website" in page
    assert client.post("/review", data=form, headers={"origin": "https://evil.example"}).status_code == 403
    assert client.post("/review", data=form).status_code == 303
    assert frozenset(["a:1", "b:2"]) in catalogue.together()
    assert "selbst dort gewesen" in client.get("/review").text
    (number,) = [
        row[0] for row in catalogue.ledger.db.execute("SELECT number FROM judgement WHERE author = 'Redaktion'")
    ]
    assert client.post("/review", data={"undo": str(number)}).status_code == 303
    assert frozenset(["a:1", "b:2"]) not in catalogue.together()


def test_facts_only_where_there_is_no_licence(tmp_path: Path) -> None:
    """What licence.py leaves of a record: name, address, position, link; no text, no picture."""
    text = {"description": ox.Literal("Ein Haus", language="de"), "image": ox.NamedNode("https://a.example/b.jpg"),
            "keywords": ox.Literal("Haus", language="de")}  # fmt: skip
    record = made("a", "1", {**POSA[1][2], "at": (51.05, 12.14), "said": text, "url": "https://posa.example/"})
    triples = [quad.triple for quad in ox.parse(record.nquads, ox.RdfFormat.N_QUADS)]
    more = [ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment"), ox.NamedNode("http://xmlns.com/foaf/0.1/img")]
    triples += [ox.Triple(ox.NamedNode(record.iri + "#it"), one, ox.Literal("Ein Haus")) for one in more]
    left = {triple.predicate for triple in facts_only(triples)}
    assert left & {SCHEMA["description"], SCHEMA["image"], SCHEMA["keywords"], *more} == set()
    assert {SCHEMA["name"], SCHEMA["address"], SCHEMA["geo"], SCHEMA["url"], SCHEMA["telephone"]} <= left
    assert ORTE["partOf"] not in left
