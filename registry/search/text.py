"""Find entities by words: in names first, then anywhere, inside compounds too, and if nothing fits, by likeness."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from functools import reduce
from operator import and_

import numpy as np
import orjson

from registry.search.bitmaps import bits, read
from registry.search.folding import fold, words

#: A name is alike when it shares this part of its trigrams with the query (Dice coefficient).
_ALIKE = 0.45
_CANDIDATES = 200
_TELLING = 6  # trigrams looked for, the rarest: those that half of all names have tell nothing and cost most


def matches(db: sqlite3.Connection, text: str) -> list[int]:
    """Disjoint sets of ids, the most relevant first; their union is what the words match.

    Every word must be found: as the beginning of a word, or, from three letters on, inside one (Holz*werkstatt*)
    of name, other names and keywords. Only when nothing fits are names with typing errors considered.
    """
    wanted = words(text)
    if not wanted:
        return []
    in_name = _ids(db, "search_text", "name : (" + " AND ".join(map(_prefix, wanted)) + ")")
    anywhere = reduce(and_, (_containing(db, word) for word in wanted))
    if found := in_name | anywhere:
        return [in_name, found & ~in_name]
    return _alike(db, fold(text))


def _containing(db: sqlite3.Connection, word: str) -> int:
    found = _ids(db, "search_text", _prefix(word))
    return found | _ids(db, "search_gram", f'"{word}"') if len(word) >= 3 else found


def _prefix(word: str) -> str:
    """A word as FTS5 wants it; a single letter stands for itself, because it begins half of all words."""
    return f'"{word}"*' if len(word) > 1 else f'"{word}"'


def _ids(db: sqlite3.Connection, table: str, match: str) -> int:
    return bits(read(db, table, "rowid", f"WHERE {table} MATCH ?", (match,)))


def _alike(db: sqlite3.Connection, text: str) -> list[int]:
    """Names that share many trigrams with the query, each a set of its own, the most alike first."""
    wanted = _trigrams(text)
    if not wanted or len(text) < 4:
        return []
    rarest = db.execute(
        "SELECT term, doc FROM search_gram_count WHERE term IN (SELECT value FROM json_each(?)) ORDER BY doc LIMIT ?",
        (orjson.dumps(sorted(wanted)[:64]).decode(), _TELLING),
    ).fetchall()
    numbers = _sharing(db, rarest)
    rows = db.execute(
        "SELECT rowid, name FROM search_gram WHERE rowid IN (SELECT value FROM json_each(?))",
        (orjson.dumps(numbers).decode(),),
    )
    likeness = sorted(((-_likeness(wanted, name), number) for number, name in rows))
    return [1 << number for score, number in likeness if -score >= _ALIKE]


def _sharing(db: sqlite3.Connection, grams: Sequence[tuple[str, int]]) -> list[int]:
    """The names that share most of the trigrams (with the number of names that have each), a rare one counting more.

    FTS5 would take longer to order them by its rank.
    """
    sets = [read(db, "search_gram", "rowid", "WHERE search_gram MATCH ?", (f'name : "{gram}"',)) for gram, _ in grams]
    if not any(map(len, sets)):
        return []
    shared = np.zeros(max(int(found.max(initial=0)) for found in sets) + 1)
    for found, (_, count) in zip(sets, grams, strict=True):
        shared[found] += math.log(1 + len(shared) / count)
    numbers = np.flatnonzero(shared)
    if len(numbers) > _CANDIDATES:
        least = np.partition(shared[numbers], -_CANDIDATES)[-_CANDIDATES]
        numbers = numbers[shared[numbers] >= least]
        numbers = numbers[np.argsort(-shared[numbers], kind="stable")][:_CANDIDATES]
    return [int(number) for number in numbers]


def _likeness(wanted: set[str], name: str) -> float:
    """Dice coefficient with the best window of the name's words, so that a long name does not dilute a short query."""
    parts = name.split()
    sizes = range(1, min(len(parts), 4) + 1)
    windows = (" ".join(parts[start : start + size]) for size in sizes for start in range(len(parts) - size + 1))
    return max((_dice(wanted, _trigrams(window)) for window in windows), default=0.0)


def _dice(a: set[str], b: set[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def _trigrams(text: str) -> set[str]:
    return {text[i : i + 3] for i in range(len(text) - 2)}
