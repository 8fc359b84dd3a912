"""Ontology, JSON-LD context and shapes, as the registry itself uses them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pyoxigraph as ox
from fastapi import APIRouter, Path, Request, Response

from registry.api import answers, documentation, documents
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.assets import shapes_dir
from registry.formats import Description, Format
from registry.formats.jsonld import flat
from registry.formats.media import GRAPH, HTML, JSON, JSONLD, NTRIPLES, RDFXML, TRIG, TURTLE
from registry.formats.rdf import SYNTAXES
from registry.terms import CONCEPT, ORTE, PREFIXES

router = APIRouter(tags=["vocabulary"])
_ONTOLOGY = "https://w3id.org/orte/ns"
_SHAPES = (TURTLE, JSONLD, NTRIPLES, RDFXML, TRIG)
_RESPONSES = documentation.responses(GRAPH, 304, 404, 406)
_TERM = documentation.responses(GRAPH, 303, 304, 404, 406)


@router.get("/ns", summary="The ontology", responses=_RESPONSES, response_class=Response)
def ontology(request: Request) -> Response:
    """Classes, properties, concept schemes and regions, with labels and comments in German and English."""
    return _ontology(request, answers.wanted(request, "", GRAPH)[1])


@router.get("/ns.{suffix}", summary="The ontology", responses=_RESPONSES, response_class=Response)
def ontology_as(request: Request, suffix: str = Path(description="ttl, jsonld, rdf, …")) -> Response:
    """The same in the format of the suffix."""
    return _ontology(request, answers.by_suffix(suffix, GRAPH))


@router.get("/ns/{name}", summary="One term", responses=_TERM, response_class=Response)
def term(
    request: Request, name: str = Path(description="Local name, with or without a suffix such as .ttl")
) -> Response:
    """What the ontology says about one class or property: where the IRI of a term leads programs."""
    return _term(request, name, str(ORTE), "/ns")


@router.get("/concept/{name:path}", summary="One concept", responses=_TERM, response_class=Response)
def concept(request: Request, name: str = Path(description="Scheme, or scheme and name: phase/operating")) -> Response:
    """A concept or a whole scheme: what https://w3id.org/orte/concept/… leads to."""
    return _term(request, name, str(CONCEPT), "/concept")


@router.get("/context.jsonld", summary="The JSON-LD context", response_class=Response)
def context(request: Request) -> Response:
    """The context of every JSON-LD answer: short keys, and what they stand for."""
    return answers.respond(request, catalogue_of(request).context_file, JSONLD)


@router.get(
    "/shapes", summary="The SHACL shapes", responses=documentation.responses(_SHAPES, 304, 406), response_class=Response
)
def shapes(request: Request) -> Response:
    """What a record must and should look like; every message says in German and English what to do."""
    return _shapes(request, answers.wanted(request, "", _SHAPES)[1])


@router.get(
    "/shapes.{suffix}",
    summary="The SHACL shapes",
    responses=documentation.responses(_SHAPES, 304, 404),
    response_class=Response,
)
def shapes_as(request: Request, suffix: str = Path(description="ttl, jsonld, nt, …")) -> Response:
    """The same in the format of the suffix."""
    return _shapes(request, answers.by_suffix(suffix, _SHAPES))


def _term(request: Request, name: str, namespace: str, path: str) -> Response:
    catalogue = catalogue_of(request)
    local, format = answers.wanted(request, name, GRAPH)
    iri = namespace + local
    if iri not in catalogue.words.defined:
        raise Problem("not-found", f"The ontology has no term of this name; {catalogue.base}/ns lists those there are.")
    if format is HTML:
        place = f"{catalogue.base}/ns#{local.replace('/', '-')}"
        return Response(status_code=303, headers={"Location": place, "Vary": "Accept", "Cache-Control": "no-cache"})
    triples = catalogue.words.about(iri)
    for member in catalogue.words.concepts(iri):
        triples += catalogue.words.about(member)
    description = Description(iri, triples)
    return documents.thing(request, description, f"{catalogue.base}{path}/{local}", format, GRAPH, lambda: b"")


def _ontology(request: Request, format: Format) -> Response:
    catalogue = catalogue_of(request)
    description = Description(_ONTOLOGY, catalogue.words.triples)
    if format in (JSONLD, JSON):  # the terms are no parts of one thing: each stands for itself
        return answers.respond(request, flat(description, catalogue.context, catalogue.context_url), format)

    def page() -> bytes:
        return catalogue.pages.ontology(request, GRAPH)

    return documents.thing(request, description, f"{catalogue.base}/ns", format, GRAPH, page)


def _shapes(request: Request, format: Format) -> Response:
    links = answers.alternates(f"{catalogue_of(request).base}/shapes", _SHAPES)
    return answers.respond(request, _written_shapes(format), format, links=links)


@lru_cache(maxsize=len(_SHAPES))
def _written_shapes(format: Format) -> bytes:
    """The shapes this program came with, in one format, the same bytes in every process: they are their own tag."""
    triples: list[ox.Triple] = []
    for file in sorted(shapes_dir().glob("**/*.ttl")):
        # Blank nodes of two files must not be mistaken for each other.
        quads = ox.parse(path=str(file), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
        triples += [quad.triple for quad in quads]
    syntax = ox.RdfFormat.JSON_LD if format is JSONLD else SYNTAXES[format]
    return ox.serialize(_numbered(triples), format=syntax, prefixes=PREFIXES) or b""


def _numbered(triples: Sequence[ox.Triple]) -> list[ox.Triple]:
    """The same with blank nodes named in the order in which they come: parsing gives them another name every time."""
    names: dict[object, ox.BlankNode] = {}

    def named(node: Any) -> Any:
        return names.setdefault(node, ox.BlankNode(f"b{len(names)}")) if isinstance(node, ox.BlankNode) else node

    return [ox.Triple(named(one.subject), one.predicate, named(one.object)) for one in triples]
