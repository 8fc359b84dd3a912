"""Railway stations, to tell which places people reach on foot from a train."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import hypot
from typing import Any

from harvesters.plane import KILOMETRES

WALK = 1.0
"""Kilometres, as the crow flies, that commuters walk from a train: about a quarter of an hour. An assumption."""


@dataclass(frozen=True)
class Station:
    """A station, and where it is in degrees."""

    name: str
    lat: float
    lon: float


class Stations:
    """Stations by square of a hundredth of a degree, so that a question looks at few of them."""

    def __init__(self, stations: Iterable[Station] = ()) -> None:
        self.all = tuple(sorted(set(stations), key=lambda one: (one.name, one.lat, one.lon)))
        self._grid: Mapping[tuple[int, int], list[Station]] = defaultdict(list)
        for one in self.all:
            self._grid[_cell(one.lat, one.lon)].append(one)

    @classmethod
    def from_geojson(cls, collection: Mapping[str, Any]) -> Stations:
        """From a FeatureCollection of points with a property `name`; points without one, and anything else, count not.

        Raises:
            KeyError, TypeError, ValueError: where it is something else, not in degrees, or holds no station.
        """
        found = []
        for feature in collection["features"]:
            name = feature["properties"].get("name")
            if feature["geometry"]["type"] != "Point" or not isinstance(name, str) or not name.strip():
                continue
            lon, lat = (float(degrees) for degrees in feature["geometry"]["coordinates"][:2])
            if not (-180 <= lon <= 180 and -90 <= lat <= 90):
                raise ValueError("not in degrees (WGS 84)")
            found.append(Station(name.strip(), lat, lon))
        if not found:
            raise ValueError("no points with names")
        return cls(found)

    @property
    def digest(self) -> str:
        """Changes with any station; empty without any."""
        return hashlib.sha256(repr(self.all).encode()).hexdigest() if self.all else ""

    def near(self, lat: float, lon: float) -> Station | None:
        """The nearest station within `WALK` kilometres."""
        row, column = _cell(lat, lon)
        around = (
            (_kilometres(one, lat, lon), one)
            for dy in (-1, 0, 1)
            for dx in (-2, -1, 0, 1, 2)
            for one in self._grid.get((row + dy, column + dx), ())
        )
        distance, nearest = min(around, key=lambda found: (found[0], found[1].name), default=(WALK + 1, None))
        return nearest if distance <= WALK else None


def _kilometres(one: Station, lat: float, lon: float) -> float:
    return hypot((one.lat - lat) * KILOMETRES[1], (one.lon - lon) * KILOMETRES[0])


def _cell(lat: float, lon: float) -> tuple[int, int]:
    """A square of 1.1 by 0.7 kilometres."""
    return int(lat * 100), int(lon * 100)
