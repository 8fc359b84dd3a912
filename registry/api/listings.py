"""One page of a list, written in each format."""

from __future__ import annotations

import orjson
from starlette.requests import Request

from registry.api import hydra
from registry.api.catalogue import Catalogue
from registry.api.parameters import OUTPUT, Filters
from registry.formats import Format, address_in, node, serialise
from registry.formats.media import CSV, GEOJSON, HTML, JSON, JSONLD
from registry.formats.table import collection, table
from registry.ledger import Ledger
from registry.terms import PREFIXES
from registry.web import Listing
from registry.web.structured import plain_list


def write(
    request: Request,
    catalogue: Catalogue,
    ledger: Ledger,
    kind: str,
    filters: Filters,
    listing: Listing,
    format: Format,
) -> bytes:
    """The page as bytes. Raises Unwritable."""
    if format is HTML:
        shown = filters.model_dump(by_alias=True, exclude={*OUTPUT, "lang"})
        return catalogue.pages.listing(request, ledger, kind, shown, listing)
    members = [description for _, description in listing.entries]
    if filters.profile == "schema":
        total = listing.found.total if filters.count else None
        return orjson.dumps(plain_list(catalogue.words, ledger, members, total))
    if format in (JSONLD, JSON):
        return orjson.dumps(_json(catalogue, listing))
    distances = {hit.iri: hit.distance for hit, _ in listing.entries if hit.distance is not None}
    if format is CSV:
        return table(members, filters.sheet, distances)
    if format is GEOJSON:
        return orjson.dumps(collection(members, _about(listing), filters.keys, distances))
    total = listing.found.total if filters.count else None
    triples = hydra.collection(listing.address, total, [member.root for member in members])
    triples += hydra.view(listing.address, listing.page, listing.first, listing.following)
    triples += [triple for member in members for triple in member.triples()]
    return serialise(triples, format, PREFIXES)


def _about(listing: Listing) -> dict[str, object]:
    """What a GeoJSON page says of itself, in the words of OGC API Features."""
    links = [
        {"rel": "self", "type": GEOJSON.media_type, "href": address_in(listing.page, GEOJSON)},
        {"rel": "alternate", "type": JSONLD.media_type, "href": address_in(listing.page, JSONLD)},
        {"rel": "alternate", "type": HTML.media_type, "href": address_in(listing.page, HTML)},
    ]
    if listing.following:
        following = {"rel": "next", "type": GEOJSON.media_type, "href": address_in(listing.following, GEOJSON)}
        links.insert(0, following)
    found: dict[str, object] = {"numberReturned": len(listing.entries), "links": links}
    return {"numberMatched": listing.found.total, **found} if listing.query.count_facets else found


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
    page: dict[str, object] = {"@context": catalogue.context_url, "id": listing.address, "type": "Collection"}
    if not listing.query.count_facets:
        return {**page, "view": view, "member": members}
    facets = {
        facet: [{"value": one.value, "count": one.count} for one in counts]
        for facet, counts in listing.found.facets.items()
    }
    return {**page, "totalItems": listing.found.total, "view": view, "member": members, "facets": facets}
