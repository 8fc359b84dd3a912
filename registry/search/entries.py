"""What is searched of an entity, as far as its own description says it: read before anything is written.

The kinds of service that a house offers are the services' to say; `indexing` adds them from the view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from registry.formats.description import Description
from registry.search import facets
from registry.search.folding import searchable, sort_key
from registry.terms import ORTE, SCHEMA
from registry.vocabulary import Vocabulary, vocabulary

OFFERS, SERVICE_KIND, PART_OF = "offers", "serviceKind", "partOf"
"""Relations to other entities and to concepts that the view keeps."""


class Indexable(Protocol):
    """What the search needs of an entity; the ledger's Entity is one."""

    @property
    def iri(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def nquads(self) -> str: ...
    @property
    def modified(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One entity as it is found: the columns of the view, and its words, folded.

    ``position`` is latitude and longitude in degrees (WGS 84); ``links`` are relations and IRIs, ``facets`` facets and
    values. Of the words, ``names`` and ``keywords`` are those in which typing errors are forgiven.
    """

    iri: str
    kind: str
    name: str
    sort_name: str
    modified: str
    position: tuple[float, float] | None
    links: tuple[tuple[str, str], ...]
    facets: frozenset[tuple[str, str]]
    name_words: str
    alternate_words: str
    place_words: str
    words: str
    names: str
    keywords: str


def entry(entity: Indexable | None) -> Entry | None:
    """What is searched of an entity; None when there is none, or it is not live: then it is not to be found."""
    if entity is None or entity.status != "live":
        return None
    known = vocabulary()
    description = Description.parse(entity.iri, entity.nquads)
    name = description.text(SCHEMA["name"].value) or entity.iri.rpartition("/")[2]
    names = description.texts(SCHEMA["name"].value) or [name]
    alternate = description.texts(SCHEMA["alternateName"].value)
    keywords = description.texts(SCHEMA["keywords"].value)
    links = [(OFFERS, iri) for iri in description.iris(ORTE["offers"].value)]
    links += [(PART_OF, iri) for iri in description.iris(ORTE["partOf"].value)]
    links += [(SERVICE_KIND, iri) for iri in facets.service_kinds(description)]
    return Entry(
        iri=entity.iri,
        kind=entity.kind,
        name=name,
        sort_name=sort_key(name),
        modified=entity.modified,
        position=description.position,
        links=tuple(links),
        facets=frozenset(facets.values(description, known)),
        name_words=_folded(names),
        alternate_words=_folded(alternate),
        place_words=_folded(_place(description, known)),
        words=_folded([*_prose(description, known), *keywords]),
        names=_folded([*names, *alternate]),
        keywords=_folded(keywords),
    )


def _folded(texts: list[str]) -> str:
    return searchable(" ".join(texts))


def _place(description: Description, known: Vocabulary) -> list[str]:
    found: list[str] = []
    for address in description.iris(SCHEMA["address"].value):
        for part in ("streetAddress", "postalCode", "addressLocality"):
            found += description.texts(SCHEMA[part].value, address)
    for region in description.iris(ORTE["region"].value):
        found += known.words(region)
    return found


def _prose(description: Description, known: Vocabulary) -> list[str]:
    found = [*description.texts(SCHEMA["abstract"].value), *description.texts(SCHEMA["description"].value)]
    for predicate in ("theme", "audience", "phase", "organisationKind"):
        for concept in description.iris(ORTE[predicate].value):
            found += known.words(concept)
    return found
