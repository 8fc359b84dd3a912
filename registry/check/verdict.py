"""What is said about records, whoever checks them: nothing here loads pyshacl, which takes a while."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Protocol

from registry import assets
from registry.ledger.findings import Finding
from registry.record import Record

BATCH = 200
"""Records per validation: large enough to share the context graph, small enough to stay flat in memory."""


class Checks(Protocol):
    """Whatever checks records."""

    def check(self, records: Sequence[Record]) -> dict[str, list[Finding]]:
        """Findings by record IRI; a record that fits every shape has an empty list."""


def distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Each fault once, though it may break several constraints of one rule: a number is no text and fits no pattern.

    A fault is a rule, a place and a value; a constraint that names no value (too many, none) says nothing more where
    another one of the same rule and place names one.
    """
    places: dict[tuple[str | None, ...], dict[str | None, Finding]] = {}
    for finding in findings:
        values = places.setdefault((finding.focus, finding.path, finding.rule), {})
        known = values.get(finding.value)
        if known is None or (finding.component or "") < (known.component or ""):
            values[finding.value] = finding
    for values in places.values():
        yield from (one for value, one in values.items() if value is not None or len(values) == 1)


def fits(findings: Iterable[Finding]) -> bool:
    """Whether a record with these findings may be published: nothing in them is a violation."""
    return all(finding.severity != "violation" for finding in findings)


@cache
def fingerprint() -> str:
    """Changes whenever ontology or shapes do, so that records checked under other rules are checked again."""
    files = sorted([*assets.ontology_dir().glob("*.ttl"), *assets.shapes_dir().glob("*.ttl")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
