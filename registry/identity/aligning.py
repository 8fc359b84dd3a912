"""The words of two names beside one another: which are the same, but for spelling, inflection or kind of use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from registry.identity.names import Word
from registry.identity.words import WORDS

ALIKE = 0.84
"""Two words are the same but for a slip of the pen when Levenshtein's similarity reaches this."""


def align(
    one: Sequence[Word], two: Sequence[Word], common: Callable[[str], bool]
) -> tuple[list[Word], list[Word], float, float]:
    """Words of each name without counterpart, the weight matched, and how distinctive the matched words are."""
    free = list(two)
    left: list[Word] = []
    matched = distinct = 0.0
    rest: list[Word] = []
    for word in one:
        same = next((other for other in free if other.text == word.text), None)
        if same is None:
            rest.append(word)
            continue
        free.remove(same)
        matched += word.weight
        distinct += min(word.weight, WORDS.weight["common"]) if word.weight > 0.5 and common(word.text) else word.weight
    for word in rest:
        likeness, other = max(((_likeness(word, o), i) for i, o in enumerate(free)), default=(0.0, -1))
        if likeness < ALIKE:
            left.append(word)
            continue
        match = free.pop(other)
        weight = likeness * (word.weight + match.weight) / 2
        matched += weight
        distinct += 0.9 * min(word.weight, match.weight)
    return left, free, matched, min(1.0, distinct)


@lru_cache(maxsize=200_000)
def _pair(a: str, b: str) -> float:
    if len(a) > len(b):
        a, b = b, a
    for ending in _ENDINGS:
        if a.endswith(ending) and b.endswith(ending) and len(a) > len(ending) + 2:
            a, b = a.removesuffix(ending), b.removesuffix(ending)
            return _pair(*sorted((a, b))) if min(len(a), len(b)) >= 6 else 0.0
    if len(a) >= 6 and (b.endswith(a) or b.startswith(a)) and len(a) / len(b) >= 0.5:
        return 0.87
    if len(a) >= 4 and a[:-1] == b[: len(a) - 1] and len(b) - len(a) <= 2 and b[len(a) - 1 :] in _INFLECTED:
        return 0.95
    if len(a) < 5:
        return 0.0
    score = Levenshtein.normalized_similarity(a, b)
    return score if score >= ALIKE or (Levenshtein.distance(a, b) == 1 and (score := 0.85)) else 0.0


_ENDINGS = (
    "strasse",
    "platz",
    "haus",
    "hof",
    "muehle",
    "werkstatt",
    "scheune",
    "gasse",
    "weg",
    "fabrik",
    "zentrum",
    "verein",
)
_INFLECTED = frozenset(["es", "er", "en", "e", "s", "n", "r"])


def _likeness(a: Word, b: Word) -> float:
    if "number" in (a.role, b.role):
        return 0.0
    if a.role == b.role == "use" and a.family == b.family >= 0:
        return 0.9
    if (
        {a.role, b.role} <= {"building", "house"}
        and "building" in (a.role, b.role)
        and (a.text.endswith(b.text) or b.text.endswith(a.text))
    ):
        return 0.9
    if a.role == b.role == "house" and a.text[:5] == b.text[:5] and -2 not in (a.family, b.family):
        return 0.86
    if (
        a.role in ("use", "building")
        and b.role in ("use", "building")
        and a.text != b.text
        and a.family != -2 != b.family
    ):
        return 0.0
    if {a.role, b.role} == {"use", "word"} and max(a.family, b.family) >= 0:  # "Makerspace" is no "Makers"
        return score if (score := Levenshtein.normalized_similarity(a.text, b.text)) >= ALIKE else 0.0
    return _pair(a.text, b.text)
