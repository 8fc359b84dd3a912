"""The start page, and the catalogue as a whole for programs that begin there."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from registry import search
from registry.api import answers
from registry.api.catalogue import catalogue_of
from registry.formats.media import HTML
from registry.search import Query
from registry.terms import KINDS

router = APIRouter(tags=["system"])


@router.get("/", summary="The start page", response_class=Response, responses={200: {"content": {"text/html": {}}}})
def start(request: Request) -> Response:
    """What this is, how much of it there is, a search field, and the ways in for programs."""
    catalogue = catalogue_of(request)
    ledger = catalogue.ledger
    counts = {
        kind: search.find(ledger.db, Query(kind=kind, limit=1, count_facets=False), catalogue.bitmaps).total
        for kind in KINDS
    }
    latest = search.find(ledger.db, Query(kind="site", sort="modified", limit=6, count_facets=False), catalogue.bitmaps)
    page = catalogue.pages.start(request, counts, latest.hits, ledger.sources())
    return answers.respond(request, page, HTML)
