"""Judgements as text: SSSOM TSV (Simple Standard for Sharing Ontological Mappings, https://w3id.org/sssom).

One row per pair of records. "same" is skos:exactMatch, "different" the same with predicate_modifier Not, "part-of" is
orte:partOf. What was undone is not written; who undid it, and what a record was preferred for, stays in the ledger.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from registry.identity.profile import origin
from registry.ledger import Ledger, judgements
from registry.ledger.judgements import Verdict
from registry.terms import ORTE, SKOS

COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id", "object_label",
    "mapping_justification", "author_label", "mapping_date", "comment",
)  # fmt: skip
CURATION = "semapv:ManualMappingCuration"
_PREFIXES = {"orte": str(ORTE), "skos": str(SKOS), "semapv": "https://w3id.org/semapv/vocab/"}
_PREDICATES: dict[Verdict, tuple[str, str]] = {
    "same": ("skos:exactMatch", ""),
    "different": ("skos:exactMatch", "Not"),
    "part-of": ("orte:partOf", ""),
}
_VERDICTS = {value: verdict for verdict, value in _PREDICATES.items()}
_RECORD = re.compile(r"https?://[^\s<>\"{}|\\^`]+/sources/[^/\s]+/records/[^\s<>\"{}|\\^`#?]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"


class SssomError(Exception):
    """A file that is not SSSOM TSV of judgements; one sentence that names the row."""


@dataclass(frozen=True)
class Row:
    """One judgement about two records (IRIs)."""

    verdict: Verdict
    subject: str
    object: str
    author: str
    why: str
    date: str


@dataclass(frozen=True)
class Imported:
    """How many judgements were added, and how many held already."""

    added: int
    known: int


def write(ledger: Ledger) -> str:
    """All judgements that hold, in the order in which they were made."""
    rows = list(_rows(ledger))
    prefixes = _prefixes({iri for row in rows for iri in (row.subject, row.object)})
    out = io.StringIO()
    out.write("#curie_map:\n")
    for prefix, iri in sorted(prefixes.items()):
        out.write(f"#  {prefix}: {iri}\n")
    out.write(f"#license: {_LICENCE}\n#mapping_set_id: {ledger.base}/judgements\n")
    out.write(f"#mapping_set_title: Judgements of {ledger.base}\n")
    table = csv.writer(out, delimiter="\t", lineterminator="\n")
    table.writerow(COLUMNS)
    names = {iri: prefix for prefix, iri in prefixes.items()}
    for row in rows:
        predicate, modifier = _PREDICATES[row.verdict]
        table.writerow(
            [
                _short(row.subject, names), _label(ledger, row.subject), predicate, modifier,
                _short(row.object, names), _label(ledger, row.object),
                CURATION, row.author.replace("|", "/"), row.date, row.why,
            ]
        )  # fmt: skip
    return out.getvalue()


def read(text: str, by: str = "") -> list[Row]:
    """The judgements of a file. ``by`` is who made those that do not say.

    Raises:
        SssomError: for anything that is not a judgement about two records; nothing is guessed.
    """
    head, rows = _table(text)
    prefixes = _curie_map(head)
    return [_row(row, prefixes, number, by) for number, row in enumerate(rows, start=1)]


def _table(text: str) -> tuple[list[str], list[dict[str, str | None]]]:
    """The comment lines before the table, and its rows. Quoted cells may hold line breaks, as reasons do."""
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = list(takewhile(lambda line: line.startswith("#") or not line.strip(), lines))
    body = "\n".join(lines[len(head) :])
    if not body.strip():
        raise SssomError("the file has no table; SSSOM TSV has a line with the names of the columns")
    table = csv.DictReader(io.StringIO(body, newline=""), delimiter="\t")
    try:
        columns = list(table.fieldnames or [])
        if missing := {"subject_id", "predicate_id", "object_id", "mapping_justification"} - set(columns):
            raise SssomError(f"the table has no column '{min(missing)}'; is it separated by tabs?")
        rows = [{name: row[name] for name in columns} for row in table]
    except csv.Error as error:
        raise SssomError(f"the table cannot be read in line {table.line_num}: {error}") from None
    said = [row for row in rows if any(value and value.strip() for value in row.values())]
    return head, [row for row in said if not (row[columns[0]] or "").startswith("#")]


def take_in(ledger: Ledger, rows: list[Row]) -> Imported:
    """Write judgements down, in their order; those that hold already are left alone. `unify` then follows them."""
    added = 0
    with ledger.transaction():
        for row in rows:
            held = judgements.ruling(ledger.db, row.subject, row.object)
            if held is not None and held[0] == row.verdict:
                continue
            made = f"{row.date}T00:00:00Z" if row.date else ledger.now()
            judgements.add(
                ledger.db, row.verdict, row.subject, row.object,
                author=row.author, why=row.why, now=made, pairs=[(row.subject, row.object)],
            )  # fmt: skip
            added += 1
    return Imported(added, len(rows) - added)


def validate(text: str) -> bool:
    """Check a file with the sssom library; False when it is not installed (`pip install orte-registry[sssom]`).

    Raises:
        SssomError: with what the library says.
    """
    try:
        from sssom.constants import SchemaValidationType
        from sssom.parsers import parse_sssom_table
        from sssom.validators import validate as check
    except ImportError:
        return False
    try:
        found = parse_sssom_table(io.StringIO(text))
        reports = check(
            found, [SchemaValidationType.JsonSchema, SchemaValidationType.PrefixMapCompleteness], fail_on_error=False
        )
    except Exception as error:  # whatever a foreign parser makes of a stranger's file
        raise SssomError(f"the sssom library cannot read the file: {error}") from None
    rows = len(_table(text)[1])
    if len(found.df) != rows:
        raise SssomError(f"the sssom library takes only {len(found.df)} of the {rows} rows for mappings")
    problems = [result.message for report in reports.values() for result in report.results]
    if problems:
        raise SssomError(f"the sssom library says: {problems[0]}")
    return True


def _rows(ledger: Ledger) -> Iterator[Row]:
    for one in judgements.effective(ledger.db):
        for a, b in one.pairs:
            held = judgements.ruling(ledger.db, a, b)
            if held is not None and held[1] == one.number:
                yield Row(one.verdict, a, b, one.author, one.why, one.made[:10])


def _prefixes(records: set[str]) -> dict[str, str]:
    """A prefix for the records of every source, named after it."""
    found = dict(_PREFIXES)
    for start in sorted({f"{origin(iri)}/records/" for iri in records}):
        name = start.removesuffix("/records/").rpartition("/")[2]
        prefix, number = name, 1
        while prefix in found:
            number += 1
            prefix = f"{name}-{number}"
        found[prefix] = start
    return found


def _short(iri: str, names: dict[str, str]) -> str:
    start = f"{origin(iri)}/records/"
    return f"{names[start]}:{iri.removeprefix(start)}"


def _label(ledger: Ledger, iri: str) -> str:
    row = ledger.db.execute(
        "SELECT json_extract(p.data, '$.names[0]') FROM record r JOIN profile p ON p.record = r.id WHERE r.iri = ?",
        (iri,),
    ).fetchone()
    return str(row[0]) if row and row[0] else ""


def _curie_map(head: list[str]) -> dict[str, str]:
    """The prefixes in the comment lines before the table, which are YAML of the simplest kind."""
    found: dict[str, str] = {}
    inside = False
    for line in head:
        text = line[1:].rstrip()
        if re.fullmatch(r"\s?curie_map:\s*", text):
            inside = True
        elif inside and (entry := re.fullmatch(r"\s{2,}(['\"]?)([\w.-]+)\1:\s+(['\"]?)(\S+)\3", text)):
            found[entry[2]] = entry[4]
        elif inside and text.strip():
            inside = False
    return found


def _row(row: dict[str, str | None], prefixes: dict[str, str], number: int, by: str) -> Row:
    def cell(name: str) -> str:
        return " ".join((row.get(name) or "").split())

    predicate = _full(cell("predicate_id"), prefixes)
    short = {f"{_PREFIXES['skos']}exactMatch": "skos:exactMatch", f"{_PREFIXES['orte']}partOf": "orte:partOf"}
    verdict = _VERDICTS.get((short.get(predicate, predicate), cell("predicate_modifier")))
    if verdict is None:
        raise SssomError(
            f"row {number}: '{cell('predicate_id')}' {cell('predicate_modifier')} is no judgement;"
            " skos:exactMatch (with or without the modifier Not) and orte:partOf are"
        )
    ends = []
    for name in ("subject_id", "object_id"):
        iri = _full(cell(name), prefixes).removesuffix("#it")
        if not _RECORD.fullmatch(iri):
            raise SssomError(f"row {number}: {name} '{cell(name)}' is not the address of a record")
        ends.append(iri)
    if ends[0] == ends[1]:
        raise SssomError(f"row {number}: subject and object are the same record")
    if not cell("mapping_justification"):
        raise SssomError(f"row {number}: mapping_justification is empty; {CURATION} is meant for judgements by people")
    date = cell("mapping_date")
    if date and not _DATE.fullmatch(date):
        raise SssomError(f"row {number}: mapping_date '{date}' is not a date like 2026-11-22")
    author = cell("author_label") or cell("author_id") or by
    if not author:
        raise SssomError(f"row {number}: nobody is named as its author (author_label); say who with --by")
    return Row(verdict, ends[0], ends[1], author, cell("comment"), date)


def _full(name: str, prefixes: dict[str, str]) -> str:
    """A CURIE as the IRI it stands for."""
    if name.startswith(("http://", "https://")):
        return name
    prefix, colon, rest = name.partition(":")
    known = {**_PREFIXES, **prefixes}
    return known[prefix] + rest if colon and prefix in known else name
