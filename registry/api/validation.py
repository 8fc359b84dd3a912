"""Validate before joining: a body, a text or an address in, the SHACL report out. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request, Response

from harvesters.source import SourceError
from registry.api import answers, documentation
from registry.api.allowance import Allowance, visitor_of
from registry.api.bodies import body_of
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.api.reports import FORMATS, write
from registry.config import Config
from registry.formats.media import HTML
from registry.joining.proposals import Offer
from registry.joining.validator import NotValidated, Question, TookTooLong, Validator
from registry.rdf_input import MEDIA_TYPES, Handed, RdfInputError, fetched
from registry.report import Report
from registry.sources import sources
from registry.web import reports
from registry.web.texts import language

router = APIRouter(tags=["validation"])

WAITING = 8
"""Requests that may wait for their turn; further ones are told to come again."""
IDLE = 600.0
"""Seconds without a question after which the process is let go."""
COST_OF_ADDRESS = 4
"""Fetching an address for somebody counts as so many validations."""

_FORM = "application/x-www-form-urlencoded"
_ACCEPTED = ", ".join((*MEDIA_TYPES, "application/json", "text/csv", _FORM))
_RESPONSES = documentation.responses(FORMATS, 400, 406, 413, 415, 422, 429, 503)


class Validation:
    """The validator of one application, and whose turn it is."""

    def __init__(self, config: Config) -> None:
        self.limits = config.limits
        self.allowance = Allowance(config.limits.validate_per_minute)
        self._config = config
        self._validator = Validator(config)
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._idle: asyncio.TimerHandle | None = None

    async def fetch(self, address: str) -> Handed:
        """What is at an address. Raises Problem."""
        limits = self.limits
        try:
            return await asyncio.to_thread(
                fetched, address, self._config, seconds=limits.validate_seconds, most=limits.validate_bytes
            )
        except RdfInputError as error:
            raise Problem("fetch-failed", str(error)) from None

    async def validate(self, question: Question) -> Report:
        """The report, when it is this question's turn. Raises Problem."""
        return await self._in_turn(lambda seconds: self._validator.validate(question, seconds))

    async def look(self, offer: Offer) -> Report:
        """The report on a proposed source, when it is its turn. Raises Problem."""
        return await self._in_turn(lambda seconds: self._validator.look(offer, seconds))

    async def _in_turn(self, ask: Callable[[float], Report]) -> Report:
        seconds = self.limits.validate_seconds
        if self._waiting >= WAITING:
            raise _busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                await self._turn.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1
        try:
            return await asyncio.to_thread(ask, seconds)
        except TookTooLong as error:
            raise Problem("validation-timeout", str(error), limit_seconds=seconds) from None
        except NotValidated as error:
            raise Problem("not-validated", str(error)) from None
        finally:
            self._turn.release()
            self._rest()

    def _rest(self) -> None:
        """Let the process go when nobody has asked for a while."""
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE, self._leave)

    def _leave(self) -> None:
        if not self._turn.locked():
            self._validator.close()

    def sources(self, tongue: str) -> dict[str, str]:
        """Titles of the sources by id, also of those that are only being prepared."""
        try:
            known = sources(self._config)
        except SourceError:  # one that somebody is writing at this moment
            return {}
        return {name: source.title.get(tongue) or source.title["de"] for name, source in sorted(known.items())}

    def close(self) -> None:
        """End the process."""
        if self._idle is not None:
            self._idle.cancel()
        self._validator.close()


@dataclass(frozen=True)
class Asked:
    """What a request wants validated: a text, or an address; as a document of a source, or as RDF."""

    handed: Handed | None
    address: str | None
    source: str | None
    text: str = ""  # as it stood in the form
    syntax: str = MEDIA_TYPES[0]


@router.get("/validate", summary="A form to validate with, or the report on an address", responses=_RESPONSES,
            response_class=Response)  # fmt: skip
async def validate_address(
    request: Request,
    url: Annotated[str, Query(max_length=2000, description="Address of RDF, or of a document of the source.")] = "",
    source: Annotated[str, Query(max_length=64, description="Id of a source, whose lift is applied.")] = "",
) -> Response:
    """Without an address, a page with a text field and an address field."""
    asked = Asked(None, url or None, source or None)
    if asked.address is None:
        return answers.respond(request, _page(request, asked, None), HTML)
    return await _answer(request, asked)


