"""Blocking keys: what a record shares with others it may be the same as. Only records that share one are compared.

A key is also how one knows whether a telephone number or a website is somebody's own: `classify` says so from who has
it. A pair's outcome therefore depends on the two records and on the classes of the keys they share, on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from enum import IntEnum
from itertools import pairwise
from math import floor

from registry.identity import names
from registry.identity.profile import Profile

MOST = 40
"""Records under one key beyond which it finds nobody any more: a word half the catalogue has, a network's website."""

CELL = (0.0055, 0.0088)
"""Size of a grid cell in degrees of latitude and longitude: at 51° N about 610 m both ways."""


class Class(IntEnum):
    """Who has a key: at most one thing of each source; several of one source; or more than `MOST`."""

    OWN = 0
    SHARED = 1
    COMMON = 2


Classes = Callable[[str], Class]


def classify(sources: Iterable[Hashable]) -> Class:
    """The class of a key by the sources of the records that have it (`MOST` + 1 of them are enough)."""
    have = list(sources)
    if len(have) > MOST:
        return Class.COMMON
    return Class.OWN if len(set(have)) == len(have) else Class.SHARED


def phone(space: str, number: str) -> str:
    return f"{space}tel {number}"


def mail(space: str, address: str) -> str:
    return f"{space}mail {address}"


def page(space: str, page_: str) -> str:
    return f"{space}page {page_}"


def host(space: str, name: str) -> str:
    return f"{space}host {name}"


def identifier(space: str, name: str) -> str:
    return f"{space}id {name}"


def word(space: str, text: str) -> str:
    return f"{space}word {text}"


def house(space: str, place: str, street: str, number: str) -> str:
    return f"{space}house {place} {street} {number}"


def position(space: str, where: tuple[float, float]) -> str:
    return f"{space}pos {where[0]:.5f} {where[1]:.5f}"


def space(kind: str) -> str:
    """Keys of one kind never meet those of another; only services may be found inside sites."""
    return "site " if kind == "service" else f"{kind} "


def houses(profile: Profile) -> list[str]:
    """The keys of the profile's address."""
    return [house(space(profile.kind), *where) for where in sorted(profile.addresses)]


def of(profile: Profile) -> list[str]:
    """Every key of a record, the cell of its position last."""
    where = space(profile.kind)
    found = [phone(where, number) for number in profile.phones]
    found += [mail(where, address) for address in profile.mails]
    found += [identifier(where, name) for name in profile.identifiers]
    found += [page(where, one.page) for one in profile.web]
    # A page given as website may be an identifier or the shown page of another record, and the other way round.
    found += [identifier(where, one.page) for one in profile.web]
    found += [host(where, name) for name in profile.hosts]
    found += [host(where, one.domain) for one in profile.web if one.domain and one.domain not in profile.hosts]
    found += houses(profile)
    street = profile.street_parsed
    if street is not None:
        found += [f"{where}street {place} {street.name}" for place in _places(profile)]
    for name in profile.parsed:
        texts = [one.text for one in name.content]
        for one in name.content:
            if one.weight >= 0.75 or one.role in ("house", "building", "use"):
                found.append(word(where, one.text))
            if one.text not in profile.place_words or not names.says_which(name.content, profile.place_words):
                found += [f"{where}in {place} {one.text}" for place in _places(profile)]
        found += [
            word(where, first.text + second.text)
            for first, second in pairwise(name.content)
            if first.role == second.role == "word"
        ]
        leading = [one.text for one in name.parts[0] if one.role != "stop"] if len(name.parts) > 1 else []
        if 2 <= len(leading) <= 6:
            found.append(f"{where}name {' '.join(sorted(leading))}")
        if 2 <= len(texts) <= 6:
            found.append(f"{where}name {' '.join(sorted(texts))}")
    if profile.position is not None:
        found.append(position(where, profile.position))
        found.append(cell(where, profile.position))
    return list(dict.fromkeys(found))


def cell(where: str, at: tuple[float, float]) -> str:
    return f"{where}cell {floor(at[0] / CELL[0])} {floor(at[1] / CELL[1])}"


def around(key: str) -> list[str]:
    """A cell and the eight around it, so that whatever is within one cell's width is found."""
    *head, y, x = key.split(" ")
    start = " ".join(head)
    return [f"{start} {int(y) + north} {int(x) + east}" for north in (-1, 0, 1) for east in (-1, 0, 1)]


def is_cell(key: str) -> bool:
    return " cell " in key


_SCORING = frozenset(["tel", "mail", "page", "id", "host", "house", "pos"])


def is_scoring(key: str) -> bool:
    """Whether it matters to the points of a sign that several things of one source have this key."""
    return key.split(" ", 2)[1] in _SCORING


def _places(profile: Profile) -> list[str]:
    """What a word may be sought in: the postal code, the localities, and the district where there are none."""
    found = [profile.postcode] if profile.postcode else []
    found += sorted(profile.locality_names)[:3] or sorted(profile.towns)[:2]
    return [*found, profile.region.rpartition("/")[2]] if profile.region else found
