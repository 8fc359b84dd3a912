"""Reading single graphs: the SPARQL 1.1 Graph Store HTTP Protocol, and VoID, which says what there is to read."""

from __future__ import annotations

from urllib.parse import urlsplit

import pyoxigraph as ox
from fastapi import APIRouter, Request, Response
from fastapi import Query as Parameter

from registry.api import answers, documentation
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.api.querying import answered, one_number
from registry.api.sparql import GRAPHS
from registry.api.void import void
from registry.engine import QueryRequest
from registry.formats import negotiate, serialise
from registry.formats.media import JSONLD, NTRIPLES, RDFXML, TRIG, TURTLE
from registry.terms import PREFIXES

router = APIRouter(tags=["sparql"])
_EVERYTHING = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_VOID = (TURTLE, JSONLD, NTRIPLES, RDFXML, TRIG)


@router.get(
    "/graphs",
    summary="One graph",
    responses=documentation.responses(GRAPHS, 304, 400, 404, 406, 503),
    response_class=Response,
)
async def graph(
    request: Request,
    graph: str | None = Parameter(None, description="IRI of a named graph: that of a record, or one of ours."),
    default: str | None = Parameter(None, description="Without a value: the default graph, the unified catalogue."),
) -> Response:
    """The Graph Store Protocol, reading only: `?graph=IRI` or `?default`. /dump has whole catalogues."""
    catalogue = catalogue_of(request)
    if (graph is None) == (default is None) or len(request.query_params.getlist("graph")) > 1:
        raise Problem("bad-request", "Name one graph: ?graph=IRI of a record or of one of our graphs, or ?default.")
    format = negotiate(request.headers.get("accept"), GRAPHS)
    named: tuple[str, ...] = ()
    if graph is not None:
        named = (_absolute(graph, catalogue.base),)
        if not await one_number(request, "SELECT (COUNT(*) AS ?n) { SELECT * { ?s ?p ?o } LIMIT 1 }", named):
            raise Problem("not-found", "There is no graph of this name; every record is one, see /sources.")
    tag = answers.etag("graph", catalogue.engine.sequence, named, format.name, catalogue.edition)
    if answers.unchanged(request, tag, None):
        return answers.not_modified(format, tag, None)
    asked = QueryRequest(_EVERYTHING, graph_format=format.name, default_graphs=named)
    return await answered(request, asked, {"ETag": tag})


@router.get(
    "/.well-known/void",
    summary="VoID description",
    responses=documentation.responses(_VOID, 304, 406),
    response_class=Response,
)
async def well_known_void(request: Request) -> Response:
    """What the dataset is, how large it is, and where it can be had, in the Vocabulary of Interlinked Datasets."""
    catalogue = catalogue_of(request)
    format = negotiate(request.headers.get("accept"), _VOID)
    triples = None
    if catalogue.engine.ready:
        triples = await one_number(request, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", ())
    description = void(catalogue, triples)
    if format is JSONLD:
        return answers.respond(request, answers.write(catalogue, description, format), format)
    body = serialise(description.triples(), format, {**PREFIXES, "void": "http://rdfs.org/ns/void#"})
    return answers.respond(request, body, format)


def _absolute(iri: str, base: str) -> str:
    """The graph's IRI; one without a scheme is relative to our base, as the protocol wants it. Raises Problem."""
    try:
        parts = urlsplit(iri)
        return ox.NamedNode(iri if parts.scheme else f"{base}/{iri.removeprefix('/')}").value
    except ValueError:
        raise Problem("bad-request", "The value of 'graph' is not an IRI.") from None
