"""How good the statements of a source or about an entity are, and what would raise that."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from registry.api import answers, documentation
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.problems import Problem
from registry.api.sources import state_of
from registry.formats import Description, Format
from registry.formats.media import HTML, JSON, JSONLD, NTRIPLES, RDFXML, TURTLE
from registry.ledger import Entity
from registry.quality import Measured, description, of_entity
from registry.terms import KINDS, SCHEMA
from registry.web.quality import quality as page_of
from registry.web.texts import language

router = APIRouter(tags=["quality"])

FORMATS = (JSONLD, JSON, TURTLE, NTRIPLES, RDFXML, HTML)
_RESPONSES = documentation.responses(FORMATS, 304, 404, 406, 410)
_Suffix = Annotated[str, Path(description="jsonld, json, ttl, nt, rdf or html")]
_SLUG = re.compile(r"[a-z0-9-]{1,200}", re.ASCII)


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
    return _respond(request, catalogue, f"{catalogue.base}/sources/{state.id}", title, measured, format)


def entity_quality(request: Request, kind: str, name: str, format: Format) -> Response:
    """Measurements (W3C DQV) of what the catalogue says of one entity, and what would raise them, best gain first."""
    catalogue = catalogue_of(request)
    with catalogue.snapshot() as ledger:
        found = ledger.entity(f"{catalogue.base}/{kind}/{name}") if _SLUG.fullmatch(name) else None
        if found is None:
            raise Problem("not-found", f"No {kind} has this address, and none ever had.")
        if found.status != "live":
            raise Problem("gone", f"This {kind} is not in the catalogue any more; see {found.iri}.", was=found.iri)
        measured = of_entity(ledger, found)
    title = _name(found, language(request))
    return _respond(request, catalogue, found.iri, title, measured, format)


def _name(found: Entity, tongue: str) -> str:
    named = Description.parse(found.iri, found.nquads).text(SCHEMA["name"].value, tongue)
    return named or found.iri.rpartition("/")[2]


def _respond(
    request: Request, catalogue: Catalogue, address: str, title: str, measured: Measured, format: Format
) -> Response:
    if format is HTML:
        body = page_of(catalogue.pages, request, title, address, measured, FORMATS)
    else:
        body = answers.write(catalogue, description(address, measured), format)
    return answers.respond(request, body, format, links=answers.alternates(f"{address}/quality", FORMATS))


def _route(kind: str) -> None:
    def one(request: Request, name: Annotated[str, Path(description="The last part of the IRI")]) -> Response:
        return entity_quality(request, kind, name, answers.wanted(request, "", FORMATS)[1])

    def one_as(
        request: Request, name: Annotated[str, Path(description="The last part of the IRI")], suffix: _Suffix
    ) -> Response:
        return entity_quality(request, kind, name, answers.by_suffix(suffix, FORMATS))

    for path, handler, operation in (
        (f"/{kind}/{{name}}/quality", one, f"{kind}_quality"),
        (f"/{kind}/{{name}}/quality.{{suffix}}", one_as, f"{kind}_quality_as"),
    ):
        router.get(
            path,
            name=operation,
            summary=f"Quality of one {kind}",
            description=entity_quality.__doc__,
            operation_id=operation,
            responses=_RESPONSES,
            response_class=Response,
        )(handler)


for _kind in KINDS:
    _route(_kind)
