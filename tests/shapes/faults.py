"""The table of faults.txt: which example is changed how, and what the report must say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "faults.txt"


@dataclass(frozen=True)
class Expected:
    """One rule that the report must name; of `components` the first must be reported and the others may be."""

    rule: str
    path: str | None
    severity: str
    components: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """One way to break an example. `drop` names properties to leave out ("#it schema:name"), `add` is Turtle."""

    what: str
    example: str
    drop: tuple[str, ...]
    add: str
    about: str
    expected: tuple[Expected, ...]

    @property
    def slug(self) -> str:
        return re.sub(r"[^A-Za-z0-9]+", "-", self.what)

    @classmethod
    def parse(cls, line: str) -> Fault:
        what, example, changes, about, expected = (field.strip() for field in line.split(" | "))
        drop, add = [], []
        for change in _filled(changes).split(" && "):
            if change.startswith("+ "):
                add.append(change[2:])
                continue
            subject, predicate, sign, *values = change.split(" ", 3)
            if sign == "=":
                drop.append(f"{subject} {predicate}")
            if values:
                add.append(f"{subject if subject == '<>' else f'<{subject}>'} {predicate} {values[0]} .")
        return cls(what, example, tuple(drop), " ".join(add), about, tuple(map(_expected, expected.split(" ; "))))


def _expected(text: str) -> Expected:
    rule, path, severity, components = text.split(" ")
    return Expected(rule, None if path == "-" else path, severity, tuple(components.split(",")))


def _filled(text: str) -> str:
    return re.sub(r"\{(\d+)\}", lambda match: "x" * int(match[1]), text).replace("{digest}", "ab" * 32)


FAULTS = tuple(
    Fault.parse(line)
    for line in FILE.read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.startswith("# ") and line != "#"
)
