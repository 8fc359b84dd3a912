"""The gazetteer: postal codes, municipalities and district outlines, loaded from files that the operator names.

Three files, none of them part of this project: GeoNames postal codes (CC BY 4.0), the Destatis list of municipalities
(dl-de/by-2-0) and outlines of the nine districts (© GeoBasis-DE / BKG). Each may be missing.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harvesters.plane import KILOMETRES
from harvesters.stations import Stations

if TYPE_CHECKING:
    from harvesters.outlines import Outlines

CENTROID = 0.03
"""Kilometres within which a position is that of a place as the gazetteer has it, and of no house."""

K = TypeVar("K")
T = TypeVar("T")

_HONOURS = ("Lutherstadt", "Goethestadt", "Welterbestadt")
"""Titles that are part of a town's name as people use it; "Stadt" and "Kurort" are not."""

_QUALIFIER = re.compile(r"\s*(?:[(/,]|\bOT\b|\ba\.\s?d\.|\ban der\b|\bbei\b).*$", re.IGNORECASE)
_TITLE = re.compile(r"^(?:stadt|gemeinde|lutherstadt|goethestadt|welterbestadt)\s+", re.IGNORECASE)


class GazetteerError(Exception):
    """A gazetteer file that cannot be used; one sentence that names it."""


@dataclass(frozen=True)
class PostalRow:
    """A postal code and a place that has it; `ags` is the five-digit key of its district."""

    postcode: str
    place: str
    ags: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Municipality:
    """A Gemeinde: eight-digit AGS, name, five-digit AGS of its district, and whether it is a district itself.

    `population` is None where the file has no figure.
    """

    ags: str
    name: str
    district: str
    is_district: bool = False
    population: int | None = None


@dataclass(frozen=True)
class Gazetteer:
    """What is known of places in and around the region. An empty one answers every question with nothing."""

    postcodes: Mapping[str, tuple[PostalRow, ...]] = field(default_factory=dict)
    places: Mapping[str, tuple[PostalRow, ...]] = field(default_factory=dict)
    municipalities: Mapping[str, tuple[Municipality, ...]] = field(default_factory=dict)
    cities: Mapping[str, Municipality] = field(default_factory=dict)
    """The cities that are districts of their own, by the district's AGS."""
    outlines: Outlines | None = None
    stations: Stations = field(default_factory=Stations)
    """They assign no district, so the fingerprint knows nothing of them."""
    grid: Mapping[tuple[int, int], tuple[PostalRow, ...]] = field(default_factory=dict)
    """Postal rows by square of a hundredth of a degree."""
    population_date: str | None = None
    """The day that the figures of population hold for: 31 December of the latest year that the file has."""
    fingerprint: str = ""
    """Changes with the files: what was lifted with another gazetteer may have another district."""

    @classmethod
    def load(
        cls,
        postal_codes: Path | None = None,
        municipalities: Path | None = None,
        outlines: Path | None = None,
        stations: Path | None = None,
    ) -> Gazetteer:
        """Read the files that are given.

        Raises:
            GazetteerError: for a file that is missing, is not UTF-8 or lacks a column.
        """
        rows = list(_postal_rows(postal_codes)) if postal_codes else []
        towns, year = _municipalities(municipalities) if municipalities else ([], None)
        return cls(
            _grouped((row.postcode, row) for row in rows),
            _grouped((place_key(row.place), row) for row in rows),
            _grouped((place_key(town.name), town) for town in towns),
            {town.district: town for town in towns if town.is_district},
            _outlines(outlines) if outlines else None,
            _stations(stations) if stations else Stations(),
            _grouped((_cell(row.lat, row.lon), row) for row in rows),
            f"{year}-12-31" if year else None,
            _fingerprint(file for file in (postal_codes, municipalities, outlines) if file),
        )

    def municipality(self, postcode: str, place: str = "") -> Municipality | None:
        """The Gemeinde of a postal code and a place, or of one of them; None where it is not certain.

        A part of a town is found by its postal code where all of it belongs to one city (04177 Lindenau: Leipzig).
        """
        rows = self.postcodes.get(postcode.strip(), ())
        districts = {row.ags for row in rows}
        named = [town for town in self.towns(place) if not rows or town.district in districts]
        if len(named) == 1:
            return named[0]
        if named or not rows:
            return None
        here = {row.ags for row in rows if place_key(row.place) == place_key(place)} or districts
        return self.cities.get(here.pop()) if len(here) == 1 else None

    def districts_of_place(self, place: str) -> frozenset[str]:
        """The districts that have a place or municipality of this name ("Brandis / OT Beucha" has two names)."""
        found = {row.ags for name in place_keys(place) for row in self.places.get(name, ())}
        return frozenset(found | {town.district for town in self.towns(place)})

    def centroid(self, lat: float, lon: float) -> str | None:
        """The place whose position in the gazetteer this is, to `CENTROID` kilometres."""
        row, column = _cell(lat, lon)
        near = (
            one
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            for one in self.grid.get((row + dy, column + dx), ())
            if ((one.lat - lat) * KILOMETRES[1]) ** 2 + ((one.lon - lon) * KILOMETRES[0]) ** 2 <= CENTROID**2
        )
        return next((f"{one.postcode} {one.place}" for one in near), None)

    def towns(self, place: str) -> list[Municipality]:
        """The municipalities of this name."""
        return [town for name in place_keys(place)[:1] for town in self.municipalities.get(name, ())]


