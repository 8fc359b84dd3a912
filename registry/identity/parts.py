"""What follows from part-of at the level of entities: `orte:partOf` between sites, `orte:offers` of a service."""

from __future__ import annotations

from registry.ledger import Ledger, identity, judgements
from registry.ledger.identity import Derived
from registry.terms import ORTE

BY_RULE = "inside"
BY_JUDGEMENT = "judged"


def derived_parts(ledger: Ledger, entity: int, iri: str, kind: str) -> list[Derived]:
    """What is derived about one entity: that it is part of another, or offers a service that no record links to it.

    What a source states itself is not derived; where it says what a site is part of, the rules are silent.
    """
    if kind == "service":
        return []
    statements = _inside(ledger, entity, iri) if kind == "site" else []
    for part in _parts(ledger, entity):
        row = ledger.db.execute("SELECT iri, kind FROM entity WHERE id = ?", (part,)).fetchone()
        if row[1] == "service" and (found := _whole(ledger, part)) is not None and found[0] == entity:
            statements.append(Derived(ORTE["offers"].value, f"<{row[0]}>", found[1], found[2]))
    return statements


def _inside(ledger: Ledger, entity: int, iri: str) -> list[Derived]:
    found = _whole(ledger, entity)
    if found is None or found[0] == entity:
        return []
    back = _whole(ledger, found[0])
    if back is not None and back[0] == entity and (back[3] > found[3] or back[3] == found[3]):
        return []  # each inside the other: the surer one holds, none when both are alike
    (target,) = ledger.db.execute("SELECT iri FROM entity WHERE id = ?", (found[0],)).fetchone()
    return [Derived(ORTE["partOf"].value, f"<{target}>", found[1], found[2])]


def _whole(ledger: Ledger, entity: int) -> tuple[int, str, tuple[str, ...], float] | None:
    """The entity this one is inside of, by which rule, on what grounds, and how surely."""
    db = ledger.db
    found: dict[int, tuple[float, str, set[str]]] = {}
    apart: set[int] = set()
    for number, record in _records(ledger, entity):
        for other, verdict, judgement in judgements.rulings(db, record):
            whole = _entity_of(ledger, other)
            if whole is None:
                continue
            if verdict == "part-of":
                found[whole] = (100.0, BY_JUDGEMENT, {f"judgement:{judgement}"})
            elif verdict in ("different", "has-part"):
                apart.add(whole)
        for compared in identity.comparisons(db, number):
            if compared.verdict != "part-of" or compared.part != number:
                continue
            if compared.stated:
                return None
            other_iri, whole = db.execute(
                "SELECT iri, entity FROM record WHERE id = ?", (compared.other(number),)
            ).fetchone()
            if whole is None or whole == entity or judgements.ruling(db, record, other_iri):
                continue
            score, rule, grounds = found.get(whole, (-100.0, BY_RULE, set()))
            if rule == BY_RULE:
                found[whole] = (max(score, compared.score), rule, grounds | {record, other_iri})
    left = {whole: value for whole, value in found.items() if whole not in apart or value[1] == BY_JUDGEMENT}
    if not left:
        return None
    best = max(value[0] for value in left.values())
    chosen = [whole for whole, value in left.items() if value[0] == best]
    if len(chosen) != 1:
        return None  # two houses are as likely: a person must say
    score, rule, grounds = left[chosen[0]]
    return chosen[0], rule, tuple(sorted(grounds)), score


def _parts(ledger: Ledger, entity: int) -> list[int]:
    """Ids of the entities of which a record is said to be inside one of this entity's."""
    found: set[int] = set()
    for number, record in _records(ledger, entity):
        for other, verdict, _ in judgements.rulings(ledger.db, record):
            if verdict == "has-part" and (part := _entity_of(ledger, other)) is not None:
                found.add(part)
        for compared in identity.comparisons(ledger.db, number):
            if compared.verdict == "part-of" and compared.part != number and not compared.stated:
                row = ledger.db.execute("SELECT entity FROM record WHERE id = ?", (compared.part,)).fetchone()
                found |= {row[0]} - {None}
    return sorted(found)


def _records(ledger: Ledger, entity: int) -> list[tuple[int, str]]:
    return ledger.db.execute(
        "SELECT id, iri FROM record WHERE entity = ? AND status = 'live' ORDER BY iri", (entity,)
    ).fetchall()


def _entity_of(ledger: Ledger, record: str) -> int | None:
    row = ledger.db.execute("SELECT entity FROM record WHERE iri = ? AND status = 'live'", (record,)).fetchone()
    return row[0] if row else None
