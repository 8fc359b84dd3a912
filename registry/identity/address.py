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
_SPLIT = re.compile(r"[/,;()]| - |\bot\b|\bortsteil\b")
_NEAR = re.compile(r"\b(?:a\.? ?d\.? |an der|bei|b\.|am|im|in|in der|ob der|vor der|unter)\b")
"""What comes after says where it is, and is no name of it: "Frankfurt am Main", "Beucha bei Leipzig"."""
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


@dataclass(frozen=True, slots=True)
class Locality:
    """A place as an address names it: the town (or what is named first), and all names by which it may be meant."""

    main: str
    names: frozenset[str]

    def shares(self, other: Locality) -> frozenset[str]:
        """By which names the two are one place: the same town, or the one a part of the other.

        Two parts of one name do not make their towns one: "Grimma OT Mitte", "Wurzen OT Mitte".
        """
        one, two = {self.main} & other.names, {other.main} & self.names
        if one or two:
            return frozenset(one | two)
        shorter, longer = sorted((self.main, other.main), key=len)
        return frozenset({shorter} if set(shorter.split()) <= set(longer.split()) else ())


@lru_cache(maxsize=50_000)
def locality(text: str) -> Locality | None:
    """Of "Brandis / OT Beucha" the town and its part; "Halle (Saale)" is "halle", "Altdorf am See" is "altdorf"."""
    mains: list[str] = []
    names: set[str] = set()
    for piece in _SPLIT.split(fold(text)):
        piece = _NEAR.split(piece)[0] if _NEAR.split(piece)[0].strip() else piece
        words = [word for word in re.findall(r"[a-z]+", piece) if word not in WORDS.place_stop]
        if not words or (mains and not set(words) - WORDS.quarters):
            continue
        mains.append(" ".join(words))
        names.add(mains[-1])
        names |= {word for word in words if len(word) >= 5 and "-" in piece}
    return Locality(mains[0], frozenset(names)) if mains else None


@lru_cache(maxsize=50_000)
def place_words(text: str) -> frozenset[str]:
    """The words of a locality, and what is made of them: in a name, "Wurzen" and "Wurzener" only say where."""
    words = [word for word in re.findall(r"[a-z]+", fold(text)) if len(word) >= 3]
    made = {made for word in words if len(word) >= 4 for made in (word + "er", word + "r", word[:-1] + "r", word + "s")}
    return frozenset(words) | made
