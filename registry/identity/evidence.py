"""The signs for and against two records meaning one thing, each with its points: all that a decision rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from registry.identity import address, keys
from registry.identity.abbreviations import is_short_for
from registry.identity.keys import Class, Classes
from registry.identity.likeness import Likeness, compare
from registry.identity.names import Name
from registry.identity.profile import Profile, distance
from registry.identity.web import identifier
from registry.identity.weights import WEIGHTS
from registry.identity.words import WORDS

UNMISTAKABLE = {"network": 0.9, "organisation": 1.8}
"""Weight of the words of a name that networks and organisations share with nobody."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: its name in the table of weights, its points, and what was found."""

    name: str
    points: float
    found: tuple[str, ...] = ()

    def says(self, language: str = "de") -> str:
        """The sign in words, "de" or "en"."""
        weight = WEIGHTS[self.name]
        return (weight.en if language == "en" else weight.de).format(*self.found, "", "")

    @property
    def bars(self) -> bool:
        return WEIGHTS[self.name].bars


@dataclass(frozen=True, slots=True)
class Signs:
    """All signs of a pair; ``inside`` is "a" or "b" where the one's name puts it inside the other."""

    all: tuple[Sign, ...]
    likeness: str = "other"
    distinct: float = 0.0
    inside: str = ""

    @property
    def score(self) -> float:
        return round(sum(sign.points for sign in self.all), 2)

    @property
    def bars(self) -> bool:
        return any(sign.bars for sign in self.all)

    def points(self, *groups: str) -> float:
        return sum(sign.points for sign in self.all if WEIGHTS[sign.name].about in groups)

    def has(self, *wanted: str) -> bool:
        return any(sign.name in wanted for sign in self.all)


def signs(a: Profile, b: Profile, classes: Classes, *, briefly: bool = False) -> Signs:
    """Compare two records of one kind.

    Args:
        classes: who has a blocking key: whether a telephone number is somebody's own or a switchboard's.
        briefly: look no further where the names settle it. That is so of most pairs that share a word.
    """
    found: list[Sign] = []
    found += _identifiers(a, b, classes)
    likeness, best, name_sign = _names(a, b, classes)
    if briefly and not found and name_sign.bars and likeness.kind != "use":  # a use may be in the house of another
        return Signs((name_sign,), likeness.kind)
    found.append(name_sign)
    if best is not None and likeness.kind == "identical" and _weight(best) + 0.001 >= UNMISTAKABLE.get(a.kind, 99.0):
        found.append(_sign("name-unmistakable"))
    found += _place(a, b, classes, named=likeness.kind in ("identical", "alike") and likeness.distinct >= 0.75)
    found += _contacts(a, b, classes)
    if a.virtual != b.virtual:
        found.append(_sign("presence-differs"))
    return Signs(tuple(found), likeness.kind, likeness.distinct, likeness.inside)


def _sign(name: str, *found: str, times: float = 1.0) -> Sign:
    return Sign(name, round(WEIGHTS[name].points * times, 2), found)


# Names


def _names(a: Profile, b: Profile, classes: Classes) -> tuple[Likeness, Name | None, Sign]:
    """The most telling pair of names: the records' first names speak, others only when they say more."""
    if not a.parsed or not b.parsed:
        return Likeness("other", 0.0, 0.0), None, Sign("name-other", 0.0, ("", ""))
    space = keys.space(a.kind)
    places = a.place_words | b.place_words

    def common(word: str) -> bool:
        return classes(keys.word(space, word)) is Class.COMMON

    best: tuple[float, Likeness, Name, Name, Sign] | None = None
    for one in a.parsed:
        for two in b.parsed:
            likeness = compare(one, two, places, common)
            told = _place_named(one, two, a, b)
            if likeness.kind in ("other", "kin") and (is_short_for(one, two, places) or is_short_for(two, one, places)):
                sign = _sign("name-acronym", one.text, two.text)
            elif told is None and likeness.kind in ("identical", "alike", "longer", "shared"):
                sign = _sign("name-place", one.text, two.text)
                likeness = Likeness("other", likeness.similarity, 0.0)
            else:
                sign = _name_sign(likeness, one, two, told or 0.0)
            if likeness.kind == "inside":
                sign = Sign(
                    sign.name, sign.points, (one.text, two.text) if likeness.inside == "a" else (two.text, one.text)
                )
            rank = 20.0 if likeness.kind == "inside" and one is a.parsed[0] and two is b.parsed[0] else sign.points
            if best is None or rank > best[0]:
                best = (rank, likeness, one, two, sign)
    assert best is not None
    return best[1], best[2], best[4]


