"""Partner writes: records of one source put and deleted over HTTP, with a token."""

from __future__ import annotations

import asyncio
from urllib.parse import quote, unquote

import orjson
from fastapi import APIRouter, Path, Request, Response

from registry import tokens, writer
from registry.api import documentation
from registry.api.allowance import Allowance
from registry.api.bodies import body_of
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.config import Config
from registry.formats.media import JSON
from registry.rdf_input import MEDIA_TYPES
from registry.writer import LIFTED, Writer, Written

router = APIRouter(tags=["writing"])
_KINDS = {404: "not-found", 412: "changed-meanwhile", 422: "not-valid", 503: "unavailable"}
_NAME, _KEY = Path(description="Id of the source"), Path(description="Percent-encoded key of the record")


class Writing:
    """What may be written, and by whom how often."""

    def __init__(self, config: Config) -> None:
        self.limits = config.limits
        self.allowance = Allowance(config.limits.writes_per_minute)
        self.writer = Writer(config)


@router.put(
    "/sources/{name}/records/{key:path}", summary="Put a record",
    **documentation.writing(MEDIA_TYPES, 201, 412, one=True),
)  # fmt: skip
async def put(request: Request, name: str = _NAME, key: str = _KEY) -> Response:
    """RDF about `<#it>`, checked like a harvest; 201 when it is new. `If-Match` takes the record's digest in quotes."""
    return await _perform(request, name, _key(request))


@router.delete(
    "/sources/{name}/records/{key:path}", summary="Delete a record", **documentation.writing((), 412, one=True)
)
async def delete(request: Request, name: str = _NAME, key: str = _KEY) -> Response:
    """Withdraw a record; the feeds say so to everyone who follows."""
    return await _perform(request, name, _key(request))


@router.post(
    "/sources/{name}/records", summary="Put many records",
    **documentation.writing((*MEDIA_TYPES, *LIFTED), one=False),
)  # fmt: skip
async def post(request: Request, name: str = _NAME) -> Response:
    """Records as RDF, or as JSON or CSV with the source's lift: all of them are written, or none."""
    return await _perform(request, name, None)


async def _perform(request: Request, name: str, key: str | None) -> Response:
    writing: Writing = request.app.state.writing
    _authorise(request, name)
    wait = writing.allowance.take(name)
    if wait:
        detail = f"A source may be written {writing.allowance.per_minute} times a minute; put many records in one POST."
        raise Problem("too-many-requests", detail, headers={"Retry-After": str(int(wait) + 1)})
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = b""
    if request.method != "DELETE":
        accepted = MEDIA_TYPES if key else (*MEDIA_TYPES, *LIFTED)
        if media not in accepted:
            detail = f"Name the syntax in Content-Type; understood are: {', '.join(accepted)}."
            raise Problem("unsupported-media-type", detail)
        content = await body_of(request, writing.limits.write_bytes, "send it in several requests")
    asked = writer.Request(request.method, name, key, content, media, request.headers.get("if-match"))
    written = await asyncio.to_thread(writing.writer.write, asked, writing.limits.write_seconds)
    return _answer(written)


def _authorise(request: Request, name: str) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    source = tokens.source_of(catalogue_of(request).ledger, token.strip()) if scheme.lower() == "bearer" else None
    if source is None:
        detail = (
            "Send a token of this source that still holds: `Authorization: Bearer …`; the operator gives it to you."
        )
        raise Problem("unauthorised", detail, headers={"WWW-Authenticate": 'Bearer realm="orte"'})
    if source != name:
        raise Problem("forbidden", f"This token is for the source '{source}', not for '{name[:64]}'.")


def _key(request: Request) -> str:
    """The key as it was sent: it may hold percent-encoded slashes."""
    raw = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("/records/")[2]
    key = "/".join(quote(unquote(part), safe="") for part in raw.partition("?")[0].split("/"))
    if not key:
        raise Problem("bad-request", "The address needs a key: /sources/{id}/records/{key}.")
    return key


def _answer(written: Written) -> Response:
    if written.problem is not None:
        retry = {"Retry-After": "30"} if written.status == 503 else None
        raise Problem(_KINDS[written.status], written.problem, headers=retry, findings=list(written.findings))
    headers = {"Cache-Control": "no-store"}
    if written.digest:
        headers["ETag"] = f'"{written.digest}"'
    return Response(orjson.dumps(written.changes), written.status, headers, JSON.media_type)
