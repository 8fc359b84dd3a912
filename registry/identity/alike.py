"""A quick look at two records before they are compared in earnest: most that meet have nothing in common."""

from __future__ import annotations

from rapidfuzz import fuzz

from registry.identity.profile import Profile, distance
from registry.identity.words import WORDS

FAR = 12_000.0
"""Metres beyond which a name alone does not make two records one."""
ALIKE = 70.0
"""Names whose letters agree less than so (rapidfuzz's ratio, 0 to 100) and that share no word are different names."""


def may_be_one(a: Profile, b: Profile, closely: bool) -> bool:
    """Whether a comparison could end otherwise than "different". Costs little beside comparing.

    They share a way to be reached, an identifier or an address; or they are not far apart, and share a word of their
    names, or the names are alike.

    Args:
        closely: they share a key that matters to the points (`keys.is_scoring`), not only a word or a neighbourhood.
    """
    if _speak_of_each_other(a, b):
        return True
    if _numbered_apart(a, b):
        return False
    if closely:
        return True
    if _far(a, b):
        return False
    if (a.telling_words & b.telling_words) - a.place_words - b.place_words:
        return True
    for one in a.joined_names:
        for two in b.joined_names:
            if fuzz.ratio(one, two, score_cutoff=ALIKE) or (min(len(one), len(two)) > 3 and (one in two or two in one)):
                return True
    return _by_place(a, b) and _by_place(b, a)


def _numbered_apart(a: Profile, b: Profile) -> bool:
    """Whether each has one name and these say different numbers, which sets them apart whatever else there is.

    Not so where a number may be part of a word ("Halle 5", "Halle5"), or counts for little among many words.
    """
    left, right = a.numbers - b.numbers, b.numbers - a.numbers
    if not left or not right or a.ids or b.ids or a.kind != b.kind:
        return False
    (one, weight_of_one), (two, weight_of_two) = a.spelt, b.spelt
    for numbers, words in ((left, two), (right, one)):
        for number in numbers:
            if f" {number}" in words or f"{number} " in words:
                return False
    return WORDS.weight["number"] * (len(left) + len(right)) > 0.04 * (weight_of_one + weight_of_two)


def _by_place(a: Profile, b: Profile) -> bool:
    """Whether the first bears the name of a place and none of its own: "Röcknitz"."""
    return any(core <= a.place_words or core <= b.place_words for core in a.cores)


def _far(a: Profile, b: Profile) -> bool:
    if a.kind in ("network", "organisation") or a.virtual or b.virtual:
        return False
    if (a.postcode and a.postcode == b.postcode) or a.locality_names & b.locality_names:
        return False
    if a.position and b.position:
        return distance(a.position, b.position) > FAR
    return False


def _speak_of_each_other(a: Profile, b: Profile) -> bool:
    return b.thing in a.speaks_of or a.thing in b.speaks_of
