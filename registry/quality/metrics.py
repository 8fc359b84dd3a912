"""What is measured of one thing: how complete, how fresh, and whether its sources agree; and what would raise it.

Every value is a share between 0 and 1; the score of a thing is the mean of those that apply to it. A virtual site needs
no address and no position, a network none of these, a service is contacted by booking it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from registry.sphere import distance
from registry.terms import CONCEPT, ORTE, SCHEMA

METRICS = (
    "addressCompleteness",
    "positionCompleteness",
    "hoursCompleteness",
    "contactCompleteness",
    "servicesCompleteness",
    "freshness",
    "agreement",
)
"""Names of the metrics in the ontology, in the order in which they are shown."""

FRESH_DAYS, STALE_DAYS = 30, 365
"""Confirmed within so many days is wholly fresh (1), so many days ago not at all (0), evenly between."""

SAME_PLACE = 250.0
"""Metres within which two positions agree."""

_ADDRESS, _GEO = SCHEMA["address"].value, SCHEMA["geo"].value
_PARTS = tuple(SCHEMA[name].value for name in ("streetAddress", "postalCode", "addressLocality"))
_HOURS, _OFFERS, _BOOKING = SCHEMA["openingHours"].value, ORTE["offers"].value, SCHEMA["potentialAction"].value
_URL, _TELEPHONE, _EMAIL = (SCHEMA[name].value for name in ("url", "telephone", "email"))
_PRESENCE, _VIRTUAL = ORTE["presence"].value, CONCEPT["presence/virtual"].value
_CONFIRMED = ORTE["lastConfirmed"].value
_COMPARED = (
    SCHEMA["name"].value, _URL, _TELEPHONE, _EMAIL, _HOURS, ORTE["phase"].value, ORTE["status"].value,
    ORTE["organisationKind"].value,
)  # fmt: skip

Facts = Mapping[str, Mapping[str, Sequence[str]]]
"""Values by property of a thing (under the empty name) and of its nested nodes (by IRI)."""


@dataclass(frozen=True)
class Improvement:
    """What would raise a score: stating a property, or agreeing on it. `gain` is by how much, 0 to 1.

    `metric` is what it raises; `affected` is the number of things that lack it.
    """

    property: str
    metric: str
    gain: float
    affected: int = 1


@dataclass(frozen=True)
class Measured:
    """The values of the metrics that apply, and what would raise them, best gain first."""

    values: Mapping[str, float]
    improvements: tuple[Improvement, ...]
    things: int = 1

    @property
    def score(self) -> float:
        """The mean of the metrics that apply; 0 where none does."""
        return sum(self.values.values()) / len(self.values) if self.values else 0.0


def measure(kind: str, facts: Facts, age: float | None, agreement: Agreement | None) -> Measured:
    """Measure one thing. `age` is the number of days since it was confirmed, None for never."""
    wanted: dict[str, list[tuple[str, bool]]] = _completeness(kind, facts)
    wanted["freshness"] = []
    if agreement is not None and agreement.compared:
        wanted["agreement"] = [(property_, property_ not in agreement.differing) for property_ in agreement.compared]
    values: dict[str, float] = {}
    improvements = []
    for metric in METRICS:
        if metric not in wanted:
            continue
        if metric == "freshness":
            values[metric] = freshness(age)
            if values[metric] < 1:
                improvements.append(Improvement(_CONFIRMED, metric, (1 - values[metric]) / len(wanted)))
            continue
        parts = wanted[metric]
        values[metric] = sum(there for _, there in parts) / len(parts)
        share = 1 / len(parts) / len(wanted)
        improvements += [Improvement(property_, metric, share) for property_, there in parts if not there]
    return Measured(values, best(improvements))


def best(improvements: Iterable[Improvement]) -> tuple[Improvement, ...]:
    """In order of their gain, the best one first."""
    order = {metric: number for number, metric in enumerate(METRICS)}
    return tuple(sorted(improvements, key=lambda one: (-round(one.gain, 9), order[one.metric], one.property)))


def freshness(age: float | None) -> float:
    """1 until `FRESH_DAYS`, then evenly down to 0 at `STALE_DAYS`."""
    if age is None:
        return 0.0
    return min(1.0, max(0.0, (STALE_DAYS - age) / (STALE_DAYS - FRESH_DAYS)))


def age_in_days(confirmed: str | None, now: datetime) -> float | None:
    """Whole days since a moment as the ledger writes it."""
    return None if confirmed is None else max(0.0, float((now - datetime.fromisoformat(confirmed)).days))


@dataclass(frozen=True)
class Agreement:
    """Properties that at least two sources state of the same thing, and those on which they differ."""

    compared: tuple[str, ...]
    differing: frozenset[str]


def compare(statements: Sequence[Facts]) -> Agreement:
    """Where sources agree: each element is what one source says of the thing."""
    compared, differing = [], set()
    for property_ in (*_COMPARED, *_PARTS, _GEO):
        stated = [values for one in statements if (values := _stated(one, property_))]
        if len(stated) < 2:
            continue
        compared.append(property_)
        same = _near if property_ == _GEO else _overlap
        if not all(same(a, b) for a, b in combinations(stated, 2)):
            differing.add(property_)
    return Agreement(tuple(compared), frozenset(differing))


def _completeness(kind: str, facts: Facts) -> dict[str, list[tuple[str, bool]]]:
    """The parts of each metric of completeness that applies to this kind of thing, and whether they are there."""
    here = facts.get("", {})
    reachable = (_TELEPHONE, _TELEPHONE in here or _EMAIL in here)
    found: dict[str, list[tuple[str, bool]]] = {}
    if kind == "organisation" or (kind == "site" and _VIRTUAL not in here.get(_PRESENCE, ())):
        found["addressCompleteness"] = [(part, bool(_stated(facts, part))) for part in _PARTS]
    if kind == "site":
        if "addressCompleteness" in found:
            found["positionCompleteness"] = [(_GEO, bool(_stated(facts, _GEO)))]
        found["hoursCompleteness"] = [(_HOURS, _HOURS in here)]
        found["servicesCompleteness"] = [(_OFFERS, _OFFERS in here)]
    if kind == "service":
        found["hoursCompleteness"] = [(_HOURS, _HOURS in here)]
        booked = _BOOKING in here or _URL in here or reachable[1]
        found["contactCompleteness"] = [(_BOOKING, booked)]
    else:
        found["contactCompleteness"] = [(_URL, _URL in here), reachable]
    return found


def _stated(facts: Facts, property_: str) -> frozenset[str]:
    """The values of a property of the thing, of its address, or its position as `latitude longitude`."""
    here = facts.get("", {})
    if property_ in _PARTS:
        values = [value for node in here.get(_ADDRESS, ()) for value in facts.get(node, {}).get(property_, ())]
    elif property_ == _GEO:
        nodes = [facts.get(node, {}) for node in here.get(_GEO, ())]
        pairs = [(node.get(SCHEMA["latitude"].value), node.get(SCHEMA["longitude"].value)) for node in nodes]
        values = [f"{latitude[0]} {longitude[0]}" for latitude, longitude in pairs if latitude and longitude]
    else:
        values = list(here.get(property_, ()))
    return frozenset(_plain(value) for value in values)


def _plain(text: str) -> str:
    """A value without the differences that mean nothing: case, gaps, a slash at the end."""
    kept = (character for character in text.casefold() if character.isalnum() or character in ".-:@/ ")
    return "".join(kept).strip(" /")


def _overlap(a: frozenset[str], b: frozenset[str]) -> bool:
    return bool(a & b)


def _near(a: frozenset[str], b: frozenset[str]) -> bool:
    return any(_metres(one, other) <= SAME_PLACE for one in a for other in b)


def _metres(one: str, other: str) -> float:
    try:
        (lat1, lon1), (lat2, lon2) = ([float(part) for part in text.split()] for text in (one, other))
    except ValueError:
        return 0.0 if one == other else float("inf")
    return distance((lat1, lon1), (lat2, lon2))
