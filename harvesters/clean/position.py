"""Positions on earth, WGS 84 degrees."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from harvesters.clean.finding import Report, ignore, refuse, repair
from harvesters.clean.number import plain

GERMANY = (Decimal("47.2"), Decimal("55.1"), Decimal("5.8"), Decimal("15.1"))
"""South, north, west and east of Germany's box."""
PLACES = Decimal("0.0000001")
"""Seven decimals, about a centimetre: what OpenStreetMap keeps."""

_WKT = re.compile(
    r"(?:<[^<>]{0,200}>\s*)?point\s*z?\s*\(\s*(\S{1,40})\s+(\S{1,40})(?:\s+\S{1,40})?\s*\)", re.IGNORECASE
)
_PAIR = re.compile(r"(-?\d{1,3}\.\d+)\s*[,; ]\s*(-?\d{1,3}\.\d+)", re.ASCII)
_DEGREES = re.compile(
    r"(\d{1,3})\s?°\s?(?:(\d{1,2})\s?['′’]\s?)?(?:(\d{1,2}(?:[.,]\d{1,6})?)\s?(?:\"|″|''|”)\s?)?([NSEWO])?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Position:
    """A plausible point in Germany; degrees with at most seven decimals."""

    lat: Decimal
    lon: Decimal

    @property
    def wkt(self) -> str:
        """As GeoSPARQL wants it: longitude first."""
        return f"POINT({self.lon:f} {self.lat:f})"


def lat(latitude: str, longitude: str = "", *, report: Report = ignore) -> Decimal | None:
    """The latitude of a pair (judged as in `position`), or of one value alone: WKT, or a number from -90 to 90."""
    if longitude.strip() or _compound(latitude):
        found = position(latitude, longitude, report=report, function="lat")
        return found.lat if found else None
    return _alone(latitude, Decimal(90), "lat", report)


def lon(latitude: str, longitude: str = "", *, report: Report = ignore) -> Decimal | None:
    """The longitude of a pair, latitude first, as in `lat`; alone: WKT, or a number from -180 to 180."""
    if longitude.strip() or _compound(latitude):
        found = position(latitude, longitude, report=report, function="lon")
        return found.lon if found else None
    return _alone(latitude, Decimal(180), "lon", report)


def wkt(latitude: str, longitude: str = "", *, report: Report = ignore) -> str | None:
    """A pair, latitude first, or a WKT point, as WKT `POINT(lon lat)`; judged as in `position`."""
    found = position(latitude, longitude, report=report, function="wkt")
    return found.wkt if found else None


def position(
    latitude: str, longitude: str = "", *, report: Report = ignore, function: str = "position"
) -> Position | None:
    """The point that two values name, or one value that holds both ("51.3, 12.4" or WKT).

    Refused, each with a finding that says so: what is not a number, NaN and infinities, 0/0, half a pair, projected
    coordinates (UTM, Gauß-Krüger, Web Mercator: the zone would be a guess), and points outside Germany. A pair that
    lies in Germany only when swapped is swapped, with a finding.
    """
    if not latitude.strip() and not longitude.strip():
        return None
    parts = (latitude, longitude) if longitude.strip() else (latitude,)
    found = ", ".join(part.strip() for part in parts)
    first, second = _pair(latitude, longitude)
    if first is None or second is None:
        missing = "keine zwei Zahlen für eine Position", "not two numbers of a position"
        return refuse(report, function, found, *missing, parts=parts)
    if abs(first) > 180 or abs(second) > 180:
        return refuse(report, function, found, *_projected(first, second), parts=parts)
    if first == 0 and second == 0:
        return refuse(report, function, found, "0/0 ist keine Position", "0/0 is not a position", parts=parts)
    if _in_germany(first, second):
        return Position(_degrees(first), _degrees(second))
    if _in_germany(second, first):
        swapped = Position(_degrees(second), _degrees(first))
        reason = "Breite und Länge waren vertauscht", "latitude and longitude were swapped"
        repair(report, function, found, swapped.wkt, *reason, parts=parts)
        return swapped
    return refuse(report, function, found, "liegt nicht in Deutschland", "does not lie in Germany", parts=parts)


def _pair(latitude: str, longitude: str) -> tuple[Decimal | None, Decimal | None]:
    if longitude.strip():
        return _number(latitude), _number(longitude)
    short = latitude.strip()[:300]
    if match := _WKT.fullmatch(short):
        return plain(match.group(2)), plain(match.group(1))
    if match := _PAIR.fullmatch(short):
        return plain(match.group(1)), plain(match.group(2))
    return None, None


def _compound(value: str) -> bool:
    short = value.strip()[:300]
    return bool(_WKT.fullmatch(short) or _PAIR.fullmatch(short))


def _number(value: str) -> Decimal | None:
    short = value.strip()
    if len(short) > 40:
        return None
    number = plain(short) if "," not in short else plain(short.replace(",", ".", 1))
    if number is not None:
        return number
    if match := _DEGREES.fullmatch(short):
        degrees, minutes, seconds, side = match.groups()
        total = Decimal(degrees) + Decimal(minutes or 0) / 60 + Decimal((seconds or "0").replace(",", ".")) / 3600
        return -total if (side or "").upper() in ("S", "W") else total
    return None


def _alone(value: str, limit: Decimal, function: str, report: Report) -> Decimal | None:
    if not value.strip():
        return None
    number = _number(value)
    if number is None:
        return refuse(report, function, value, "keine Gradzahl", "not a number of degrees")
    if number == 0:
        return refuse(report, function, value, "0 ist keine Position", "0 is not a position")
    if abs(number) > limit:
        reason = f"keine Gradzahl bis {limit}; vermutlich projizierte Koordinaten"
        return refuse(report, function, value, reason, f"not within {limit} degrees; probably projected coordinates")
    return _degrees(number)


def _projected(first: Decimal, second: Decimal) -> tuple[str, str]:
    """Which projection the numbers look like (German, English). They are named, never converted."""
    low, high = sorted((abs(first), abs(second)))
    if 100_000 <= low <= 900_000 and 5_200_000 <= high <= 6_150_000:
        return "projizierte Koordinaten, vermutlich UTM", "projected coordinates, probably UTM"
    if 2_300_000 <= low <= 5_700_000 and 5_200_000 <= high <= 6_150_000:
        return "projizierte Koordinaten, vermutlich Gauß-Krüger", "projected coordinates, probably Gauß-Krüger"
    if 600_000 <= low <= 1_700_000 and 5_900_000 <= high <= 7_400_000:
        return "projizierte Koordinaten, vermutlich Web-Mercator", "projected coordinates, probably Web Mercator"
    return "keine Gradzahlen", "not numbers of degrees"


def _in_germany(latitude: Decimal, longitude: Decimal) -> bool:
    south, north, west, east = GERMANY
    return south <= latitude <= north and west <= longitude <= east


def _degrees(number: Decimal) -> Decimal:
    return Decimal(format(number.quantize(PLACES), "f").rstrip("0").rstrip("."))
