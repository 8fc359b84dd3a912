"""How many cooperation sites each district has, against the study's target, and how many people have one near by."""

from registry.coverage.coverage import Coverage, DistrictCoverage, Gap, follow, latest, through_time
from registry.coverage.observations import graph_name, quads, triples
from registry.coverage.reach import DETOUR, MINUTES, RADIUS, SPEED

__all__ = [
    "DETOUR",
    "MINUTES",
    "RADIUS",
    "SPEED",
    "Coverage",
    "DistrictCoverage",
    "Gap",
    "follow",
    "graph_name",
    "latest",
    "quads",
    "through_time",
    "triples",
]
