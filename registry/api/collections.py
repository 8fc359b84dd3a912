"""Lists of sites, networks, services and organisations: filtered, counted, sorted, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Path, Request, Response

from registry import search
from registry.api import answers, documentation, hydra
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.parameters import Filters, FiltersParameter, question
from registry.api.problems import Problem
from registry.formats import Description, Format, address_in, node, serialise
from registry.formats.media import CSV, GEOJSON, HTML, JSON, JSONLD, THING
from registry.ledger import Ledger
from registry.search import BadCursor, Query
from registry.terms import KINDS, PREFIXES
from registry.web import Listing

router = APIRouter(tags=["collections"])
#: What makes a page of a collection; everything else makes another collection.
_PAGING = {"cursor", "limit", "sort"}


def collection(request: Request, kind: str, filters: Filters, format: Format) -> Response:
    """A page of all entities of a kind that the filters leave, with the number of all of them and facets."""
    catalogue = catalogue_of(request)
    query = question(request, kind, filters)
    with catalogue.snapshot() as ledger:
        modified = latest(ledger)
        tag = None
        if format is not HTML:
            asked = sorted(request.query_params.multi_items())
            tag = answers.etag(
                ledger.sequence(), ledger.position("search"), asked, kind, format.name, catalogue.edition
            )
        listing = _listing(request, catalogue, ledger, kind, query)
        links = answers.alternates(listing.page if request.url.query else listing.path, THING)
        if listing.following:
            links.append(f'<{listing.following}>; rel="next"')
        if tag and answers.unchanged(request, tag, None):
            return answers.not_modified(format, tag, modified, links)
        body = _write(request, catalogue, ledger, kind, filters, listing, format)
    return answers.respond(request, body, format, tag=tag, modified=modified, links=links)


def latest(ledger: Ledger) -> str | None:
    """When the catalogue last changed."""
    row = ledger.db.execute(
        "SELECT published FROM activity WHERE stream = 'entity' ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else None


def _listing(request: Request, catalogue: Catalogue, ledger: Ledger, kind: str, query: Query) -> Listing:
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
    first = [*filters, *(pair for pair in asked if pair[0] == "sort"), ("limit", str(query.limit))]
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


def _write(
    request: Request,
    catalogue: Catalogue,
    ledger: Ledger,
    kind: str,
    filters: Filters,
    listing: Listing,
    format: Format,
) -> bytes:
    if format is HTML:
        return catalogue.pages.listing(request, ledger, kind, filters.model_dump(by_alias=True), listing)
    if format in (JSONLD, JSON):
        return orjson.dumps(_json(catalogue, listing))
    members = [description for _, description in listing.entries]
    if format in (CSV, GEOJSON):
        more: dict[str, object] = {"numberMatched": listing.found.total, "numberReturned": len(members)}
        if listing.following:
            more["links"] = [{"rel": "next", "href": address_in(listing.following, format)}]
        return answers.write_all(members, format, more)
    triples = hydra.collection(listing.address, listing.found.total, [member.root for member in members])
    triples += hydra.view(listing.address, listing.page, listing.first, listing.following)
    triples += [triple for member in members for triple in member.triples()]
    return serialise(triples, format, PREFIXES)


def _json(catalogue: Catalogue, listing: Listing) -> dict[str, object]:
    """The page as JSON-LD; ``facets`` and ``distance`` mean nothing in RDF: the context has null for them."""
    members = []
    for hit, description in listing.entries:
        member = node(description, catalogue.context)
        if hit.distance is not None:
            member["distance"] = round(hit.distance, 1)
        members.append(member)
    view = {"id": listing.page, "type": "PartialCollectionView", "first": listing.first}
    if listing.following:
        view["next"] = listing.following
    return {
        "@context": catalogue.context_url,
        "id": listing.address,
        "type": "Collection",
        "totalItems": listing.found.total,
        "view": view,
        "member": members,
        "facets": {
            facet: [{"value": one.value, "count": one.count} for one in counts]
            for facet, counts in listing.found.facets.items()
        },
    }


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
            responses=documentation.responses(THING, 304, 400, 404, 406, 422),
            response_class=Response,
        )(handler)


for _kind in KINDS:
    _route(_kind)
