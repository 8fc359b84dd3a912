"""Who lives within fifteen minutes by bicycle of a place: an approximation from points, not from roads.

A municipality is represented by the positions that the gazetteer's postal codes give its name within its district; its
inhabitants are shared evenly among them. A point is reached when a place lies within `RADIUS` as the crow flies.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from harvesters.gazetteer import Gazetteer, Municipality, place_key
from registry.sphere import distance

SPEED = 15.0
"""Kilometres per hour on an everyday bicycle; an assumption, as the following two are."""
MINUTES = 15.0
DETOUR = 1.3
"""How much longer the way is than the crow's."""
RADIUS = SPEED * 1000 * MINUTES / 60 / DETOUR
"""Metres as the crow flies: 2,885."""

_CELL = 0.05
"""Degrees: wider than the radius up to 58° north, so that what is near lies in the same or a neighbouring cell."""

Position = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(frozen=True)
class Settlement:
    """A municipality with its inhabitants and the points that stand for it; none where the gazetteer has no place."""

    ags: str
    name: str
    district: str
    population: int
    points: tuple[Position, ...]


def settlements(gazetteer: Gazetteer, districts: Collection[str]) -> list[Settlement]:
    """The municipalities of the districts, by AGS. One without a figure of population is left out."""
    towns = [town for same in gazetteer.municipalities.values() for town in same if town.district in districts]
    return [
        Settlement(town.ags, town.name, town.district, town.population, _points(gazetteer, town))
        for town in sorted(towns, key=lambda town: town.ags)
        if town.population is not None
    ]


def reached(settlement: Settlement, places: Near) -> float:
    """The part of a settlement's points, from 0 to 1, that have a place near by."""
    return sum(places.any(point) for point in settlement.points) / len(settlement.points)


class Near:
    """Places in a grid, to be asked whether one is near a point."""

    def __init__(self, places: Iterable[Position]) -> None:
        self._grid: dict[tuple[int, int], list[Position]] = defaultdict(list)
        for latitude, longitude in places:
            self._grid[_cell(latitude, longitude)].append((latitude, longitude))

    def any(self, point: Position) -> bool:
        """Whether a place lies within the radius."""
        row, column = _cell(*point)
        return any(
            distance(point, place) <= RADIUS
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            for place in self._grid.get((row + dy, column + dx), ())
        )


def _points(gazetteer: Gazetteer, town: Municipality) -> tuple[Position, ...]:
    """Positions of the places of this name; of a double name (Belgern-Schildau) those of its parts."""
    return _named(gazetteer, town.district, [town.name]) or _named(gazetteer, town.district, town.name.split("-"))


def _named(gazetteer: Gazetteer, district: str, names: Sequence[str]) -> tuple[Position, ...]:
    rows = (row for name in names for row in gazetteer.places.get(place_key(name), ()) if row.ags == district)
    return tuple(sorted({(row.lat, row.lon) for row in rows}))


def _cell(latitude: float, longitude: float) -> tuple[int, int]:
    return math.floor(latitude / _CELL), math.floor(longitude / _CELL)
