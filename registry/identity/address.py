"""Streets and localities, compared as people write them: "Paul-Rohland-Straße 1" is "Paul-Roland-Str. 1"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from registry.identity.words import WORDS, fold

_NUMBER = re.compile(r"\d+\s?[a-z]?(?![a-z])")
_STR = re.compile(r"str(?:asse|\.|(?=\s|$|\d))")
_LEAD = re.compile(r"^(?:am|an der|an den|an dem|auf dem|auf der|im|in der|zum|zur)\s+")
_KIND = re.compile(r"(?:strasse|weg|platz|allee|gasse|ring|ufer|damm|chaussee|markt|promenade)$")
_SPLIT = re.compile(
    r"[/,;()]| - |\bot\b|\bortsteil\b|\ba\.? ?d\.? |\ban der\b|\bbei\b|\bam\b|\bim\b|\bin der\b|\bob der\b"
)
ALIKE = 0.88
"""Two streets of one kind are the same but for a slip of the pen when Levenshtein's similarity reaches this."""


@dataclass(frozen=True, slots=True)
class Street:
    """A street without its number, letters only, and its house numbers (several for "12-14")."""

    name: str
    numbers: frozenset[str]


@lru_cache(maxsize=50_000)
def street(text: str) -> Street | None:
    """Take street and number apart; None when there is no street in it."""
    line = _STR.sub("strasse", fold(text))
    numbers = frozenset(found.replace(" ", "") for found in _NUMBER.findall(line))
    name = re.sub(r"[^a-z]", "", _LEAD.sub("", _NUMBER.sub(" ", line)))
    return Street(name, numbers) if len(name) >= 3 else None


def same_street(a: Street, b: Street) -> bool:
    if a.name == b.name:
        return True
    kinds = [found.group() if (found := _KIND.search(one.name)) else "" for one in (a, b)]
    if kinds[0] != kinds[1]:
        return False
    one, two = a.name.removesuffix(kinds[0]), b.name.removesuffix(kinds[1])
    return min(len(one), len(two)) >= 5 and Levenshtein.normalized_similarity(one, two) >= ALIKE


def same_number(a: Street, b: Street) -> bool | None:
    """Whether the house numbers agree; "12" and "12a" do, "12a" and "12b" do not; None when one has none."""
    if not a.numbers or not b.numbers:
        return None
    if a.numbers & b.numbers:
        return True
    lettered = [{n for n in one.numbers if n[-1].isalpha()} for one in (a, b)]
    if lettered[0] and lettered[1]:
        return False
    bare = [{n.rstrip("abcdefghijklmnopqrstuvwxyz") for n in one.numbers} for one in (a, b)]
    return bool(bare[0] & bare[1]) and bool(lettered[0] or lettered[1])


@lru_cache(maxsize=50_000)
def locality(text: str) -> frozenset[str]:
    """The names by which a locality may be meant: of "Brandis / OT Beucha" both, of "Halle (Saale)" only "halle"."""
    names = set()
    for piece in _SPLIT.split(fold(text)):
        words = [word for word in re.findall(r"[a-z]+", piece) if word not in WORDS.place_stop]
        if words:
            names.add(" ".join(words))
            names |= {word for word in words if len(word) >= 5 and "-" in piece}
    return frozenset(names)


@lru_cache(maxsize=50_000)
def place_words(text: str) -> frozenset[str]:
    """The words of a locality, and what is made of them: in a name, "Wurzen" and "Wurzener" only say where."""
    words = [word for word in re.findall(r"[a-z]+", fold(text)) if len(word) >= 3]
    made = {made for word in words if len(word) >= 4 for made in (word + "er", word + "r", word[:-1] + "r", word + "s")}
    return frozenset(words) | made
