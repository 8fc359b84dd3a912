"""The page on which curators judge what the rules are unsure about."""

from __future__ import annotations

import re
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from registry.api.catalogue import catalogue_of
from registry.api.curator import Form, Reader, Writer, page, to
from registry.api.problems import Problem
from registry.config import Config
from registry.identity.judge import JudgementError, judge, undo
from registry.ledger import Ledger, judgements, records
from registry.ledger.judgements import Judgement
from registry.web.curating import waiting

router = APIRouter(include_in_schema=False)
_RECENT = 10
"""Judgements that the page shows, so that a slip can be undone."""


@router.get("/review")
def review(request: Request, curator: Reader, skip: Annotated[int, Query(ge=0, le=100_000)] = 0) -> Response:
    """The next open question, side by side, with what speaks for and against."""
    from registry.identity.review import questions  # what compares loads slowly, and a server starts without it
    from registry.web.review import review_page

    catalogue = catalogue_of(request)
    with catalogue.snapshot() as ledger:
        question = next(islice(questions(ledger), skip, None), None)
        recent = [(one, judgements.holds(ledger.db, one.number)) for one in _latest(ledger, judgements.last(ledger.db))]
        desk = waiting(ledger, curator)
    return page(review_page(catalogue.pages, request, desk, question, skip, recent))


@router.post("/review")
def answer(request: Request, curator: Writer, form: Form) -> Response:
    """A judgement from the page: what it is, on which question, and why; or an undo."""
    try:
        _judge(catalogue_of(request).config, curator, form)
    except JudgementError as error:
        raise Problem("bad-request", str(error)) from None
    skip = form.get("skip", "0")
    return to(request, f"/review?skip={skip}" if skip.isdigit() and skip != "0" else "/review")


def _judge(config: Config, curator: str, form: dict[str, str]) -> None:
    from registry.publishing import publish  # loads slowly, see above

    ledger = Ledger.open(config.ledger, config.base_url)
    try:
        why, verdict = form.get("why", ""), form.get("verdict", "")
        if number := form.get("undo", ""):
            if not re.fullmatch(r"\d{1,12}", number):
                raise JudgementError("undo takes the number of a judgement")
            undo(ledger, int(number), by=curator, why=why)
        else:
            a, b = (_entity(ledger, form.get(name, "")) for name in ("a", "b"))
            if verdict in ("same", "different"):
                judge(ledger, verdict, a, b, by=curator, why=why)  # type: ignore[arg-type]
            elif verdict in ("a-in-b", "b-in-a"):
                judge(ledger, "part-of", *((a, b) if verdict == "a-in-b" else (b, a)), by=curator, why=why)
            else:
                raise JudgementError("say same, different, a-in-b or b-in-a")
        publish(ledger)
    finally:
        ledger.close()


def _entity(ledger: Ledger, record: str) -> str:
    """The entity that a record of the question belongs to now."""
    found = records.get(ledger.db, record)
    if found is None or found.entity is None:
        raise JudgementError(f"there is no record {record[:200]}")
    return found.entity


def _latest(ledger: Ledger, last: int) -> list[Judgement]:
    return list(judgements.all_(ledger.db, max(0, last - _RECENT)))[::-1]
