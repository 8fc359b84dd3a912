"""The pages on which curators decide on held runs and on proposed sources."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from registry.api.catalogue import catalogue_of
from registry.api.curator import Form, Reader, Writer, page, to
from registry.api.problems import Problem
from registry.joining import proposals
from registry.joining.proposals import NotDecided
from registry.ledger import Ledger
from registry.sources import sources
from registry.web import curating

router = APIRouter(include_in_schema=False)


@router.get("/review/runs")
def held(request: Request, curator: Reader) -> Response:
    """The runs that were held: what was missing, and the way to let the source shrink."""
    catalogue = catalogue_of(request)
    with catalogue.snapshot() as ledger:
        body = curating.held_page(catalogue.pages, request, ledger, curating.waiting(ledger, curator))
    return page(body)


@router.post("/review/runs")
def release(request: Request, curator: Writer, form: Form) -> Response:
    """Release a held run: the next reading of its source takes it over."""
    from registry import harvesting  # loads slowly, and a server starts without it

    config = catalogue_of(request).config
    source = sources(config).get(form.get("source", ""))
    number = form.get("run", "")
    if source is None or not (number.isascii() and number.isdecimal() and len(number) < 16):
        raise Problem("bad-request", "Say which source and which run is released.")
    ledger = Ledger.open(config.ledger, config.base_url)
    try:
        harvesting.release(ledger, source, int(number), curator)
    except harvesting.NotHeld as error:
        raise Problem("decided-already", f"Nothing was released: {error}.") from None
    finally:
        ledger.close()
    return to(request, "/review/runs")


@router.get("/review/proposals")
def proposed(request: Request, curator: Reader) -> Response:
    """The sources that are proposed, with what was found when they were tried."""
    catalogue = catalogue_of(request)
    with catalogue.snapshot() as ledger:
        body = curating.proposals_page(
            catalogue.pages, request, proposals.listing(ledger), curating.waiting(ledger, curator)
        )
    return page(body)


@router.post("/review/proposals")
def decide(request: Request, curator: Writer, form: Form) -> Response:
    """Accept a proposal, or refuse it with a reason."""
    config = catalogue_of(request).config
    number, decision = form.get("number", ""), form.get("decision", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 16) or decision not in ("accept", "refuse"):
        raise Problem("bad-request", "Say which proposal, and whether it is accepted or refused.")
    ledger = Ledger.open(config.ledger, config.base_url)
    try:
        if decision == "accept":
            proposals.accept(ledger, config, int(number), name=form.get("name", "").strip() or None)
        else:
            proposals.refuse(ledger, int(number), form.get("why", ""))
    except NotDecided as error:
        raise Problem("decided-already", f"{str(error)[0].upper()}{str(error)[1:]}.") from None
    finally:
        ledger.close()
    return to(request, "/review/proposals")
