"""Runs: what one harvest of one source did."""

from __future__ import annotations

from fastapi import APIRouter, Path, Request, Response

from registry.api import answers, documentation, documents
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.formats import Description
from registry.formats.media import GRAPH
from registry.project import run_quads

router = APIRouter(tags=["sources"])


@router.get(
    "/runs/{name}",
    summary="One run",
    responses=documentation.responses(GRAPH, 304, 404, 406),
    response_class=Response,
)
def run(request: Request, name: str = Path(description="Number, with or without a suffix such as .ttl")) -> Response:
    """When a source was harvested, how that ended, and how many records were new, changed or withdrawn."""
    catalogue = catalogue_of(request)
    number, format = answers.wanted(request, name, GRAPH)
    found = catalogue.ledger.run(int(number)) if number.isascii() and number.isdecimal() and len(number) < 16 else None
    if found is None:
        raise Problem("not-found", f"There was no run with this number; {catalogue.base}/sources shows the last ones.")
    address = f"{catalogue.base}/runs/{found.id}"
    description = Description(address, (quad.triple for quad in run_quads(found, catalogue.base)))

    def page() -> bytes:
        return catalogue.pages.run(request, found, description, GRAPH)

    return documents.thing(request, description, address, format, GRAPH, page, modified=found.ended)
