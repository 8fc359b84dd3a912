"""State digests: two registries hold the same exactly when these agree."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Path, Request, Response

from registry.api import answers
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.formats.media import JSON
from registry.ledger import StateDigest

router = APIRouter(tags=["feeds"])


@router.get("/digest", summary="State digests of the registry", response_class=Response)
def digest(request: Request) -> Response:
    """Sum modulo 2^256 of the digests of all live records and of all entities; with their number and sequence."""
    with catalogue_of(request).snapshot() as ledger:
        found = {"records": ledger.digest("record"), "entities": ledger.digest("entity")}
    return _answer(request, found)


@router.get("/sources/{name}/digest", summary="State digest of one source", response_class=Response)
def source_digest(request: Request, name: str = Path(description="Id of the source")) -> Response:
    """The same for the live records of one source."""
    with catalogue_of(request).snapshot() as ledger:
        if not ledger.db.execute("SELECT 1 FROM source WHERE id = ?", (name,)).fetchone():
            raise Problem("not-found", f"There is no source with this id; see {ledger.base}/sources.")
        found = {"records": ledger.digest("record", name)}
    return _answer(request, found)


def _answer(request: Request, found: dict[str, StateDigest]) -> Response:
    body = {name: {"digest": one.hex, "count": one.live, "sequence": one.sequence} for name, one in found.items()}
    return answers.respond(request, orjson.dumps(body), JSON)
