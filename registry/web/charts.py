"""Drawings that a page carries as SVG: bars of sites by district with the study's target, and districts by reach.

Nothing is styled inline: the Content-Security-Policy forbids it, and classes follow light, dark and print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from harvesters.plane import KILOMETRES
from registry.coverage import Coverage, DistrictCoverage

WIDTH = 640
_LABEL, _ROW, _HEIGHT = 190, 34, 18
_COLUMNS = 3
_SHADES = (0.2, 0.4, 0.6, 0.8)
"""Shares at which the next shade of the map begins."""


@dataclass(frozen=True)
class Bar:
    """One piece of a bar: what it counts, where it starts and how long it is, in units of the drawing."""

    name: str
    x: float
    width: float
    count: int


@dataclass(frozen=True)
class BarRow:
    """The bars of one district, and its target as start and width where it has one."""

    label: str
    y: float
    bars: tuple[Bar, ...]
    target: tuple[float, float] | None


@dataclass(frozen=True)
class BarChart:
    """Rows from top to bottom; `ticks` are pairs of position and number."""

    rows: tuple[BarRow, ...]
    ticks: tuple[tuple[float, int], ...]
    height: float
    width: int = WIDTH
    bar: int = _HEIGHT


@dataclass(frozen=True)
class Trend:
    """Sites of one district through time: a line in steps, its last count, and the band of the target (y, height)."""

    label: str
    x: float
    y: float
    line: str
    last: int
    band: tuple[float, float] | None


@dataclass(frozen=True)
class TrendChart:
    """Small drawings of the same scale, side by side; `width` and `height` are those of one drawing's field."""

    trends: tuple[Trend, ...]
    most: int
    size: tuple[float, float]
    drawing: tuple[float, float]


@dataclass(frozen=True)
class Area:
    """One district on the map: its path, where its label stands, its shade from 0 to 4, None where nothing is known."""

    ags: str
    path: str
    x: float
    y: float
    shade: int | None


@dataclass(frozen=True)
class Map:
    """Areas in a drawing of this size."""

    areas: tuple[Area, ...]
    width: float
    height: float


def bars(
    districts: Sequence[DistrictCoverage], labels: Mapping[str, str], targets: Mapping[str, tuple[int, int] | None]
) -> BarChart:
    """The chart of sites by district."""
    most = max([16, *(d.operating + d.unstated + d.planned for d in districts)])
    step = max(1, -(-most // 80)) * 5
    scale = (WIDTH - _LABEL - 20) / most
    rows = []
    for number, district in enumerate(districts):
        x, pieces = float(_LABEL), []
        for name in ("operating", "unstated", "planned"):
            count = getattr(district, name)
            pieces.append(Bar(name, round(x, 1), round(count * scale, 1), count))
            x += count * scale
        aim = targets.get(district.ags)
        target = (round(_LABEL + aim[0] * scale, 1), round((aim[1] - aim[0]) * scale, 1)) if aim else None
        rows.append(BarRow(labels[district.ags], 8.0 + number * _ROW, tuple(pieces), target))
    ticks = tuple((round(_LABEL + tick * scale, 1), tick) for tick in range(0, most + 1, step))
    return BarChart(tuple(rows), ticks, len(districts) * _ROW + 30.0)


def trends(
    states: Sequence[Coverage], labels: Mapping[str, str], targets: Mapping[str, tuple[int, int] | None]
) -> TrendChart | None:
    """Open and unstated sites of each district by day, from the first state to the last; None for a single day.

    `states` are in order of time, the first one earliest. A state holds until the next one, so the lines have steps.
    """
    days = [date.fromisoformat(state.day).toordinal() for state in states]
    if len(days) < 2 or days[0] == days[-1]:
        return None
    counts: dict[str, list[int]] = {one.ags: [] for one in states[-1].districts}
    for state in states:
        for one in state.districts:
            if one.ags in counts:
                counts[one.ags].append(one.operating + one.unstated)
    most = max([16, *(count for row in counts.values() for count in row)])
    width, height = WIDTH / _COLUMNS - 20, 70.0
    across, up = width / (days[-1] - days[0]), height / most
    found = []
    for number, (ags, row) in enumerate(counts.items()):
        left, top = (number % _COLUMNS) * WIDTH / _COLUMNS, number // _COLUMNS * (height + 44) + 24
        at = [
            (left + (day - days[0]) * across, top + height - count * up) for day, count in zip(days, row, strict=False)
        ]
        line = f"M{at[0][0]:.1f} {at[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in at[1:])
        aim = targets.get(ags)
        band = (round(top + height - aim[1] * up, 1), round((aim[1] - aim[0]) * up, 1)) if aim else None
        found.append(Trend(labels[ags], round(left, 1), round(top, 1), line, row[-1], band))
    rows = -(-len(found) // _COLUMNS)
    return TrendChart(tuple(found), most, (round(width, 1), height), (WIDTH, rows * (height + 44)))


def shaded(
    outlines: Mapping[str, Sequence[Sequence[tuple[float, float]]]], districts: Sequence[DistrictCoverage]
) -> Map:
    """The map of districts by the share of people within reach. The outlines are rings in degrees."""
    points = [point for rings in outlines.values() for ring in rings for point in ring]
    west, north = min(x for x, _ in points), max(y for _, y in points)
    scale = WIDTH * 0.8 / ((max(x for x, _ in points) - west) * KILOMETRES[0])

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return (
            round((point[0] - west) * KILOMETRES[0] * scale, 1) + 4,
            round((north - point[1]) * KILOMETRES[1] * scale, 1) + 4,
        )

    shares = {district.ags: district.share for district in districts}
    areas = []
    for ags, rings in sorted(outlines.items()):
        drawn = [[place(point) for point in ring] for ring in rings]
        path = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in drawn)
        largest = max(drawn, key=len)
        x = sum(x for x, _ in largest) / len(largest)
        y = sum(y for _, y in largest) / len(largest)
        share = shares.get(ags)
        shade = None if share is None else sum(share >= limit for limit in _SHADES)
        areas.append(Area(ags, path, round(x, 1), round(y, 1), shade))
    height = (north - min(y for _, y in points)) * KILOMETRES[1] * scale
    return Map(tuple(areas), WIDTH * 0.8 + 8, round(height + 8, 1))
