"""The inbox (W3C Linked Data Notifications): a peer says that its feed has changed, and is read sooner for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from harvesters.source import SourceError
from registry import writer
from registry.api import answers
from registry.api.allowance import visitor_of
from registry.api.bodies import body_of
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.api.writes import Writing
from registry.formats.media import JSONLD
from registry.sources import sources

router = APIRouter(tags=["feeds"])
_MOST = 65_536
_MEDIA = ("application/ld+json", "application/json")


@router.get("/inbox", summary="The inbox", response_class=Response)
def inbox(request: Request) -> Response:
    """Notifications are acted upon and not kept, so that the list of them is empty."""
    base = catalogue_of(request).base
    body = {"@context": "http://www.w3.org/ns/ldp", "@id": f"{base}/inbox", "contains": []}
    return answers.respond(request, orjson.dumps(body), JSONLD)


@router.post("/inbox", summary="Announce that a feed has changed", status_code=202, response_class=Response)
async def notify(request: Request) -> Response:
    """Only the address is looked at (`object`): a feed that we follow is read within a minute, any other is not."""
    writing: Writing = request.app.state.writing
    wait = writing.allowance.take(f"inbox {visitor_of(request)}", 10)
    if wait:
        raise Problem("too-many-requests", "Announce less often.", headers={"Retry-After": str(int(wait) + 1)})
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _MEDIA:
        detail = "A notification is JSON-LD."
        raise Problem("unsupported-media-type", detail, headers={"Accept-Post": ", ".join(_MEDIA)})
    body = await body_of(request, _MOST, "a notification is short")
    feed = _object(body)
    source = next((name for name, peer in _peers(request) if feed.startswith(f"{peer}/feed/")), None)
    if source is None:
        raise Problem("not-found", "This feed is not followed here; ask the operator to add it as a source.")
    asked = writer.Request("ANNOUNCE", source)
    written = await asyncio.to_thread(writing.writer.write, asked, writing.limits.write_seconds)
    if written.problem is not None:
        raise Problem("unavailable", written.problem, headers={"Retry-After": "60"})
    return Response(status_code=202, headers={"Cache-Control": "no-store"})


def _object(body: bytes) -> str:
    try:
        found: Any = orjson.loads(body)
        value = found.get("object", found.get("as:object"))
        value = value.get("id", value.get("@id")) if isinstance(value, dict) else value
        if isinstance(value, str):
            return value
    except (ValueError, AttributeError):
        pass
    raise Problem("bad-request", 'Name the feed: {"type": "Announce", "object": "https://…/feed/records"}.')


def _peers(request: Request) -> Iterator[tuple[str, str]]:
    """The peers that are followed, then those that have never been read yet: id of the source and base address."""
    from registry.federation.peers import is_peer  # brings the harvest with it

    catalogue = catalogue_of(request)
    for state in catalogue.ledger.sources():
        if state.description.get("peer"):
            yield state.id, state.description["peer"]
    with contextlib.suppress(SourceError):  # one that somebody is writing at this moment
        for source in sources(catalogue.config).values():
            if is_peer(source) and source.enabled:
                yield source.id, str(source.read.get("url", "")).partition("/feed/")[0]
