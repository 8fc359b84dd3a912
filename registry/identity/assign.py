"""Clusters become entities, and keep their IRIs: through merges, splits, withdrawal and return.

Records have claims to the IRIs of all entities they were ever part of. An IRI stays with the live records that are its
entity; if these part, with the one whose claim is the earliest; if there are none, it is free for whoever has the
earliest claim. Of the IRIs that come together the oldest wins, the others redirect to it. So after a split each side
has its own IRI back, and merges that are undone leave no trace.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import pyoxigraph as ox

from registry.identity.clusters import Edge, clusters
from registry.identity.resolve import Resolver
from registry.identity.words import fold
from registry.ledger import Ledger, StoredRecord, entities, identity, judgements
from registry.terms import SCHEMA

SLUG = 60
"""Characters of a slug at most."""
EXAMINED = 40
"""Records in a component up to which every two are held against each other, not only those that were compared."""


def assign(ledger: Ledger, resolver: Resolver, touched: Iterable[int], changed: set[int]) -> set[int]:
    """See that every touched record, and all that hang together with it, belong to the right entity.

    Args:
        changed: records whose content changed just now; an IRI rather stays with those that did not change.

    Returns the ids of the entities that gained or lost records, or whose IRI now redirects.
    """
    found: dict[str, list[list[int]]] = defaultdict(list)
    seen: set[int] = set()
    pending = set(touched)
    while pending:
        number = pending.pop()
        pending |= _mates(ledger, number) - seen
        component = {} if number in seen else _component(ledger, resolver, number)
        seen |= component.keys()
        for member in component.keys() - {number}:
            pending |= _mates(ledger, member) - seen
        if component:
            known = resolver.profile(number)
            assert known is not None
            found[known.kind] += _clustered(ledger, resolver, component)
    return {
        entity
        for kind, clustered in sorted(found.items())
        for entity in _settle(
            ledger, resolver, kind, sorted(clustered), changed
        )  # IRIs are minted in the order of records
    }


def _mates(ledger: Ledger, record: int) -> set[int]:
    """The live records that have been one with a record so far."""
    rows = ledger.db.execute(
        "SELECT m.id FROM record r JOIN record m ON m.entity = r.entity WHERE r.id = ? AND m.status = 'live'", (record,)
    )
    return {mate for (mate,) in rows} - {record}


def _component(ledger: Ledger, resolver: Resolver, start: int) -> dict[int, str]:
    """The live records that hang together by what is said to be the same, with their IRIs."""
    found: dict[int, str] = {}
    pending = [start]
    while pending:
        number = pending.pop()
        if number in found:
            continue
        known = resolver.profile(number)
        if known is None:
            continue
        found[number] = known.iri
        pending += [c.other(number) for c in identity.comparisons(ledger.db, number) if c.verdict == "same"]
        for other, verdict, _ in judgements.rulings(ledger.db, known.iri):
            if verdict == "same":
                row = ledger.db.execute("SELECT id, kind FROM record WHERE iri = ?", (other,)).fetchone()
                if row and row[1] == known.kind:
                    pending.append(row[0])
    return found


def _clustered(ledger: Ledger, resolver: Resolver, component: dict[int, str]) -> list[list[int]]:
    """The component's clusters, as ids."""
    if len(component) == 1:
        return [list(component)]
    db = ledger.db
    ids = {iri: number for number, iri in component.items()}
    held = {(a, b): (verdict, n) for a in ids for b, verdict, n in judgements.rulings(db, a) if b in ids}
    compared = {(c.a, c.b): c for number in component for c in identity.comparisons(db, number)}
    edges = [Edge(a, b, 0.0, n) for (a, b), (verdict, n) in held.items() if a < b and verdict == "same"]
    edges += [
        Edge(component[c.a], component[c.b], c.score)
        for c in compared.values()
        if c.verdict == "same" and c.b in component and (component[c.a], component[c.b]) not in held
    ]

    def forbidden(x: str, y: str) -> bool:
        return held.get((x, y), ("same", 0))[0] != "same"

    def barred(x: str, y: str) -> bool:
        if (x, y) in held:
            return False
        a, b = sorted((ids[x], ids[y]))
        if (known := compared.get((a, b))) is not None:
            one, two = resolver.profile(a), resolver.profile(b)
            assert one is not None
            assert two is not None
            return known.verdict == "part-of" or (known.verdict == "unsure" and one.source == two.source)
        one, two = resolver.profile(a), resolver.profile(b)
        assert one is not None
        assert two is not None
        if one.source == two.source:
            return True
        return len(component) <= EXAMINED and one.kind != "service" and resolver.decide(one, two).bars

    return [[ids[iri] for iri in members] for members in clusters(ids, edges, forbidden, barred)]


