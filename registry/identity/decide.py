"""From signs to a verdict: same, different, unsure, or one part of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import orjson

from registry.identity.evidence import Sign, Signs, signs
from registry.identity.keys import Classes
from registry.identity.profile import Profile
from registry.identity.weights import SAME, UNSURE, WEIGHTS

Verdict = Literal["same", "different", "unsure", "part-of"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of a pair, and why. ``part`` is "a" or "b", the one inside, when it is part-of.

    ``bars``: the two may not come together through others either. ``stated``: a source itself says so.
    """

    verdict: Verdict
    score: float
    signs: tuple[Sign, ...]
    part: str = ""
    bars: bool = False
    stated: bool = False

    def dump(self) -> bytes:
        return orjson.dumps([[sign.name, sign.points, sign.found] for sign in self.signs])


def load_signs(data: bytes) -> tuple[Sign, ...]:
    """Signs as they were dumped."""
    return tuple(Sign(name, points, tuple(found)) for name, points, found in orjson.loads(data))


def decide(a: Profile, b: Profile, classes: Classes, *, briefly: bool = False) -> Decision:
    """Compare two records. The same whichever comes first, but for ``part`` and the order of what was found.

    Args:
        briefly: of two that are different, not all signs need be told; the verdict is the same.
    """
    if a.kind != b.kind:
        return _across(a, b, classes)
    if (stated := _stated_part(a, b)) is not None:
        sign = Sign("stated-part", WEIGHTS["stated-part"].points)
        return Decision("part-of", sign.points, (sign,), stated, bars=True, stated=True)
    found = signs(a, b, classes, briefly=briefly)
    if a.kind in ("site", "service") and (part := _part(a, b, found)):
        return Decision("part-of", found.score, found.all, part, bars=True)
    identity = found.points("name", "id")
    elsewhere = found.points("place", "web", "phone", "mail")
    said = found.has("same-as", "id-same")
    verdict: Verdict = "different"
    if found.bars and not found.has("same-as"):
        verdict = "different"
    elif found.score >= SAME and (said or _agrees(found, identity, elsewhere)):
        verdict = "unsure" if identity <= 0 and _use_in_house(a, b) else "same"
    elif (found.score >= UNSURE and (elsewhere > 0 or found.distinct >= 0.75)) or _worth_asking(found):
        verdict = "unsure"
    if a.source == b.source:
        # A source lists each thing once, unless it says itself that two of its entries are one, or all but says so.
        if not found.has("same-as"):
            verdict = "unsure" if verdict == "same" else "different"
        found_all = (*found.all, Sign("one-source", 0.0, (a.source.rpartition("/")[2],)))
        return Decision(verdict, found.score, found_all, bars=verdict != "same")
    return Decision(verdict, found.score, found.all, bars=found.bars and verdict != "same")


def _agrees(found: Signs, identity: float, elsewhere: float) -> bool:
    """Name or identifier speak for it and something else besides, or everything but the name does: renamed."""
    if found.has("name-unmistakable"):
        return True
    if identity > 0:
        # One name and one website in two towns are two branches, or one place that moved: a person must say.
        return elsewhere > 0 and (not found.has(*_APART) or _reached(found) >= 2)
    return found.has("address-same", "position-same") and _reached(found) >= 2 and found.likeness in ("other", "kin")


def _reached(found: Signs) -> int:
    """In how many ways the two are reached alike, and nobody else."""
    return found.has("phone-same") + found.has("mail-same") + found.has("page-same", "host-same")


_APART = ("locality-differs", "region-differs", "village-namesake", "position-far", "position-elsewhere")


def _worth_asking(found: Signs) -> bool:
    """Two names for one place may share nothing but a website, a telephone or a mailbox of their own."""
    return found.points("place") >= 0 and found.has("page-same", "phone-same", "mail-same", "id-same", "name-acronym")


def _stated_part(a: Profile, b: Profile) -> str | None:
    if b.thing in a.part_of or a.thing in b.offers or b.thing in a.provider:
        return "a"
    if a.thing in b.part_of or b.thing in a.offers or a.thing in b.provider:
        return "b"
    return None


def _part(a: Profile, b: Profile, found: Signs) -> str:
    """Which of the two is inside the other, if one is: by its name, or by its use at the house's address."""
    if found.has("same-as", "id-same") or found.points("place") < 0:
        return ""
    close = found.has("address-same", "address-shared", "position-same", "position-shared", "position-near")
    if found.inside:
        here = close or found.has("village-same", "postcode-same", "street-same", "position-around")
        in_city = found.has("city-same") and found.distinct >= 0.75
        return found.inside if here or in_city or found.points("web", "phone", "mail") >= 2 else ""
    if found.likeness in ("other", "kin", "shared", "use") and found.has("address-same", "address-shared"):
        # That shares the house's telephone, mailbox or website besides: a part of it, or all of it under a new name.
        return _use_in_house(a, b) if _reached(found) < 2 else ""
    return ""


def _use_in_house(a: Profile, b: Profile) -> str:
    """At one address: the one is named after a use and no house, the other after a house and no use."""
    kinds = [_roles(p) for p in (a, b)]
    if "holder" in kinds[0] | kinds[1]:
        return ""
    if "use" in kinds[0] and not kinds[0] & _HOUSES and kinds[1] & _HOUSES and "use" not in kinds[1]:
        return "a"
    if "use" in kinds[1] and not kinds[1] & _HOUSES and kinds[0] & _HOUSES and "use" not in kinds[0]:
        return "b"
    return ""


_HOUSES = frozenset(["house", "building"])


def _roles(profile: Profile) -> frozenset[str]:
    return frozenset(word.role for name in profile.parsed for word in name.words)


def _across(a: Profile, b: Profile, classes: Classes) -> Decision:
    """Things of different kinds are never the same; a service may be found inside a site."""
    sign = Sign("kind-differs", WEIGHTS["kind-differs"].points, (a.kind, b.kind))
    apart = Decision("different", sign.points, (sign,), bars=True)
    if {a.kind, b.kind} != {"service", "site"}:
        return apart
    if (stated := _stated_part(a, b)) is not None:
        said = Sign("stated-part", WEIGHTS["stated-part"].points)
        return Decision("part-of", said.points, (said,), stated, bars=True, stated=True)
    service = "a" if a.kind == "service" else "b"
    found = signs(a, b, classes)
    inside = found.inside == service or (found.likeness in ("identical", "alike", "longer") and found.distinct >= 0.5)
    here = found.has(
        "address-same", "address-shared", "position-same", "village-same", "postcode-same", "position-near"
    )
    own = found.has("page-same", "host-same")
    if found.points("place") >= 0 and inside and (here or own):
        return Decision("part-of", found.score, (*found.all, sign), service, bars=True)
    return apart
