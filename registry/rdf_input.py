"""Read RDF that somebody hands in, a file or an address, under the same guards as a harvest."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from harvesters.fetch import Fetcher, FetchError, FetchSettings
from registry.config import Config

FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".json": ox.RdfFormat.JSON_LD,
}


class RdfInputError(Exception):
    """RDF that cannot be read; one sentence for the person who handed it in."""


def read_rdf(target: str, config: Config) -> list[ox.Triple]:
    """Triples of a file or an http(s) address.

    Raises:
        RdfInputError: when it cannot be fetched, has no known syntax, or does not parse (with line and column).
    """
    if target.startswith(("http://", "https://")):
        settings = FetchSettings(
            contact=config.contact or config.base_url, allow_private_hosts=config.fetch.allow_private_hosts
        )
        try:
            with Fetcher(settings) as fetch:
                answer = fetch.get(target, accept="text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.8")
        except FetchError as error:
            raise RdfInputError(str(error)) from None
        media = answer.headers.get("content-type", "").split(";")[0].strip()
        syntax = ox.RdfFormat.from_media_type(media) or FORMATS.get(Path(target).suffix)
        return _parse(answer.content, syntax, target)
    try:
        content = Path(target).read_bytes()
    except OSError as error:
        raise RdfInputError(f"{target} cannot be read: {error.strerror}") from None
    return _parse(content, FORMATS.get(Path(target).suffix.lower()), target)


def _parse(content: bytes, syntax: ox.RdfFormat | None, name: str) -> list[ox.Triple]:
    if syntax is None:
        raise RdfInputError(f"{name} has no known syntax; use one of {', '.join(FORMATS)}")
    try:
        return [quad.triple for quad in ox.parse(content, format=syntax, base_iri="http://example.org/")]
    except (SyntaxError, ValueError) as error:
        raise RdfInputError(f"{name} is not valid {syntax.name}: {error}") from None
