"""Documents about things that are not entities (regions, sources, records, runs), and short lists of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import orjson
import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from registry.api import answers, hydra
from registry.api.catalogue import Catalogue, catalogue_of
from registry.formats import Description, Format, node, serialise
from registry.formats.media import CSV, GEOJSON, HTML, JSON, JSONLD
from registry.terms import PREFIXES

MakePage = Callable[[], bytes]
"""Renders the HTML page, and is called only when that is asked for."""


def thing(
    request: Request,
    description: Description,
    address: str,
    format: Format,
    offered: Sequence[Format],
    page: MakePage,
    *,
    modified: str | None = None,
) -> Response:
    """One thing, whose document is at an address, in one of the formats offered."""
    body = page() if format is HTML else answers.write(catalogue_of(request), description, format)
    links = answers.alternates(address, offered)
    return answers.respond(request, body, format, modified=modified, links=links)


def listing(
    request: Request,
    address: str,
    members: Sequence[Description],
    format: Format,
    offered: Sequence[Format],
    page: MakePage,
    *,
    modified: str | None = None,
) -> Response:
    """All things of a kind on one page."""
    body = page() if format is HTML else _write(catalogue_of(request), address, members, format)
    links = answers.alternates(address, offered)
    return answers.respond(request, body, format, modified=modified, links=links)


def _write(catalogue: Catalogue, address: str, members: Sequence[Description], format: Format) -> bytes:
    if format in (JSONLD, JSON):
        return orjson.dumps(
            {
                "@context": catalogue.context_url,
                "id": address,
                "type": "Collection",
                "totalItems": len(members),
                "member": [node(member, catalogue.context) for member in members],
            }
        )
    if format in (CSV, GEOJSON):
        return answers.write_all(members, format, {"numberMatched": len(members)})
    triples: list[ox.Triple] = hydra.collection(address, len(members), [member.root for member in members])
    triples += [triple for member in members for triple in member.triples()]
    return serialise(triples, format, PREFIXES)
