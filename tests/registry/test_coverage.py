"""Coverage: sites against the target and people within reach, as somebody with pencil and map would count them."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from harvesters.gazetteer import Gazetteer
from registry import coverage
from registry.coverage import RADIUS, DistrictCoverage
from registry.project import Follower
from registry.publishing import publish
from registry.terms import CONCEPT, REGION
from registry.web import charts
from tests.registry.conftest import BASE, Ground

LIFT = f"""
CONSTRUCT {{
  ?it a orte:CooperationSite ; schema:name ?name ; orte:region ?region ; orte:phase ?phase ; orte:partOf ?house ;
    schema:geo ?geo .
  ?geo a schema:GeoCoordinates ; schema:latitude ?lat ; schema:longitude ?lon .
}} WHERE {{
  ?r a fx:root ; xyz:name ?n ; xyz:region ?ags ; xyz:lat ?y ; xyz:lon ?x .
  BIND(fn:it(?r) AS ?it) BIND(STRLANG(?n, "de") AS ?name) BIND(IRI(CONCAT("{REGION}", ?ags)) AS ?region)
  BIND(fn:node(?r, "geo") AS ?geo) BIND(xsd:decimal(?y) AS ?lat) BIND(xsd:decimal(?x) AS ?lon)
  OPTIONAL {{ ?r xyz:phase ?p BIND(IRI(CONCAT("{CONCEPT}phase/", ?p)) AS ?phase) }}
  OPTIONAL {{ ?r xyz:house ?h BIND(fn:record("liste", ?h) AS ?house) }}
}}
"""
# Along one meridian a degree is 111,195 m. Grimma 51.20; Naunhof 0.020° (2,224 m) and Colditz 0.030° (3,336 m) from it.
POSTAL = """\
zipcode,place,community_code,latitude,longitude
04668,Grimma,14729,51.2000,12.7000
04683,Naunhof,14729,51.2200,12.7000
04680,Colditz,14729,51.1700,12.7000
04860,Torgau,14730,51.5600,13.0000
04861,Torgau,14730,51.6600,13.0000
04874,Belgern,14730,51.5600,13.0100
"""
TOWNS = """\
ags,name,level,kreis_ags,population_2018,population_2021
14729000,Landkreis Leipzig,kreis,14729,1,1
14729160,"Grimma, Stadt",gemeinde,14729,1,20000
14729300,"Naunhof, Stadt",gemeinde,14729,1,9000
14729080,"Colditz, Stadt",gemeinde,14729,1,8000
14729999,Lossatal,gemeinde,14729,1,6000
14730310,"Torgau, Stadt",gemeinde,14730,1,20001
14730020,"Belgern-Schildau, Stadt",gemeinde,14730,1,7000
"""
GRIMMA = {"region": "14729", "lat": 51.2, "lon": 12.7}
TORGAU = {"region": "14730", "lat": 51.56, "lon": 13.0}


@pytest.fixture
def gazetteer(tmp_path: Path) -> Gazetteer:
    (tmp_path / "plz.csv").write_text(POSTAL, encoding="utf-8")
    (tmp_path / "towns.csv").write_text(TOWNS, encoding="utf-8")
    return Gazetteer.load(tmp_path / "plz.csv", tmp_path / "towns.csv")


def counted(ground: Ground, gazetteer: Gazetteer) -> dict[str, DistrictCoverage]:
    publish(ground.ledger, gazetteer)
    state = coverage.latest(ground.ledger.db)
    assert state is not None
    return {one.ags: one for one in state.districts}


def site(key: str, where: dict[str, object], **more: object) -> dict[str, object]:
    return {"key": key, "name": f"Haus {key}", **where, **more}


def test_figures_equal_a_calculation_by_hand(ground: Ground, gazetteer: Gazetteer) -> None:
    ground.configure(lift=LIFT)
    ground.harvest([
        site("a", GRIMMA, phase="operating"),
        site("b", GRIMMA, phase="on-trial"),
        site("werkstatt", GRIMMA, phase="operating", house="a"),  # part of another one
        site("c", GRIMMA),  # no phase
        site("d", GRIMMA, phase="closed"),
        site("e", TORGAU, phase="building"),  # nobody can go there yet
    ])  # fmt: skip
    found = counted(ground, gazetteer)
    # Grimma and Naunhof are within 15 km/h · ¼ h ÷ 1.3 = 2,885 m, Colditz is not; Lossatal has no point.
    assert round(RADIUS) == 2885
    assert found["14729"] == DistrictCoverage("14729", 2, 1, 0, population=37000, reached=29000, unplaced=6000)
    assert found["14730"] == DistrictCoverage("14730", 0, 0, 1, population=27001, reached=0, unplaced=0)
    assert found["14713"] == DistrictCoverage("14713", 0, 0, 0)
    state = coverage.latest(ground.ledger.db)
    assert state is not None
    assert [(gap.name, gap.unreached) for gap in state.gaps] == [
        ("Torgau", 20001), ("Colditz", 8000), ("Belgern-Schildau", 7000)
    ]  # fmt: skip
    assert state.population_date == "2021-12-31"


def test_a_town_with_two_points_is_reached_by_half(ground: Ground, gazetteer: Gazetteer) -> None:
    ground.configure(lift=LIFT)
    ground.harvest([site("e", TORGAU, phase="operating")])
    found = counted(ground, gazetteer)["14730"]
    # half of Torgau (10,000.5), and Belgern, 0.01° of longitude or 691 m away, which stands for Belgern-Schildau
    assert (found.reached, found.share) == (17000, 17000 / 27001)


def test_without_a_gazetteer_reach_is_absent_and_sites_are_counted(ground: Ground) -> None:
    ground.configure(lift=LIFT)
    ground.harvest([site("a", GRIMMA, phase="operating")])
    found = counted(ground, Gazetteer())["14729"]
    assert (found.operating, found.population, found.reached, found.share) == (1, None, None, None)


def test_it_counts_again_only_when_a_site_or_the_gazetteer_changed(ground: Ground, gazetteer: Gazetteer) -> None:
    ground.configure(lift=LIFT)
    entry = site("a", GRIMMA, phase="operating")
    ground.harvest([entry])
    assert coverage.follow(ground.ledger, gazetteer)
    before = ground.ledger.db.total_changes
    ground.harvest([entry])
    work = ground.ledger.db.total_changes
    assert not coverage.follow(ground.ledger, gazetteer)
    assert ground.ledger.db.total_changes == work > before
    assert coverage.follow(ground.ledger, Gazetteer())


def test_every_day_with_a_change_is_kept(ground: Ground, gazetteer: Gazetteer) -> None:
    ground.configure(lift=LIFT)
    ground.harvest([site("a", GRIMMA, phase="idea")])
    publish(ground.ledger, gazetteer)
    ground.clock.tick(days=40)
    ground.harvest([site("a", GRIMMA, phase="operating")])
    publish(ground.ledger, gazetteer)
    states = coverage.through_time(ground.ledger.db)
    assert [(one.day, one.districts[1].planned, one.districts[1].operating) for one in states] == [
        ("2026-12-11", 0, 1), ("2026-11-01", 1, 0)
    ]  # fmt: skip


def test_days_that_nobody_counted_are_made_from_the_log(ground: Ground, gazetteer: Gazetteer) -> None:
    ground.configure(lift=LIFT)
    house, part = site("a", GRIMMA, phase="idea"), site("b", TORGAU, phase="operating", house="a")
    for entries in (
        [house],
        [house, part, site("c", TORGAU)],
        [{**house, "phase": "operating"}, part],
        [site("b", TORGAU, phase="operating")],
        [site("b", TORGAU, phase="operating", name="Umbenannt")],
    ):
        ground.harvest(entries)
        publish(ground.ledger, gazetteer)
        ground.clock.tick(days=3)
    publish(ground.ledger, gazetteer)
    counted = coverage.through_time(ground.ledger.db)
    assert len(counted) == 4, "nothing counts a name"
    ground.ledger.db.executescript("DROP TABLE coverage; DROP TABLE coverage_seen")
    assert not coverage.through_time(ground.ledger.db)
    publish(ground.ledger, gazetteer)
    assert coverage.through_time(ground.ledger.db) == counted


def test_the_engine_holds_the_observations_and_follows(ground: Ground, gazetteer: Gazetteer) -> None:
    ground.configure(lift=LIFT)
    ground.harvest([site("a", GRIMMA, phase="idea")])
    publish(ground.ledger, gazetteer)
    store, follower = ox.Store(), Follower(str(ground.path))
    follower.load(store)
    assert _observed(store) == [("14729", "0", "1", "0")]
    ground.harvest([site("a", GRIMMA, phase="operating")])
    publish(ground.ledger, gazetteer)
    follower.follow(store)
    assert _observed(store) == [("14729", "1", "0", "0.7838")]  # 29,000 of 37,000


def _observed(store: ox.Store) -> list[tuple[str, ...]]:
    query = f"""
    PREFIX qb: <http://purl.org/linked-data/cube#> PREFIX orte: <https://w3id.org/orte/ns#>
    SELECT ?ags ?operating ?planned ?share {{
      ?region orte:ags ?ags
      GRAPH <{BASE}/graph/coverage> {{
        ?o a qb:Observation ; qb:dataSet <{BASE}/coverage> ; orte:region ?region ; orte:operatingSites ?operating ;
          orte:plannedSites ?planned ; orte:shareReached ?share
      }}
      FILTER(?operating + ?planned > 0)
    }}"""
    rows = store.query(query)
    assert isinstance(rows, ox.QuerySolutions)
    return [tuple(term.value for term in row if isinstance(term, ox.Literal)) for row in rows]


def test_the_drawing_through_time_steps_where_counts_do() -> None:
    def state(day: str, count: int) -> coverage.Coverage:
        return coverage.Coverage(day, (coverage.DistrictCoverage("14729", count, 1, 0),), (), None)

    assert charts.trends([state("2026-01-01", 4)], {"14729": "Landkreis Leipzig"}, {}) is None
    drawn = charts.trends(
        [state("2026-01-01", 3), state("2026-01-11", 7), state("2026-01-21", 15)],
        {"14729": "Landkreis Leipzig"}, {"14729": (5, 15)},
    )  # fmt: skip
    assert drawn is not None
    (trend,) = drawn.trends
    wide, high = drawn.size
    assert (drawn.most, trend.last) == (16, 16)
    numbers = [float(number) for number in re.findall(r"[\d.]+", trend.line)]
    assert numbers == pytest.approx([
        trend.x, trend.y + high * 12 / 16, trend.x + wide / 2, trend.y + high * 8 / 16, trend.x + wide, trend.y,
    ], abs=0.11)  # fmt: skip
    assert trend.band == pytest.approx((trend.y + high / 16, high * 10 / 16), abs=0.11)
