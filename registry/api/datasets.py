"""The catalogue for portals: DCAT-AP 3 and DCAT-AP.de, and the dumps it describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import urlencode

import orjson
import pyoxigraph as ox
from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import FileResponse

from registry.api import answers, documentation, documents
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.parameters import moment
from registry.api.problems import Problem
from registry.dcat import PAGE_SIZE, Catalog
from registry.dcat.catalog import SERVICES
from registry.dcat.dataset import Statements
from registry.dcat.manifest import FOLDER, read_manifest
from registry.formats import Description, Format, serialise
from registry.formats.media import HTML, JSON, JSONLD, NTRIPLES, RDFXML, TURTLE
from registry.terms import DCATAP, DCATDE, HYDRA, PREFIXES, SPDX, TYPE, VCARD

router = APIRouter(tags=["catalogue"])
FORMATS = (TURTLE, RDFXML, JSONLD, JSON, NTRIPLES, HTML)
_RESPONSES = documentation.responses(FORMATS, 304, 404, 406, 422)
_PREFIXES = {**PREFIXES, "dcatap": DCATAP, "dcatde": DCATDE, "spdx": SPDX, "vcard": VCARD}
Profile = Annotated[Literal["dcat-ap", "dcat-ap-de"], Query(description="`dcat-ap-de` adds what GovData asks for.")]
Number = Annotated[int, Query(ge=1, le=100_000, description="Page of datasets.")]
Full = Annotated[bool, Query(description="All datasets in one answer.")]
Since = Annotated[
    str | None,
    Query(alias="modified_since", description="Only datasets modified since (ISO 8601).", max_length=40),
]


@router.get("/catalog", summary="The catalogue of datasets (DCAT-AP)", responses=_RESPONSES, response_class=Response)
def catalog(
    request: Request, profile: Profile = "dcat-ap", page: Number = 1, full: Full = False, since: Since = None
) -> Response:
    """Everything at once, every source and every district as a dataset, with dumps, feeds and services."""
    format = answers.wanted(request, "", FORMATS)[1]
    return _catalog(request, format, profile == "dcat-ap-de", page, full, since)


@router.get("/catalog.{suffix}", summary="The catalogue of datasets", responses=_RESPONSES, response_class=Response)
def catalog_as(
    request: Request,
    suffix: str = Path(description="ttl, rdf, jsonld, …"),
    profile: Profile = "dcat-ap",
    page: Number = 1,
    full: Full = False,
    since: Since = None,
) -> Response:
    """The same in the format of the suffix."""
    return _catalog(request, answers.by_suffix(suffix, FORMATS), profile == "dcat-ap-de", page, full, since)


@router.get("/catalog/{name}", summary="One dataset or service", responses=_RESPONSES, response_class=Response)
def dataset(
    request: Request,
    name: str = Path(description="orte, region-14729, …; sparql, api, feeds; with or without a suffix"),
    profile: Profile = "dcat-ap",
) -> Response:
    """The description of one dataset, or of one way to ask."""
    catalogue = catalogue_of(request)
    identifier, format = answers.wanted(request, name, FORMATS)
    found = _read(catalogue)
    address = f"{catalogue.base}/catalog/{identifier}"
    one = next((one for one in found.datasets if one.identifier == identifier), None)
    if one:
        title, say = one.title["de"], found.dataset(one, profile == "dcat-ap-de")
        address = one.iri
    elif identifier in SERVICES:
        title, say = SERVICES[identifier][3]["de"], found.service(identifier)
    else:
        raise Problem("not-found", f"There is no such dataset; {catalogue.base}/catalog lists all.")
    if format is not HTML:
        return answers.respond(request, _write(say, format), format, links=answers.alternates(address, FORMATS))
    description = Description(address, say)

    def html() -> bytes:
        return catalogue.pages.dataset(request, title, description, ())

    return documents.thing(request, description, address, format, FORMATS, html)


@router.get("/dump", summary="The dumps", response_class=Response)
@router.get("/dump/", include_in_schema=False, response_class=Response)
def dumps(request: Request) -> Response:
    """Name, size, SHA-256 and time of last change of every file."""
    manifest = read_manifest(catalogue_of(request).config)
    files = [
        {"name": file.name, "bytes": file.size, "sha256": file.sha256, "modified": file.modified}
        for file in manifest.files.values()
    ]
    return answers.respond(request, orjson.dumps({"sequence": manifest.sequence, "files": files}), JSON)


@router.get(
    "/dump/{name:path}",
    summary="One dump",
    response_class=Response,
    responses={200: {"content": {"application/gzip": {}}}, 206: {"description": "A range"}, 404: {}, 416: {}},
)
def dump(request: Request, name: str = Path(description="Name of a file, see /dump")) -> Response:
    """A compressed file; answers ranges, so that a broken download can go on."""
    catalogue = catalogue_of(request)
    file = read_manifest(catalogue.config).files.get(name)  # only what the manifest names is ever opened
    path = catalogue.config.data / FOLDER / name
    if file is None or not path.is_file():
        raise Problem("not-found", f"There is no such dump; {catalogue.base}/dump lists those there are.")
    tag = f'"{file.sha256[:32]}"'
    headers = {"ETag": tag, "Last-Modified": answers.http_date(file.modified), "Cache-Control": "public, no-cache"}
    if answers.unchanged(request, tag, file.modified):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, headers=headers, media_type="application/gzip")


def _read(catalogue: Catalogue) -> Catalog:
    with catalogue.snapshot() as ledger:
        return Catalog.read(ledger, catalogue.config)


def _catalog(request: Request, format: Format, de: bool, page: int, full: bool, since: str | None) -> Response:
    catalogue = catalogue_of(request)
    found = _read(catalogue)
    chosen = found.since(moment(since)) if since else list(found.datasets)
    pages = max(1, -(-len(chosen) // PAGE_SIZE))
    if page > pages:
        raise Problem("not-found", f"The catalogue has {pages} pages; begin at {catalogue.base}/catalog.")
    shown = chosen if full else chosen[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    links = answers.alternates(f"{catalogue.base}/catalog", FORMATS)
    if format is HTML:
        body = catalogue.pages.catalog(request, shown, FORMATS)
        return answers.respond(request, body, format, modified=found.modified, links=links)
    say = found.triples(shown, de)
    if not full:
        _paging(say, found, request, page, pages, len(chosen))
    return answers.respond(request, _write(say, format), format, links=links)


def _paging(say: Statements, found: Catalog, request: Request, page: int, pages: int, total: int) -> None:
    """Hydra, in its present and in its former terms: CKAN's harvester reads the latter."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "page"]

    def at(number: int) -> ox.NamedNode:
        return ox.NamedNode(f"{found.base}/catalog?{urlencode([*kept, ('page', str(number))])}")

    iri = at(page).value
    say.say(f"{found.base}/catalog", HYDRA["view"], at(page))
    say.say(iri, TYPE, HYDRA["PartialCollectionView"], HYDRA["PagedCollection"])
    say.say(iri, HYDRA["totalItems"], ox.Literal(total))
    say.say(iri, HYDRA["itemsPerPage"], ox.Literal(PAGE_SIZE))
    for present, former, number in (
        ("first", "firstPage", 1),
        ("last", "lastPage", pages),
        ("next", "nextPage", page + 1),
        ("previous", "previousPage", page - 1),
    ):
        if 1 <= number <= pages:
            say.say(iri, HYDRA[present], at(number))
            say.say(iri, HYDRA[former], at(number))


def _write(say: Sequence[ox.Triple], format: Format) -> bytes:
    if format in (JSONLD, JSON):  # with prefixes only: portals fetch no contexts
        return ox.serialize(say, format=ox.RdfFormat.JSON_LD, prefixes=_PREFIXES) or b""
    return serialise(say, format, _PREFIXES)
