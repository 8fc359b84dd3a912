"""What somebody who wants to go there needs first: where, when, what, how to book, whom to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours

from registry.formats import Description
from registry.terms import ORTE, SCHEMA
from registry.web.rows import web_link

ZONE = ZoneInfo("Europe/Berlin")
Describe = Callable[[str], Description | None]
"""From an entity's IRI to its description; None for one that is not live."""

SHOWN = frozenset(
    [
        *(SCHEMA[name].value for name in ("address", "geo", "openingHours", "telephone", "email", "url", "image")),
        ORTE["offers"].value,
    ]
)
"""The properties of an entity that the card of a visit shows."""


@dataclass(frozen=True)
class Today:
    """Opening times of one day as texts "09:00–18:00"; `now` says whether it is open this moment."""

    spans: tuple[str, ...]
    now: bool


@dataclass(frozen=True)
class Offer:
    """One service: its name, the address of its page, prices as texts, hours, and where to book it."""

    iri: str
    name: str
    prices: tuple[str, ...]
    hours: str | None
    booking: str | None


@dataclass(frozen=True)
class Visit:
    """All of it; every link leads to the web, a mailbox or a telephone."""

    address: tuple[str, ...]
    position: tuple[float, float] | None
    hours: str | None
    today: Today | None
    offers: tuple[Offer, ...]
    bookings: tuple[str, ...]
    telephone: str | None
    email: str | None
    website: str | None


def visit(thing: Description, tongue: str, describe: Describe, now: datetime | None = None) -> Visit:
    """The card of an entity in one language."""
    hours = thing.text(SCHEMA["openingHours"].value, tongue)
    return Visit(
        tuple(_address(thing, tongue)),
        thing.position,
        hours,
        today(hours, now or datetime.now(ZONE)) if hours else None,
        tuple(_offers(thing, tongue, describe)),
        tuple(_bookings(thing, thing.root)),
        thing.text(SCHEMA["telephone"].value, tongue),
        thing.text(SCHEMA["email"].value, tongue),
        next((link for iri in thing.iris(SCHEMA["url"].value) if (link := web_link(iri))), None),
    )


def today(hours: str, now: datetime) -> Today | None:
    """The opening times of the day; None for what is no opening hours in the syntax of OpenStreetMap."""
    local = now.astimezone(ZONE).replace(tzinfo=None)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        rules = OpeningHours(hours)
        spans = []
        for begin, end, state, _ in rules.intervals(start, start + timedelta(days=1)):
            if str(state) == "open" and begin is not None and end is not None:
                spans.append(f"{begin:%H:%M}–{'24:00' if end.date() > begin.date() else f'{end:%H:%M}'}")
        return Today(tuple(spans), bool(rules.is_open(local)))
    except Exception:  # the parser's own errors have no common class, and no hours are worth a broken page
        return None


def _address(thing: Description, tongue: str) -> Iterator[str]:
    node = thing.iri(SCHEMA["address"].value)
    if node is None:
        return
    if street := thing.text(SCHEMA["streetAddress"].value, tongue, node):
        yield street
    town = [thing.text(SCHEMA[part].value, tongue, node) for part in ("postalCode", "addressLocality")]
    if any(town):
        yield " ".join(part for part in town if part)


def _offers(thing: Description, tongue: str, describe: Describe) -> Iterator[Offer]:
    for iri in thing.iris(ORTE["offers"].value):
        service = describe(iri)
        if service is not None:
            yield Offer(
                iri,
                service.text(SCHEMA["name"].value, tongue) or iri.rpartition("/")[2],
                tuple(_prices(service, tongue)),
                service.text(SCHEMA["openingHours"].value, tongue),
                next(_bookings(service, iri), None),
            )


def _prices(service: Description, tongue: str) -> Iterator[str]:
    for node in service.iris(SCHEMA["offers"].value):
        price = service.text(SCHEMA["price"].value, tongue, node)
        currency = service.text(SCHEMA["priceCurrency"].value, tongue, node) or "EUR"
        about = service.text(SCHEMA["description"].value, tongue, node)
        amount = f"{price} {'€' if currency == 'EUR' else currency}" if price else ""
        if text := ", ".join(part for part in (amount, about) if part):
            yield text


def _bookings(thing: Description, subject: str) -> Iterator[str]:
    for action in thing.iris(SCHEMA["potentialAction"].value, subject):
        for target in thing.iris(SCHEMA["target"].value, action):
            if link := web_link(target):
                yield link
