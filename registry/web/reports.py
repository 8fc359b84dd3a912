"""The pages about what is wrong: a source's report, and the answer to what somebody hands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from registry.config import Limits
from registry.formats import Format
from registry.ledger import SourceState
from registry.quality import Measured
from registry.report import SEVERITIES, Filters, Line, Report
from registry.web.pages import Pages
from registry.web.quality import improvements
from registry.web.texts import language


def report(
    pages: Pages,
    request: Request,
    state: SourceState,
    report: Report,
    filters: Filters,
    measured: Measured,
    formats: Sequence[Format],
) -> bytes:
    """What is wrong with a source."""
    path = f"/sources/{state.id}/report"
    chosen = set(filters.severities)
    choices = [(path, "all", sum(report.open.values()), not chosen and not filters.new)]
    choices += [
        (f"{path}?severity={name}", f"{name}s", report.open[name], chosen == {name} and not filters.new)
        for name in SEVERITIES
    ]
    choices.append((f"{path}?new=1", "new", report.new, filters.new))
    kept = [("severity", name) for name in filters.severities] + ([("new", "1")] if filters.new else [])
    return pages.render(
        request,
        "report.html",
        state=state,
        report=report,
        choices=choices,
        following=f"{path}?{urlencode([*kept, ('cursor', report.following)])}" if report.following else None,
        **shown(pages, request, report),
        measured=measured,
        improvements=improvements(pages, request, measured),
        formats=formats,
        document=f"{pages.base}{path}",
    )


def validate(
    pages: Pages,
    request: Request,
    report: Report | None,
    form: Mapping[str, str],
    sources: Mapping[str, str],
    limits: Limits,
) -> bytes:
    """The form to validate with, and above it the report on what was handed in; `sources` are titles by id."""
    return pages.render(
        request,
        "validate.html",
        form=form,
        report=report,
        lines=shown(pages, request, report)["lines"] if report else [],
        sources=sources,
        limits=limits,
        syntaxes=SYNTAXES,
    )


SYNTAXES = (
    ("text/turtle", "Turtle"),
    ("application/ld+json", "JSON-LD"),
    ("application/rdf+xml", "RDF/XML"),
    ("application/n-triples", "N-Triples"),
    ("application/trig", "TriG"),
    ("application/n-quads", "N-Quads"),
    ("application/json", "JSON"),
    ("text/csv", "CSV"),
)
"""What the form offers."""


def shown(pages: Pages, request: Request, report: Report) -> Mapping[str, Any]:
    """The lines of a report as a page shows them."""
    tongue = language(request)
    return {
        "lines": [_shown(pages, line, report, tongue) for line in report.lines],
        "fixed": [_shown(pages, line, report, tongue) for line in report.fixed],
    }


def _shown(pages: Pages, line: Line, report: Report, tongue: str) -> dict[str, Any]:
    one = line.finding
    return {
        "severity": one.severity,
        "message": one.message_de if tongue == "de" else one.message_en,
        "value": None if one.value == one.focus else one.value,
        "property": pages.property_label(one.path, tongue) if one.path else None,
        "rule": one.rule.rpartition("#")[2],
        "key": line.key,
        "page": line.page,
        "focus": one.focus,
        "since": line.first_seen,
        "new": report.run is not None and line.first_run == report.run.id,
    }
