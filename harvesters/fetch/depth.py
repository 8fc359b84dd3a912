"""How deep a document nests, found without recursion."""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 100
"""Levels; deeper than any catalogue of places, far below what makes recursive code fail."""
_NESTING = (dict, list)  # a tuple, not a union: twice as fast for each of thousands of values


def deeper_than(document: Any, limit: int) -> bool:
    """Whether objects and lists nest more than `limit` levels deep."""
    level = [document] if isinstance(document, _NESTING) else []
    for _ in range(limit):
        level = [
            member
            for value in level
            for member in (value.values() if isinstance(value, dict) else value)
            if isinstance(member, _NESTING)
        ]
        if not level:
            return False
    return bool(level)
