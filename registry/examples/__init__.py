"""Example queries: one file each, titled in German and English; for the menu, the guide and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True)
class Example:
    """One query; ``name`` is that of its file, ``title`` by language."""

    name: str
    title: Mapping[str, str]
    query: str


@lru_cache(maxsize=1)
def examples() -> tuple[Example, ...]:
    """All examples, in the order of their file names."""
    found = sorted(file.name for file in files(__name__).iterdir() if file.name.endswith(".rq"))
    return tuple(_read(name) for name in found)


def _read(name: str) -> Example:
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    title = {}
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith("# "):
        language, _, words = lines.pop(0)[2:].partition(":")
        title[language] = words.strip()
    return Example(name.removesuffix(".rq"), title, "".join(lines))
