"""The profile of a record: what of it tells which thing it describes. Small, kept in the ledger, read often."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from functools import cached_property
from math import asin, cos, radians, sin, sqrt
from typing import Any

import orjson
import pyoxigraph as ox

from registry.identity import address, web
from registry.identity.names import Name, aliases, without
from registry.identity.names import parse as parse_name
from registry.identity.words import WORDS
from registry.ledger import StoredRecord
from registry.terms import CONCEPT, ORTE, SCHEMA

_EARTH = 6_371_000.0
"""Mean radius in metres (IUGG)."""
NAMES = 12
"""Names of a record that are compared at most."""


@dataclass(frozen=True)
class Profile:
    """What is compared. Texts are as the record has them; ``position`` is latitude and longitude (WGS 84)."""

    iri: str
    source: str  # IRI of the source that made the record
    kind: str
    names: tuple[str, ...] = ()
    localities: tuple[str, ...] = ()
    postcode: str = ""
    street: str = ""
    position: tuple[float, float] | None = None
    region: str = ""
    pages: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    shown_at: str = ""
    service_kinds: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    virtual: bool = False

    @cached_property
    def thing(self) -> str:
        return self.iri + "#it"

    @cached_property
    def speaks_of(self) -> frozenset[str]:
        """The things of other records that it names as its house, its services or who provides it."""
        return frozenset((*self.part_of, *self.offers, *self.provider))

    @cached_property
    def parsed(self) -> tuple[Name, ...]:
        """The names taken apart; one that says what it was before, or is now, is two."""
        texts = (without(text, self.street) for text in self.names)
        return tuple(dict.fromkeys(parse_name(name) for text in texts for name in aliases(text)))[:NAMES]

    @cached_property
    def place_words(self) -> frozenset[str]:
        """Words that in a name only say where this is; in those of networks and organisations every word counts."""
        if self.kind in ("network", "organisation"):
            return frozenset()
        said = frozenset(word for text in self.localities for word in address.place_words(text))
        return said | self.towns | WORDS.areas

    @cached_property
    def towns(self) -> frozenset[str]:
        """Larger towns that the names mention."""
        return frozenset(word.text for name in self.parsed for word in name.words if word.text in WORDS.towns)

    @cached_property
    def places(self) -> tuple[address.Locality, ...]:
        return tuple(found for text in self.localities if (found := address.locality(text)))

    @cached_property
    def locality_names(self) -> frozenset[str]:
        return frozenset(name for place in self.places for name in place.names)

    @cached_property
    def street_parsed(self) -> address.Street | None:
        return address.street(self.street) if self.street else None

    @cached_property
    def addresses(self) -> frozenset[tuple[str, str, str]]:
        """Where it is, as (postal code or locality, street, house number); without a number, an empty one."""
        street = self.street_parsed
        if street is None:
            return frozenset()
        places = [*([self.postcode] if self.postcode else []), *sorted(self.locality_names)[:3]]
        numbers = sorted(street.numbers)[:4] or [""]
        return frozenset((place, street.name, number) for place in places for number in numbers)

    @cached_property
    def web(self) -> tuple[web.Page, ...]:
        return tuple(found for text in self.pages if (found := web.page(text)))

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Hosts that are this thing's own as far as one can tell: of its pages and mailboxes, no platforms."""
        found = {one.host for one in self.web if one.domain} | {web.mail_host(mail) for mail in self.mails}
        return frozenset(found - {""})

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Everything that stands for the thing itself: identifiers it gives, its own record, the page that shows it."""
        shown = {web.identifier(self.shown_at)} if self.shown_at else set()
        return frozenset({web.identifier(one) for one in self.ids} | {self.thing} | shown)

    @cached_property
    def given_identifiers(self) -> frozenset[str]:
        return frozenset(web.identifier(one) for one in self.ids)

    @cached_property
    def telling_words(self) -> frozenset[str]:
        """The words of its names that say something, without those that only say where."""
        words = (word for name in self.parsed for word in name.words if word.weight >= 0.3)
        return frozenset(word.text for word in words) - self.place_words

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The numbers in its name, where it has but one that is of one piece."""
        words = self.parsed[0].words if len(self.parsed) == 1 == len(self.parsed[0].parts) else ()
        return frozenset(word.text for word in words if word.role == "number")

    @cached_property
    def spelt(self) -> tuple[str, float]:
        """The words of its first name, each between two gaps, and what they weigh."""
        words = self.parsed[0].words
        return f" {' '.join(word.text for word in words)} ", sum(word.weight for word in words)

    @cached_property
    def cores(self) -> tuple[frozenset[str], ...]:
        """Of each name the words that are more than labels; where they are but places, it is named after its place."""
        return tuple(frozenset(word.text for word in name.content if word.role != "label") for name in self.parsed)

    @cached_property
    def joined_names(self) -> tuple[str, ...]:
        """Its names without gaps and places."""
        rows = ([word.text for word in name.content if word.text not in self.place_words] for name in self.parsed)
        return tuple("".join(row) for row in rows if row)

    def dump(self) -> bytes:
        return orjson.dumps({field: value for field in _FIELDS if (value := getattr(self, field))})


