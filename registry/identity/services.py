"""Services of one house: two sources that list its desks mean the same desks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from registry.identity.decide import Decision, Verdict
from registry.identity.evidence import Sign
from registry.identity.names import Name
from registry.identity.profile import Profile
from registry.identity.resolve import Resolver
from registry.identity.weights import SAME, UNSURE, WEIGHTS
from registry.ledger import identity
from registry.ledger.identity import Comparison


def compare_services(resolver: Resolver, houses: Iterable[int]) -> set[int]:
    """Compare the services of houses (ids of entities) within each house.

    Returns the ids of the services concerned.
    """
    groups: dict[int, dict[int, Profile]] = {}
    concerned = {service for house in houses for service in _of_house(resolver, house, groups)}
    for service in sorted(concerned):
        known = resolver.profile(service)
        found: dict[int, Comparison] = {}
        for house in _houses(resolver, known) if known else ():
            members = _of_house(resolver, house, groups)
            names = tuple(name for record in _records(resolver, house) for name in record.parsed)
            listed = Counter((other.source, kind) for other in members.values() for kind in other.service_kinds)
            for number, other in members.items():
                if number == service or known is None:
                    continue
                kinds = set(known.service_kinds) & set(other.service_kinds)
                several = any(count > 1 and kind in kinds for (_, kind), count in listed.items())
                first, second = sorted((known, other), key=lambda one: one.iri)
                decision = decide_service(first, second, names, several)
                if decision.verdict in ("same", "unsure"):
                    a, b = min(service, number), max(service, number)
                    found[number] = Comparison(a, b, decision.verdict, None, False, decision.score, decision.dump())
        for old in identity.comparisons(resolver.db, service):
            if old.other(service) not in found:
                identity.drop_comparison(resolver.db, old.a, old.b)
                concerned |= {old.a, old.b}
        for fresh in found.values():
            identity.put_comparison(resolver.db, fresh)
    return concerned


def decide_service(a: Profile, b: Profile, houses: tuple[Name, ...], several: bool) -> Decision:
    """Compare two services of one house.

    Args:
        houses: the names of the house, which say nothing about which service is meant.
        several: whether one source lists several services of this kind in the house.
    """
    kinds = set(a.service_kinds) & set(b.service_kinds)
    told = [_told_apart(p, houses) for p in (a, b)]
    label = ", ".join(sorted(kind.rpartition("/")[2] for kind in kinds)) or "?"
    otherwise = bool(a.service_kinds) and bool(b.service_kinds) and not kinds
    if a.source == b.source or otherwise or (told[0] and told[1] and not told[0] & told[1]):
        sign = Sign("service-differs", WEIGHTS["service-differs"].points, ((*a.names, "?")[0], (*b.names, "?")[0]))
    elif kinds and several and told[0] != told[1]:
        sign = Sign("service-several", WEIGHTS["service-several"].points, (label,))
    elif kinds or (told[0] and told[0] == told[1]):
        sign = Sign("service-same", WEIGHTS["service-same"].points, (label,))
    else:
        sign = Sign("service-several", WEIGHTS["service-several"].points, (label,))
    verdict: Verdict = "same" if sign.points >= SAME else "unsure" if sign.points >= UNSURE else "different"
    return Decision(verdict, sign.points, (sign,), bars=sign.bars)


def _told_apart(service: Profile, houses: tuple[Name, ...]) -> frozenset[str]:
    """The words by which a service is told from others of its kind in the house: "Blau" of "Besprechungsraum Blau"."""
    house_words = {word.text for name in houses for word in name.words}
    return frozenset(
        word.text
        for name in service.parsed[:1]
        for word in name.words
        if word.role in ("word", "number") and word.text not in house_words and word.text not in service.place_words
    )


def _of_house(resolver: Resolver, house: int, groups: dict[int, dict[int, Profile]]) -> dict[int, Profile]:
    """The live services of a house, by id."""
    if house not in groups:
        found: dict[int, Profile] = {}
        for record in _records(resolver, house):
            things = list(record.offers)
            rows = resolver.db.execute(
                "SELECT r.id FROM reference f JOIN record r ON r.id = f.record"
                " WHERE f.target = ? AND r.kind = 'service' AND r.status = 'live'",
                (record.thing,),
            ).fetchall()
            for thing in things:
                rows += resolver.db.execute(
                    "SELECT id FROM record WHERE iri = ? AND kind = 'service' AND status = 'live'",
                    (thing.removesuffix("#it"),),
                ).fetchall()
            for (number,) in rows:
                service = resolver.profile(number)
                if service and (service.thing in things or record.thing in (*service.provider, *service.part_of)):
                    found[number] = service
        groups[house] = found
    return groups[house]


def _records(resolver: Resolver, house: int) -> list[Profile]:
    rows = resolver.db.execute("SELECT id FROM record WHERE entity = ? AND status = 'live' ORDER BY iri", (house,))
    return [known for (number,) in rows.fetchall() if (known := resolver.profile(number))]


def _houses(resolver: Resolver, service: Profile) -> list[int]:
    """Ids of the entities that a service belongs to."""
    found: list[int] = []
    for host in resolver.hosts(service):
        found += resolver.db.execute("SELECT entity FROM record WHERE id = ?", (host,)).fetchone()
    return sorted({entity for entity in found if entity is not None})
