"""Where places are missing: sites by district against the study's target, and people within reach."""

from __future__ import annotations

import csv
import io

import orjson
from fastapi import APIRouter, Path, Request, Response

from registry import coverage
from registry.api import answers, documentation
from registry.api.catalogue import Catalogue, catalogue_of
from registry.coverage import Coverage
from registry.formats import Description, Format, serialise
from registry.formats.jsonld import flat
from registry.formats.media import CSV, GRAPH, HTML, JSON, JSONLD
from registry.terms import PREFIXES

router = APIRouter(tags=["coverage"])
OFFERED = (*(format for format in GRAPH if format is not HTML), CSV, HTML)
_RESPONSES = documentation.responses(OFFERED, 304, 404, 406)


@router.get("/coverage", summary="Sites by district against the target", responses=_RESPONSES, response_class=Response)
def coverage_(request: Request) -> Response:
    """Cooperation sites by district and phase against the study's 5 to 15, and people within 15 minutes by bicycle.

    The latter is an approximation from points; its assumptions are on the page. In RDF it is a data cube (`qb:`).
    """
    return _answer(request, answers.wanted(request, "", OFFERED)[1])


@router.get(
    "/coverage.{suffix}", summary="Sites by district against the target", responses=_RESPONSES, response_class=Response
)
def coverage_as(request: Request, suffix: str = Path(description="jsonld, ttl, csv, …")) -> Response:
    """The same in the format of the suffix."""
    return _answer(request, answers.by_suffix(suffix, OFFERED))


@router.get("/outlines.geojson", summary="Outlines of the districts", response_class=Response)
def outlines(request: Request) -> Response:
    """The outlines of the districts for maps, simplified; none where no gazetteer is configured."""
    catalogue = catalogue_of(request)
    known = catalogue.gazetteer.outlines
    features = [
        {
            "type": "Feature",
            "id": catalogue.words.districts.get(ags, ags),
            "properties": {"ags": ags, "name": catalogue.words.label(catalogue.words.districts.get(ags, "")) or ags},
            "geometry": {"type": "MultiLineString", "coordinates": rings},
        }
        for ags, rings in (known.rings(0.3) if known else {}).items()
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, media_type="application/geo+json", headers={"Cache-Control": "public, max-age=3600"})


def _answer(request: Request, format: Format) -> Response:
    catalogue = catalogue_of(request)
    states = coverage.through_time(catalogue.ledger.db)
    address = f"{catalogue.base}/coverage"
    links = answers.alternates(address, OFFERED)
    if format is HTML:
        body = catalogue.pages.coverage(request, states, catalogue.gazetteer.outlines, OFFERED)
    elif format is CSV:
        body = _table(catalogue, states[0] if states else None)
    else:
        body = _graph(catalogue, address, states, format)
    return answers.respond(request, body, format, links=links)


def _graph(catalogue: Catalogue, address: str, states: list[Coverage], format: Format) -> bytes:
    description = Description(address, coverage.triples(states, catalogue.base))
    if format in (JSONLD, JSON):
        return flat(description, catalogue.context, catalogue.context_url)
    return serialise(description.triples(), format, PREFIXES)


def _table(catalogue: Catalogue, state: Coverage | None) -> bytes:
    output = io.StringIO(newline="")
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(["ags", "name", "operating", "unstated", "planned", "targetMin", "targetMax", "population",
                     "reached", "share", "unplaced", "day", "populationDate"])  # fmt: skip
    for one in state.districts if state else ():
        target = catalogue.words.target(catalogue.words.regions[one.ags])
        name = catalogue.words.label(catalogue.words.regions[one.ags])
        share = None if one.share is None else f"{one.share:.4f}"
        writer.writerow([one.ags, name, one.operating, one.unstated, one.planned, *(target or (None, None)),
                         one.population, one.reached, share, one.unplaced, state and state.day,
                         state and state.population_date])  # fmt: skip
    return output.getvalue().encode()
