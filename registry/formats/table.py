"""Flat writers: CSV for spreadsheets, GeoJSON (RFC 7946) for maps. One thing, one row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

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
_SHORT = re.compile(f"{re.escape(CONCEPT)}[^/]+/|{re.escape(REGION)}|{re.escape(ORTE)}")


def row(description: Description) -> dict[str, list[str]]:
    """The values of a description by column; German text where there is a choice, concepts by their short name."""
    found = {"id": [description.root], "type": [_short(iri) for iri in description.types if iri.startswith(ORTE)]}
    for column, path in COLUMNS.items():
        nested, dot, predicate = path.partition(".") if path.startswith(("address.", "geo.")) else ("", "", path)
        subjects = description.iris(_NESTED[nested])[:1] if dot else [description.root]
        found[column] = [value for subject in subjects for value in _values(description, predicate, subject)]
    return found


def table(descriptions: Iterable[Description]) -> bytes:
    """CSV by RFC 4180, UTF-8; several values of a cell are separated by ``|``.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    output = io.StringIO(newline="")
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(["id", "type", *COLUMNS])
    for description in descriptions:
        writer.writerow([cell("|".join(values)) for values in row(description).values()])
    return output.getvalue().encode()


def feature(description: Description) -> dict[str, Any]:
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
    properties = {key: values[0] if len(values) == 1 else values for key, values in flat.items() if values}
    return {"type": "Feature", "id": identifier, "geometry": geometry, "properties": properties}


def collection(descriptions: Iterable[Description], more: Mapping[str, object]) -> dict[str, Any]:
    """Several things as a GeoJSON feature collection with further members, such as the number of all of them."""
    return {"type": "FeatureCollection", **more, "features": [feature(one) for one in descriptions]}


def _values(description: Description, predicate: str, subject: str) -> list[str]:
    text = description.text(predicate, "de", subject)
    values = [] if text is None else [text]
    if predicate in (SCHEMA["alternateName"].value, SCHEMA["keywords"].value):
        values = description.texts(predicate, subject)
    return values + [_short(iri) for iri in description.iris(predicate, subject)]


def _short(iri: str) -> str:
    return _SHORT.sub("", iri, count=1)


# What Excel, LibreOffice and Google Sheets take for the beginning of a formula (OWASP, CSV injection).
_FORMULA = re.compile(r"^[\s\x00]*[=+\-@＝＋－＠|%]|^[\t\r\n]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: what looks like one gets an apostrophe in front."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
