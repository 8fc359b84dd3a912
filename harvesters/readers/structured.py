"""Structured data in a page: JSON-LD, microdata and RDFa, brought into one shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import extruct

MAX_DEPTH = 12
"""Levels of nesting that are kept; an opening hour inside a place inside a page needs five."""


def structured(markup: str, address: str, types: frozenset[str]) -> dict[str, Any] | None:
    """The first item of one of these schema.org types, with schema.org's keys without any prefix; None without one.

    JSON-LD comes before microdata, microdata before RDFa. Contexts are never fetched: keys are taken as schema.org's.
    """
    found = extruct.extract(
        markup, base_url=address, syntaxes=["json-ld", "microdata", "rdfa"], uniform=True, errors="ignore"
    )
    for syntax in ("json-ld", "microdata", "rdfa"):
        items = list(_flat(found.get(syntax, [])))
        named = {item["@id"]: item for item in items if isinstance(item.get("@id"), str)}
        for item in items:
            if types.intersection(_types(item)):
                plain = _plain(item, named, 0)
                return plain if isinstance(plain, dict) else None
    return None


def _flat(items: Any) -> Iterator[Mapping[str, Any]]:
    """Items and, where a document has a `@graph`, the items in it."""
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, Mapping):
            yield item
            yield from _flat(item.get("@graph", []))


def _types(item: Mapping[str, Any]) -> set[str]:
    stated = item.get("@type", [])
    return {_local(name) for name in (stated if isinstance(stated, list) else [stated]) if isinstance(name, str)}


def _plain(value: Any, named: Mapping[str, Mapping[str, Any]], depth: int) -> Any:
    """Without JSON-LD's own words: values for value objects, nested items for references to them."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, list):
        members = [plain for member in value if (plain := _plain(member, named, depth + 1)) not in (None, "", {}, [])]
        return members[0] if len(members) == 1 else members or None
    if not isinstance(value, Mapping):
        return value
    if "@value" in value:
        return value["@value"]
    reference = value.get("@id")
    if len(value) == 1 and isinstance(reference, str):
        return _plain(named[reference], named, depth + 1) if reference in named else reference
    found: dict[str, Any] = {}
    if types := sorted(_types(value)):
        found["type"] = types
    for key, member in value.items():
        if not key.startswith("@") and (kept := _plain(member, named, depth + 1)) not in (None, "", {}, []):
            found[_local(key)] = kept
    return found


def _local(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2].rpartition("#")[2].removeprefix("schema:")
