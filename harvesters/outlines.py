"""Outlines of the districts: which one covers a point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from shapely import Point, STRtree
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from harvesters.plane import KILOMETRES

UNSURE = 0.3
"""Kilometres from a border within which outlines simplified to 200 m do not decide alone."""


@dataclass(frozen=True)
class Covered:
    """Where a point lies: the district that covers it, or None, and the others whose border is near."""

    ags: str | None
    near: frozenset[str]
    near_edge: bool
    """Whether the border of the whole region is near, so that inside and outside are both possible."""


class Outlines:
    """Polygons by five-digit AGS, in degrees; prepared for many questions."""

    def __init__(self, polygons: Mapping[str, BaseGeometry]) -> None:
        if not polygons:
            raise ValueError("no polygons")
        self._ags = list(polygons)
        self._polygons = [shapely.transform(polygon, _scaled) for polygon in polygons.values()]
        shapely.prepare(self._polygons)
        self._tree = STRtree(self._polygons)
        self._edge = shapely.unary_union(self._polygons).boundary

    @classmethod
    def from_geojson(cls, collection: Mapping[str, Any]) -> Outlines:
        """From a FeatureCollection whose features have a property AGS.

        Raises:
            KeyError, TypeError, ValueError: where it is something else, or in another projection.
        """
        polygons = {
            str(feature["properties"]["AGS"])[:5]: shape(feature["geometry"]) for feature in collection["features"]
        }
        for polygon in polygons.values():
            west, south, east, north = polygon.bounds
            if not (polygon.is_valid and west >= -180 and east <= 180 and south >= -90 and north <= 90):
                raise ValueError("not valid polygons in degrees (WGS 84)")
        return cls(polygons)

    def locate(self, lat: float, lon: float) -> Covered:
        """The district that covers a point; on a shared border the one with the lower AGS."""
        point = Point(lon * KILOMETRES[0], lat * KILOMETRES[1])
        near = {self._ags[index] for index in self._tree.query(point, predicate="dwithin", distance=UNSURE)}
        covering = [self._ags[index] for index in self._tree.query(point, predicate="intersects")]
        ags = min(covering, default=None)
        return Covered(ags, frozenset(near - {ags}), self._edge.distance(point) <= UNSURE)

    def rings(self, tolerance: float) -> dict[str, list[list[tuple[float, float]]]]:
        """The outlines for drawing, by AGS: rings of longitude and latitude in degrees, holes among them.

        Args:
            tolerance: kilometres that a line may move by; what two districts share moves in both.
        """
        simple = shapely.coverage_simplify(self._polygons, tolerance)
        found = {}
        for ags, shape_ in zip(self._ags, simple, strict=True):
            parts = shapely.get_parts(shape_)
            lines = [line for part in parts for line in (part.exterior, *part.interiors)]
            found[ags] = [
                [(round(x / KILOMETRES[0], 4), round(y / KILOMETRES[1], 4)) for x, y in line.coords] for line in lines
            ]
        return found


def _scaled(coordinates: Any) -> Any:
    return coordinates * KILOMETRES
