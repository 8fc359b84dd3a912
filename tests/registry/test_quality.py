"""How complete, fresh and undisputed things are, and what would raise that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyoxigraph as ox
import pytest

from registry.ledger import Entity
from registry.quality import METRICS, Measured, Qualities, description, of_entity, of_source
from registry.quality.measuring import facts
from registry.quality.metrics import compare, freshness, measure
from registry.terms import CONCEPT, DQV, ORTE, RDFS, SCHEMA
from registry.vocabulary import vocabulary
from tests.registry.conftest import BASE, Ground

NOW = datetime(2026, 11, 1, 18, tzinfo=UTC)
ADDRESS, GEO = "urn:x#address", "urn:x#geo"
FULL: dict[str, dict[str, list[str]]] = {
    "": {
        SCHEMA["name"].value: ["Haus"],
        SCHEMA["address"].value: [ADDRESS],
        SCHEMA["geo"].value: [GEO],
        SCHEMA["openingHours"].value: ["24/7"],
        SCHEMA["url"].value: ["https://haus.example/"],
        SCHEMA["email"].value: ["info@haus.example"],
        ORTE["offers"].value: ["urn:x/service/desk#it"],
    },
    ADDRESS: {SCHEMA[name].value: ["x"] for name in ("streetAddress", "postalCode", "addressLocality")},
    GEO: {SCHEMA["latitude"].value: ["51.3"], SCHEMA["longitude"].value: ["12.4"]},
}


def without(*properties: str) -> dict[str, dict[str, list[str]]]:
    return {node: {p: v for p, v in said.items() if p not in properties} for node, said in FULL.items()}


def test_a_site_with_everything_has_nothing_to_raise() -> None:
    measured = measure("site", FULL, 3, None)
    assert set(measured.values) == set(METRICS) - {"agreement"}
    assert (measured.score, measured.improvements) == (1.0, ())


@pytest.mark.parametrize(
    ("missing", "metric", "value"),
    [
        ([SCHEMA["streetAddress"].value], "addressCompleteness", 2 / 3),
        ([SCHEMA["address"].value], "addressCompleteness", 0),
        ([SCHEMA["geo"].value], "positionCompleteness", 0),
        ([SCHEMA["longitude"].value], "positionCompleteness", 0),
        ([SCHEMA["openingHours"].value], "hoursCompleteness", 0),
        ([SCHEMA["url"].value], "contactCompleteness", 0.5),
        ([SCHEMA["email"].value], "contactCompleteness", 0.5),
        ([ORTE["offers"].value], "servicesCompleteness", 0),
    ],
)
def test_what_is_missing_lowers_exactly_one_metric_by_what_its_improvements_would_gain(
    missing: list[str], metric: str, value: float
) -> None:
    measured = measure("site", without(*missing), 3, None)
    assert measured.values[metric] == pytest.approx(value)
    assert {name for name, one in measured.values.items() if one < 1} == {metric}
    assert {one.metric for one in measured.improvements} == {metric}
    assert measured.score + sum(one.gain for one in measured.improvements) == pytest.approx(1)


def test_what_gains_most_comes_first() -> None:
    measured = measure("site", without(SCHEMA["streetAddress"].value, SCHEMA["openingHours"].value), 200, None)
    gains = [one.gain for one in measured.improvements]
    assert gains == sorted(gains, reverse=True)
    assert [one.metric for one in measured.improvements] == ["hoursCompleteness", "freshness", "addressCompleteness"]


def test_what_does_not_apply_does_not_count() -> None:
    virtual = without(SCHEMA["address"].value, SCHEMA["geo"].value)
    virtual[""][ORTE["presence"].value] = [CONCEPT["presence/virtual"].value]
    assert measure("site", virtual, 3, None).score == 1
    assert measure("site", without(SCHEMA["address"].value, SCHEMA["geo"].value), 3, None).score < 1
    network = {"": {SCHEMA["url"].value: ["https://n.example/"], SCHEMA["telephone"].value: ["+49 341 1"]}}
    assert set(measure("network", network, 3, None).values) == {"contactCompleteness", "freshness"}
    service = {"": {SCHEMA["potentialAction"].value: ["urn:b"], SCHEMA["openingHours"].value: ["24/7"]}}
    assert measure("service", service, 3, None).score == 1
    assert measure("organisation", FULL, 3, None).values.keys() == {
        "addressCompleteness", "contactCompleteness", "freshness"
    }  # fmt: skip


@pytest.mark.parametrize(("days", "value"), [(0, 1), (30, 1), (197.5, 0.5), (365, 0), (4000, 0), (None, 0)])
def test_freshness_falls_evenly(days: float | None, value: float) -> None:
    assert freshness(days) == pytest.approx(value)


def said(**values: str) -> dict[str, dict[str, list[str]]]:
    return {"": {SCHEMA[name].value: [value] for name, value in values.items()}}


def test_sources_agree_but_for_spelling_and_a_few_metres() -> None:
    a, b = said(name="Haus Eins", url="https://haus.example/"), said(name="haus eins", url="https://haus.example")
    for one, latitude in ((a, "51.3000"), (b, "51.3010")):
        one[""][SCHEMA["geo"].value] = [GEO]
        one[GEO] = {SCHEMA["latitude"].value: [latitude], SCHEMA["longitude"].value: ["12.4"]}
    found = compare([a, b])
    assert set(found.compared) == {SCHEMA[name].value for name in ("name", "url", "geo")}
    assert found.differing == frozenset()
    b[GEO][SCHEMA["latitude"].value] = ["51.3050"]
    b[""][SCHEMA["url"].value] = ["https://anderes.example/"]
    found = compare([a, b])
    assert found.differing == {SCHEMA["geo"].value, SCHEMA["url"].value}
    measured = measure("site", FULL, 3, found)
    assert measured.values["agreement"] == pytest.approx(1 / 3)
    assert {one.property for one in measured.improvements} == found.differing
    assert compare([a, said(email="x@y.example")]).compared == ()


def test_facts_read_what_a_parser_reads() -> None:
    nasty = 'quote " back \\ line \n tab \t umlaut ä and <https://a.example/> and \u2028'
    it = ox.NamedNode("urn:x#it")
    triples = [
        ox.Triple(it, SCHEMA["name"], ox.Literal(nasty, language="de")),
        ox.Triple(it, SCHEMA["geo"], ox.NamedNode(GEO)),
        ox.Triple(ox.NamedNode(GEO), SCHEMA["latitude"], ox.Literal(51.5)),
    ]
    lines = (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
    assert facts("urn:x#it", lines) == {
        "": {SCHEMA["name"].value: [nasty], SCHEMA["geo"].value: [GEO]},
        GEO: {SCHEMA["latitude"].value: ["51.5"]},
    }


ENTRIES: list[dict[str, Any]] = [
    {"key": "1", "name": "Haus Eins", "lat": 51.3, "lon": 12.4, "phone": "0341 1234567", "desk": True},
    {"key": "2", "name": "Haus Zwei", "lat": 51.4, "lon": 12.5},
    {"key": "3", "name": "Haus Drei"},
]


def measured_of(ground: Ground, now: datetime) -> Measured:
    (state,) = ground.ledger.sources()
    return of_source(ground.ledger, state, now)


def test_a_source_is_the_mean_of_its_entries_and_says_how_many_lack_what(ground: Ground) -> None:
    ground.harvest(ENTRIES)
    measured = measured_of(ground, NOW)
    assert measured.things == 4, "three sites and a desk"
    assert measured.values["positionCompleteness"] == pytest.approx(2 / 3)
    assert measured.values["servicesCompleteness"] == pytest.approx(1 / 3)
    assert measured.values["freshness"] == 1
    lacking = {one.property: one.affected for one in measured.improvements if one.metric != "hoursCompleteness"}
    assert lacking[SCHEMA["geo"].value] == 1
    assert lacking[SCHEMA["url"].value] == 3
    assert lacking[SCHEMA["telephone"].value] == 2
    gains = [one.gain for one in measured.improvements]
    assert gains == sorted(gains, reverse=True)
    assert measured_of(ground, NOW + timedelta(days=200)).values["freshness"] == pytest.approx(165 / 335, abs=0.01)


def test_entities_that_several_sources_know(ground: Ground) -> None:
    ground.harvest([ENTRIES[0]])
    ground.configure(id="andere")
    ground.harvest([{**ENTRIES[0], "phone": "0341 7654321"}])
    db = ground.ledger.db
    (first,) = db.execute("SELECT entity FROM record WHERE source = 'liste' AND kind = 'site'").fetchone()
    with ground.ledger.transaction():
        db.execute("UPDATE record SET entity = ? WHERE kind = 'site'", (first,))
    (iri,) = db.execute("SELECT iri FROM entity WHERE id = ?", (first,)).fetchone()
    entity = ground.ledger.entity(iri)
    assert isinstance(entity, Entity)
    measured = of_entity(ground.ledger, entity, NOW)
    assert measured.values["agreement"] == pytest.approx(2 / 3), "name and position, not the telephone"
    assert SCHEMA["telephone"].value in {one.property for one in measured.improvements if one.metric == "agreement"}
    states = {state.id: state for state in ground.ledger.sources()}
    for name in ("liste", "andere"):
        both = (2 / 3 + 1) / 2  # the site, and the desk in it, of which both say the same
        assert of_source(ground.ledger, states[name], NOW).values["agreement"] == pytest.approx(both)


def test_a_source_is_measured_once_for_each_of_its_states(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.harvest(ENTRIES)
    asked: list[object] = []
    measure_source = of_source
    monkeypatch.setattr(
        "registry.quality.measuring.of_source", lambda *given: (asked.append(given), measure_source(*given))[1]
    )
    qualities = Qualities()
    (state,) = ground.ledger.sources()
    for _ in range(3):
        qualities.of_source(ground.ledger, state, NOW)
    assert len(asked) == 1
    qualities.of_source(ground.ledger, state, NOW + timedelta(days=1))
    ground.harvest(ENTRIES[:2], accept_shrink=True)
    (state,) = ground.ledger.sources()
    assert qualities.of_source(ground.ledger, state, NOW + timedelta(days=1)).things == 3
    assert len(asked) == 3


def test_an_empty_source_has_no_quality(ground: Ground) -> None:
    ground.harvest([{"key": "x"}])
    measured = measured_of(ground, NOW)
    assert (measured.things, measured.values, measured.improvements, measured.score) == (0, {}, (), 0.0)
    assert list(description(f"{BASE}/sources/liste", measured).triples())


@pytest.mark.parametrize("name", ["qualityScore", *METRICS])
def test_every_metric_is_explained(name: str) -> None:
    said = {triple.predicate for triple in vocabulary().about(f"{ORTE}{name}")}
    assert {RDFS["label"], RDFS["comment"], DQV["inDimension"]} <= said
