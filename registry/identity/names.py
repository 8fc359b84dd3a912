"""Names of places, taken apart and compared: what two names say for and against meaning one and the same place.

A name is a row of words of different weight. "Kulturhaus Beucha" is a plain word and a place; "Alte Brauerei" says
little; "Posa" says which. What the words are is in words.toml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from registry.identity.words import WORDS, fold

_LEGAL = re.compile(
    r"(?<!\w)(?:e\s?\.?\s?v\.?|g?gmbh(?:\s?&\s?co\.?\s?kg)?|mbh|g?ug|haftungsbeschr(?:ae|a)nkt|gbr|ag|kgaa|ohg|e\s?\.?\s?g\.?"
    r"|e\s?\.?\s?k\.?|partg(?:mbb)?|i\s?\.\s?g(?:r)?\.?|in gr(?:ue|u)ndung|ltd|inc|llc|kd?oe?r|aoer)(?!\w)\.?"
)
_HALL = re.compile(r"\bhalle (?=\d|[a-z]\b)")
_APOSTROPHE = re.compile(r"['’`´]s?\b")
_DESIGNATOR = re.compile(r"\d{1,4}[a-z]?|[a-z]|i{2,3}|iv|vi{0,3}|ix")
_ELLIPSIS = re.compile(
    r"\b(\w{3,})- (?:und|oder|/) (\w{3,}?)(haus|zentrum|staette|werkstatt|hof|raum|laden|verein|fabrik|scheune|cafe)\b"
)
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_WORD = re.compile(r"\w+|[()\[\]|/:;,–—@]|(?<=\s)-(?=\s)")
_CUT = frozenset("()[]|/:;,–—-")
ALIKE = 0.84
"""Two words are the same but for a slip of the pen when Levenshtein's similarity reaches this."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name. ``role`` is its class in words.toml, ``family`` that of its use."""

    text: str
    role: str
    weight: float
    family: int = -1


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart. ``parts`` are the stretches between dashes, commas and brackets."""

    text: str
    words: tuple[Word, ...]
    parts: tuple[tuple[Word, ...], ...]

    @property
    def content(self) -> tuple[Word, ...]:
        """The words that say something."""
        return tuple(word for word in self.words if word.role != "stop")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two names stand to each other.

    ``kind``: identical, alike, longer (one is the other and more), shared (a distinctive word), other, or a
    contradiction: number, opposite, building, use, holder; or inside: the one names a use within the other; or kin:
    a word in common, but two kinds of house.
    ``inside`` is "a" or "b", the one that is inside. ``similarity`` is the weighted share of common words (Dice);
    ``distinct`` how much the common words tell one place from another, 1 = enough.
    """

    kind: str
    similarity: float
    distinct: float
    inside: str = ""


@lru_cache(maxsize=100_000)
def parse(text: str) -> Name:
    """Take a name apart."""
    line = _LEGAL.sub(" ", _APOSTROPHE.sub("", fold(text)))
    line = " ".join(line.replace("&", " und ").replace("+", " und ").replace(".", " ").split())
    line = WORDS.spell(_HALL.sub("hallenbau ", _ELLIPSIS.sub(r"\1\3 und \2\3", line)))
    parts: list[list[Word]] = [[]]
    for piece in _WORD.findall(line.replace("_", " ")):
        if piece in _CUT:
            parts.append([])
        else:
            parts[-1].append(_word("at" if piece == "@" else piece))
    kept = tuple(tuple(part) for part in parts if part)
    return Name(text, tuple(word for part in kept for word in part), kept)


@lru_cache(maxsize=100_000)
def _word(text: str) -> Word:
    if _DESIGNATOR.fullmatch(text):
        text = _ROMAN.get(text, text.lstrip("0") or "0")
        return Word(text, "number", WORDS.weight["number"])
    role, family = WORDS.role(text)
    plain = role not in ("use", "house", "building") or family != -2
    return Word(text, role, WORDS.weight[role if plain else "compound"], family)


