"""What a cleaning function could not use, or had to repair."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

QUOTE = 120
"""Characters of a found value that a report line quotes."""


@dataclass(frozen=True)
class Finding:
    """One report line of a cleaning function.

    `found` is the value as it stood in the raw record, verbatim, so that the record can be found by it; where several
    values were judged together (latitude and longitude), `parts` holds each of them. `repaired_to` is what was made
    of it, or None where it was not used.
    """

    function: str
    found: str
    message_de: str
    message_en: str
    repaired_to: str | None = None
    parts: tuple[str, ...] = ()

    def about(self, texts: Container[str]) -> bool:
        """Whether this finding is about a record with these (stripped) texts."""
        return all(part.strip() in texts for part in self.parts or (self.found,))

    @property
    def quote(self) -> str:
        """What was found, on one line and short enough to print."""
        line = " ".join(self.found[: 4 * QUOTE].split())
        return line if len(line) <= QUOTE else f"{line[: QUOTE - 1]}…"

    def line(self, language: str = "de") -> str:
        """The report line for people: what was found, what became of it, and why."""
        message = self.message_de if language == "de" else self.message_en
        outcome = "" if self.repaired_to is None else f" → »{self.repaired_to[:QUOTE]}«"
        return f"{self.function}: »{self.quote}«{outcome}: {message}"


Report: TypeAlias = Callable[[Finding], object]
"""Takes the findings of a cleaning function, for instance `list.append`."""

T = TypeVar("T")


def ignore(finding: Finding) -> None:
    """The report of those who only want the value."""


def refuse(report: Report, function: str, found: str, de: str, en: str, *, parts: tuple[str, ...] = ()) -> T | None:
    """Report that a value was not used; always None, so that a function can end with it."""
    report(Finding(function, found, de, en, None, parts))
    return None


def repair(report: Report, function: str, found: str, value: T, de: str, en: str, *, parts: tuple[str, ...] = ()) -> T:
    """Report that a value was repaired, and return what it became."""
    report(Finding(function, found, de, en, str(value), parts))
    return value
