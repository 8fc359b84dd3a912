"""Maps for the pages of partners: a custom element, and the frame that it shows."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from registry.api import answers
from registry.api.catalogue import catalogue_of
from registry.api.collections import listing_of
from registry.api.headers import EMBEDDABLE
from registry.api.parameters import OUTPUT, FiltersParameter, question
from registry.formats.media import HTML
from registry.web import STATIC

router = APIRouter(tags=["pages"])
_HTML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}}}


@router.get("/embed.js", summary="The element orte-map", response_class=Response)
def element() -> Response:
    """A module that defines `<orte-map network="…" district="…">` for any page."""
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response((STATIC / "embed.js").read_bytes(), 200, headers, "text/javascript")


@router.get("/embed", summary="A map to be framed", response_class=Response, responses=_HTML)
def frame(request: Request, filters: FiltersParameter) -> Response:
    """Map and list of the sites that the filters leave, for an iframe. The only page that others may frame."""
    catalogue = catalogue_of(request)
    with catalogue.snapshot() as ledger:
        listing = listing_of(request, catalogue, ledger, "site", question(request, "site", filters))
        shown = filters.model_dump(by_alias=True, exclude={*OUTPUT, "lang", "limit"})
        page = catalogue.pages.embed(request, ledger, shown, listing)
    response = answers.respond(request, page, HTML)
    response.headers[EMBEDDABLE.decode()] = "yes"
    return response
