"""Distances on the Earth, taken as a sphere.

Identity measures for itself (`identity.profile.distance`): whatever decides whether two records are one thing is among
the rules by whose change everything is compared anew.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

RADIUS = 6_371_008.8
"""Metres; the mean radius (International Union of Geodesy and Geophysics)."""


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two positions (latitude, longitude; degrees) along a great circle (haversine, R. W. Sinnott,
    Sky and Telescope 68, 1984)."""
    one, two = radians(a[0]), radians(b[0])
    half = sin((two - one) / 2) ** 2 + cos(one) * cos(two) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 2 * RADIUS * asin(min(1.0, sqrt(half)))
