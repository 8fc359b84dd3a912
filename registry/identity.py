"""Which entity a record belongs to, and the IRIs of entities."""

from __future__ import annotations

import re
import unicodedata

import pyoxigraph as ox

from registry.ledger import Ledger, StoredRecord, entities
from registry.record import parse
from registry.terms import SCHEMA

_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "ł": "l"})
SLUG = 60
"""Characters of a slug at most."""


def assign(ledger: Ledger, record: StoredRecord) -> bool:
    """See that a record belongs to an entity of its kind; True when that changed.

    A record keeps its entity for ever, through updates, withdrawal and return. Only when it comes to describe
    another kind of thing does it get a new one: an IRI never comes to mean another thing.
    """
    row = ledger.db.execute(
        "SELECT e.kind FROM record r JOIN entity e ON e.id = r.entity WHERE r.id = ?", (record.id,)
    ).fetchone()
    if row and row[0] == record.kind:
        return False
    number = entities.mint(
        ledger.db, ledger.base, record.kind, slug(name_of(record)) or record.kind, record.iri, ledger.now()
    )
    ledger.db.execute("UPDATE record SET entity = ? WHERE id = ?", (number, record.id))
    return True


def name_of(record: StoredRecord) -> str:
    """The thing's name, the German one first."""
    thing = ox.NamedNode(record.thing)
    names = [
        quad.object
        for quad in parse(record.nquads)
        if quad.predicate == SCHEMA["name"] and isinstance(quad.object, ox.Literal) and quad.subject == thing
    ]
    names.sort(key=lambda name: (name.language != "de", name.language or "", name.value))
    return names[0].value if names else ""


def slug(text: str) -> str:
    """A readable part of an address: small ASCII letters, digits and hyphens; umlauts spelled out."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(_FOLD)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", folded)[:SLUG].strip("-")
