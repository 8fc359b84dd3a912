"""How two names stand to each other: what they share, what the one has and the other has not, and what that means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from registry.identity.aligning import align
from registry.identity.names import Name, Word, says_which
from registry.identity.words import WORDS


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


def compare(a: Name, b: Name, places: frozenset[str], common: Callable[[str], bool]) -> Likeness:
    """How two names stand to each other.

    Args:
        places: words that only say where: the localities of both.
        common: whether so many things carry a word that it does not tell one from another.
    """
    whole = _compare(a.words, b.words, places, common)
    best = whole
    if whole.kind in ("identical", "alike") and whole.similarity >= 0.9:
        return whole
    if len(a.parts) > 1 or len(b.parts) > 1:
        for part, other, inside in [*((p, b.words, "a") for p in a.parts), *((p, a.words, "b") for p in b.parts)]:
            rest = [word for p in (a.parts if inside == "a" else b.parts) if p is not part for word in p]
            found = _compare(part, other, places, common)
            name = a if inside == "a" else b
            found = _with_rest(found, part, rest, other, inside, name, places)
            if name.quoted and part is name.parts[0] and found.kind == "identical":
                return found
            if _RANK[found.kind] > _RANK[best.kind] or (found.kind == best.kind and found.similarity > best.similarity):
                best = found
    if whole.kind in ("use", "holder") or (whole.kind in CONTRADICTIONS and best.kind != "inside"):
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
    leads = part is name.parts[0]
    if (
        found.kind == "inside" and found.inside == "b" and leads
    ):  # the other name is inside of what this one begins with
        return Likeness("inside", found.similarity, found.distinct, "b" if inside == "a" else "a")
    if found.kind == "longer" and leads:
        return Likeness("longer", found.similarity * 0.9, found.distinct * 0.8)
    if found.kind not in ("identical", "alike"):
        return found if found.kind in ("shared", "other", "kin", "typo") else Likeness("other", found.similarity, 0.0)
    known = {word.text for word in other}
    fresh = [word for word in rest if word.role != "stop" and word.text not in known and word.text not in places]
    families = {word.family for word in (*part, *other) if word.role == "use" and word.family >= 0}
    uses = [word for word in fresh if word.role == "use" and word.family not in families]
    if any(word.role == "holder" and word.family != -2 for word in fresh):
        return Likeness("holder", found.similarity, found.distinct)
    if any(word.role == "holder" for word in fresh):
        return Likeness("longer", found.similarity, found.distinct)
    if leads and name.quoted:
        return Likeness("identical", found.similarity, found.distinct * 0.95)
    if len(uses) == 1 and not leads and any(w.role in ("house", "building", "word") for w in part):
        return Likeness("inside", found.similarity, found.distinct, inside)
    if not leads and sum(word.weight for word in fresh) > 1.4 and found.distinct < 0.75:
        return Likeness("other", found.similarity, 0.0)
    if uses and len(uses) == 1:
        return Likeness("longer", found.similarity * 0.7, found.distinct * 0.6)
    if leads and found.kind == "identical":
        return Likeness("identical", found.similarity, found.distinct * 0.95)
    return Likeness("alike", found.similarity * 0.95, found.distinct)


def _compare(
    first: Sequence[Word], second: Sequence[Word], places: frozenset[str], common: Callable[[str], bool]
) -> Likeness:
    one, two = _content(first, places), _content(second, places)
    if not says_which(one, places) or not says_which(two, places):
        return _by_place(first, second, places)
    one, two = _joined(one, two), _joined(two, one)
    left, right, matched, distinct = align(one, two, common)
    total = sum(word.weight for word in one) + sum(word.weight for word in two)
    similarity = 2 * matched / total if total else 0.0
    if similarity < 0.97 and (contradiction := _contradiction(left, right)):
        return Likeness("typo" if _slip(first, second) else contradiction, similarity, distinct)
    if similarity < 0.97 and "".join(w.text for w in one) == "".join(w.text for w in two):
        return Likeness("identical", 0.97, min(1.0, max(_sum(one), _sum(two))))
    if similarity >= 0.97:
        return Likeness("identical", similarity, distinct)
    if matched and _other_use(one, two):
        return Likeness("shared", similarity, distinct)
    if matched and not left and not right:
        return Likeness("alike" if _one_word_in_common(one, two) else "kin", similarity, distinct)
    if (
        matched
        and _all_weak(left)
        and _all_weak(right)
        and not (_adjectives(left) and _adjectives(right))
        and (_one_word_in_common(one, two))
    ):
        return Likeness("alike", max(similarity, 0.85), distinct)
    if matched and (not left or not right) and distinct >= 0.3:
        extra = left or right
        longer, inside = (first, "a") if left else (second, "b")
        return _longer(longer, extra, similarity, distinct, inside)
    if matched and distinct >= 0.3 and _all_weak(left) != _all_weak(right):
        # "Kultur- und Bildungsstätte Kloster Posa" is but "Kloster Posa", and "Holzwerkstatt Kloster Posa" is in it.
        longer, extra, inside = (second, right, "b") if _all_weak(left) else (first, left, "a")
        return _longer(longer, extra, similarity, distinct, inside)
    if similarity >= 0.75 and distinct >= 0.4 and not any(w.role in ("use", "holder") for w in (*left, *right)):
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


def _by_place(first: Sequence[Word], second: Sequence[Word], places: frozenset[str]) -> Likeness:
    """A name that is but a place's: another is the same when it is but that place's, too."""
    one, two = ({word.text for word in row if word.text in places} for row in (first, second))
    rests = [[w for w in row if w.role != "stop" and w.text not in places] for row in (first, second)]
    labels = all(word.role == "label" for rest in rests for word in rest)
    if one and two:
        if labels and (one <= two or two <= one):
            both = {word.text for word in rests[0]} == {word.text for word in rests[1]}
            return Likeness("identical" if both else "alike", 0.9, 0.7)
        return Likeness("shared" if one & two and labels else "other", 0.4, 0.4)
    if not one and not two and labels:  # "Kreativort" and "Kreativort"
        same = {word.text for word in rests[0]} == {word.text for word in rests[1]}
        return Likeness("identical" if same else "other", 1.0 if same else 0.0, min(1.0, _sum(rests[0])))
    return Likeness("other", 0.0, 0.0)


def _joined(row: Sequence[Word], other: Sequence[Word]) -> list[Word]:
    """The words, two of them as one where the other name writes them so: "Village Office", "VillageOffice"."""
    known = {word.text: word for word in other}
    found: list[Word] = []
    for word in row:
        if found and (both := known.get(found[-1].text + word.text)) is not None:
            found[-1] = both
        else:
            found.append(word)
    return found


def _other_use(one: Sequence[Word], two: Sequence[Word]) -> bool:
    """Whether the two are put to uses of one family, but not to the same: a "Hofladen" may be a "Bioladen", or not."""
    texts = [{word.text for word in row} for row in (one, two)]
    left = {word.family for word in one if word.role == "use" and word.family >= 0 and word.text not in texts[1]}
    right = {word.family for word in two if word.role == "use" and word.family >= 0 and word.text not in texts[0]}
    return bool(left & right)


def _one_word_in_common(one: Sequence[Word], two: Sequence[Word]) -> bool:
    """Whether more than the kind of use agrees: "Café" and "Bar" at one address are two."""
    if any(word.role != "label" and word.text == other.text for word in one for other in two):
        return True
    return not all(word.role in ("use", "label", "adjective") and word.family != -2 for word in (*one, *two))


def _all_weak(words: Sequence[Word]) -> bool:
    return all(word.role in ("label", "adjective") for word in words)


def _adjectives(words: Sequence[Word]) -> bool:
    return any(word.role == "adjective" for word in words)


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
    if all(any(w.role == "holder" for w in side) for side in (left, right)):
        return "holder"
    uses = [[w for w in side if w.role == "use" and w.family >= 0] for side in (left, right)]
    alike = any(
        x.family == y.family or x.text.endswith(y.text) or y.text.endswith(x.text) for x in uses[0] for y in uses[1]
    )
    if uses[0] and uses[1] and not alike:
        return "use"
    return ""


def _content(words: Iterable[Word], places: frozenset[str]) -> list[Word]:
    """The words that say which, without those that only say where; where nothing is left, those."""
    content = [word for word in words if word.role != "stop"]
    return [word for word in content if word.text not in places] or content


def _numbers(words: Iterable[Word]) -> set[str]:
    return {word.text for word in words if word.role == "number"}


def _sum(words: Iterable[Word]) -> float:
    return sum(word.weight for word in words)
