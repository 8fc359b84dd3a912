"""Entities in plain schema.org, with the names of what they are related to: for search engines, in pages too."""

from __future__ import annotations

from typing import Any

import orjson
from markupsafe import Markup

from registry import search
from registry.formats import Description, schema_org
from registry.ledger import Ledger
from registry.terms import ORTE
from registry.vocabulary import Vocabulary


def plain(words: Vocabulary, ledger: Ledger, description: Description, language: str = "de") -> dict[str, Any]:
    """One entity as a JSON-LD document with the context of schema.org."""
    return schema_org.document(description, _names(words, ledger, [description], language), language)


def plain_list(words: Vocabulary, ledger: Ledger, members: list[Description], total: int | None) -> dict[str, Any]:
    """A page of entities as an ItemList; ``total`` is the number on all pages."""
    names = _names(words, ledger, members, "de")
    found: dict[str, Any] = {"@context": schema_org.CONTEXT, "@type": "ItemList"}
    if total is not None:
        found["numberOfItems"] = total
    found["itemListElement"] = [
        {"@type": "ListItem", "position": position, "item": schema_org.node(member, names)}
        for position, member in enumerate(members, 1)
    ]
    return found


def embedded(document: dict[str, Any]) -> Markup:
    """A document for a script element of type application/ld+json, which nothing in it can close."""
    text = orjson.dumps(document).decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - escaped just now


def _names(words: Vocabulary, ledger: Ledger, members: list[Description], language: str) -> dict[str, str]:
    """Names of entities from the search view, the rest from the ontology."""
    wanted = {iri for member in members for iri in schema_org.related(member)}
    kinds = {iri for member in members for iri in member.iris(ORTE["serviceKind"].value)}
    found = search.names(ledger.db, wanted)
    for iri in (wanted | kinds) - found.keys():
        if label := words.label(iri, language):
            found[iri] = label
    return found
