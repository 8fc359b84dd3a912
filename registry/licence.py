"""What a licence lets us publish: a source that states none is published as facts only."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from registry.terms import DCT, FOAF, RDFS, SCHEMA, SKOS

EXPRESSION = frozenset(
    [
        *(
            SCHEMA[name]
            for name in ("description", "abstract", "disambiguatingDescription", "keywords", "slogan", "text")
        ),
        *(SCHEMA[name] for name in ("image", "logo", "photo", "thumbnailUrl", "video", "audio", "review", "comment")),
        *(DCT[name] for name in ("description", "abstract")),
        *(FOAF[name] for name in ("depiction", "img", "logo")),
        RDFS["comment"],
        SKOS["note"],
    ]
)
"""Properties whose values are somebody's work, not facts: texts and pictures."""


def facts_only(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """The triples without texts and pictures; whatever else is said stays: name, address, telephone, hours, links."""
    return [triple for triple in triples if triple.predicate not in EXPRESSION]