def _name_sign(likeness: Likeness, a: Name, b: Name, place_named: float) -> Sign:
    distinct = min(1.0, likeness.distinct + place_named)
    if likeness.kind == "identical":
        return _sign("name-identical", a.text, times=distinct)
    if likeness.kind in ("alike", "longer"):
        return _sign(f"name-{likeness.kind}", a.text, b.text, times=distinct)
    if likeness.kind == "shared":
        return _sign("name-shared", a.text, b.text, times=likeness.similarity * distinct)
    return _sign(f"name-{likeness.kind}", a.text, b.text)


def _place_named(one: Name, two: Name, a: Profile, b: Profile) -> float | None:
    """How much more a name tells when it says where, as the other record does: "Kulturhaus Beucha" in Beucha.

    Most when both names say it, and it is no city, which may have several houses of a kind. None when they say
    different places that are not known to be one within the other.
    """
    words = [{word.text for word in name.words} & (a.place_words | b.place_words) for name in (one, two)]
    said_one, said_two = words[0] - WORDS.areas, words[1] - WORDS.areas
    if (not said_one or not said_two) and words[0] and words[1] and not words[0] & words[1]:
        return None
    if said_one and said_two:
        both = {word[:4] for word in said_one} & {word[:4] for word in said_two}  # Wurzen, Wurzener
        if not both:
            within = any(said_one & p.place_words and said_two & p.place_words for p in (a, b))
            return 0.0 if within or (a.postcode and a.postcode == b.postcode) else None
        return 0.3 if said_one & WORDS.cities else 0.5
    return 0.3 if said_one & b.place_words or said_two & a.place_words else 0.0


def _weight(name: Name) -> float:
    return sum(word.weight for word in name.content)


# Identifiers


def _identifiers(a: Profile, b: Profile, classes: Classes) -> Iterator[Sign]:
    if not a.ids and not b.ids:
        return
    space = keys.space(a.kind)
    direct = (a.given_identifiers & b.identifiers) | (b.given_identifiers & a.identifiers)
    for one in sorted(direct):
        shared = a.source != b.source and classes(keys.identifier(space, one)) is not Class.OWN
        said = one in (a.thing, b.thing) or not (one in a.given_identifiers and one in b.given_identifiers)
        yield _sign("id-shared" if shared else "same-as" if said else "id-same", one)
        return
    known = [{one for one in p.given_identifiers if one.startswith("wikidata:")} for p in (a, b)]
    if known[0] and known[1]:
        yield _sign("id-differs", min(known[0]), min(known[1]))


# Place

_ELSEWHERE = ("locality-differs", "region-differs", "village-namesake")


