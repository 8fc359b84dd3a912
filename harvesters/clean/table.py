"""The cleaning functions that lifts call as `fn:name(…)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harvesters.clean import (
    address,
    area,
    codes,
    dates,
    district,
    email,
    hours,
    html,
    name,
    number,
    phone,
    place,
    position,
    text,
    web,
)

Datatype = Literal["string", "language", "iri", "integer", "decimal", "boolean", "date", "dateTime", "wkt"]
"""What a result becomes in RDF: "language" is a literal tagged with the second argument, "date" one of xsd:date,
xsd:gYearMonth and xsd:gYear by its form."""


@dataclass(frozen=True)
class Cleaner:
    """A cleaning function: `(str, …, report=…) -> value | None`; `machine` says that it takes a notation, so that
    numbers that were numbers in the raw record are not read the German way."""

    function: Callable[..., Any]
    makes: Datatype
    machine: bool = False


def _tagged(value: str, language: str = "", **report: Any) -> str | None:
    return text.text(value, language, **report)


def _slug(value: str, **report: Any) -> str | None:
    return text.slug(value)


FUNCTIONS: Mapping[str, Cleaner] = {
    "text": Cleaner(text.text, "language"),
    "lang": Cleaner(_tagged, "language"),
    "prose": Cleaner(text.prose, "language"),
    "html": Cleaner(html.html, "language"),
    "name": Cleaner(name.name, "language"),
    "legal_name": Cleaner(name.name, "language"),
    "slug": Cleaner(_slug, "string"),
    "url": Cleaner(web.url, "iri"),
    "social": Cleaner(web.social, "iri"),
    "link": Cleaner(web.link, "iri"),
    "domain": Cleaner(web.domain, "string"),
    "email": Cleaner(email.email, "string"),
    "phone": Cleaner(phone.phone, "string"),
    "hours": Cleaner(hours.hours, "string"),
    "date": Cleaner(dates.date, "date"),
    "year": Cleaner(dates.year, "date"),
    "moment": Cleaner(dates.moment, "dateTime"),
    "number": Cleaner(number.number, "decimal", machine=True),
    "integer": Cleaner(number.integer, "integer", machine=True),
    "price": Cleaner(number.price, "decimal", machine=True),
    "area": Cleaner(area.area, "decimal", machine=True),
    "find_area": Cleaner(area.find_area, "decimal"),
    "street": Cleaner(address.street, "string"),
    "postcode": Cleaner(address.postcode, "string"),
    "locality": Cleaner(address.locality, "string"),
    "suburb": Cleaner(address.suburb, "string"),
    "lat": Cleaner(position.lat, "decimal"),
    "lon": Cleaner(position.lon, "decimal"),
    "wkt": Cleaner(position.wkt, "wkt"),
    "point": Cleaner(position.wkt, "wkt"),
    "country": Cleaner(codes.country, "string"),
    "licence": Cleaner(codes.licence, "iri"),
    "is_place": Cleaner(place.is_place, "boolean"),
    "district": Cleaner(district.district, "iri"),
    "outside": Cleaner(district.outside, "boolean"),
    "municipality": Cleaner(district.municipality, "string"),
}
