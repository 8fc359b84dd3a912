"""Flat writers: CSV for spreadsheets, GeoJSON (RFC 7946) for maps. One thing, one row."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import orjson

from registry.formats.description import Description
from registry.terms import CONCEPT, ORTE, PROV, REGION, SCHEMA

#: Columns after ``id`` and ``type``, and the property behind each; ``address.`` and ``geo.`` are nested nodes.
COLUMNS: dict[str, str] = {
    "name": SCHEMA["name"].value,
    "alternateName": SCHEMA["alternateName"].value,
    "abstract": SCHEMA["abstract"].value,
    "description": SCHEMA["description"].value,
    "streetAddress": f"address.{SCHEMA}streetAddress",
    "postalCode": f"address.{SCHEMA}postalCode",
    "addressLocality": f"address.{SCHEMA}addressLocality",
    "latitude": f"geo.{SCHEMA}latitude",
    "longitude": f"geo.{SCHEMA}longitude",
    "region": ORTE["region"].value,
    "phase": ORTE["phase"].value,
    "presence": ORTE["presence"].value,
    "status": ORTE["status"].value,
    "theme": ORTE["theme"].value,
    "audience": ORTE["audience"].value,
    "serviceKind": ORTE["serviceKind"].value,
    "organisationKind": ORTE["organisationKind"].value,
    "services": ORTE["offers"].value,
    "memberOf": SCHEMA["memberOf"].value,
    "operatedBy": ORTE["operatedBy"].value,
    "partOf": ORTE["partOf"].value,
    "areaServed": SCHEMA["areaServed"].value,
    "successor": ORTE["successor"].value,
    "startDate": SCHEMA["startDate"].value,
    "endDate": SCHEMA["endDate"].value,
    "foundingDate": SCHEMA["foundingDate"].value,
    "openingHours": SCHEMA["openingHours"].value,
    "floorArea": ORTE["floorArea"].value,
    "maximumAttendeeCapacity": SCHEMA["maximumAttendeeCapacity"].value,
    "keywords": SCHEMA["keywords"].value,
    "url": SCHEMA["url"].value,
    "email": SCHEMA["email"].value,
    "telephone": SCHEMA["telephone"].value,
    "derivedFrom": PROV["wasDerivedFrom"].value,
}
_NESTED = {"address": SCHEMA["address"].value, "geo": SCHEMA["geo"].value}


def _place(path: str) -> tuple[str, str]:
    """The nested node in which a column's property is found, empty for none, and the property."""
    parent = path.partition(".")[0]
    return (parent, path.removeprefix(f"{parent}.")) if parent in _NESTED else ("", path)


_PLACES = {column: _place(path) for column, path in COLUMNS.items()}
_NUMBERS = frozenset(["latitude", "longitude", "floorArea"])
_SHORT = re.compile(f"{re.escape(CONCEPT)}[^/]+/|{re.escape(REGION)}|{re.escape(ORTE)}")


@dataclass(frozen=True)
class Sheet:
    """How a table is written. ``fields`` are the keys of the JSON-LD to keep (``address`` stands for all its columns).

    With the separator ``;`` numbers have a decimal comma, because the spreadsheets that want the one want the other.
    ``bom`` begins the file with a byte order mark, by which Excel knows that it is UTF-8.
    """

    separator: str = ","
    bom: bool = False
    fields: frozenset[str] | None = None

    def columns(self) -> list[str]:
        """The columns after ``id`` and ``type``."""
        if self.fields is None:
            return list(COLUMNS)
        return [name for name, (parent, _) in _PLACES.items() if {name, parent} & self.fields]


Distances = Mapping[str, float]
"""Metres by IRI."""
_PLAIN = Sheet()
_NONE: Distances = MappingProxyType({})


def row(description: Description) -> dict[str, list[str]]:
    """The values of a description by column; German text where there is a choice, concepts by their short name."""
    found = {"id": [description.root], "type": [_short(iri) for iri in description.types if iri.startswith(ORTE)]}
    nodes = {name: description.iri(path) for name, path in _NESTED.items()} | {"": description.root}
    for column, (parent, predicate) in _PLACES.items():
        subject = nodes[parent]
        found[column] = [] if subject is None else _values(description, predicate, subject)
    return found


