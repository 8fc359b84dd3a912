"""The one report: what is wrong, where, since when; of a source in the ledger or of what somebody hands in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from registry.ledger import Finding, Ledger, Run, Severity, SourceState, StoredFinding, findings

SEVERITIES: tuple[Severity, ...] = ("violation", "warning", "info")
"""The worst first. A violation keeps a record from being published, a warning lowers its quality, an info is a hint."""

FIXED_SHOWN = 200
"""Fixed findings that a report lists; it counts all of them."""


@dataclass(frozen=True)
class Line:
    """One fault. `key` is the entry's in its source, `page` the page, row, element or post it was read from.

    `first_seen` is the start (UTC, ISO 8601) of the run `first_run` that found it first; both are None for what
    somebody hands in. `number` names the finding in the ledger.
    """

    finding: Finding
    key: str | None = None
    page: str | None = None
    first_run: int | None = None
    first_seen: str | None = None
    number: int | None = None

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return SEVERITIES.index(self.finding.severity)


@dataclass(frozen=True)
class Report:
    """What is wrong with one source or document.

    `lines` are those that the filters leave (on this page of them), the worst first, and `matched` their number on all
    pages; `following` is the cursor of the next page. `open` counts all that is open by severity, `new` what the last
    run found first; `fixed` is what the last run found to be gone, and `fixed_count` how much that is.
    """

    about: str
    lines: tuple[Line, ...]
    matched: int
    open: Mapping[str, int]
    new: int = 0
    fixed: tuple[Line, ...] = ()
    fixed_count: int = 0
    run: Run | None = None
    following: str | None = None
    checked: Mapping[str, int] = field(default_factory=dict)
    """For what was handed in: how many `triples`, `things` or `records` were looked at."""

    @property
    def conforms(self) -> bool:
        """Whether this report has no line on any page: what sh:conforms says."""
        return self.matched == 0

    @property
    def fits(self) -> bool:
        """Whether nothing that is open keeps anything from being published."""
        return not self.open.get("violation")


@dataclass(frozen=True)
class Filters:
    """Which lines of a source's report: of these severities (none: all), only new ones, the page after a cursor."""

    severities: tuple[Severity, ...] = ()
    new: bool = False
    cursor: str | None = None
    limit: int = -1


class BadCursor(ValueError):
    """A cursor that is none of ours."""


def of_source(ledger: Ledger, state: SourceState, filters: Filters = Filters()) -> Report:
    """The report of a source as the ledger has it.

    Raises:
        BadCursor: when the cursor is none.
    """
    db, last = ledger.db, state.last_run
    run = last.id if last else 0  # no run has this number
    first_run = run if filters.new else None
    found = findings.of_source(
        db, state.id, severities=filters.severities, first_run=first_run,
        after=_cursor(filters.cursor), limit=filters.limit,
    )  # fmt: skip
    lines = tuple(map(_line, found))
    matched = findings.count(db, state.id, severities=filters.severities, first_run=first_run)
    fixed = findings.of_source(db, state.id, fixed_run=run, limit=FIXED_SHOWN)
    more = 0 <= filters.limit == len(lines)
    return Report(
        about=f"{ledger.base}/sources/{state.id}",
        lines=lines,
        matched=sum(matched.values()),
        open=_by_severity(findings.count(db, state.id)),
        new=sum(findings.count(db, state.id, first_run=run).values()),
        fixed=tuple(map(_line, fixed)),
        fixed_count=sum(findings.count(db, state.id, fixed_run=run).values()),
        run=last,
        following=f"{lines[-1].rank}.{lines[-1].number}" if more else None,
    )


def of_lines(about: str, lines: Iterable[Line], **checked: int) -> Report:
    """The report of what somebody handed in; `checked` says how much was looked at."""
    ordered = tuple(sorted(lines, key=lambda line: line.rank))
    return Report(about, ordered, len(ordered), _by_severity(Counter(one.finding.severity for one in ordered)),
                  checked=checked)  # fmt: skip


def record_address(about: str, key: str) -> str:
    """The address of the record that an entry of a source becomes."""
    return f"{about}/records/{quote(key, safe='')}"


def _by_severity(counts: Mapping[str, int]) -> dict[str, int]:
    return {severity: counts.get(severity, 0) for severity in SEVERITIES}


def _line(stored: StoredFinding) -> Line:
    return Line(stored.finding, stored.key or None, stored.page, stored.first_run, stored.first_seen, stored.id)


def _cursor(text: str | None) -> tuple[int, int]:
    if text is None:
        return (0, 0)
    rank, dot, number = text.partition(".")
    if not (dot and rank in {"0", "1", "2"} and number.isascii() and number.isdecimal() and len(number) < 16):
        raise BadCursor(text)
    return int(rank), int(number)


__all__ = ["SEVERITIES", "BadCursor", "Filters", "Line", "Report", "of_lines", "of_source", "record_address"]
