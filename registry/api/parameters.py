"""The parameters of collections, as the search wants them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated, Literal

from fastapi import Query as Parameter
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.formats.table import Sheet
from registry.search import FACETS, Box, Near, Query, Sort

Values = Annotated[list[str], Field(max_length=50)]
_DEFAULT_RADIUS = "10km"


class Filters(BaseModel):
    """What every collection understands."""

    model_config = ConfigDict(populate_by_name=True)

    q: str = Field("", max_length=200, description="Words; all of them must be found, in names, places or texts.")
    type: Values = Field([], description="Class: CooperationSite, InnovationSite, or an IRI.")
    region: Values = Field([], description="District or Land by its AGS, or an IRI: 14729.")
    network: Values = Field([], description="Network by the last part of its IRI, or the IRI.")
    service: Values = Field([], description="Kind of service: desk, childcare, workshop (with all crafts), or an IRI.")
    theme: Values = Field([], description="Theme: crafts, digitalisation, or an IRI.")
    phase: Values = Field([], description="Phase: idea, operating, closed, or an IRI.")
    audience: Values = Field([], description="Audience: freelancers, families, or an IRI.")
    presence: Values = Field([], description="physical, virtual or hybrid.")
    status: Values = Field([], description="Of networks: active, dissolving, ended.")
    organisation_kind: Values = Field([], alias="organisation-kind", description="municipal, civil-society, …")
    operator: Values = Field([], description="Organisation by the last part of its IRI, or the IRI.")
    source: Values = Field([], description="Source by its id.")
    bbox: str | None = Field(None, description="west,south,east,north in degrees (WGS 84).")
    near: str | None = Field(None, description="latitude,longitude in degrees (WGS 84); answers carry a distance.")
    radius: str = Field(_DEFAULT_RADIUS, description="With near: metres, or with unit: 800m, 5km.")
    modified_since: str | None = Field(
        None, description="Date or moment, ISO 8601: 2026-11-22 or 2026-11-22T17:30:00Z."
    )
    sort: Literal["name", "modified", "distance", "relevance"] | None = Field(
        None, description="Default: relevance with q, distance with near, else name. modified: newest first."
    )
    limit: int | None = Field(None, ge=1, description="Entities on a page.")
    cursor: str | None = Field(None, max_length=4000, description="From the link to the next page.")

    count: bool = Field(True, description="0 leaves out the number of all entities and the facets.")
    fields: str = Field("", max_length=1000, description="Only these keys, separated by commas: name,geo,url.")
    profile: Literal["", "orte", "schema"] = Field("", description="schema: plain schema.org (JSON-LD only).")
    sep: Literal[",", ";", "tab"] = Field(",", description="Of CSV. With ; numbers have a decimal comma: German Excel.")
    bom: bool = Field(False, description="1 begins CSV with a byte order mark, by which Excel knows UTF-8.")
    lang: str = Field("", max_length=20, description="de or en, of pages for people.")

    @property
    def sheet(self) -> Sheet:
        """How CSV is written."""
        return Sheet("\t" if self.sep == "tab" else self.sep, self.bom, self.keys)

    @property
    def keys(self) -> frozenset[str] | None:
        """The keys asked for, None for all of them."""
        return frozenset(key for part in self.fields.split(",") if (key := part.strip())) or None


FiltersParameter = Annotated[Filters, Parameter()]
#: What says how a page is written, not what is on it.
OUTPUT = frozenset(["count", "fields", "profile", "sep", "bom"])
NAMES = [field.alias or name for name, field in Filters.model_fields.items()]


def check_names(request: Request) -> None:
    """Refuse what is no parameter: a filter with a typing error would silently filter nothing. Raises Problem."""
    for name in request.query_params:
        if name not in NAMES:
            alike = get_close_matches(name, NAMES, 1)
            hint = f"did you mean '{alike[0]}'?" if alike else f"there are: {', '.join(NAMES)}"
            detail = f"There is no parameter '{name[:50]}'; {hint} See /docs."
            raise Problem("invalid-parameter", detail, errors=[{"parameter": name[:50], "detail": "unknown"}])


def predicates(request: Request, filters: Filters) -> frozenset[str] | None:
    """The properties behind the keys asked for, None for all. Raises Problem that lists the keys there are."""
    if filters.keys is None:
        return None
    terms = catalogue_of(request).context.terms
    unknown = sorted(filters.keys - terms.keys() - {"id", "type", "distance"})
    if unknown:
        known = ", ".join(key for key in terms if key[0].islower())  # keys of classes are no keys of a thing
        raise _wrong("fields", f"'{unknown[0][:50]}' is no key; there are {known}")
    return frozenset(terms[key].iri for key in filters.keys if key in terms)


def question(request: Request, kind: str, filters: Filters) -> Query:
    """The search for a request. Raises Problem that names the parameter and shows what it should look like."""
    catalogue = catalogue_of(request)
    limits = catalogue.config.limits
    given = filters.model_dump()
    facets = {
        name: tuple(facet.expand(value, catalogue.base) for value in values)
        for name, facet in FACETS.items()
        if (values := [value for value in given[name.replace("-", "_")] if value])
    }
    near = _near(filters)
    sort: Sort | None = filters.sort
    if sort == "distance" and near is None:
        raise _wrong("sort", "distance needs a position; add near=latitude,longitude")
    if sort == "relevance" and not filters.q.strip():
        raise _wrong("sort", "relevance needs words; add q=…")
    limit = filters.limit or limits.page_size
    if limit > limits.page_size_max:
        raise _wrong("limit", f"at most {limits.page_size_max}; follow the links to further pages for more")
    return Query(
        kind=kind,
        text=filters.q,
        facets=facets,
        box=_box(filters.bbox),
        near=near,
        modified_since=moment(filters.modified_since) if filters.modified_since else None,
        sort=sort,
        limit=limit,
        cursor=filters.cursor or None,
        count_facets=filters.count,
    )


def moment(text: str) -> str:
    """What `modified_since` says, in UTC as the ledger writes it, so that texts compare like times. Raises Problem."""
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "+"))  # a + in an address arrives as a space
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter where another time zone has a year that none can be
        raise _wrong("modified_since", "a date or moment such as 2026-11-22 or 2026-11-22T17:30:00Z") from None
    return f"{found.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _box(text: str | None) -> Box | None:
    if not text:
        return None
    numbers = _numbers(text, 4)
    if numbers is None or not _is_latitude(numbers[1], numbers[3]) or not _is_longitude(numbers[0], numbers[2]):
        raise _wrong("bbox", "four numbers west,south,east,north in degrees, such as 11.9,51.0,13.2,51.7")
    west, south, east, north = numbers
    if south > north:
        raise _wrong("bbox", "the second number (south) is larger than the fourth (north)")
    return Box(west, south, east, north)


def _near(filters: Filters) -> Near | None:
    if not filters.near:
        return None
    numbers = _numbers(filters.near, 2)
    if numbers is None or not _is_latitude(numbers[0]) or not _is_longitude(numbers[1]):
        raise _wrong("near", "two numbers latitude,longitude in degrees, such as 51.34,12.37")
    return Near(numbers[0], numbers[1], _radius(filters.radius))


def _radius(text: str) -> float:
    """Metres. The half circumference of the Earth is as far as anything can be."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)\s*(m|km)?", text.strip(), re.ASCII)
    metres = float(match[1]) * (1000 if match[2] == "km" else 1) if match else 0.0
    if not 0 < metres <= 20_040_000:
        raise _wrong("radius", "metres, or a number with m or km, such as 5km")
    return metres


def _numbers(text: str, count: int) -> list[float] | None:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    return numbers if len(numbers) == count and all(map(math.isfinite, numbers)) else None


def _is_latitude(*degrees: float) -> bool:
    return all(-90 <= one <= 90 for one in degrees)


def _is_longitude(*degrees: float) -> bool:
    return all(-180 <= one <= 180 for one in degrees)


def _wrong(name: str, expected: str) -> Problem:
    errors = [{"parameter": name, "detail": expected}]
    return Problem("invalid-parameter", f"Correct '{name}': {expected}. See /docs.", errors=errors)