@router.post("/validate", summary="Validate a body", responses=_RESPONSES, response_class=Response,
             openapi_extra={"requestBody": {"content": {media: {} for media in _ACCEPTED.split(", ")}}})  # fmt: skip
async def validate(
    request: Request,
    url: Annotated[str, Query(max_length=2000, description="Instead of a body: where it is.")] = "",
    source: Annotated[str, Query(max_length=64, description="Id of a source, whose lift is applied.")] = "",
) -> Response:
    """RDF in any syntax; or with `source` JSON, CSV, or whatever that source is read from. Nothing is stored."""
    return await _answer(request, await _asked(request, url, source))


async def _asked(request: Request, url: str, source: str) -> Asked:
    catalogue = catalogue_of(request)
    limit = catalogue.config.limits.validate_bytes
    hint = "hand in fewer entries at once, or give an address"
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _FORM:
        body = await body_of(request, limit, hint)
        if url and not body:
            return Asked(None, url, source or None)
        if not media:
            raise _unknown_media()
        return Asked(Handed(body, media, "The body", f"{catalogue.base}/validate"), None, source or None)
    body = await body_of(request, 3 * limit + 4096, hint)
    try:
        form = dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        form = {}
    if url and not body:
        form = {"url": url}
    if not form.keys() & {"text", "url"}:
        detail = (
            "A form has the field 'text' or 'url'. To send a file, name its syntax: -H 'Content-Type: text/turtle'."
        )
        raise Problem("bad-request", detail)
    text, syntax = form.get("text", ""), form.get("syntax") or MEDIA_TYPES[0]
    content = text.encode()
    if len(content) > limit:
        raise Problem("too-large", f"The text is larger than {limit} bytes; {hint}.")
    if text.strip():
        handed = Handed(content, syntax, "The text", f"{catalogue.base}/validate")
        return Asked(handed, None, form.get("source") or source or None, text, syntax)
    return Asked(None, form.get("url") or None, form.get("source") or source or None, text, syntax)


async def _answer(request: Request, asked: Asked) -> Response:
    format = answers.wanted(request, "", FORMATS)[1]
    validation: Validation = request.app.state.validation
    if asked.handed is None and asked.address is None:
        raise Problem("bad-request", "There is nothing to validate: send a body, a text, or an address.")
    wait = validation.allowance.take(visitor_of(request), COST_OF_ADDRESS if asked.address else 1)
    if wait:
        most = validation.allowance.per_minute
        detail = f"You may validate {most} times a minute, an address counts {COST_OF_ADDRESS} times. Try again later."
        raise Problem("too-many-requests", detail, headers={"Retry-After": str(int(wait) + 1)})
    handed = asked.handed or await validation.fetch(asked.address or "")
    if asked.source is None and handed.media_type == "text/csv":
        detail = "CSV is checked as a source reads it; name the source: /validate?source=…"
        raise Problem("unsupported-media-type", detail, headers={"Accept-Post": _ACCEPTED})
    report = await validation.validate(Question(handed, asked.source))
    body = _page(request, asked, report) if format is HTML else write(report, format, None)
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}
    return Response(body, 200, headers, format.content_type)


def _page(request: Request, asked: Asked, report: Report | None) -> bytes:
    catalogue = catalogue_of(request)
    validation: Validation = request.app.state.validation
    return reports.validate(
        catalogue.pages,
        request,
        report,
        {"text": asked.text, "url": asked.address or "", "source": asked.source or "", "syntax": asked.syntax},
        validation.sources(language(request)),
        validation.limits,
    )


def _busy() -> Problem:
    detail = "Too many others wait for a report already. Try again in some seconds."
    return Problem("validation-busy", detail, headers={"Retry-After": "10"})


def _unknown_media() -> Problem:
    detail = f"Name the syntax of the body: -H 'Content-Type: …', one of {_ACCEPTED}."
    return Problem("unsupported-media-type", detail, headers={"Accept-Post": _ACCEPTED})
