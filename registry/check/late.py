"""The checker when there is something to check: pyshacl loads slowly, and a harvest without changes never needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from registry.ledger.findings import Finding
from registry.record import Record

if TYPE_CHECKING:
    from registry.check.checker import Checker


class LateChecker:
    """As `Checker`, which it makes when the first record comes.

    One process checks: of records of one form only the first is validated, so that several processes, each of which
    has to see a form for itself, took longer altogether. Lifting and publishing have processes of their own meanwhile.
    """

    def __init__(self) -> None:
        self._checker: Checker | None = None

    def check(self, records: Sequence[Record]) -> dict[str, list[Finding]]:
        """Findings by record IRI; a record that fits every shape has an empty list."""
        if not records:
            return {}
        if self._checker is None:
            from registry.check.checker import Checker

            self._checker = Checker()
        return self._checker.check(records)
