"""For machines that watch or index: health, robots.txt, sitemap.xml."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

import orjson
from fastapi import APIRouter, Path, Request, Response
from starlette.responses import StreamingResponse

from registry import search
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.problems import Problem
from registry.ledger import LedgerError
from registry.ledger.errors import DAMAGED
from registry.web.texts import LANGUAGES

router = APIRouter(tags=["system"])
#: Entities in one part of the sitemap; the protocol allows 50,000 addresses.
_PART = 25_000
_XML = "application/xml"
_XHTML = ' xmlns:xhtml="http://www.w3.org/1999/xhtml"'


@router.get("/health", summary="How the parts are", responses={503: {"description": "Not ready"}})
async def health(request: Request) -> Response:
    """State of ledger, search and engine. 200 when all can answer, 503 otherwise."""
    parts = _parts(catalogue_of(request))
    ready = all(part["ready"] for part in parts.values())
    return _json({"status": "ok" if ready else "unavailable", "parts": parts}, 200 if ready else 503)


@router.get("/health/live", summary="Whether the process answers")
async def live() -> Response:
    """200 as long as the process can answer at all: restart it when this fails."""
    return _json({"status": "ok"}, 200)


@router.get("/health/ready", summary="Whether everything can be asked", responses={503: {"description": "Not ready"}})
async def ready(request: Request) -> Response:
    """200 when ledger and engine are ready: send requests only then."""
    good = all(part["ready"] for part in _parts(catalogue_of(request)).values())
    return _json({"status": "ok" if good else "unavailable"}, 200 if good else 503)


@router.get("/robots.txt", include_in_schema=False)
async def robots(request: Request) -> Response:
    """Everything may be read; queries are for programs that know what they ask."""
    base = catalogue_of(request).base
    closed = "".join(
        f"Disallow: {path}\n" for path in ("/sparql", "/validate", "/proposals/", "/suggest", "/map", "/*?cursor=")
    )
    text = f"User-agent: *\n{closed}Allow: /\n\nSitemap: {base}/sitemap.xml\n"
    return Response(text, media_type="text/plain")


@router.get("/sitemap.xml", include_in_schema=False)
def sitemap(request: Request) -> Response:
    """The parts of the sitemap."""
    catalogue = catalogue_of(request)
    count = search.parts(catalogue.ledger.db, _PART)
    parts = "".join(
        f"<sitemap><loc>{escape(catalogue.base)}/sitemap-{part}.xml</loc></sitemap>" for part in range(count)
    )
    return Response(_document("sitemapindex", [parts]), media_type=_XML)


@router.get("/sitemap-{part}.xml", include_in_schema=False)
def sitemap_part(request: Request, part: int = Path(ge=0, le=100_000)) -> Response:
    """The addresses of one part."""
    catalogue = catalogue_of(request)
    rows = search.addresses(catalogue.ledger.db, part, _PART)
    if not rows and part:
        raise Problem("not-found", f"The sitemap has no such part; see {catalogue.base}/sitemap.xml.")
    entries = (
        f"<url><loc>{escape(iri)}</loc><lastmod>{modified}</lastmod>{_tongues(iri)}</url>\n" for iri, modified in rows
    )
    return StreamingResponse(_pieces("urlset", entries), media_type=_XML)


def _tongues(address: str) -> str:
    """The same page in each language."""
    return "".join(
        f'<xhtml:link rel="alternate" hreflang="{one}" href="{escape(address)}?lang={one}"/>' for one in LANGUAGES
    )


def _document(element: str, entries: list[str]) -> str:
    return "".join(_pieces(element, iter(entries)))


def _pieces(element: str, entries: Iterator[str]) -> Iterator[str]:
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{element} xmlns="{namespace}"{_XHTML}>\n'
    yield from entries
    yield f"</{element}>\n"


def _parts(catalogue: Catalogue) -> dict[str, dict[str, object]]:
    engine: dict[str, object] = {"ready": catalogue.engine.ready, "sequence": catalogue.engine.sequence}
    try:
        ledger = catalogue.ledger
        if not catalogue.sound():
            return {"ledger": {"ready": False}, "engine": engine}
        sequence, indexed = ledger.sequence(), ledger.position("search")
    except (LedgerError, *DAMAGED):  # the reason names a path, which is the operator's business: see the log
        return {"ledger": {"ready": False}, "engine": engine}
    return {
        "ledger": {"ready": True, "sequence": sequence},
        "search": {"ready": True, "sequence": indexed},
        "engine": engine,
    }


def _json(body: object, status: int) -> Response:
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, "application/json")
