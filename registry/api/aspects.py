"""What is told beside every entity, at addresses below its own: /site/{id}/evidence, /site/{id}/quality."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from registry.api import answers, documentation
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.problems import Problem
from registry.formats import Format
from registry.ledger import Entity, Ledger
from registry.terms import KINDS

#: Writes the aspect of a living entity in a format.
Write = Callable[[Request, Catalogue, Ledger, Entity, Format], bytes]

#: What a minted address can look like; anything else is not worth a look into the ledger.
SLUG = re.compile(r"[a-z0-9-]{1,200}", re.ASCII)
_Name = Annotated[str, Path(description="The last part of the IRI")]


def serve(router: APIRouter, aspect: str, formats: tuple[Format, ...], write: Write) -> None:
    """Add the routes `/{kind}/{name}/{aspect}` and `….{suffix}` for every kind of entity; `write` documents them."""
    for kind in KINDS:
        _serve(router, kind, aspect, formats, write)


def _serve(router: APIRouter, kind: str, aspect: str, formats: tuple[Format, ...], write: Write) -> None:
    suffixes = Path(description=", ".join(format.name for format in formats))

    def answer(request: Request, name: str, format: Format) -> Response:
        catalogue = catalogue_of(request)
        with catalogue.snapshot() as ledger:
            found = ledger.entity(f"{catalogue.base}/{kind}/{name}") if SLUG.fullmatch(name) else None
            if found is None:
                raise Problem("not-found", f"No {kind} has this address, and none ever had.")
            if found.status == "merged" and found.winner:
                headers = {"Location": f"{found.winner}/{aspect}", "Vary": "Accept", "Cache-Control": "no-cache"}
                return Response(status_code=301, headers=headers)
            if found.status != "live":
                raise Problem("gone", f"This {kind} is not in the catalogue any more; see {found.iri}.", was=found.iri)
            body = write(request, catalogue, ledger, found, format)
        return answers.respond(request, body, format, links=answers.alternates(f"{found.iri}/{aspect}", formats))

    def one(request: Request, name: _Name) -> Response:
        return answer(request, name, answers.wanted(request, "", formats)[1])

    def one_as(request: Request, name: _Name, suffix: str = suffixes) -> Response:
        return answer(request, name, answers.by_suffix(suffix, formats))

    for path, handler, operation in (
        (f"/{kind}/{{name}}/{aspect}", one, f"{kind}_{aspect}"),
        (f"/{kind}/{{name}}/{aspect}.{{suffix}}", one_as, f"{kind}_{aspect}_as"),
    ):
        router.get(
            path,
            name=operation,
            summary=f"{aspect.capitalize()} of one {kind}",
            description=write.__doc__,
            operation_id=operation,
            responses=documentation.responses(formats, 301, 304, 404, 406, 410),
            response_class=Response,
        )(handler)