def compare(a: Name, b: Name, places: frozenset[str], common: Callable[[str], bool]) -> Likeness:
    """How two names stand to each other.

    Args:
        places: words that only say where: the localities of both.
        common: whether so many things carry a word that it does not tell one from another.
    """
    whole = _compare(a.words, b.words, places, common)
    best = whole
    if len(a.parts) > 1 or len(b.parts) > 1:
        for part, other, inside in [*((p, b.words, "a") for p in a.parts), *((p, a.words, "b") for p in b.parts)]:
            rest = [word for p in (a.parts if inside == "a" else b.parts) if p is not part for word in p]
            found = _compare(part, other, places, common)
            found = _with_rest(found, part, rest, other, inside, a if inside == "a" else b, places)
            if _RANK[found.kind] > _RANK[best.kind] or (found.kind == best.kind and found.similarity > best.similarity):
                best = found
    if whole.kind in CONTRADICTIONS and best.kind not in ("inside",):
        return whole
    return best


KINDS = frozenset(["house", "building", "use"])
CONTRADICTIONS = frozenset(["number", "opposite", "building", "use", "holder"])
_RANKED = ("other", "kin", "typo", "shared", *sorted(CONTRADICTIONS), "longer", "alike", "identical", "inside")
_RANK = {kind: rank for rank, kind in enumerate(_RANKED)}


def _with_rest(
    found: Likeness, part: Sequence[Word], rest: Sequence[Word], other: Sequence[Word], inside: str, name: Name,
    places: frozenset[str],
) -> Likeness:  # fmt: skip
    """What a part of a name that equals the other name means, given what the rest of the name says."""
    if found.kind not in ("identical", "alike"):
        return found if found.kind in ("shared", "other", "kin", "typo") else Likeness("other", found.similarity, 0.0)
    known = {word.text for word in other}
    fresh = [word for word in rest if word.role != "stop" and word.text not in known and word.text not in places]
    uses = [word for word in fresh if word.role == "use"]
    if any(word.role == "holder" and word.family != -2 for word in fresh):
        return Likeness("holder", found.similarity, found.distinct)
    if any(word.role == "holder" for word in fresh):
        return Likeness("longer", found.similarity, found.distinct)
    if len(uses) == 1 and part is not name.parts[0] and any(w.role in ("house", "building", "word") for w in part):
        return Likeness("inside", found.similarity, found.distinct, inside)
    if part is not name.parts[0] and sum(word.weight for word in fresh) > 1.4 and found.distinct < 0.75:
        return Likeness("other", found.similarity, 0.0)
    if uses and len(uses) == 1:
        return Likeness("longer", found.similarity * 0.7, found.distinct * 0.6)
    if part is name.parts[0] and found.kind == "identical":
        return Likeness("identical", found.similarity, found.distinct * 0.95)
    return Likeness("alike", found.similarity * 0.95, found.distinct)


def _compare(
    first: Sequence[Word], second: Sequence[Word], places: frozenset[str], common: Callable[[str], bool]
) -> Likeness:
    one, two = _content(first, places), _content(second, places)
    left, right, matched, distinct = _align(one, two, common)
    total = sum(word.weight for word in one) + sum(word.weight for word in two)
    similarity = 2 * matched / total if total else 0.0
    if similarity < 0.97 and (contradiction := _contradiction(left, right)):
        return Likeness("typo" if _slip(first, second) else contradiction, similarity, distinct)
    if similarity < 0.97 and "".join(w.text for w in one) == "".join(w.text for w in two):
        return Likeness("identical", 0.97, min(1.0, max(_sum(one), _sum(two))))
    if similarity >= 0.97:
        return Likeness("identical", similarity, distinct)
    if matched and not left and not right:
        return Likeness("alike", similarity, distinct)
    if matched and (not left or not right) and distinct >= 0.3:
        extra = left or right
        longer, inside = (first, "a") if left else (second, "b")
        return _longer(longer, extra, similarity, distinct, inside)
    if similarity >= 0.75 and distinct >= 0.4:
        return Likeness("alike", similarity, distinct)
    kinds = [any(word.role in KINDS for word in side) for side in (left, right)]
    if distinct >= 0.75 and similarity >= 0.3:
        kind = "typo" if _slip(first, second) else "kin" if all(kinds) else "shared"
        return Likeness(kind, similarity, distinct)
    if one and two and all(word.role in ("house", "label", "adjective") for word in (*one, *two)):
        return Likeness("typo" if _slip(first, second) else "kin", similarity, distinct)
    if _slip(first, second):
        return Likeness("typo", 0.9, 1.0)
    return Likeness("other", similarity, distinct)