def _place(a: Profile, b: Profile, classes: Classes, *, named: bool) -> Iterator[Sign]:
    """The strongest sign for and the strongest against; what contradicts an equal address or place is doubted.

    Args:
        named: the two have a distinctive name in common.
    """
    if a.virtual or b.virtual or a.kind == "network":
        return
    found = [*_address(a, b, classes, named=named), *_localities(a, b)]
    metres = distance(a.position, b.position) if a.position and b.position else None
    # Of two villages of one name far apart, each is where its position says; a postal code or a street decides.
    here = any(sign.name.startswith(("address", "street-same", "postcode", "city-same")) for sign in found)
    if metres is not None:
        found += _position(a, b, metres, classes, here)
    near = metres is not None and metres <= 1000
    if near:
        found = [sign for sign in found if sign.name not in _ELSEWHERE]
    elif metres is not None and metres <= 3000:
        found = [_sign(s.name, *s.found, times=0.5) if s.name == "locality-differs" else s for s in found]
    if any(sign.name.startswith("address") for sign in found):
        found = [sign for sign in found if sign.name not in (*_ELSEWHERE, "position-apart")]
    if metres is not None and metres <= 200:
        found = [
            _sign(s.name, *s.found, times=0.4) if s.name in ("street-differs", "number-differs") else s for s in found
        ]
    best = max((sign for sign in found if sign.points > 0), key=lambda sign: sign.points, default=None)
    worst = min((sign for sign in found if sign.points < 0), key=lambda sign: sign.points, default=None)
    if best:
        yield best
    if worst:
        yield worst if a.kind == "site" else Sign(worst.name, round(worst.points / 2, 2), worst.found)


def _address(a: Profile, b: Profile, classes: Classes, *, named: bool) -> Iterator[Sign]:
    one, two = a.street_parsed, b.street_parsed
    if one is None or two is None:
        return
    together = bool(a.postcode and a.postcode == b.postcode) or bool(_shared_places(a, b))
    unknown = not (a.postcode and b.postcode) and not (a.locality_names and b.locality_names)
    near = a.position is not None and b.position is not None and distance(a.position, b.position) < 2000
    # Towns and their parts are written for one another: a street and number with one telephone are one address, and
    # so are those with one distinctive name, unless every town has such a street.
    known = named and one.name not in WORDS.streets and not (a.postcode and b.postcode) and not _far_regions(a, b)
    reached = one.name == two.name and bool(address.same_number(one, two)) and (known or _reached_alike(a, b, classes))
    if not (together or (unknown and near) or near or reached):
        return
    if not address.same_street(one, two):
        yield _sign("street-differs", a.street, b.street)
        return
    match address.same_number(one, two):
        case True:
            shared = set(keys.houses(a)) & set(keys.houses(b))
            several = any(classes(key) is not Class.OWN for key in sorted(shared))
            yield _sign("address-shared" if several else "address-same", a.street)
        case False:
            yield _sign("number-differs", a.street, b.street)
        case None:
            yield _sign("street-same", a.street if len(a.street) < len(b.street) else b.street)


def _reached_alike(a: Profile, b: Profile, classes: Classes) -> bool:
    """Whether the two have a telephone or mailbox of their own in common."""
    space = keys.space(a.kind)
    found = [keys.phone(space, one) for one in a.phones if one in b.phones]
    found += [keys.mail(space, one) for one in a.mails if one in b.mails]
    return any(classes(key) is Class.OWN for key in found)


def _shared_places(a: Profile, b: Profile) -> frozenset[str]:
    """By which names the two are in one place, as far as the addresses say."""
    return frozenset(name for one in a.places for two in b.places for name in one.shares(two))


def _localities(a: Profile, b: Profile) -> Iterator[Sign]:
    postcode = a.postcode and a.postcode == b.postcode
    if postcode:
        yield _sign("postcode-same", a.postcode)
    one, two = a.locality_names or a.towns, b.locality_names or b.towns
    # A name may say the place that the address of the other record says.
    one, two = one or frozenset(two & _said_in_names(a)), two or frozenset(one & _said_in_names(b))
    if not one or not two:
        if a.region and a.region == b.region:
            yield _sign("region-same")
        return
    # "Kulturhaus Beucha" in Brandis is in Beucha: a part of town is named where the address names the town.
    common = _shared_places(a, b) if a.places and b.places else one & two
    common = common or (one & _said_in_names(b)) or (two & _said_in_names(a))
    city = common & WORDS.cities
    if city:
        yield _sign("city-same", ", ".join(sorted(city)))
    elif common and not postcode and _far_regions(a, b):
        yield _sign("village-namesake", ", ".join(sorted(common)))
    elif common:
        yield _sign("village-same", ", ".join(sorted(common)))
    elif not postcode and not _same_quarter(a, b):
        yield _sign("region-differs" if _far_regions(a, b) else "locality-differs", min(one), min(two))


