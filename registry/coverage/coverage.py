"""Count sites by district and people within reach, once per publication in which sites changed, and keep it by day."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files

import orjson

from harvesters.gazetteer import Gazetteer
from registry.coverage.census import Census, now, past
from registry.coverage.reach import DETOUR, MINUTES, SPEED, Near, Settlement, reached, settlements
from registry.ledger import Ledger
from registry.search.lookup import exists
from registry.vocabulary import vocabulary

DDL = files("registry.coverage").joinpath("schema.sql").read_text(encoding="utf-8")
OPEN = ("on-trial", "start-up", "operating")
"""Phases in which people can use a site. Closed, moved and paused ones count nowhere."""
PLANNED = ("idea", "project-development", "building")
_GAPS = 20


@dataclass(frozen=True)
class DistrictCoverage:
    """One district: its cooperation sites by phase, and its people by reach; these are None without a gazetteer.

    `unstated` are sites of which no source states the phase. `population` is that of the municipalities that have a
    point, `reached` how many of them have an open or unstated site near by, `unplaced` live in the others.
    """

    ags: str
    operating: int
    unstated: int
    planned: int
    population: int | None = None
    reached: int | None = None
    unplaced: int | None = None

    @property
    def share(self) -> float | None:
        """The part of its people within reach, from 0 to 1."""
        return self.reached / self.population if self.population and self.reached is not None else None


@dataclass(frozen=True)
class Gap:
    """A municipality of which so many people have no site within reach."""

    ags: str
    name: str
    district: str
    population: int
    unreached: int


@dataclass(frozen=True)
class Coverage:
    """The state at the end of a day. `population_date` is None where no gazetteer with population is configured."""

    day: str
    districts: tuple[DistrictCoverage, ...]
    gaps: tuple[Gap, ...]
    population_date: str | None


def follow(ledger: Ledger, gazetteer: Gazetteer) -> bool:
    """Bring the coverage up to date with the search view; True when it changed.

    Counts only when a site changed since the last time, or the gazetteer did. The first time counts the days before
    today, too, from the log of activities; with the gazetteer of today, for we have no other.
    """
    with ledger.transaction():
        for statement in DDL.split(";\n"):
            if statement.strip():
                ledger.db.execute(statement)
        version = _version(ledger.db)
        basis = f"{gazetteer.fingerprint} {SPEED:g} {MINUTES:g} {DETOUR:g}"
        seen = ledger.db.execute("SELECT version, basis FROM coverage_seen").fetchone()
        if seen and seen[1] == basis and not _sites_changed(ledger.db, seen[0], version):
            return False
        if not seen:
            for day, census in past(ledger):
                _keep(ledger.db, assess(day, census, gazetteer))
        ledger.db.execute("INSERT OR REPLACE INTO coverage_seen VALUES (1, ?, ?)", (version, basis))
        return _keep(ledger.db, assess(ledger.now()[:10], now(ledger.db), gazetteer))


def _keep(db: sqlite3.Connection, found: Coverage) -> bool:
    """Keep a state under its day, unless it is that of the day before it."""
    before = latest(db)
    if before and asdict(before) | {"day": found.day} == asdict(found):
        return False
    db.execute("INSERT OR REPLACE INTO coverage VALUES (?, ?)", (found.day, orjson.dumps(asdict(found)).decode()))
    return True


def assess(day: str, census: Census, gazetteer: Gazetteer) -> Coverage:
    """The coverage by these sites."""
    stated = frozenset[int | str]().union(*census.phases.values())
    opened, planned = (
        frozenset[int | str]().union(*(census.phases.get(phase, ()) for phase in phases)) for phases in (OPEN, PLANNED)
    )
    unstated = census.sites - stated
    districts = list(vocabulary().districts)
    towns = settlements(gazetteer, districts)
    near = Near(census.positions[site] for site in opened | unstated if site in census.positions)
    parts = {town.ags: reached(town, near) for town in towns if town.points}
    found = []
    for ags in districts:
        inside = census.regions.get(ags, frozenset())
        people = _people([town for town in towns if town.district == ags], parts)
        open_, unsure, coming = (len(inside & some) for some in (opened, unstated, planned))
        found.append(DistrictCoverage(ags, open_, unsure, coming, *people))
    gaps = [
        Gap(town.ags, town.name, town.district, town.population, round(town.population * (1 - parts[town.ags])))
        for town in towns
        if town.ags in parts and parts[town.ags] < 1
    ]
    gaps.sort(key=lambda gap: (-gap.unreached, gap.ags))
    return Coverage(day, tuple(found), tuple(gaps[:_GAPS]), gazetteer.population_date if towns else None)


def latest(db: sqlite3.Connection) -> Coverage | None:
    """The last state that was counted; None before the first time."""
    return next(iter(through_time(db, 1)), None)


def through_time(db: sqlite3.Connection, limit: int = -1) -> list[Coverage]:
    """The states by day, the last one first; a day on which nothing changed has none."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'coverage'").fetchone():
        return []
    rows = db.execute("SELECT body FROM coverage ORDER BY day DESC LIMIT ?", (limit,))
    return [_read(body) for (body,) in rows]


def _read(body: str) -> Coverage:
    state = orjson.loads(body)
    districts = tuple(DistrictCoverage(**one) for one in state["districts"])
    return Coverage(state["day"], districts, tuple(Gap(**one) for one in state["gaps"]), state["population_date"])


def _people(towns: Sequence[Settlement], parts: dict[str, float]) -> tuple[int | None, int | None, int | None]:
    """Population with a point, how many of it are reached, and population without a point."""
    if not towns:
        return None, None, None
    placed = [town for town in towns if town.points]
    everybody = sum(town.population for town in placed)
    near = round(sum(town.population * parts[town.ags] for town in placed))
    return everybody, near, sum(town.population for town in towns if not town.points)


def _version(db: sqlite3.Connection) -> int:
    if not exists(db):
        return 0
    return int(db.execute("SELECT coalesce(max(version), 0) FROM search_change").fetchone()[0])


def _sites_changed(db: sqlite3.Connection, since: int, now: int) -> bool:
    """Whether a site came, changed or went; of what went, the kind is not known any more."""
    if since == now:
        return False
    row = db.execute(
        "SELECT 1 FROM search_change c LEFT JOIN search_entity e ON e.id = c.entity"
        " WHERE c.version > ? AND coalesce(e.kind, 'site') = 'site' LIMIT 1",
        (since,),
    ).fetchone()
    return row is not None
