"""What is wrong with a source, for its owner."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response

from registry.api import answers, documentation
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.api.sources import state_of
from registry.formats import Format, address_in, serialise
from registry.formats.media import CSV, HTML, JSON, JSONLD, NTRIPLES, TURTLE
from registry.ledger import Severity
from registry.report import BadCursor, Filters, Report, description, document, of_source, plain_json, table
from registry.terms import PREFIXES
from registry.web import reports

router = APIRouter(tags=["sources"])

FORMATS = (JSONLD, JSON, TURTLE, NTRIPLES, CSV, HTML)
"""A report: sh:ValidationReport in RDF, plain JSON, CSV, or a page."""
PAGE_OF_HTML, PAGE = 200, 5000
"""Lines on a page of the report."""

_RESPONSES = documentation.responses(FORMATS, 304, 400, 404, 406, 422)
_Severities = Annotated[list[Severity], Query(alias="severity", description="violation, warning, info; repeatable.")]
_New = Annotated[bool, Query(description="1: only what the last run found first.")]
_Limit = Annotated[int | None, Query(ge=1, le=10_000, description="Lines on a page.")]
_Cursor = Annotated[str | None, Query(max_length=40, description="From the link to the next page.")]
_Name = Annotated[str, Path(description="Id of the source")]


@router.get("/sources/{name}/report", summary="What is wrong", responses=_RESPONSES, response_class=Response)
def report(
    request: Request, name: _Name, severity: _Severities = [], new: _New = False,  # noqa: B006 - never changed
    limit: _Limit = None, cursor: _Cursor = None,
) -> Response:  # fmt: skip
    """What is wrong with the entries of a source: page, rule and value of each fault, since when, and what to do.

    Only what is open; `new` and `fixed` count what the last run found first, and what it did not find any more.
    """
    format = answers.wanted(request, "", FORMATS)[1]
    return _report(request, name, Filters(tuple(severity), new, cursor, limit or _page(format)), format)


@router.get("/sources/{name}/report.{suffix}", summary="What is wrong", responses=_RESPONSES, response_class=Response)
def report_as(
    request: Request, name: _Name, suffix: Annotated[str, Path(description="jsonld, json, ttl, nt, csv or html")],
    severity: _Severities = [], new: _New = False, limit: _Limit = None, cursor: _Cursor = None,  # noqa: B006
) -> Response:  # fmt: skip
    """The same in the format of the suffix."""
    format = answers.by_suffix(suffix, FORMATS)
    return _report(request, name, Filters(tuple(severity), new, cursor, limit or _page(format)), format)


def write(report: Report, format: Format, address: str | None, following: str | None = None) -> bytes:
    """A report in any of the formats but HTML. ``address`` is that of the report, where it has one."""
    if format is JSONLD:
        return document(report, address)
    if format is JSON:
        return plain_json(report, following)
    if format is CSV:
        return table(report)
    return serialise(description(report, address).triples(), format, PREFIXES)


def _page(format: Format) -> int:
    return PAGE_OF_HTML if format is HTML else PAGE


def _report(request: Request, name: str, filters: Filters, format: Format) -> Response:
    catalogue = catalogue_of(request)
    with catalogue.snapshot() as ledger:
        state = state_of(ledger, name)
        address = f"{catalogue.base}/sources/{state.id}/report"
        try:
            found = of_source(ledger, state, filters)
        except BadCursor:
            raise Problem("bad-cursor", f"Start again at {address} and follow its links.") from None
        measured = catalogue.qualities.of_source(ledger, state) if format is HTML else None
    asked = [(key, value) for key, value in request.query_params.multi_items() if key not in ("cursor", "lang")]
    links = answers.alternates(address, FORMATS) if not asked and not filters.cursor else []
    following = None
    if found.following is not None:
        following = f"{address_in(address, format)}?{urlencode([*asked, ('cursor', found.following)])}"
        links.append(f'<{following}>; rel="next"')
    if measured is not None:
        body = reports.report(catalogue.pages, request, state, found, filters, measured, FORMATS)
    else:
        body = write(found, format, address, following)
    modified = state.last_run.ended if state.last_run else None
    return answers.respond(request, body, format, modified=None if found.run is None else modified, links=links)
