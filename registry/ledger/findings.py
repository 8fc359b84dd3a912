"""Findings: what is wrong with a source's entries, when it was first seen and when it was gone."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["violation", "warning", "info"]

IRI = "@id"
"""`datatype` of a value that is an IRI; a text in a language has `@de`, a blank node `_:`."""


@dataclass(frozen=True)
class Finding:
    """One thing wrong with one entry, for the owner of the source.

    `rule` is the IRI of the shape or function; `focus` the node it is about: the record, its thing or a node nested in
    it (None: the entry as a whole). `value` is the text of the offending value and `datatype` says what kind of value
    it is: a datatype IRI, `@id`, `@de` for a language, None for plain text.
    """

    severity: Severity
    rule: str
    message_de: str
    message_en: str
    focus: str | None = None
    path: str | None = None
    value: str | None = None
    datatype: str | None = None
    component: str | None = None

    @property
    def record(self) -> str | None:
        """The IRI of the record that the focus belongs to."""
        return None if self.focus is None else self.focus.partition("#")[0]


@dataclass(frozen=True)
class StoredFinding:
    """A finding in the ledger. `first_run` saw it first; `fixed_run`, if any, no more. Times are those runs' starts."""

    id: int
    finding: Finding
    key: str
    page: str | None
    first_run: int
    first_seen: str
    fixed_run: int | None


_RANK = "CASE f.severity WHEN 'violation' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END"
_COLUMNS = "severity, rule, message_de, message_en, focus, path, value, datatype, component"


def put(
    db: sqlite3.Connection, source: str, key: str, page: str | None, findings: Sequence[Finding], run: int,
    *, complete: bool = True,
) -> None:  # fmt: skip
    """Replace what is wrong with one entry: what is still so keeps its first run, what is gone is marked fixed.

    The same rule at the same place is the same fault, also when its value has become another wrong one. With
    `complete=False` the findings only come on top: nothing is known of the others, so nothing counts as fixed.
    """
    open_: dict[int, tuple[str | None, ...]] = {
        row[0]: row[1:]
        for row in db.execute(
            # Named, as SQLite would rather take the index that gives all open findings of the source.
            "SELECT id, focus, rule, path, value FROM finding INDEXED BY finding_of_raw"
            " WHERE source = ? AND raw_key = ? AND fixed_run IS NULL",
            (source, key),
        )
    }
    if not (open_ or findings):
        return
    new = list(dict.fromkeys(findings))
    for width in (4, 3):  # first those that are wholly as they were
        places: defaultdict[tuple[str | None, ...], list[int]] = defaultdict(list)
        for number, place in open_.items():
            places[place[:width]].append(number)
        for one in list(new):
            if same := places.get((one.focus, one.rule, one.path, one.value)[:width]):
                number = same.pop(0)
                del open_[number]
                new.remove(one)
                _renew(db, number, one, page)
    marks = ", ".join("?" * 13)
    db.executemany(
        f"INSERT INTO finding ({_COLUMNS}, source, raw_key, page, first_run) VALUES ({marks})",
        [(*_values(one), source, key, page, run) for one in new],
    )
    if complete:
        db.executemany("UPDATE finding SET fixed_run = ? WHERE id = ?", [(run, number) for number in open_])


def of_source(
    db: sqlite3.Connection,
    source: str,
    *,
    severities: Sequence[str] = (),
    first_run: int | None = None,
    fixed_run: int | None = None,
    key: str | None = None,
    after: tuple[int, int] = (0, 0),
    limit: int = -1,
) -> Iterator[StoredFinding]:
    """The open findings of a source, or those that one run found fixed: the worst first, then as they were found.

    `after` is rank (0 to 2) and id of the last one already seen.
    """
    where, values = _where(source, severities, first_run, fixed_run, key)
    columns = ", ".join(f"f.{name}" for name in _COLUMNS.split(", "))
    for row in db.execute(
        f"SELECT f.id, f.raw_key, f.page, f.first_run, r.started, f.fixed_run, {columns}"
        f" FROM finding f JOIN run r ON r.id = f.first_run "
        f" WHERE {where} AND ({_RANK}, f.id) > (?, ?) ORDER BY {_RANK}, f.id LIMIT ?",
        (*values, *after, limit),
    ):
        number, raw_key, page, first, started, fixed, *rest = row
        yield StoredFinding(number, Finding(*rest), raw_key, page, first, started, fixed)


def count(
    db: sqlite3.Connection,
    source: str,
    *,
    severities: Sequence[str] = (),
    first_run: int | None = None,
    fixed_run: int | None = None,
) -> dict[str, int]:
    """How many there are of each severity; the filters are those of `of_source`."""
    where, values = _where(source, severities, first_run, fixed_run, None)
    return dict(db.execute(f"SELECT severity, count(*) FROM finding f WHERE {where} GROUP BY severity", values))


def _where(
    source: str, severities: Sequence[str], first_run: int | None, fixed_run: int | None, key: str | None
) -> tuple[str, list[object]]:
    conditions: list[str] = ["f.source = ?"]
    values: list[object] = [source]
    for column, value in (("first_run", first_run), ("fixed_run", fixed_run), ("raw_key", key)):
        if value is not None:
            conditions.append(f"f.{column} = ?")
            values.append(value)
    if fixed_run is None:
        conditions.append("f.fixed_run IS NULL")
    if severities:
        conditions.append(f"f.severity IN ({', '.join('?' * len(severities))})")
        values += severities
    return " AND ".join(conditions), values


def _renew(db: sqlite3.Connection, number: int, one: Finding, page: str | None) -> None:
    sets = ", ".join(f"{name} = ?" for name in _COLUMNS.split(", "))
    db.execute(f"UPDATE finding SET {sets}, page = ? WHERE id = ?", (*_values(one), page, number))


def _values(one: Finding) -> tuple[str | None, ...]:
    return (
        one.severity, one.rule, one.message_de, one.message_en, one.focus, one.path, one.value, one.datatype,
        one.component,
    )  # fmt: skip
