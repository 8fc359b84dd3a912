"""What the API says about itself: OpenAPI declarations, and the page at /docs made from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from registry.api import answers, problems
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.schemas import components
from registry.formats import Format
from registry.formats.media import HTML, JSON, JSONLD

router = APIRouter(tags=["system"])

INTRODUCTION = """\
The catalogue of cooperation and innovation places as linked data. The IRI of a thing is the address of its document:
the format follows the `Accept` header or a suffix (`.jsonld .json .ttl .nt .rdf .trig .geojson .csv .html`).
Errors are `application/problem+json` (RFC 9457) with a sentence that says what to do. Every data answer has an `ETag`
and answers `If-None-Match` with 304. Every origin may ask (CORS)."""

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_MEANING = {
    201: "It is new here",
    301: "Merged: the entity that answers now is at `Location`",
    303: "For people: the place on the page at `Location`",
    304: "The client's copy is still good",
    400: "The request cannot be understood",
    401: "This needs a token that holds",
    403: "The token is for something else",
    404: "There is nothing here",
    406: "There is no such format; the answer lists those there are",
    409: "It is known already",
    410: "Withdrawn; RDF formats carry a tombstone",
    412: "It is no more what `If-Match` names",
    413: "The request is too large",
    415: "The body has a media type that is not understood",
    422: "A parameter has a wrong value, or the body cannot be read",
    429: "Too many requests; see `Retry-After`",
    503: "Not now: limit reached, engine starting or busy; see `Retry-After`",
}


_SCHEMA = {
    "type": "object",
    "description": "Problem details (RFC 9457); further members depend on the type.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Names the kind of problem, and leads to /docs."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong here, and what to do."},
        "instance": {"type": "string"},
    },
}


_ANY = {"description": "Any error: problem details that say what to do", "content": _PROBLEM}


def install(app: FastAPI, catalogue: Catalogue) -> None:
    """Complete the OpenAPI document: schemas of what is answered, problems in place of the framework's own errors."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = _SCHEMA
            document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            schemas |= components(catalogue.context, catalogue.words, catalogue.context_url)
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            for methods in document["paths"].values():
                for operation in methods.values():
                    operation["responses"].setdefault("default", _ANY)
                    if "422" in operation["responses"]:
                        operation["responses"]["422"] = {"description": _MEANING[422], "content": _PROBLEM}
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]


def responses(formats: Sequence[Format], *statuses: int, schema: str | None = None) -> dict[int | str, dict[str, Any]]:
    """The answers of a route, for OpenAPI: its formats, and the statuses beside 200.

    ``schema`` is that of its JSON in our own profile; another is that of `?profile=schema`.
    """
    content: dict[str, Any] = {f.media_type: {} for f in formats}
    if schema:
        either = [{"$ref": f"#/components/schemas/{name}"} for name in (schema, "SchemaOrg")]
        content |= {f.media_type: {"schema": {"anyOf": either}} for f in (JSONLD, JSON)}
    found: dict[int | str, dict[str, Any]] = {200: {"description": "The document", "content": content}}
    for status in statuses:
        found[status] = {"description": _MEANING[status]}
        if status >= 400:
            found[status]["content"] = _PROBLEM
    return found


_CHANGES = {
    "type": "object",
    "description": "How many records were created, updated, withdrawn, and were the same already.",
    "required": ["created", "updated", "withdrawn", "unchanged"],
    "properties": {
        name: {"type": "integer", "minimum": 0} for name in ("created", "updated", "withdrawn", "unchanged")
    },
    "additionalProperties": False,
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The record's digest in quotes, or `*`: only when it is still that one, or is there at all.",
}


def writing(media: Sequence[str], *statuses: int, one: bool) -> dict[str, Any]:
    """Declarations of a route that changes records: what it takes (nothing: no body), who may, what it answers.

    `one`: it is about one record, which `If-Match` can name.
    """
    found = responses((), 400, 401, 403, 404, 413, 415, 422, 429, 503, *statuses)
    for status in {200, 201} & found.keys():
        found[status]["content"] = {JSON.media_type: {"schema": _CHANGES}}
    extra: dict[str, Any] = {"security": [{"token": []}]}
    if media:
        kinds = {name: {} if name == JSON.media_type else {"schema": {"type": "string"}} for name in media}
        extra["requestBody"] = {"required": True, "content": kinds}
    if one:
        extra["parameters"] = [_IF_MATCH]
    return {"responses": found, "response_class": Response, "openapi_extra": extra}


_RESULTS = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
    "text/turtle",
    "application/n-triples",
    "application/ld+json",
    "application/rdf+xml",
    "application/trig",
    "application/n-quads",
)
_TEXT = {"type": "string"}
_OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "default-graph-uri": ({"type": "array", "items": _TEXT}, "Graphs that make up the default graph."),
    "named-graph-uri": ({"type": "array", "items": _TEXT}, "Named graphs to ask."),
    "format": (_TEXT, "json, xml, csv, tsv; turtle, ntriples, jsonld, rdfxml, trig, nquads. Wins over Accept."),
    "timeout": (
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1_000_000},
        "Seconds; can only shorten the limit.",
    ),
}


def sparql_get() -> dict[str, Any]:
    """Declarations of GET /sparql."""
    query = {"name": "query", "in": "query", "schema": _TEXT, "description": "The SPARQL 1.1 query."}
    more = [{"name": n, "in": "query", "schema": s, "description": d} for n, (s, d) in _OPTIONS.items()]
    return _sparql() | {"openapi_extra": {"parameters": [query, *more]}}


def sparql_post() -> dict[str, Any]:
    """Declarations of POST /sparql."""
    form = {"type": "object", "required": ["query"], "properties": {"query": _TEXT}}
    form["properties"] |= {name: schema for name, (schema, _) in _OPTIONS.items()}  # type: ignore[operator]
    content = {
        "application/x-www-form-urlencoded": {"schema": form},
        "application/sparql-query": {"schema": _TEXT},
    }
    return _sparql() | {"openapi_extra": {"requestBody": {"required": True, "content": content}}}


def _sparql() -> dict[str, Any]:
    found: dict[int | str, dict[str, Any]] = {
        200: {"description": "The results", "content": {media: {} for media in _RESULTS}}
    }
    for status in (400, 406, 413, 415, 422, 503):
        found[status] = {"description": _MEANING[status], "content": _PROBLEM}
    return {"responses": found, "response_class": Response}


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> Response:
    """The whole API on one page, made from openapi.json."""
    catalogue = catalogue_of(request)
    page = catalogue.pages.docs(request, request.app.openapi(), problems.KINDS)
    return answers.respond(request, page, HTML)