def place_keys(place: str) -> list[str]:
    """The names by which a place may be listed: the town, then the part of it after "OT"."""
    part = re.search(r"\b(?:OT|Ortsteil)\b\.?\s+([^()/,]{1,80})", place[:200], re.IGNORECASE)
    names = [place_key(place), place_key(part.group(1)) if part else ""]
    return [name for name in names if name]


def place_key(place: str) -> str:
    """A name as it is compared: lower case, without qualifiers ("Halle (Saale)" and "Halle/Saale" are "halle")."""
    name = " ".join(place[:200].split())
    return _TITLE.sub("", _QUALIFIER.sub("", name)).strip(" .,-").casefold()


def _postal_rows(file: Path) -> Iterator[PostalRow]:
    columns = ("zipcode", "place", "community_code", "latitude", "longitude")
    for line in _table(file, columns):
        try:
            yield PostalRow(
                line["zipcode"].zfill(5),
                line["place"],
                line["community_code"],
                float(line["latitude"]),
                float(line["longitude"]),
            )
        except ValueError:
            continue  # a row without coordinates is no witness; the others still are


def _municipalities(file: Path) -> tuple[list[Municipality], str | None]:
    """The municipalities, and the latest year of a column such as population_2021."""
    towns, year = [], None
    for line in _table(file, ("ags", "name", "level", "kreis_ags")):
        year = year or max((key[-4:] for key in line if re.fullmatch(r"population_\d{4}", key)), default=None)
        if line["level"] in ("gemeinde", "kreisfreie_stadt"):
            name, *titles = line["name"].split(", ")
            honour = next((f"{title} " for title in titles if title in _HONOURS), "")
            people = line.get(f"population_{year}", "")
            towns.append(
                Municipality(
                    line["ags"],
                    honour + name,
                    line["kreis_ags"],
                    line["level"] == "kreisfreie_stadt",
                    int(people) if people.isdecimal() else None,
                )
            )
    return towns, year


def _table(file: Path, columns: Iterable[str]) -> Iterator[dict[str, str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise GazetteerError(f"the gazetteer file {file} cannot be read: {error}") from None
    reader = csv.DictReader(io.StringIO(text))
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise GazetteerError(f"the gazetteer file {file} has no column {', '.join(missing)}")
    for line in reader:
        yield {key: (value or "").strip() for key, value in line.items() if isinstance(key, str)}


def _outlines(file: Path) -> Outlines:
    from harvesters.outlines import Outlines  # shapely loads slowly, and most runs need no outlines

    try:
        return Outlines.from_geojson(json.loads(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GazetteerError(f"the gazetteer file {file} holds no district outlines: {error!r}") from None


def _stations(file: Path) -> Stations:
    try:
        return Stations.from_geojson(json.loads(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GazetteerError(f"the gazetteer file {file} holds no railway stations: {error!r}") from None


def _grouped(pairs: Iterable[tuple[K, T]]) -> dict[K, tuple[T, ...]]:
    groups: dict[K, list[T]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}


def _fingerprint(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _cell(lat: float, lon: float) -> tuple[int, int]:
    """A square of about a kilometre."""
    return int(lat * 100), int(lon * 100)
