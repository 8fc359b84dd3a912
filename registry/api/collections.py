"""Lists of sites, networks, services and organisations: filtered, counted, sorted, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response

from registry import search
from registry.api import answers, documentation, listings
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.parameters import OUTPUT, Filters, FiltersParameter, check_names, predicates, question
from registry.api.problems import Problem
from registry.formats import Description, Format, NotAcceptable
from registry.formats.media import GEOJSON, HTML, JSON, JSONLD, THING
from registry.formats.selection import select
from registry.ledger import Ledger
from registry.search import BadCursor, Query
from registry.terms import KINDS
from registry.web import Listing
from registry.web.phrases import RADIUS, understand

router = APIRouter(tags=["collections"])
#: What makes a page of a collection; everything else makes another collection.
_PAGING = {"cursor", "limit", "sort", *OUTPUT}


def collection(request: Request, kind: str, filters: Filters, format: Format) -> Response:
    """A page of all entities of a kind that the filters leave, with the number of all of them and facets."""
    catalogue = catalogue_of(request)
    if format is not HTML:  # people follow links that others have added to; programs mean what they write
        check_names(request)
    if filters.profile == "schema" and format not in (JSONLD, JSON):
        raise NotAcceptable(f"{format.media_type} (profile 'schema')", (JSONLD, JSON))
    if format is HTML and kind == "site" and (elsewhere := _place(request, catalogue, filters)):
        return elsewhere
    query = question(request, kind, filters)
    chosen = predicates(request, filters)
    with catalogue.snapshot() as ledger:
        modified = latest(ledger)
        tag = None
        if format is not HTML:
            asked = sorted(request.query_params.multi_items())
            tag = answers.etag(
                ledger.sequence(), ledger.position("search"), asked, kind, format.name, catalogue.edition
            )
        listing = listing_of(request, catalogue, ledger, kind, query)
        if chosen is not None and format is not HTML:
            listing = replace(listing, entries=[(hit, select(one, chosen)) for hit, one in listing.entries])
        links = answers.alternates(listing.page if request.url.query else listing.path, THING)
        if listing.following:
            links.append(f'<{listing.following}>; rel="next"')
        if tag and answers.unchanged(request, tag, None):
            return answers.not_modified(format, tag, modified, links)
        body = listings.write(request, catalogue, ledger, kind, filters, listing, format)
    response = answers.respond(request, body, format, tag=tag, modified=modified, links=links)
    if format is GEOJSON:
        response.headers["Content-Crs"] = "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    return response


def latest(ledger: Ledger) -> str | None:
    """When the catalogue last changed."""
    row = ledger.db.execute(
        "SELECT published FROM activity WHERE stream = 'entity' ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else None


def _place(request: Request, catalogue: Catalogue, filters: Filters) -> Response | None:
    """Words that name a place ("Coworking bei Grimma") lead to the list of what is near it."""
    phrase = understand(filters.q, catalogue.gazetteer)
    if phrase.words == filters.q:
        return None
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] not in ("q", "near", "radius", "cursor")]
    pairs += [("q", phrase.words)] if phrase.words else []
    if phrase.position and phrase.place:
        latitude, longitude = phrase.position
        pairs += [("near", f"{latitude},{longitude}"), ("radius", RADIUS), ("place", phrase.place)]
    location = f"{catalogue.pages.prefix}/sites?{urlencode(pairs)}"
    return Response(status_code=303, headers={"Location": location, "Cache-Control": "no-cache"})


def listing_of(request: Request, catalogue: Catalogue, ledger: Ledger, kind: str, query: Query) -> Listing:
    path = f"{catalogue.base}/{kind}s"
    try:
        found = search.find(ledger.db, query, catalogue.bitmaps)
    except BadCursor:
        raise Problem(
            "bad-cursor",
            f"Start again at {path} and follow its links; a cursor fits only the order it was made for.",
        ) from None
    asked = [(key, value) for key, value in request.query_params.multi_items() if value and key != "lang"]
    filters = [pair for pair in asked if pair[0] not in _PAGING]
    kept = [pair for pair in asked if pair[0] == "sort" or pair[0] in OUTPUT]
    first = [*filters, *kept, ("limit", str(query.limit))]
    entries = []
    for hit in found.hits:
        entity = ledger.entity(hit.iri)
        if entity is not None and entity.status == "live":
            entries.append((hit, Description.parse(hit.iri, entity.nquads)))
    return Listing(
        path=path,
        address=_address(path, filters),
        page=_address(path, [*first, ("cursor", query.cursor)] if query.cursor else first),
        first=_address(path, first),
        following=_address(path, [*first, ("cursor", found.next)]) if found.next else None,
        query=query,
        found=found,
        entries=entries,
    )


def _address(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _route(kind: str) -> None:
    def listed(request: Request, filters: FiltersParameter) -> Response:
        return collection(request, kind, filters, answers.wanted(request, "", THING)[1])

    def listed_as(
        request: Request, filters: FiltersParameter, suffix: str = Path(description="jsonld, ttl, csv, geojson, …")
    ) -> Response:
        return collection(request, kind, filters, answers.by_suffix(suffix, THING))

    for path, handler, name in ((f"/{kind}s", listed, f"{kind}s"), (f"/{kind}s.{{suffix}}", listed_as, f"{kind}s_as")):
        router.get(
            path,
            name=name,
            summary=f"All {kind}s",
            description=collection.__doc__,
            operation_id=name,
            responses=documentation.responses(THING, 304, 400, 404, 406, 422, schema="Collection"),
            response_class=Response,
        )(handler)


for _kind in KINDS:
    _route(_kind)