_FIELDS = tuple(field.name for field in fields(Profile))


def load(data: bytes) -> Profile:
    """A profile as it was dumped."""
    table = orjson.loads(data)
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Profile(**values)


def of(record: StoredRecord) -> Profile:
    """Read the profile out of a record."""
    said: dict[str, dict[ox.NamedNode, list[ox.NamedNode | ox.Literal]]] = defaultdict(lambda: defaultdict(list))
    for quad in record.quads:
        assert isinstance(quad.object, ox.NamedNode | ox.Literal)
        said[getattr(quad.subject, "value", "")][quad.predicate].append(quad.object)
    thing = said[record.thing]

    def values(*predicates: ox.NamedNode, node: str | None = None) -> tuple[str, ...]:
        about = said.get(node, {}) if node else thing
        return tuple(dict.fromkeys(sorted(v.value for p in predicates for v in about.get(p, ()))))

    def nested(predicate: ox.NamedNode, *inner: ox.NamedNode) -> tuple[str, ...]:
        return tuple(value for node in values(predicate) for value in values(*inner, node=node))

    # The German name first: it is what people know the place by.
    titles = sorted(
        (v for v in thing.get(SCHEMA["name"], ()) if isinstance(v, ox.Literal)),
        key=lambda v: (v.language != "de", v.language or "", v.value),
    )
    more = values(SCHEMA["alternateName"], SCHEMA["legalName"])
    return Profile(
        iri=record.iri,
        source=origin(record.iri) or record.source,
        kind=record.kind,
        names=tuple(dict.fromkeys([*(title.value for title in titles), *more]))[:NAMES],
        localities=nested(SCHEMA["address"], SCHEMA["addressLocality"]),
        postcode=_first(nested(SCHEMA["address"], SCHEMA["postalCode"])),
        street=_first(nested(SCHEMA["address"], SCHEMA["streetAddress"])),
        position=_position(
            nested(SCHEMA["geo"], SCHEMA["latitude"]), nested(SCHEMA["geo"], SCHEMA["longitude"])
        ),
        region=_first(values(ORTE["region"])),
        pages=values(SCHEMA["url"]),
        phones=tuple(dict.fromkeys(_digits(number) for number in values(SCHEMA["telephone"]))),
        mails=tuple(dict.fromkeys(mail.lower().removeprefix("mailto:") for mail in values(SCHEMA["email"]))),
        ids=values(SCHEMA["sameAs"]),
        shown_at=record.page or "",
        service_kinds=values(ORTE["serviceKind"]),
        part_of=values(ORTE["partOf"]),
        offers=values(ORTE["offers"]),
        provider=values(SCHEMA["provider"]),
        virtual=values(ORTE["presence"]) == (CONCEPT["presence/virtual"].value,),
    )  # fmt: skip


def origin(record: str) -> str:
    """The source that a record comes from, be it through another registry: what comes before its key."""
    source, _, key = record.rpartition("/records/") if record.count("/records/") == 1 else ("", "", "")
    return source if key else ""


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two positions on the sphere (haversine; R. W. Sinnott, Sky and Telescope 68, 1984)."""
    one, two = radians(a[0]), radians(b[0])
    half = sin((two - one) / 2) ** 2 + cos(one) * cos(two) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 2 * _EARTH * asin(min(1.0, sqrt(half)))


def _position(latitudes: tuple[str, ...], longitudes: tuple[str, ...]) -> tuple[float, float] | None:
    try:
        latitude, longitude = float(latitudes[0]), float(longitudes[0])
    except (IndexError, ValueError):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _first(values: tuple[str, ...]) -> str:
    return values[0] if values else ""


def _digits(number: str) -> str:
    """A telephone number as digits with country code."""
    digits = "".join(char for char in number if char.isdigit())
    if number.lstrip().startswith("+"):
        return digits
    return "49" + digits[1:] if digits.startswith("0") and not digits.startswith("00") else digits.removeprefix("00")
