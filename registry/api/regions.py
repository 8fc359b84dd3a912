"""The districts of the region, and the Länder they lie in."""

from __future__ import annotations

from fastapi import APIRouter, Path, Request, Response

from registry import search
from registry.api import answers, documentation, documents
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.formats import Description, Format
from registry.formats.media import GRAPH
from registry.search import Query

router = APIRouter(tags=["regions"])
_LISTED = documentation.responses(GRAPH, 304, 404, 406)


@router.get("/regions", summary="All districts", responses=_LISTED, response_class=Response)
def regions(request: Request) -> Response:
    """The nine districts: AGS (text, never a number), NUTS code, population, and the study's target."""
    return _all(request, answers.wanted(request, "", GRAPH)[1])


@router.get("/regions.{suffix}", summary="All districts", responses=_LISTED, response_class=Response)
def regions_as(request: Request, suffix: str = Path(description="jsonld, ttl, …")) -> Response:
    """The same in the format of the suffix."""
    return _all(request, answers.by_suffix(suffix, GRAPH))


@router.get("/region/{name}", summary="One district or Land", responses=_LISTED, response_class=Response)
def region(request: Request, name: str = Path(description="AGS, with or without a suffix such as .ttl")) -> Response:
    """A district or Land by its official key (AGS)."""
    catalogue = catalogue_of(request)
    ags, format = answers.wanted(request, name, GRAPH)
    iri = catalogue.words.regions.get(ags)
    if iri is None:
        known = ", ".join(catalogue.words.districts)
        raise Problem("not-found", f"The catalogue has no region with this AGS; the districts are {known}.")
    description = Description(iri, catalogue.words.about(iri))
    address = f"{catalogue.base}/region/{ags}"

    def page() -> bytes:
        ledger = catalogue.ledger
        sites = Query(kind="site", facets={"region": (iri,)}, limit=100, count_facets=False)
        found = search.find(ledger.db, sites, catalogue.bitmaps)
        return catalogue.pages.region(request, ledger, description, ags, found)

    return documents.thing(request, description, address, format, GRAPH, page)


def _all(request: Request, format: Format) -> Response:
    catalogue = catalogue_of(request)
    members = [Description(iri, catalogue.words.about(iri)) for iri in catalogue.words.districts.values()]

    def page() -> bytes:
        return catalogue.pages.regions(request, members, _counts(request))

    return documents.listing(request, f"{catalogue.base}/regions", members, format, GRAPH, page)


def _counts(request: Request) -> dict[str, int]:
    """Number of sites by region."""
    catalogue = catalogue_of(request)
    found = search.find(catalogue.ledger.db, Query(kind="site", limit=1), catalogue.bitmaps)
    return {one.value: one.count for one in found.facets.get("region", ())}