class _Echo:
    """Has a csv.writer give back each line, instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def lines(descriptions: Iterable[Description], sheet: Sheet = _PLAIN, distances: Distances = _NONE) -> Iterator[bytes]:
    """CSV by RFC 4180, UTF-8, line by line; several values of a cell are separated by ``|``.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front; numbers and telephone numbers,
    in which no formula can hide, do not.
    """
    writer = csv.writer(_Echo(), lineterminator="\r\n", delimiter=sheet.separator)
    columns = sheet.columns()
    header = ["id", "type", *(["distance"] if distances else []), *columns]
    yield (codecs.BOM_UTF8 if sheet.bom else b"") + _line(writer, header)
    for description in descriptions:
        found = row(description)
        cells = [cell("|".join(found[name])) for name in ("id", "type")]
        if distances:
            metres = distances.get(description.root)
            cells.append("" if metres is None else _decimal(f"{metres:.1f}", sheet))
        cells += [
            _decimal("|".join(found[name]), sheet) if name in _NUMBERS else cell("|".join(found[name]))
            for name in columns
        ]
        yield _line(writer, cells)


def _line(writer: Any, cells: list[str]) -> bytes:
    line: str = writer.writerow(cells)
    return line.encode()


def table(descriptions: Iterable[Description], sheet: Sheet = _PLAIN, distances: Distances = _NONE) -> bytes:
    """All `lines` together."""
    return b"".join(lines(descriptions, sheet, distances))


def feature(
    description: Description, fields: frozenset[str] | None = None, metres: float | None = None
) -> dict[str, Any]:
    """One thing as a GeoJSON feature; ``geometry`` is null where there is no position."""
    flat = row(description)
    identifier = flat.pop("id")[0]
    latitude, longitude = flat.pop("latitude"), flat.pop("longitude")
    geometry = None
    if latitude and longitude:
        try:
            geometry = {"type": "Point", "coordinates": [float(longitude[0]), float(latitude[0])]}
        except ValueError:
            geometry = None
    wanted = {"type", *Sheet(fields=fields).columns()}
    properties: dict[str, Any] = {} if metres is None else {"distance": round(metres, 1)}
    for key, values in flat.items():
        if values and key in wanted:
            properties[key] = values[0] if len(values) == 1 else values
    return {"type": "Feature", "id": identifier, "geometry": geometry, "properties": properties}


def collection(
    descriptions: Iterable[Description],
    more: Mapping[str, object],
    fields: frozenset[str] | None = None,
    distances: Distances = _NONE,
) -> dict[str, Any]:
    """Several things as a GeoJSON feature collection with further members, such as the number of all of them."""
    features = [feature(one, fields, distances.get(one.root)) for one in descriptions]
    return {"type": "FeatureCollection", **more, "features": features}


def collected(descriptions: Iterable[Description]) -> Iterator[bytes]:
    """Any number of things as the JSON of a `collection`, feature by feature."""
    yield b'{"type":"FeatureCollection","features":['
    for number, one in enumerate(descriptions):
        yield (b"," if number else b"") + orjson.dumps(feature(one))
    yield b"]}"


def _values(description: Description, predicate: str, subject: str) -> list[str]:
    if not description.objects(predicate, subject):
        return []
    text = description.text(predicate, "de", subject)
    values = [] if text is None else [text]
    if predicate in (SCHEMA["alternateName"].value, SCHEMA["keywords"].value):
        values = description.texts(predicate, subject)
    return values + [_short(iri) for iri in description.iris(predicate, subject)]


def _short(iri: str) -> str:
    return _SHORT.sub("", iri, count=1)


# What Excel, LibreOffice and Google Sheets take for the beginning of a formula (OWASP, CSV injection).
_FORMULA = re.compile(r"^[\s\x00]*[=+\-@＝＋－＠|%]|^[\t\r\n]")
# Numbers, and telephone numbers as E.164 has them: nothing in them can be called or calculated.
_HARMLESS = re.compile(r"-?\d+(\.\d+)?|\+\d[\d ]{6,19}")


def cell(text: str) -> str:
    """Text for a cell of a table, with an apostrophe in front where a spreadsheet would take it for a formula."""
    if _FORMULA.match(text) and not _HARMLESS.fullmatch(text):
        return f"'{text}"
    return text


def _decimal(text: str, sheet: Sheet) -> str:
    """A number as the spreadsheet reads it; what is none is a cell like any other."""
    if sheet.separator == ";" and re.fullmatch(r"-?\d*\.\d+", text):
        return text.replace(".", ",")
    return cell(text)
