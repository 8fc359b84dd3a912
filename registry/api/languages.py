"""Addresses that begin with a language: /en/sites leads to /sites?lang=en, which remembers the choice.

A thing has one address, whatever the language of the page about it; so no page is served below these.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from registry.api.catalogue import catalogue_of
from registry.web.texts import LANGUAGES

router = APIRouter(include_in_schema=False)


def _serve(language: str) -> None:
    @router.get(f"/{language}", name=language, response_class=Response)
    @router.get(f"/{language}/{{path:path}}", name=f"{language}_page", response_class=Response)
    def lead(request: Request, path: str = "") -> Response:
        pairs = [pair for pair in request.query_params.multi_items() if pair[0] != "lang"]
        page = f"{catalogue_of(request).pages.prefix}/{quote(path.lstrip('/'))}"
        location = f"{page}?{urlencode([*pairs, ('lang', language)])}"
        return Response(status_code=303, headers={"Location": location, "Cache-Control": "no-cache"})


for _language in LANGUAGES:
    _serve(_language)
