"""The start page, and the catalogue as a whole for programs that begin there."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from registry import search
from registry.api import answers
from registry.api.catalogue import catalogue_of
from registry.api.collections import listing_of
from registry.api.parameters import OUTPUT, FiltersParameter, question
from registry.formats.media import HTML
from registry.search import Query
from registry.terms import KINDS

router = APIRouter(tags=["system"])
_SITES = 10
"""Sites in the list of the start page; the map has all of them."""


@router.get("/", summary="The start page", response_class=Response, responses={200: {"content": {"text/html": {}}}})
def start(request: Request, filters: FiltersParameter) -> Response:
    """Map and list of sites with search field and filters, how much there is of everything, and the ways in."""
    catalogue = catalogue_of(request)
    filters.limit = filters.limit or _SITES
    with catalogue.snapshot() as ledger:
        counts = {
            kind: search.find(ledger.db, Query(kind=kind, limit=1, count_facets=False), catalogue.bitmaps).total
            for kind in KINDS
        }
        newest = Query(kind="site", sort="modified", limit=6, count_facets=False)
        latest = search.find(ledger.db, newest, catalogue.bitmaps)
        listing = listing_of(request, catalogue, ledger, "site", question(request, "site", filters))
        shown = filters.model_dump(by_alias=True, exclude={*OUTPUT, "lang", "limit"})
        page = catalogue.pages.start(request, ledger, shown, listing, counts, latest.hits)
    return answers.respond(request, page, HTML, links=[answers.inbox(catalogue.base)])
