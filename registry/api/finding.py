"""What the pages ask for while somebody types or moves the map: suggestions and points."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response

from registry import search
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.parameters import Filters, question
from registry.search.folding import fold
from registry.search.points import points as united
from registry.web.texts import language

router = APIRouter(tags=["pages"])
_MOST = 8
_CELL = 50
"""Pixels of a cell of the grid in which sites are drawn as one."""


@router.get("/suggest", summary="What somebody may be looking for", response_class=Response)
def suggest(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="The beginning of a word or name")] = "",
) -> Response:
    """Up to eight suggestions for a search field: services, districts, and what is called so, with addresses."""
    catalogue = catalogue_of(request)
    tongue = language(request)
    found = _concepts(catalogue, q, tongue) if len(q.strip()) > 1 else []
    if q.strip():
        query = search.Query(text=q, limit=_MOST, count_facets=False)
        hits = search.find(catalogue.ledger.db, query, catalogue.bitmaps).hits
        found += [{"label": hit.name, "kind": hit.kind, "href": _path(catalogue, hit.iri)} for hit in hits]
    return _json(found[:_MOST])


class Sight(Filters):
    """The filters of a list, and how near the map is."""

    zoom: Annotated[int, Query(ge=0, le=22, description="Zoom level of the map: 256 pixels are the world at 0")] = 8


@router.get("/map", summary="Sites as points for a map", response_class=Response)
def points(request: Request, sight: Annotated[Sight, Query()]) -> Response:
    """The sites that the filters leave, as points; those that would lie on each other are one, with their number."""
    catalogue = catalogue_of(request)
    cell = 360 / 256 / 2**sight.zoom * _CELL if sight.zoom < 17 else 1e-7
    found = united(catalogue.ledger.db, question(request, "site", sight), catalogue.bitmaps, cell)
    return _json(
        [
            {
                "at": [round(point.latitude, 6), round(point.longitude, 6)],
                "count": point.count,
                "name": point.name,
                "href": _path(catalogue, point.iri) if point.iri else None,
                "box": [round(degrees, 6) for degrees in point.box],
            }
            for point in found
        ]
    )


def _concepts(catalogue: Catalogue, q: str, tongue: str) -> list[dict[str, str]]:
    """Kinds of service and districts with a word that begins so."""
    words, wanted, found = catalogue.words, fold(q), []
    districts = [(iri, f"region={ags}", "region") for ags, iri in words.districts.items()]
    kinds = [
        (iri, f"service={iri.rpartition('/')[2]}", "service")
        for iri in words.concepts("https://w3id.org/orte/concept/service")
    ]
    for iri, query, kind in [*kinds, *districts]:
        if any(fold(word).startswith(wanted) for word in words.words(iri)):
            label = words.label(iri, tongue) or iri
            found.append({"label": label, "kind": kind, "href": f"{catalogue.pages.prefix}/sites?{query}"})
    return found[:4]


def _path(catalogue: Catalogue, iri: str) -> str:
    return catalogue.pages.prefix + iri.removeprefix(catalogue.base)


def _json(body: object) -> Response:
    return Response(orjson.dumps(body), 200, {"Cache-Control": "no-cache"}, "application/json")