def _slip(first: Sequence[Word], second: Sequence[Word]) -> bool:
    """Whether two names differ by a single letter or gap: a slip of the pen, or two words that are much alike."""
    one, two = ("".join(word.text for word in row if word.role != "stop") for row in (first, second))
    return (
        min(len(one), len(two)) >= 5
        and Levenshtein.distance(one, two, score_cutoff=1) <= 1
        and _numbers(first) == _numbers(second)
    )


def _longer(row: Sequence[Word], extra: Sequence[Word], similarity: float, distinct: float, inside: str) -> Likeness:
    """One name is the other and more words: what do these say?"""
    texts = [word.text for word in row]
    uses = [word for word in extra if word.role == "use"]
    words = [word for word in extra if word.role in ("word", "number", "house", "building", "holder")]
    if any(word.role == "holder" and word.family != -2 for word in extra):
        return Likeness("holder", similarity, distinct)
    first_extra = min(texts.index(word.text) for word in extra)
    matched_at = [index for index, word in enumerate(row) if word.role != "stop" and word not in extra]
    if not matched_at:  # every word stands in the surplus, too: "Haus Haus" against "Haus"
        return Likeness("longer", similarity, distinct)
    leads = first_extra < matched_at[0]
    if leads and matched_at[0] > 0 and set(texts[first_extra + 1 : matched_at[0]]) & WORDS.inside:
        return Likeness("inside", similarity, distinct, inside)
    if not leads and set(texts[matched_at[-1] : first_extra]) & WORDS.including:
        return Likeness("alike", max(similarity, 0.85), distinct)
    if uses:
        named_after_house = any(w.role in ("house", "building") and w not in extra for w in row)
        if len({word.family for word in uses}) == 1 and named_after_house:
            return Likeness("inside", similarity, distinct, inside)
        return Likeness("longer", similarity, distinct * (0.8 if named_after_house else 1.0))
    if not words:
        return Likeness("alike" if similarity < 0.9 else "identical", similarity, distinct)
    if all(word.role in ("house", "building") for word in words):
        return Likeness("alike", max(similarity, 0.8), distinct)
    return Likeness("longer", similarity, distinct * (0.5 if leads else 1.0))


def _contradiction(left: Sequence[Word], right: Sequence[Word]) -> str:
    """What stands in one name and makes it another than the other name."""
    if not left or not right:
        return ""
    one, two = {word.text for word in left}, {word.text for word in right}
    if _numbers(left) and _numbers(right):
        return "number"
    if any((x, y) in WORDS.opposites for x in one for y in two):
        return "opposite"
    buildings = [{w.text for w in side if w.role == "building" and w.family != -2} for side in (left, right)]
    if buildings[0] and buildings[1]:
        return "building"
    uses = [{w.family for w in side if w.role == "use" and w.family >= 0} for side in (left, right)]
    if uses[0] and uses[1] and not uses[0] & uses[1]:
        return "use"
    return ""


def _align(
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
    return _pair(a.text, b.text)


def _content(words: Iterable[Word], places: frozenset[str]) -> list[Word]:
    """The words that say which, without those that only say where; where nothing is left, those."""
    content = [word for word in words if word.role != "stop"]
    return [word for word in content if word.text not in places] or content


def _numbers(words: Iterable[Word]) -> set[str]:
    return {word.text for word in words if word.role == "number"}


def _sum(words: Iterable[Word]) -> float:
    return sum(word.weight for word in words)
