"""Answers with everything HTTP wants of them: validators, 304, Vary, links to the other formats."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

import orjson
from starlette.requests import Request
from starlette.responses import Response

from registry.api.catalogue import Catalogue
from registry.api.problems import Problem
from registry.formats import BY_NAME, Description, Format, address_in, document, negotiate, serialise
from registry.formats.media import CSV, GEOJSON, HTML, JSON, JSONLD, NTRIPLES, RDFXML, TRIG, TURTLE
from registry.formats.table import collection, feature, table
from registry.terms import PREFIXES

#: Formats that carry triples.
RDF = (JSONLD, TURTLE, NTRIPLES, RDFXML, TRIG)
#: Clients may keep an answer, and ask with its ETag whether it still holds.
_REVALIDATE = "public, no-cache"


def wanted(request: Request, name: str, offered: Sequence[Format]) -> tuple[str, Format]:
    """The name without its suffix, and the format: a suffix wins over Accept. Raises NotAcceptable."""
    stem, dot, suffix = name.rpartition(".")
    if dot and (found := BY_NAME.get(suffix)) in offered:
        assert found is not None
        return stem, found
    return name, negotiate(request.headers.get("accept"), offered)


def by_suffix(suffix: str, offered: Sequence[Format]) -> Format:
    """The format a suffix names. Raises Problem that lists those there are."""
    found = BY_NAME.get(suffix)
    if found is None or found not in offered:
        names = ", ".join(f".{f.name}" for f in offered)
        raise Problem("not-found", f"There is no format '{suffix[:20]}' of this; there are: {names}.")
    return found


def etag(*parts: object) -> str:
    """A strong entity tag: the same parts stand for the same bytes."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def unchanged(request: Request, tag: str, modified: str | None) -> bool:
    """True when the client's copy is still good. ``modified`` is ISO 8601."""
    headers = request.headers
    date = http_date(modified) if modified else None
    return matches(headers.get("if-none-match"), headers.get("if-modified-since"), tag, date)


def matches(known: str | None, since: str | None, tag: str, modified: str | None) -> bool:
    """The same by the headers themselves (RFC 9110 §13.2.2: If-None-Match before If-Modified-Since).

    A date that is none is as good as not there (RFC 9110 §13.1.3).
    """
    if known is not None:
        return known.strip() == "*" or tag in (candidate.strip().removeprefix("W/") for candidate in known.split(","))
    if since is None or modified is None:
        return False
    try:
        return parsedate_to_datetime(since) >= parsedate_to_datetime(modified)
    except (ValueError, TypeError, OverflowError):  # the last of them for numbers that no date can hold
        return False


def validators(
    format: Format, tag: str, modified: str | None, links: Iterable[str] = (), vary: str = "Accept"
) -> dict[str, str]:
    """The headers of an answer, 304 or 200."""
    headers = {
        "ETag": tag,
        "Vary": "Accept, Accept-Language, Cookie" if format is HTML else vary,
        "Cache-Control": _REVALIDATE,
    }
    if modified:
        headers["Last-Modified"] = http_date(modified)
    if link := ", ".join(links):
        headers["Link"] = link
    return headers


def respond(
    request: Request,
    body: bytes,
    format: Format,
    *,
    tag: str | None = None,
    modified: str | None = None,
    links: Iterable[str] = (),
    status: int = 200,
    vary: str = "Accept",
) -> Response:
    """A body with its validators; 304 without body when the client has it. Without ``tag`` the body is its own."""
    headers = validators(format, tag or etag(body), modified, links, vary)
    if status == 200 and unchanged(request, headers["ETag"], modified):
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, format.content_type)


def not_modified(
    format: Format, tag: str, modified: str | None, links: Iterable[str] = (), vary: str = "Accept"
) -> Response:
    return Response(status_code=304, headers=validators(format, tag, modified, links, vary))


_REPEATED = 2000  # letters of an address; proxies take 4 to 8 kB of headers in an answer, and there are eight formats


def alternates(address: str, offered: Sequence[Format]) -> list[str]:
    """Link headers to every other way of having the same (RFC 8288); none for an address that is too long to repeat."""
    if len(address) > _REPEATED:
        return []
    return [f'<{address_in(address, f)}>; rel="alternate"; type="{f.media_type}"' for f in offered]


def inbox(base: str) -> str:
    """The Link header by which peers find our inbox (Linked Data Notifications)."""
    return f'<{base}/inbox>; rel="http://www.w3.org/ns/ldp#inbox"'


def write(catalogue: Catalogue, description: Description, format: Format) -> bytes:
    """One description in any format but HTML. Raises Unwritable."""
    if format in (JSONLD, JSON):
        return document(description, catalogue.context, catalogue.context_url)
    if format is GEOJSON:
        return orjson.dumps(feature(description))
    if format is CSV:
        return table([description])
    return serialise(description.triples(), format, PREFIXES)


def write_all(descriptions: Sequence[Description], format: Format, more: Mapping[str, object]) -> bytes:
    """Several descriptions as CSV or GeoJSON; ``more`` are further members of the GeoJSON document."""
    return table(descriptions) if format is CSV else orjson.dumps(collection(descriptions, more))


@lru_cache(maxsize=1024)
def http_date(moment: str) -> str:
    """An ISO 8601 moment as HTTP writes it."""
    return format_datetime(datetime.fromisoformat(moment).astimezone(UTC), usegmt=True)
