"""Apply the rules to what a change in the catalogue can affect, and to nothing else.

A rule sees an entity and everything it points at. So after a change these are looked at again: the entity itself; the
sites that point at it, where it is an organisation, a network or a service; all networks, as they are few and depend on
members that may have gone; and sites on trial, as time passes. A rule that looks further needs more here.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from importlib.resources import files

import orjson
import pyoxigraph as ox

from harvesters.gazetteer import Gazetteer
from harvesters.stations import Station, Stations
from registry.inference.rules import LIVING_MEMBERS, NEAR_STATION, PHASE_SINCE, fingerprint, rules
from registry.ledger import Ledger, activities
from registry.ledger.activities import unpack
from registry.terms import CONCEPT, KINDS, ORTE, SCHEMA, XSD

DDL = files("registry.inference").joinpath("schema.sql").read_text(encoding="utf-8")
FOLLOWER = "inference"
BATCH = 500
"""Entities that the rules are asked about at a time."""
_ON_TRIAL = f"{CONCEPT}phase/on-trial"
_OVER = (f"{CONCEPT}phase/closed", f"{CONCEPT}phase/moved")
_POINTED_AT = re.compile(rf"> <([^<>#\s]+/(?:{'|'.join(KINDS)})/[^<>/#\s]+)> \.\n")
"""An entity as the object of a canonical line."""
_SITES_BY_FACET = {"organisation": "operator", "network": "network"}


def follow(ledger: Ledger, gazetteer: Gazetteer | None = None) -> int:
    """Bring the inferences up to date with catalogue and search view; returns how many came, changed or went.

    Interrupted at any moment it goes on from there the next time. Without a gazetteer the stations are those of the
    last time.
    """
    with ledger.transaction():
        for statement in DDL.split(";\n"):
            if statement.strip():
                ledger.db.execute(statement)
        stations = _remembered(ledger.db)
        if gazetteer is not None and gazetteer.stations.digest != stations.digest:
            stations = gazetteer.stations
            _remember(ledger.db, stations)
        rules_now = fingerprint() + stations.digest
        if ledger.db.execute("SELECT fingerprint FROM inference_seen").fetchone() != (rules_now,):
            ledger.db.execute("INSERT OR REPLACE INTO inference_seen VALUES (1, ?)", (rules_now,))
            ledger.move(FOLLOWER, 0)
    changed, now = 0, ledger.now()
    while True:
        position = ledger.position(FOLLOWER)
        batch = list(activities.since(ledger.db, position, "entity", BATCH))
        affected = _affected(ledger.db, {activity.object for activity in batch}, last=len(batch) < BATCH)
        for start in range(0, len(affected), BATCH):  # a network may have a thousand members: others write in between
            with ledger.transaction():
                changed += _infer(ledger, affected[start : start + BATCH], stations, now)
        with ledger.transaction():
            if batch and ledger.position(FOLLOWER) == position:  # nobody else was faster, or began anew
                ledger.move(FOLLOWER, batch[-1].sequence)
        if len(batch) < BATCH:
            return changed


def rebuild(ledger: Ledger) -> int:
    """Derive everything anew; returns how many inferences changed by it."""
    with ledger.transaction():
        ledger.move(FOLLOWER, 0)
    return follow(ledger)


def _affected(db: sqlite3.Connection, changed: set[str], *, last: bool) -> list[str]:
    """The entities whose inferences may be others now; in the last batch with all those that nothing points out."""
    found = set(changed)
    for iri in changed:
        kind = iri.rpartition("/")[0].rpartition("/")[2]
        if facet := _SITES_BY_FACET.get(kind):
            found |= _with(db, facet, iri)
        elif kind == "service":
            found |= set(_column(db, "SELECT e.iri FROM search_link l JOIN search_entity e ON e.id = l.entity"
                                     " WHERE l.target = ? AND l.relation = 'offers'", iri))  # fmt: skip
    if last:
        found |= _with(db, "phase", _ON_TRIAL)
        if changed:
            found |= set(_column(db, "SELECT iri FROM search_entity WHERE kind = 'network'"))
    return sorted(found)


def _infer(ledger: Ledger, entities: Sequence[str], stations: Stations, now: str) -> int:
    """Ask every rule about some entities and write down what is different."""
    wanted, store = frozenset(entities), _store(ledger, entities, stations)
    before = {
        (entity, rule): grounds
        for entity, rule, grounds in ledger.db.execute(
            "SELECT entity, rule, grounds FROM inference WHERE grounds NOT NULL AND entity IN"
            " (SELECT value FROM json_each(?))",
            (orjson.dumps(entities).decode(),),
        )
    }
    after = {
        (entity, rule.name): json.dumps(grounds, ensure_ascii=False)
        for rule in rules()
        for entity, grounds in rule.apply(store, wanted, now).items()
    }
    changes = [(*key, after.get(key)) for key in sorted(before | after) if before.get(key) != after.get(key)]
    (version,) = ledger.db.execute("SELECT coalesce(max(version), 0) FROM inference").fetchone()
    ledger.db.executemany(
        "INSERT INTO inference VALUES (?, ?, ?, ?, ?) ON CONFLICT (entity, rule) DO UPDATE"
        " SET grounds = excluded.grounds, derived = excluded.derived, version = excluded.version",
        [(entity, rule, grounds, now, version + 1) for entity, rule, grounds in changes],
    )
    return len(changes)


def _store(ledger: Ledger, entities: Sequence[str], stations: Stations) -> ox.Store:
    """The entities, everything they point at, and the facts that only the registry knows."""
    asked, seen, kinds, texts = frozenset(entities), set(entities), {}, []
    pending = [*entities]
    for iri in pending:
        entity = ledger.entity(iri)
        if entity is None or entity.status != "live":
            continue
        kinds[iri] = entity.kind
        texts.append(entity.nquads)
        if iri in asked:
            others = set(_POINTED_AT.findall(entity.nquads)) - seen
            near = {one for one in others if one.startswith(f"{ledger.base}/")}
            pending += near
            seen |= near
    store = ox.Store()
    store.load("".join(texts), ox.RdfFormat.N_QUADS)
    for iri in asked & kinds.keys():
        store.extend(_facts(ledger, iri, kinds[iri], _said(store, iri, ORTE["phase"])))
        if (station := _station(stations, store, iri)) is not None:
            store.add(ox.Quad(ox.NamedNode(iri), NEAR_STATION, ox.Literal(station.name)))
    return store


def _said(store: ox.Store, subject: str, predicate: ox.NamedNode) -> str | None:
    """The value of a property, the first by its text if there are several, or None."""
    quads = store.quads_for_pattern(ox.NamedNode(subject), predicate, None)
    return min((str(getattr(quad.object, "value", "")) for quad in quads), default=None)


def _facts(ledger: Ledger, iri: str, kind: str, phase: str | None) -> Iterator[ox.Quad]:
    if kind == "network":
        yield ox.Quad(ox.NamedNode(iri), LIVING_MEMBERS, ox.Literal(_living(ledger.db, iri)))
    if phase == _ON_TRIAL:
        moment = ox.Literal(_since(ledger.db, iri, phase), datatype=XSD["dateTime"])
        yield ox.Quad(ox.NamedNode(iri), PHASE_SINCE, moment)


def _station(stations: Stations, store: ox.Store, iri: str) -> Station | None:
    """The station that a place is near to, if it says where it is."""
    if not stations.all:
        return None
    latitude, longitude = (_said(store, f"{iri}#geo", SCHEMA[name]) for name in ("latitude", "longitude"))
    try:
        return stations.near(float(latitude or ""), float(longitude or ""))
    except ValueError:
        return None


def _remembered(db: sqlite3.Connection) -> Stations:
    return Stations(Station(*row) for row in db.execute("SELECT name, latitude, longitude FROM inference_station"))


def _remember(db: sqlite3.Connection, stations: Stations) -> None:
    db.execute("DELETE FROM inference_station")
    rows = ((one.name, one.lat, one.lon) for one in stations.all)
    db.executemany("INSERT INTO inference_station VALUES (?, ?, ?)", rows)


def _living(db: sqlite3.Connection, network: str) -> int:
    """1 when a site is a member of a network, and neither closed nor moved, else 0.

    No rule asks how many there are, and all networks are looked at again after every change.
    """
    row = db.execute(
        "SELECT EXISTS (SELECT 1 FROM search_value v JOIN search_facet f ON f.value = v.id"
        " WHERE v.kind = 'site' AND v.facet = 'network' AND v.value = ? AND NOT EXISTS"
        " (SELECT 1 FROM search_facet o JOIN search_value p ON p.id = o.value"
        " WHERE o.entity = f.entity AND p.facet = 'phase' AND p.value IN (?, ?)))",
        (network, *_OVER),
    ).fetchone()
    return int(row[0])


def _since(db: sqlite3.Connection, iri: str, phase: str) -> str:
    """Since when the entity has had this phase without a break, by the log."""
    moment = ""
    for published, payload in db.execute(
        "SELECT published, payload FROM activity WHERE stream = 'entity' AND object = ? ORDER BY sequence DESC", (iri,)
    ):
        if payload is None or f"<{iri}> <{ORTE}phase> <{phase}> ." not in unpack(payload):
            break
        moment = published
    return moment


def _with(db: sqlite3.Connection, facet: str, value: str) -> set[str]:
    """The sites that have a value of a facet."""
    return set(
        _column(
            db,
            "SELECT e.iri FROM search_value v JOIN search_facet f ON f.value = v.id JOIN search_entity e"
            " ON e.id = f.entity WHERE v.kind = 'site' AND v.facet = ? AND v.value = ?",
            facet,
            value,
        )
    )


def _column(db: sqlite3.Connection, query: str, *values: str) -> Iterator[str]:
    return (value for (value,) in db.execute(query, values))
