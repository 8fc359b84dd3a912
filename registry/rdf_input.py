"""Read RDF that somebody hands in, a file, an address or a request, under the same guards as a harvest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson
import pyoxigraph as ox

from registry.assets import ontology_dir
from registry.config import Config

ACCEPT = "text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.8, application/n-triples;q=0.8, */*;q=0.1"


MEDIA_TYPES = (
    "text/turtle", "application/ld+json", "application/n-triples", "application/n-quads", "application/trig",
    "application/rdf+xml",
)  # fmt: skip
"""Of the syntaxes that are read."""


class RdfInputError(Exception):
    """RDF that cannot be read; one sentence for the person who handed it in."""


@dataclass(frozen=True)
class Handed:
    """What somebody hands in. `name` is its address or file name; relative addresses in it are relative to `base`."""

    content: bytes
    media_type: str
    name: str
    base: str


def read_rdf(target: str, config: Config) -> list[ox.Triple]:
    """Triples of a file or an http(s) address.

    Raises:
        RdfInputError: when it cannot be fetched, has no known syntax, or does not parse (with line and column).
    """
    if target.startswith(("http://", "https://")):
        return triples_of(fetched(target, config), config)
    file = Path(target)
    try:
        return triples_of(Handed(file.read_bytes(), "", target, file.resolve().as_uri()), config)
    except OSError as error:
        raise RdfInputError(f"{target} cannot be read: {error.strerror}") from None


def fetched(address: str, config: Config, *, seconds: float = 180.0, most: int | None = None) -> Handed:
    """What is at an address: public hosts only, robots.txt, limits on time and size. Raises RdfInputError."""
    from harvesters.fetch import Fetcher, FetchError, FetchSettings  # most is handed in, and nothing fetched

    settings = FetchSettings(
        contact=config.contact or config.base_url,
        allow_private_hosts=config.fetch.allow_private_hosts,
        proxy=config.fetch.proxy or None,
        read_timeout=min(config.fetch.timeout, seconds),
        request_deadline=seconds,
        run_deadline=seconds,
        max_bytes=min(most or config.fetch.max_bytes, config.fetch.max_bytes),
        max_retries=0,
        delay=0.0,
    )
    try:
        with Fetcher(settings) as fetch:
            answer = fetch.get(address, accept=ACCEPT)
    except FetchError as error:
        raise RdfInputError(str(error)) from None
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Handed(answer.content, media_type, answer.url, answer.url)


def triples_of(handed: Handed, config: Config, *, seconds: float = 60.0) -> list[ox.Triple]:
    """The triples, of whatever graph, parsed in a process that may die for it. Our own JSON-LD context is known.

    Raises:
        RdfInputError: when it has no known syntax, is not valid, or cannot be parsed in time.
    """
    from harvesters.untrusted import UnparsableRdf, parse, syntax_of  # knows how the web is read

    syntax = syntax_of(handed.media_type, handed.name)
    if syntax is None:
        raise RdfInputError(f"{handed.name} has no known syntax; name its media type ({', '.join(MEDIA_TYPES)})")
    ours = orjson.loads((ontology_dir() / "context.jsonld").read_bytes())
    contexts = dict.fromkeys((f"{config.base_url}/context.jsonld", "/context.jsonld", "context.jsonld"), ours)
    try:
        quads = parse(handed.content, syntax, base_iri=handed.base, contexts=contexts, seconds=seconds)
    except UnparsableRdf as error:
        raise RdfInputError(f"{handed.name} {error}") from None
    return list(dict.fromkeys(quad.triple for quad in quads))
