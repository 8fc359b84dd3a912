"""Joining: anyone may propose a source; it is tried at once, and waits for a curator."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Path, Request, Response

from registry import writer
from registry.api import answers, documentation
from registry.api.allowance import visitor_of
from registry.api.bodies import body_of
from registry.api.catalogue import catalogue_of
from registry.api.problems import KINDS, Problem
from registry.api.reports import FORMATS, write
from registry.api.validation import COST_OF_ADDRESS, Validation
from registry.api.writes import Writing
from registry.formats.media import HTML, JSON
from registry.joining import proposals
from registry.joining.proposals import OPTIONS, AlreadyKnown, NotProposed, Offer, TooManyProposals
from registry.report import Report
from registry.web import proposing

router = APIRouter(tags=["sources"])

_MOST = 32_768
_FORM = "application/x-www-form-urlencoded"
_MEDIA = ("application/json", "application/ld+json", _FORM)
_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}
_RESPONSES = documentation.responses(FORMATS, 400, 409, 413, 415, 422, 429, 503)
_STATES = documentation.responses((JSON, HTML), 404, 406)


@router.get("/propose", summary="A form to propose a source with", response_class=Response)
def invite(request: Request) -> Response:
    """For people; programs post to `/sources`."""
    said = {name: request.query_params.get(name, "")[:2000] for name in ("url", "kind")}
    return answers.respond(request, proposing.form(catalogue_of(request).pages, request, said), HTML)


@router.post("/sources", summary="Propose a source", status_code=202, responses=_RESPONSES, response_class=Response,
             openapi_extra={"requestBody": {"content": {media: {} for media in _MEDIA}}})  # fmt: skip
async def propose(request: Request) -> Response:
    """`url`, `kind`, `title`, `publisher`, `contact`, and where there is one the `licence`: the address is fetched and
    checked at once, and the answer is the report. A curator decides; before that nothing of it is in the catalogue.
    `Location` tells how the proposal stands."""
    format = answers.wanted(request, "", FORMATS)[1]
    said = await _said(request)
    try:
        number, report = await _proposed(request, said)
    except Problem as problem:
        if format is not HTML:
            raise
        flat = {**said, **said.get("options", {})}
        body = proposing.form(catalogue_of(request).pages, request, flat, problem)
        return Response(body, KINDS[problem.kind][0], {**problem.headers, **_HEADERS}, HTML.content_type)
    catalogue = catalogue_of(request)
    headers = {**_HEADERS, "Location": f"{catalogue.base}/proposals/{number}"}
    page = proposing.thanks(catalogue.pages, request, number, report) if format is HTML else None
    body = page or write(report, format, None)
    return Response(body, 202, headers, format.content_type)


@router.get("/proposals/{number}", summary="How a proposal stands", responses=_STATES, response_class=Response)
def state(request: Request, number: int = Path(ge=1, lt=1 << 53, description="Number of the proposal")) -> Response:
    """Whether it is open, accepted or refused, and why; nothing of what it says."""
    catalogue = catalogue_of(request)
    format = answers.wanted(request, "", (JSON, HTML))[1]
    try:
        found = proposals.get(catalogue.ledger, number)
    except proposals.NotDecided:
        raise Problem("not-found", "There is no proposal with this number.") from None
    if format is HTML:
        return answers.respond(request, proposing.state(catalogue.pages, request, found), HTML)
    body = {
        "number": found.number,
        "state": found.state,
        "made": found.made,
        "decided": found.decided,
        "why": found.why,
        "source": f"{catalogue.base}/sources/{found.source}" if found.source else None,
    }
    return answers.respond(request, orjson.dumps(body), JSON)


async def _said(request: Request) -> dict[str, Any]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _MEDIA:
        detail = f"Name the syntax of the body in Content-Type: one of {', '.join(_MEDIA)}."
        raise Problem("unsupported-media-type", detail, headers={"Accept-Post": ", ".join(_MEDIA)})
    body = await body_of(request, _MOST, "a proposal is short")
    try:
        if media != _FORM:
            found = orjson.loads(body)
            if isinstance(found, dict):
                return found
            raise ValueError
        form = dict(parse_qsl(body.decode("utf-8"), max_num_fields=40))
    except ValueError:
        detail = 'Send one JSON object: {"url": "https://…", "kind": "csv", "title": "…", …}.'
        raise Problem("bad-request", detail) from None
    options = {name: form.pop(name) for name in OPTIONS if name in form}
    return {**form, "options": options}


async def _proposed(request: Request, said: Mapping[str, Any]) -> tuple[int, Report]:
    """Try it and put it down. Raises Problem."""
    catalogue = catalogue_of(request)
    validation: Validation = request.app.state.validation
    try:
        offer = Offer.read(said)
        await asyncio.to_thread(proposals.check, catalogue.ledger, catalogue.config, offer)
    except AlreadyKnown as error:
        raise Problem("already-known", str(error)) from None
    except TooManyProposals as error:
        raise _full(str(error)) from None
    except NotProposed as error:
        raise Problem("not-proposed", str(error)) from None
    wait = validation.allowance.take(visitor_of(request), COST_OF_ADDRESS)
    if wait:
        detail = "You have had as many addresses fetched as you may in a minute. Try again later."
        raise Problem("too-many-requests", detail, headers={"Retry-After": str(int(wait) + 1)})
    report = await validation.look(offer)
    asked = orjson.dumps({"offer": asdict(offer), "report": proposals.summary(report)})
    writing: Writing = request.app.state.writing
    written = await asyncio.to_thread(
        writing.writer.write, writer.Request("PROPOSE", "", content=asked), writing.limits.write_seconds
    )
    if written.status == 409:
        raise Problem("already-known", written.problem or "")
    if "proposal" not in written.changes:
        raise _full(written.problem or "")
    return written.changes["proposal"], report


def _full(detail: str) -> Problem:
    return Problem("proposals-full", detail, headers={"Retry-After": "86400"})
