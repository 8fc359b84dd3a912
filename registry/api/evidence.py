"""Who says what about an entity: the page at `/{kind}/{id}/evidence`, and the same as data."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from registry.api import answers, documentation
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.api.profiles import EVIDENCE_PROFILE, write_evidence
from registry.evidence import evidence
from registry.formats import Format
from registry.formats.media import HTML
from registry.terms import KINDS
from registry.web.evidence import evidence_page

router = APIRouter(tags=["entities"])

FORMATS = (*EVIDENCE_PROFILE.formats, HTML)
_RESPONSES = documentation.responses(FORMATS, 301, 304, 404, 406, 410)
_SLUG = re.compile(r"[a-z0-9-]{1,200}", re.ASCII)


def entity_evidence(request: Request, kind: str, name: str, format: Format) -> Response:
    """For every value which records say it, from which source and page, under which licence, since when; what was
    chosen where they differ, what was derived, and why these records are one. The same as `?profile=evidence`."""
    catalogue = catalogue_of(request)
    with catalogue.snapshot() as ledger:
        found = ledger.entity(f"{catalogue.base}/{kind}/{name}") if _SLUG.fullmatch(name) else None
        if found is None:
            raise Problem("not-found", f"No {kind} has this address, and none ever had.")
        if found.status == "merged" and found.winner:
            headers = {"Location": f"{found.winner}/evidence", "Vary": "Accept", "Cache-Control": "no-cache"}
            return Response(status_code=301, headers=headers)
        if found.status != "live":
            raise Problem("gone", f"This {kind} is not in the catalogue any more; see {found.iri}.", was=found.iri)
        if format is HTML:
            body = evidence_page(catalogue.pages, request, ledger, evidence(ledger, found), FORMATS)
        else:
            body = write_evidence(catalogue, ledger, found, format)
    return answers.respond(request, body, format, links=answers.alternates(f"{found.iri}/evidence", FORMATS))


def _route(kind: str) -> None:
    def one(request: Request, name: Annotated[str, Path(description="The last part of the IRI")]) -> Response:
        return entity_evidence(request, kind, name, answers.wanted(request, "", FORMATS)[1])

    def one_as(
        request: Request,
        name: Annotated[str, Path(description="The last part of the IRI")],
        suffix: Annotated[str, Path(description="jsonld, json, ttl, nt, trig, nq or html")],
    ) -> Response:
        return entity_evidence(request, kind, name, answers.by_suffix(suffix, FORMATS))

    for path, handler, operation in (
        (f"/{kind}/{{name}}/evidence", one, f"{kind}_evidence"),
        (f"/{kind}/{{name}}/evidence.{{suffix}}", one_as, f"{kind}_evidence_as"),
    ):
        router.get(
            path,
            name=operation,
            summary=f"Evidence for one {kind}",
            description=entity_evidence.__doc__,
            operation_id=operation,
            responses=_RESPONSES,
            response_class=Response,
        )(handler)


for _kind in KINDS:
    _route(_kind)
