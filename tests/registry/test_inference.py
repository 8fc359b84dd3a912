"""Rules: what they derive, on what grounds, and that it goes when the grounds go, wherever in the catalogue that is."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox
import pytest

from harvesters.gazetteer import Gazetteer
from harvesters.stations import Station, Stations
from registry import inference
from registry.project import Follower
from registry.terms import CONCEPT
from tests.registry.conftest import BASE, Ground

LIFT = f"""
CONSTRUCT {{
  ?it a ?class ; schema:name ?name ; orte:theme ?theme ; orte:audience ?audience ; orte:phase ?phase ;
    schema:memberOf ?network ; orte:operatedBy ?operator ; orte:organisationKind ?kind ; orte:status ?status ;
    orte:offers ?service ; schema:geo ?geo .
  ?geo a schema:GeoCoordinates ; schema:latitude ?lat ; schema:longitude ?lon .
  ?service a orte:Service ; schema:name ?name ; orte:serviceKind <{CONCEPT}service/desk> ;
    schema:potentialAction ?action .
  ?action a schema:ReserveAction ; schema:target ?target .
}} WHERE {{
  ?r a fx:root ; xyz:name ?n ; xyz:class ?c .
  BIND(fn:it(?r) AS ?it) BIND(STRLANG(?n, "de") AS ?name) BIND(IRI(CONCAT(STR(orte:), ?c)) AS ?class)
  OPTIONAL {{ ?r xyz:themes/fx:item ?t BIND(IRI(CONCAT("{CONCEPT}theme/", ?t)) AS ?theme) }}
  OPTIONAL {{ ?r xyz:audience ?a BIND(IRI(CONCAT("{CONCEPT}audience/", ?a)) AS ?audience) }}
  OPTIONAL {{ ?r xyz:phase ?p BIND(IRI(CONCAT("{CONCEPT}phase/", ?p)) AS ?phase) }}
  OPTIONAL {{ ?r xyz:network ?w BIND(fn:record("liste", ?w) AS ?network) }}
  OPTIONAL {{ ?r xyz:operator ?o BIND(fn:record("liste", ?o) AS ?operator) }}
  OPTIONAL {{ ?r xyz:kind ?k BIND(IRI(CONCAT("{CONCEPT}organisation/", ?k)) AS ?kind) }}
  OPTIONAL {{ ?r xyz:status ?s BIND(IRI(CONCAT("{CONCEPT}status/", ?s)) AS ?status) }}
  OPTIONAL {{
    ?r xyz:lat ?y ; xyz:lon ?x BIND(fn:node(?r, "geo") AS ?geo)
    BIND(xsd:decimal(?y) AS ?lat) BIND(xsd:decimal(?x) AS ?lon)
  }}
  OPTIONAL {{
    ?r xyz:book ?b BIND(fn:it(?r, "service/desk") AS ?service) BIND(IRI(?b) AS ?target)
    BIND(fn:node(?service, "action") AS ?action)
  }}
}}
"""
HUB: dict[str, Any] = {"key": "hub", "name": "Werk 1", "class": "CooperationSite", "themes": ["crafts"],
                       "network": "netz", "operator": "firma"}  # fmt: skip
NETWORK = {"key": "netz", "name": "Netz", "class": "Network"}
COMPANY = {"key": "firma", "name": "Firma", "class": "Organisation", "kind": "company"}


@pytest.fixture
def catalogue(ground: Ground) -> Ground:
    ground.configure(lift=LIFT.replace("STR(orte:)", '"https://w3id.org/orte/ns#"'), max_shrink=1.0)
    return ground


def derived(ground: Ground) -> dict[str, list[str]]:
    """Names of the entities by rule."""
    found: dict[str, list[str]] = {}
    for one in inference.since(ground.ledger.db, 0)[0]:
        if one.grounds:
            found.setdefault(one.rule, []).append(one.entity.rpartition("/")[2][:-5])
    return {rule: sorted(names) for rule, names in found.items()}


def test_a_candidate_and_its_grounds(catalogue: Ground) -> None:
    catalogue.harvest([HUB, NETWORK, COMPANY])
    assert derived(catalogue) == {"innovation-candidate": ["werk-1"]}
    ((one,), _) = inference.since(catalogue.ledger.db, 0)
    grounds = [ground.value.removeprefix(f"{BASE}/")[:-5] for ground in one.grounds]
    assert grounds == ["network/netz", "organisation/firma", f"{CONCEPT}theme/crafts"[:-5]]


@pytest.mark.parametrize(
    "now",
    [
        [{**HUB, "themes": ["crafts", "tourism"]}, NETWORK, COMPANY],
        [{**HUB, "class": "InnovationSite"}, NETWORK, COMPANY],
        [{**HUB, "phase": "closed"}, NETWORK, COMPANY],
        [HUB, {**NETWORK, "status": "ended"}, COMPANY],  # nothing about the site itself changed
        [HUB, NETWORK, {**COMPANY, "kind": "university"}],
        [HUB, NETWORK],
        [NETWORK, COMPANY],
    ],
)
def test_it_goes_with_any_of_its_grounds(catalogue: Ground, now: list[dict[str, Any]]) -> None:
    catalogue.harvest([HUB, NETWORK, COMPANY])
    catalogue.harvest(now)
    assert "innovation-candidate" not in derived(catalogue)
    catalogue.harvest([HUB, NETWORK, COMPANY])
    assert "innovation-candidate" in derived(catalogue)


def test_a_network_whose_last_member_closed_or_went(catalogue: Ground) -> None:
    other = {"key": "haus", "name": "Haus", "class": "CooperationSite", "network": "netz"}
    catalogue.harvest([NETWORK, other])
    assert derived(catalogue) == {}
    catalogue.harvest([NETWORK, {**other, "phase": "closed"}])
    assert derived(catalogue) == {"network-without-members": ["netz"]}
    catalogue.harvest([NETWORK, other])
    assert derived(catalogue) == {}
    catalogue.harvest([NETWORK])
    assert derived(catalogue) == {"network-without-members": ["netz"]}
    catalogue.harvest([{**NETWORK, "status": "ended"}])
    assert derived(catalogue) == {}


def test_on_trial_for_a_year_shows_without_any_change(catalogue: Ground) -> None:
    trial = {"key": "pop", "name": "Pop-up", "class": "CooperationSite", "phase": "idea"}
    catalogue.harvest([trial])
    catalogue.clock.tick(days=300)
    catalogue.harvest([{**trial, "phase": "on-trial"}])
    catalogue.clock.tick(days=300)
    catalogue.harvest([{**trial, "phase": "on-trial", "themes": ["crafts"]}])  # changed, and on trial as before
    assert derived(catalogue) == {}
    catalogue.clock.tick(days=66)
    catalogue.harvest([{**trial, "phase": "on-trial", "themes": ["crafts"]}])
    assert derived(catalogue) == {"long-on-trial": ["pop-up"]}
    catalogue.harvest([{**trial, "phase": "operating"}])
    assert derived(catalogue) == {}


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"audience": "commuters"}, True),
        ({"audience": "families"}, False),
        ({"name": "Bahnhof Leisnig"}, True),
        ({"name": "Kulturbahnhof Leisnig"}, True),
        ({"name": "Haus Bahnhofstraße"}, False),
        ({"audience": "commuters", "book": None}, False),
    ],
)
def test_commuter_harbours(catalogue: Ground, more: dict[str, Any], found: bool) -> None:
    site = {"key": "p", "name": "Platz", "class": "CooperationSite", "book": "https://p.example/book", **more}
    catalogue.harvest([site])
    assert ("commuter-harbour" in derived(catalogue)) is found


def test_desks_near_a_station_are_for_commuters(catalogue: Ground) -> None:
    stations = Stations([Station("Grimma ob Bf", 51.2382, 12.7262), Station("Leipzig Hbf", 51.345, 12.382)])
    site = {"key": "p", "name": "Platz", "class": "CooperationSite", "book": "https://p.example/book"}
    near, far = {"lat": "51.2310", "lon": "12.7262"}, {"lat": "51.2290", "lon": "12.7262"}  # 800 m and 1020 m
    catalogue.harvest([{**site, **near}])
    assert "commuter-harbour" not in derived(catalogue)
    inference.follow(catalogue.ledger, Gazetteer(stations=stations))
    assert derived(catalogue)["commuter-harbour"] == ["platz"]
    (one,) = (one for one in inference.since(catalogue.ledger.db, 0)[0] if one.rule == "commuter-harbour")
    assert ox.Literal("Grimma ob Bf") in one.grounds
    catalogue.harvest([{**site, **near, "name": "Platz am Fluss"}])  # what publishes without a gazetteer remembers
    assert derived(catalogue)["commuter-harbour"] == ["platz"]
    catalogue.harvest([{**site, **far}])
    assert "commuter-harbour" not in derived(catalogue)
    catalogue.harvest([{**site, **near}])
    inference.follow(catalogue.ledger, Gazetteer())
    assert "commuter-harbour" not in derived(catalogue), "the operator took the stations away"


def test_the_engine_shows_rule_and_grounds_and_forgets_what_is_withdrawn(catalogue: Ground) -> None:
    catalogue.harvest([HUB, NETWORK, COMPANY])
    store, follower = ox.Store(), Follower(str(catalogue.path))
    follower.load(store)
    rows = store.query(f"""
        PREFIX orte: <https://w3id.org/orte/ns#> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
        PREFIX schema: <https://schema.org/>
        SELECT ?name ?ground {{
          GRAPH <{BASE}/graph/inferred> {{
            ?site orte:derived ?what . ?s rdf:subject ?site ; rdf:object ?what ; orte:rule ?rule ; orte:ground ?g
          }}
          ?site schema:name ?name . ?g schema:name ?ground
        }} ORDER BY ?ground""")
    assert isinstance(rows, ox.QuerySolutions)
    assert [(str(row["name"]), str(row["ground"])) for row in rows] == [
        ('"Werk 1"@de', '"Firma"@de'), ('"Werk 1"@de', '"Netz"@de')
    ]  # fmt: skip
    catalogue.harvest([{**HUB, "themes": []}, NETWORK, COMPANY])
    follower.follow(store)
    assert not list(store.quads_for_pattern(None, None, None, ox.NamedNode(f"{BASE}/graph/inferred")))


def test_deriving_anew_changes_nothing(catalogue: Ground) -> None:
    catalogue.harvest([HUB, NETWORK, COMPANY])
    before = inference.since(catalogue.ledger.db, 0)
    assert before[0]
    assert inference.rebuild(catalogue.ledger) == 0
    assert inference.since(catalogue.ledger.db, 0) == before