def _far_regions(a: Profile, b: Profile) -> bool:
    """Whether district or postal region (the first two digits) put the two into different parts of the country."""
    if a.postcode and b.postcode and a.postcode[:2] != b.postcode[:2]:
        return True
    return bool(a.region and b.region and a.region != b.region)


def _same_quarter(a: Profile, b: Profile) -> bool:
    """One part of town, said to be of two towns: towns are merged, and parts of them have namesakes."""
    return bool(a.locality_names & b.locality_names) and not _far_regions(a, b)


def _said_in_names(profile: Profile) -> frozenset[str]:
    return frozenset(word.text for name in profile.parsed for word in name.words)


_PLAUSIBLE = ((47.2, 55.1), (5.8, 15.1))
"""Latitudes and longitudes of Germany: what lies outside was typed wrongly."""


def _position(a: Profile, b: Profile, metres: float, classes: Classes, here: bool) -> Iterator[Sign]:
    assert a.position is not None
    rounded, kilometres = f"{metres:.0f}", f"{metres / 1000:.1f}"
    if metres <= 60:
        several = metres < 1 and classes(keys.position(keys.space(a.kind), a.position)) is not Class.OWN
        yield _sign("position-shared") if several else _sign("position-same", rounded)
    elif metres <= 200:
        yield _sign("position-near", rounded)
    elif metres <= 600:
        yield _sign("position-around", rounded)
    elif metres <= 2500:
        return
    elif metres > 30_000 and (here or _implausible(a) != _implausible(b)):
        yield _sign("position-doubtful", kilometres)
    elif metres <= 12_000:
        yield _sign("position-apart", kilometres)
    elif metres <= 40_000:
        yield _sign("position-far", kilometres)
    else:
        yield _sign("position-elsewhere", kilometres)


def _implausible(profile: Profile) -> bool:
    assert profile.position is not None
    return any(not low <= value <= high for value, (low, high) in zip(profile.position, _PLAUSIBLE, strict=True))


# Contact


def _contacts(a: Profile, b: Profile, classes: Classes) -> Iterator[Sign]:
    space = keys.space(a.kind)
    yield from _web(a, b, classes)
    if same := sorted(set(a.phones) & set(b.phones)):
        own = classes(keys.phone(space, same[0])) is Class.OWN
        yield _sign("phone-same" if own else "phone-shared", f"+{same[0]}")
    elif a.phones and b.phones:
        yield _sign("phone-differs")
    if same := sorted(set(a.mails) & set(b.mails)):
        own = classes(keys.mail(space, same[0])) is Class.OWN
        yield _sign("mail-same" if own else "mail-shared", same[0])


def _web(a: Profile, b: Profile, classes: Classes) -> Iterator[Sign]:
    space = keys.space(a.kind)
    one, two = {page.page for page in a.web}, {page.page for page in b.web}
    same = (one & two) | (one & {identifier(b.shown_at)}) | (two & {identifier(a.shown_at)})
    if same:
        address_ = min(same)
        several = any(classes(key(space, address_)) is not Class.OWN for key in (keys.page, keys.identifier))
        yield _sign("page-shared" if several else "page-same", address_)
        return
    if hosts := sorted(a.hosts & b.hosts):
        if classes(keys.host(space, hosts[0])) is Class.OWN:
            yield _sign("host-same", hosts[0])
        return
    domains = sorted({p.domain for p in a.web if p.domain} & {p.domain for p in b.web if p.domain})
    if domains:
        if classes(keys.host(space, domains[0])) is Class.OWN:
            yield _sign("domain-same", domains[0])
    elif a.web and b.web and all(page.domain for page in (*a.web, *b.web)):
        yield _sign("web-differs", min(one), min(two))
