"""A report as plain JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import orjson

from registry.formats.table import cell
from registry.report.model import Line, Report
from registry.terms import PREFIXES

COLUMNS = (
    "severity", "key", "page", "message_de", "message_en", "path", "value", "rule", "component", "focus", "status",
    "first_seen", "first_run",
)  # fmt: skip
"""Columns of the CSV. `status` is new (found first in the last run) or open."""


def plain_json(report: Report, following: str | None = None) -> bytes:
    """The report as plain JSON, UTF-8; `following` is the address of the next page."""
    run = report.run
    body: dict[str, Any] = {
        "about": report.about,
        "conforms": report.conforms,
        "fits": report.fits,
        "open": dict(report.open),
        "new": report.new,
        "fixed": report.fixed_count,
        "matched": report.matched,
        "run": {"id": run.id, "started": run.started, "ended": run.ended, "outcome": run.outcome} if run else None,
        **({"checked": dict(report.checked)} if report.checked else {}),
        "lines": [_object(line, _status(report, line)) for line in report.lines],
        "fixed_lines": [_object(line, "fixed") for line in report.fixed],
        **({"next": following} if following else {}),
    }
    return orjson.dumps(body)


def table(report: Report) -> bytes:
    """The open lines as CSV by RFC 4180, UTF-8.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    output = io.StringIO(newline="")
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in report.lines:
        row = _row(line, _status(report, line))
        writer.writerow([cell("" if row[name] is None else str(row[name])) for name in COLUMNS])
    return output.getvalue().encode()


def _short(iri: str) -> str:
    """With a prefix, where there is one."""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri


def _status(report: Report, line: Line) -> str:
    return "new" if report.run is not None and line.first_run == report.run.id else "open"


def _row(line: Line, status: str) -> dict[str, Any]:
    one = line.finding
    return {
        "severity": one.severity,
        "rule": one.rule,
        "component": one.component,
        "path": one.path,
        "value": one.value,
        "message_de": one.message_de,
        "message_en": one.message_en,
        "key": line.key,
        "page": line.page,
        "focus": one.focus,
        "status": status,
        "first_seen": line.first_seen,
        "first_run": line.first_run,
    }


def _object(line: Line, status: str) -> dict[str, Any]:
    found = _row(line, status)
    return {"message": {"de": found.pop("message_de"), "en": found.pop("message_en")}, **found}


def lines_of_text(report: Report, language: str | None = None) -> Iterable[str]:
    """The report for a terminal: for each fault what, where and what to do, then a line that sums up."""
    for line in report.lines:
        one = line.finding
        place = line.page or line.key or one.focus or one.rule
        path = f" {_short(one.path)}" if one.path else ""
        value = f" »{one.value}«" if one.value not in (None, one.focus) else ""
        yield f"{one.severity}: {place}{path}{value}"
        for tongue, message in (("de", one.message_de), ("en", one.message_en)):
            if language in (None, tongue) and (tongue == "de" or message != one.message_de):
                yield f"  {message}"
    checked = ", ".join(f"{count} {what}" for what, count in report.checked.items())
    counts = ", ".join(f"{count} {severity}" for severity, count in report.open.items() if count) or "no findings"
    yield f"{checked + ': ' if checked else ''}{counts}; {'fits' if report.fits else 'does not fit'} the shapes"
