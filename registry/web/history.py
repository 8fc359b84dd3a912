"""What happened to an entity, from the log of activities: when, and which properties changed."""

from __future__ import annotations

from dataclasses import dataclass

from registry.formats import Description
from registry.ledger import Ledger
from registry.ledger.activities import unpack
from registry.terms import PROV

MOST = 10
"""Changes that a page shows, the last ones."""


@dataclass(frozen=True)
class Change:
    """One activity: its type (Create, Update, Delete), moment, run, and the IRIs of the properties it changed."""

    type: str
    moment: str
    run: int | None
    properties: tuple[str, ...]


def history(ledger: Ledger, iri: str) -> list[Change]:
    """The last changes, the newest first."""
    rows = ledger.db.execute(
        "SELECT type, published, run, payload FROM activity WHERE stream = 'entity' AND object = ?"
        " ORDER BY sequence DESC LIMIT ?",
        (iri, MOST + 1),
    ).fetchall()
    found = []
    for number, (type_, moment, run, payload) in enumerate(rows[:MOST]):
        older = rows[number + 1][3] if number + 1 < len(rows) else None
        changed = _differences(iri, payload, older) if type_ == "Update" and payload and older else ()
        found.append(Change(type_, moment, run, changed))
    return found


def _differences(iri: str, new: bytes, old: bytes) -> tuple[str, ...]:
    """Properties of the entity whose values, nested ones included, are others."""
    after, before = _values(iri, new), _values(iri, old)
    origin = PROV["wasDerivedFrom"].value
    return tuple(sorted(p for p in after.keys() | before.keys() if after.get(p) != before.get(p) and p != origin))


def _values(iri: str, payload: bytes) -> dict[str, set[str]]:
    description = Description.parse(iri, unpack(payload))
    found: dict[str, set[str]] = {}
    for predicate, terms in description.about[iri].items():
        values = found.setdefault(predicate, set())
        for term in terms:
            values.add(str(term))
            nested = getattr(term, "value", "")
            if nested != iri and nested.startswith(f"{iri}#"):
                values |= {f"{p} {t}" for p, ts in description.about.get(nested, {}).items() for t in ts}
    return found