def _settle(
    ledger: Ledger, resolver: Resolver, kind: str, found: Sequence[Sequence[int]], changed: set[int]
) -> set[int]:
    """Give each cluster its entity."""
    db, now = ledger.db, ledger.now()
    home = {number: index for index, members in enumerate(found) for number in members}
    before: dict[int, int | None] = {}
    for number in home:
        (before[number],) = db.execute(
            "SELECT e.id FROM record r LEFT JOIN entity e ON e.id = r.entity AND e.kind = r.kind WHERE r.id = ?",
            (number,),
        ).fetchone()
    held: dict[int, list[int]] = {index: [] for index in range(len(found))}
    for entity in sorted({entity for entity in before.values() if entity is not None}):
        held[home[_keeper(ledger, entity, kind, home, before, changed)]].append(entity)
    affected: set[int] = set()
    for index, members in enumerate(found):
        winner = (
            min(held[index], default=None)
            or _free(ledger, kind, members)
            or _mint(ledger, resolver, kind, members, now)
        )
        for number in members:
            if (had := before[number]) != winner:
                if had is not None:
                    identity.claim(db, had, number)  # of a ledger older than claims
                identity.claim(db, winner, number)
                identity.reassign(db, number, winner)
                affected |= {winner, had or winner}
        for loser in held[index]:
            if loser != winner and entities.redirect(db, loser, _iri(ledger, winner), now):
                affected |= {winner, loser}
    return affected


def _iri(ledger: Ledger, entity: int) -> str:
    (iri,) = ledger.db.execute("SELECT iri FROM entity WHERE id = ?", (entity,)).fetchone()
    return str(iri)


def _free(ledger: Ledger, kind: str, members: Sequence[int]) -> int | None:
    """The oldest IRI that nobody has now and to which one of these has the earliest claim of all that are live."""
    claimed = {entity for number in members for entity in identity.claims_of_record(ledger.db, number, kind)}
    for entity in sorted(claimed):
        held = ledger.db.execute(
            "SELECT 1 FROM record WHERE entity = ? AND status = 'live' AND kind = ?", (entity, kind)
        ).fetchone()
        if not held and identity.claimants(ledger.db, entity, kind)[0] in members:
            return entity
    return None


def _mint(ledger: Ledger, resolver: Resolver, kind: str, members: Sequence[int], now: str) -> int:
    """A new entity, named after the record that was there first."""
    listed = [record for number in members if (record := resolver.record(number))]
    founder = min(listed, key=lambda record: (record.first_seen, record.iri))
    name = slug(name_of(founder)) or kind
    winner = entities.mint(ledger.db, ledger.base, kind, name, founder.iri, now)
    identity.claim(ledger.db, winner, founder.id)  # before the others'
    return winner


def _keeper(
    ledger: Ledger, entity: int, kind: str, home: dict[int, int], before: dict[int, int | None], changed: set[int]
) -> int:
    """Of the records that are an entity, the one that keeps its IRI should they part: that of the earliest claim.

    When they part because some of them changed, the IRI stays with those that did not: it goes on meaning what it
    meant. The others lose their claim to it.
    """
    members = {number for number, had in before.items() if had == entity}
    claimants = [number for number in identity.claimants(ledger.db, entity, kind) if number in members]
    claimants = claimants or sorted(members)
    steady = [number for number in claimants if number not in changed]
    if steady and home[claimants[0]] not in {home[number] for number in steady}:
        for number in claimants:
            if home[number] != home[steady[0]] and number in changed:
                identity.forget_claim(ledger.db, entity, number)
        return steady[0]
    return claimants[0]


def name_of(record: StoredRecord) -> str:
    """The thing's name, the German one first."""
    thing, name = ox.NamedNode(record.thing), SCHEMA["name"]
    said = [quad.object for quad in record.quads if quad.predicate == name and quad.subject == thing]
    names = [one for one in said if isinstance(one, ox.Literal)]
    names.sort(key=lambda name: (name.language != "de", name.language or "", name.value))
    return names[0].value if names else ""


def slug(text: str) -> str:
    """A readable part of an address: small ASCII letters, digits and hyphens; umlauts spelled out."""
    folded = fold(text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", folded)[:SLUG].strip("-")
