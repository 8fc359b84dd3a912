"""The SPARQL endpoint: SPARQL 1.1 Protocol, evaluated by the engine and never in this process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from starlette.datastructures import QueryParams

from registry.api import answers, documentation
from registry.api.bodies import body_of
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.description import FORMATS, SD, service_description
from registry.api.problems import Problem
from registry.api.querying import answered, problem_of
from registry.engine import QueryRefused, QueryRequest, inspected
from registry.formats import Format, NotAcceptable, best, serialise
from registry.formats.media import HTML, JSONLD, NTRIPLES, RDFXML, TRIG, TURTLE
from registry.terms import PREFIXES

router = APIRouter(tags=["sparql"])

# Names as the engine knows them; a client may ask with the general media type of the syntax, too.
SOLUTIONS = (
    Format("json", "application/sparql-results+json", "SPARQL JSON", also=("application/json", "text/json")),
    Format("xml", "application/sparql-results+xml", "SPARQL XML", also=("application/xml", "text/xml")),
    Format("csv", "text/csv", "CSV"),
    Format("tsv", "text/tab-separated-values", "TSV", also=("text/plain",)),
)
GRAPHS = (
    Format("turtle", "text/turtle", "Turtle", also=("application/x-turtle",)),
    Format("ntriples", "application/n-triples", "N-Triples", also=("text/plain",)),
    Format("jsonld", "application/ld+json", "JSON-LD", also=("application/json",)),
    Format("rdfxml", "application/rdf+xml", "RDF/XML", also=("application/xml", "text/xml")),
    Format("trig", "application/trig", "TriG"),
    Format("nquads", "application/n-quads", "N-Quads"),
)
_BY_FORMAT = {f.name: f for f in (*SOLUTIONS, *GRAPHS)} | {
    "ttl": GRAPHS[0],
    "nt": GRAPHS[1],
    "rdf": GRAPHS[3],
    "nq": GRAPHS[5],
}
_DESCRIPTIONS = (TURTLE, JSONLD, NTRIPLES, RDFXML, TRIG, HTML)
#: A default graph URI that stands for everything: the default graph and all named graphs (as in Jena and Virtuoso).
UNION = "urn:x-arq:UnionGraph"
_UPDATE = "application/sparql-update"
_ENVELOPE = 4096  # bytes of a request besides the query
_SHORT = 8000  # bytes of a request up to which it is kept what it says: most are asked again and again
_SHORTEN = "shorten the query, or put long lists of values elsewhere"


@dataclass(frozen=True)
class Asked:
    """What a request says: the query, and the parameters of the protocol."""

    query: str | None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: str | None = None
    timeout: float | None = None


@router.get("/sparql", summary="Ask a query, or read the service description", **documentation.sparql_get())
async def sparql_get(request: Request) -> Response:
    """A SPARQL 1.1 query in the parameter `query`; without one, the service description, or an editor for people."""
    asked = _asked(request)
    if asked.query is None:
        return _describe(request)
    if asked.format is None and _prefers_page(request):
        catalogue = catalogue_of(request)
        return answers.respond(request, catalogue.pages.sparql(request, asked.query), HTML)
    return await _answer(request, asked)


@router.post("/sparql", summary="Ask a query", **documentation.sparql_post())
async def sparql_post(request: Request) -> Response:
    """A query as a form (`query=…`) or as the body itself (`application/sparql-query`)."""
    limit = catalogue_of(request).config.limits.query_size
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "application/x-www-form-urlencoded":
        asked = _asked(request, form=await body_of(request, 3 * limit + _ENVELOPE, _SHORTEN))
    elif media == "application/sparql-query":
        body = await body_of(request, limit + _ENVELOPE, _SHORTEN)
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            raise Problem("bad-request", "The query is not UTF-8.") from None
        asked = _asked(request, text)
    elif media == _UPDATE:
        raise _no_updates()
    else:
        detail = "Send the query as application/sparql-query, or as a form (application/x-www-form-urlencoded)."
        accepted = {"Accept-Post": "application/sparql-query, application/x-www-form-urlencoded"}
        raise Problem("unsupported-media-type", detail, headers=accepted)
    if asked.query is None:
        raise Problem("bad-request", "The form has no field 'query'; put the SPARQL query there.")
    return await _answer(request, asked)


def _asked(request: Request, query: str | None = None, form: bytes = b"") -> Asked:
    """What the address says, with the query or the form that the body is."""
    in_address: bytes = request.scope["query_string"]
    short = len(in_address) + len(query or "") + len(form) < _SHORT
    return (_read if short else _read.__wrapped__)(in_address, query, form)


@lru_cache(maxsize=256)
def _read(in_address: bytes, query: str | None, form: bytes) -> Asked:
    values: dict[str, list[str]] = {}
    for key, value in QueryParams(in_address).multi_items() if in_address else ():
        values.setdefault(key, []).append(value)
    if query is not None:
        values.setdefault("query", []).append(query)
    try:
        for key, value in parse_qsl(form.decode("utf-8"), keep_blank_values=True, max_num_fields=200):
            values.setdefault(key, []).append(value)
    except ValueError:
        raise Problem("bad-request", "The form is not UTF-8, or has more than 200 fields.") from None
    if "update" in values:
        raise _no_updates()
    queries = values.get("query", [])
    if len(queries) > 1:
        raise Problem("bad-request", "The request has more than one 'query'; send one at a time.")
    formats = [value.lower() for value in values.get("format", []) if value]
    if formats and formats[0] not in _BY_FORMAT:
        names = ", ".join(_BY_FORMAT)
        raise Problem("invalid-parameter", f"Correct 'format': one of {names}.", errors=[{"parameter": "format"}])
    return Asked(
        query=queries[0] if queries else None,
        default_graphs=tuple(values.get("default-graph-uri", ())),
        named_graphs=tuple(values.get("named-graph-uri", ())),
        format=formats[0] if formats else None,
        timeout=_timeout(values.get("timeout", [])),
    )


def _timeout(values: list[str]) -> float | None:
    if not values or not values[0]:
        return None
    try:
        seconds = float(values[0])
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise Problem("invalid-parameter", "Correct 'timeout': seconds, such as 2.5; it can only shorten the limit.")
    return seconds


def _prefers_page(request: Request) -> bool:
    return best(request.headers.get("accept"), (SOLUTIONS[0], *GRAPHS, HTML)) is HTML


def _describe(request: Request) -> Response:
    catalogue = catalogue_of(request)
    format = answers.wanted(request, "", _DESCRIPTIONS)[1]
    if format is HTML:
        return answers.respond(request, catalogue.pages.sparql(request, ""), HTML)
    description = service_description(catalogue.base, (*SOLUTIONS, *GRAPHS))
    if format is JSONLD:
        return answers.respond(request, answers.write(catalogue, description, format), format)
    body = serialise(description.triples(), format, {**PREFIXES, "sd": SD, "formats": FORMATS})
    return answers.respond(request, body, format)


async def _answer(request: Request, asked: Asked) -> Response:
    catalogue = catalogue_of(request)
    assert asked.query is not None
    solutions, graphs = await _formats(request, asked, catalogue)
    union = asked.default_graphs == (UNION,) and not asked.named_graphs
    question = QueryRequest(
        query=asked.query,
        select_format=solutions.name,
        graph_format=graphs.name,
        default_graphs=() if union else asked.default_graphs,
        named_graphs=asked.named_graphs,
        union_default=union,
        timeout=asked.timeout,
    )
    return await answered(request, question)


async def _formats(request: Request, asked: Asked, catalogue: Catalogue) -> tuple[Format, Format]:
    """The format for solutions and the one for a graph; the query decides which of them is used."""
    if asked.format:
        chosen = _BY_FORMAT[asked.format]
        wanted = (SOLUTIONS if chosen in SOLUTIONS else GRAPHS, chosen)
        if asked.format in ("json", "xml"):  # mean the JSON or XML of whatever the query asks for
            return chosen, GRAPHS[2] if asked.format == "json" else GRAPHS[3]
        return (chosen, GRAPHS[0]) if wanted[0] is SOLUTIONS else (SOLUTIONS[0], chosen)
    accept = request.headers.get("accept")
    solutions, graphs = best(accept, SOLUTIONS), best(accept, GRAPHS)
    if solutions is None or graphs is None:
        limits = catalogue.config.limits
        try:
            form = (await inspected(asked.query or "", limits.query_size, limits.query_nesting)).form
        except QueryRefused as error:
            raise problem_of(error, catalogue) from None
        of_graph = form in ("CONSTRUCT", "DESCRIBE")
        if (graphs if of_graph else solutions) is None and form is not None:
            raise NotAcceptable(accept or "", GRAPHS if of_graph else SOLUTIONS)
    return solutions or SOLUTIONS[0], graphs or GRAPHS[0]


def _no_updates() -> Problem:
    return Problem(
        "query-refused",
        "This endpoint answers queries and takes no updates; the catalogue changes through its sources.",
    )
