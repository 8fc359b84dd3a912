"""How deep a document nests, found without recursion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MAX_DEPTH = 100
"""Levels; deeper than any catalogue of places, far below what makes recursive code fail."""


def deeper_than(document: Any, limit: int) -> bool:
    """Whether objects and lists nest more than `limit` levels deep."""
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(limit):
        inner: list[Any] = []
        for value in level:
            members: Iterable[Any] = value.values() if isinstance(value, dict) else value
            inner.extend(member for member in members if isinstance(member, dict | list))
        if not inner:
            return False
        level = inner
    return bool(level)
