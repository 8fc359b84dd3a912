"""Facets as a page shows them: every value with its count and the address that adds or removes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from registry.search import FACETS, Page
from registry.terms import KINDS

_SHOWN = 8


@dataclass(frozen=True)
class Choice:
    """One value; ``query`` is what the list's address must have to turn it on, or off when it is chosen."""

    label: str
    count: int
    chosen: bool
    query: str


@dataclass(frozen=True)
class Group:
    """One facet: the values that are shown at once, and the others."""

    name: str
    shown: tuple[Choice, ...]
    more: tuple[Choice, ...]


def groups(found: Page, kind: str, filters: Mapping[str, Any], labels: Mapping[str, str], base: str) -> list[Group]:
    """The facets that can narrow a list down, or that already do."""
    result = []
    for name, facet in FACETS.items():
        chosen = {facet.expand(value, base) for value in filters[name] if value}
        counts = {one.value: one.count for one in found.facets.get(name, ())}
        counts |= dict.fromkeys(chosen - counts.keys(), 0)
        if name == "type":
            counts.pop(KINDS[kind].value, None)  # what they all are
        if not chosen and all(count == found.total for count in counts.values()):
            continue  # no choice would change anything
        choices = [
            Choice(
                labels.get(value, value),
                count,
                value in chosen,
                _toggled(filters, name, facet.shorten(value, base), chosen=value in chosen, full=value),
            )
            for value, count in counts.items()
        ]
        choices.sort(key=lambda one: not one.chosen)
        result.append(Group(name, tuple(choices[:_SHOWN]), tuple(choices[_SHOWN:])))
    return result


def kept(filters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The filters as form fields, without words and cursor: what a new search keeps."""
    return [(key, value) for key, value in _pairs(filters) if key not in ("q", "cursor")]


def _toggled(filters: Mapping[str, Any], name: str, short: str, *, chosen: bool, full: str) -> str:
    pairs = [(key, value) for key, value in _pairs(filters) if key != "cursor"]
    if chosen:
        pairs = [(key, value) for key, value in pairs if key != name or value not in (short, full)]
    else:
        pairs.append((name, short))
    return urlencode(pairs)


def _pairs(filters: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in filters.items():
        if key == "radius" and not filters.get("near"):
            continue
        for one in value if isinstance(value, list) else [value]:
            if one not in (None, ""):
                pairs.append((key, str(one)))
    return pairs
