"""The sites that coverage counts: as they are now, from the search view; as they were, from the log of activities."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from registry.formats import Description
from registry.ledger import Ledger
from registry.ledger.activities import since
from registry.search.facets import values
from registry.search.lookup import exists
from registry.terms import CONCEPT, ORTE, REGION
from registry.vocabulary import vocabulary

Position = tuple[float, float]
_SITE = ORTE["CooperationSite"].value


@dataclass(frozen=True)
class Census:
    """Cooperation sites, each by a key of its own (a number, or its IRI), that are no part of another one.

    `phases` and `regions` hold the sites by name of the phase and by AGS of the district; `positions` latitude and
    longitude in degrees of those that have them.
    """

    sites: frozenset[int | str]
    phases: Mapping[str, frozenset[int | str]]
    regions: Mapping[str, frozenset[int | str]]
    positions: Mapping[int | str, Position]


def now(db: sqlite3.Connection) -> Census:
    """From the search view."""
    if not exists(db):
        return Census(frozenset(), {}, {}, {})
    sites = _with(db, "type", _SITE) - _parts(db)
    rows = db.execute("SELECT id, latitude, longitude FROM search_entity WHERE kind = 'site' AND latitude NOT NULL")
    return Census(
        sites,
        {phase: sites & _with(db, "phase", f"{CONCEPT}phase/{phase}") for phase in _phases()},
        {ags: sites & _with(db, "region", f"{REGION}{ags}") for ags in vocabulary().districts},
        {number: (latitude, longitude) for number, latitude, longitude in rows},
    )


def past(ledger: Ledger) -> Iterator[tuple[str, Census]]:
    """Each day before today (UTC) on which a site changed, oldest first, with the sites at its end.

    As far back as the log goes: of what is older than its retention it holds the latest versions only.
    """
    start, today = f"{ledger.base}/site/", ledger.now()[:10]
    sites: dict[str, _Site] = {}
    day, changed = "", False
    for activity in since(ledger.db, 0, "entity"):
        if activity.published[:10] >= today:
            break
        if activity.published[:10] != day:
            if changed:
                yield day, _census(sites)
            day, changed = activity.published[:10], False
        if activity.object.startswith(start):
            changed = True
            sites.pop(activity.object, None)
            if activity.nquads is not None:
                sites[activity.object] = _Site.read(activity.object, activity.nquads)
    if changed:
        yield day, _census(sites)


@dataclass(frozen=True)
class _Site:
    facets: frozenset[tuple[str, str]]
    houses: tuple[str, ...]
    position: Position | None

    @classmethod
    def read(cls, iri: str, nquads: str) -> _Site:
        description = Description.parse(iri, nquads)
        found = values(description, vocabulary())
        kept = frozenset(pair for pair in found if pair[0] in ("type", "phase", "region"))
        return cls(kept, tuple(description.iris(ORTE["partOf"].value)), description.position)


def _census(sites: Mapping[str, _Site]) -> Census:
    whole = {
        iri: site
        for iri, site in sites.items()
        if ("type", _SITE) in site.facets and not any(house in sites for house in site.houses)
    }

    def having(facet: str, value: str) -> frozenset[int | str]:
        return frozenset(iri for iri, site in whole.items() if (facet, value) in site.facets)

    return Census(
        frozenset(whole),
        {phase: having("phase", f"{CONCEPT}phase/{phase}") for phase in _phases()},
        {ags: having("region", f"{REGION}{ags}") for ags in vocabulary().districts},
        {iri: site.position for iri, site in whole.items() if site.position},
    )


def _phases() -> list[str]:
    return [iri.rpartition("/")[2] for iri in vocabulary().concepts(f"{CONCEPT}phase")]


def _with(db: sqlite3.Connection, facet: str, value: str) -> frozenset[int | str]:
    """The sites, by their number in the search view, that have a value of a facet."""
    rows = db.execute(
        "SELECT f.entity FROM search_facet f JOIN search_value v ON v.id = f.value"
        " WHERE v.kind = 'site' AND v.facet = ? AND v.value = ?",
        (facet, value),
    )
    return _numbers(rows)


def _parts(db: sqlite3.Connection) -> frozenset[int | str]:
    rows = db.execute(
        "SELECT l.entity FROM search_link l JOIN search_entity house ON house.iri = l.target"
        " WHERE l.relation = 'partOf'"
    )
    return _numbers(rows)


def _numbers(rows: Iterable[tuple[int]]) -> frozenset[int | str]:
    return frozenset(number for (number,) in rows)
