"""The sources, and what each of them says: its records, with licence and page."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pyoxigraph as ox
from fastapi import APIRouter, Path, Request, Response

from registry.api import answers, documentation, documents
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.problems import Problem
from registry.formats import BY_NAME, Description, Format, serialise_quads
from registry.formats.media import GRAPH, THING, TRIG
from registry.ledger import Ledger, SourceState, StoredRecord, runs
from registry.project import source_quads
from registry.record import parse
from registry.terms import ORTE, PREFIXES, PROV, TYPE, XSD

router = APIRouter(tags=["sources"])
_RESPONSES = documentation.responses(GRAPH, 304, 404, 406)


@router.get("/sources", summary="All sources", responses=_RESPONSES, response_class=Response)
def sources(request: Request) -> Response:
    """What the registry harvests: publisher, licence, rank, and when it was last confirmed as a whole."""
    return _all(request, answers.wanted(request, "", GRAPH)[1])


@router.get("/sources.{suffix}", summary="All sources", responses=_RESPONSES, response_class=Response)
def sources_as(request: Request, suffix: str = Path(description="jsonld, ttl, …")) -> Response:
    """The same in the format of the suffix."""
    return _all(request, answers.by_suffix(suffix, GRAPH))


@router.get("/sources/{name}", summary="One source", responses=_RESPONSES, response_class=Response)
def source(request: Request, name: str = Path(description="Id, with or without a suffix such as .ttl")) -> Response:
    """One source; its page shows how it stands and what its last run did."""
    catalogue = catalogue_of(request)
    identifier, format = answers.wanted(request, name, GRAPH)
    state = state_of(catalogue.ledger, identifier)
    address = f"{catalogue.base}/sources/{identifier}"
    description = _described(catalogue, state)

    def page() -> bytes:
        return catalogue.pages.source(request, catalogue.ledger, state, description, GRAPH)

    modified = state.last_run.ended if state.last_run else None
    return documents.thing(request, description, address, format, GRAPH, page, modified=modified)


@router.get(
    "/sources/{name}/records/{key:path}",
    summary="One record",
    responses=documentation.responses(THING, 304, 404, 406, 410),
    response_class=Response,
)
def record(
    request: Request,
    name: str = Path(description="Id of the source"),
    key: str = Path(description="Percent-encoded key of the record, with or without a suffix such as .trig"),
) -> Response:
    """What one source says about one thing, with licence and the page it comes from. In TriG it is a named graph."""
    catalogue = catalogue_of(request)
    with catalogue.snapshot() as ledger:
        found, format = _record(request, catalogue, ledger, name)
        if found.status != "live":
            detail = f"This record was withdrawn: '{name}' does not list it any more since {found.changed[:10]}."
            raise Problem("gone", detail, was=found.iri)
        statements = parse(found.nquads)
        about = _about(catalogue, ledger, found)
        description = Description(found.iri, [*(quad.triple for quad in statements), *about])
        changed = max(found.changed, found.stale_since or "")

        def page() -> bytes:
            state = state_of(ledger, found.source)
            return catalogue.pages.record(request, ledger, found, state, description, THING)

        if format is TRIG:
            quads = [*statements, *(ox.Quad(t.subject, t.predicate, t.object) for t in about)]
            body = serialise_quads(quads, format, PREFIXES)
            links = answers.alternates(found.iri, THING)
            return answers.respond(request, body, format, modified=changed, links=links)
        return documents.thing(request, description, found.iri, format, THING, page, modified=changed)


def _all(request: Request, format: Format) -> Response:
    catalogue = catalogue_of(request)
    with catalogue.snapshot() as ledger:
        states = ledger.sources()
        members = [_described(catalogue, state) for state in states]

        def page() -> bytes:
            return catalogue.pages.sources(request, ledger, states)

        ended = [state.last_run.ended for state in states if state.last_run and state.last_run.ended]
        modified = max(ended, default=None)
        address = f"{catalogue.base}/sources"
        return documents.listing(request, address, members, format, GRAPH, page, modified=modified)


def state_of(ledger: Ledger, identifier: str) -> SourceState:
    """A source by its id. Raises Problem that lists those there are."""
    states = {state.id: state for state in ledger.sources()}
    if identifier not in states:
        known = ", ".join(states) or "none yet"
        raise Problem("not-found", f"There is no source with this id; the sources are: {known}.")
    return states[identifier]


def _described(catalogue: Catalogue, state: SourceState) -> Description:
    quads = source_quads(state, catalogue.base)
    return Description(f"{catalogue.base}/sources/{state.id}", (quad.triple for quad in quads))


def _record(request: Request, catalogue: Catalogue, ledger: Ledger, source: str) -> tuple[StoredRecord, Format]:
    """The record at the address as it was sent: keys hold percent-encoded slashes, and dots that are no suffix."""
    raw = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("/records/")[2]
    canonical = "/".join(quote(unquote(part), safe="") for part in raw.split("/"))
    stem, dot, suffix = canonical.rpartition(".")
    for key, chosen in ((canonical, None), (stem, BY_NAME.get(suffix) if dot else None)):
        found = ledger.record(f"{catalogue.base}/sources/{quote(source, safe='')}/records/{key}") if key else None
        if found is not None and (key == canonical or chosen in THING):
            return found, chosen or answers.wanted(request, "", THING)[1]
    raise Problem("not-found", f"The source has no record with this key; see {catalogue.base}/sites?source={source}")


def _about(catalogue: Catalogue, ledger: Ledger, found: StoredRecord) -> list[ox.Triple]:
    """What the registry says about a record: when it was first seen, last changed and last confirmed, by which run it
    changed, and what it became part of."""
    node = ox.NamedNode(found.iri)
    (run,) = ledger.db.execute("SELECT changed FROM record WHERE id = ?", (found.id,)).fetchone()
    triples = [
        ox.Triple(node, TYPE, ORTE["Record"]),
        ox.Triple(node, ORTE["firstSeen"], ox.Literal(found.first_seen, datatype=XSD["dateTime"])),
        ox.Triple(node, ORTE["lastChanged"], ox.Literal(found.changed, datatype=XSD["dateTime"])),
        ox.Triple(node, ORTE["digest"], ox.Literal(found.digest.hex())),
        ox.Triple(node, PROV["wasGeneratedBy"], ox.NamedNode(f"{catalogue.base}/runs/{run}")),
    ]
    if confirmed := _confirmed(ledger, found):
        triples.append(ox.Triple(node, ORTE["lastConfirmed"], ox.Literal(confirmed, datatype=XSD["dateTime"])))
    if found.stale_since:
        triples.append(ox.Triple(node, ORTE["stale"], ox.Literal(True)))
    if found.entity:
        triples.append(ox.Triple(ox.NamedNode(found.entity), PROV["wasDerivedFrom"], node))
    return triples


def _confirmed(ledger: Ledger, found: StoredRecord) -> str | None:
    """When the source last said what the record holds: its last complete run, or a later one that changed the record.

    None for a record that is stale: the source says something else by now.
    """
    if found.stale_since:
        return None
    complete = runs.last_complete(ledger.db, found.source)
    return max((complete.ended if complete else None) or "", found.changed)
