"""How good the statements of a source or about an entity are, and what would raise that."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from registry.api import answers, aspects, documentation
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.sources import state_of
from registry.formats import Description, Format
from registry.formats.media import HTML, JSON, JSONLD, NTRIPLES, RDFXML, TURTLE
from registry.ledger import Entity, Ledger
from registry.quality import Measured, description, of_entity
from registry.terms import SCHEMA
from registry.web.quality import quality as page_of
from registry.web.texts import language

router = APIRouter(tags=["quality"])

FORMATS = (JSONLD, JSON, TURTLE, NTRIPLES, RDFXML, HTML)
_RESPONSES = documentation.responses(FORMATS, 304, 404, 406)
_Suffix = Annotated[str, Path(description="jsonld, json, ttl, nt, rdf or html")]


@router.get("/sources/{name}/quality", summary="Quality of a source", responses=_RESPONSES, response_class=Response)
def source_quality(request: Request, name: Annotated[str, Path(description="Id of the source")]) -> Response:
    """Measurements (W3C DQV) over all entries of a source, and what would raise them, best gain first."""
    return _source(request, name, answers.wanted(request, "", FORMATS)[1])


@router.get(
    "/sources/{name}/quality.{suffix}", summary="Quality of a source", responses=_RESPONSES, response_class=Response
)
def source_quality_as(
    request: Request, name: Annotated[str, Path(description="Id of the source")], suffix: _Suffix
) -> Response:
    """The same in the format of the suffix."""
    return _source(request, name, answers.by_suffix(suffix, FORMATS))


def _source(request: Request, name: str, format: Format) -> Response:
    catalogue = catalogue_of(request)
    with catalogue.snapshot() as ledger:
        state = state_of(ledger, name)
        measured = catalogue.qualities.of_source(ledger, state)
    titles = state.description.get("title", {})
    title = str(titles.get(language(request)) or titles.get("de") or state.id)
    address = f"{catalogue.base}/sources/{state.id}"
    body = _write(request, catalogue, address, title, measured, format)
    return answers.respond(request, body, format, links=answers.alternates(f"{address}/quality", FORMATS))


def entity_quality(request: Request, catalogue: Catalogue, ledger: Ledger, found: Entity, format: Format) -> bytes:
    """Measurements (W3C DQV) of what the catalogue says of one entity, and what would raise them, best gain first."""
    named = Description.parse(found.iri, found.nquads).text(SCHEMA["name"].value, language(request))
    title = named or found.iri.rpartition("/")[2]
    return _write(request, catalogue, found.iri, title, of_entity(ledger, found), format)


def _write(
    request: Request, catalogue: Catalogue, address: str, title: str, measured: Measured, format: Format
) -> bytes:
    if format is HTML:
        return page_of(catalogue.pages, request, title, address, measured, FORMATS)
    return answers.write(catalogue, description(address, measured), format)


aspects.serve(router, "quality", FORMATS, entity_quality)
