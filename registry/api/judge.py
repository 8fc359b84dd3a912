"""The page on which curators judge what the rules are unsure about. It needs a curator's token."""

from __future__ import annotations

import asyncio
import re
from itertools import islice
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from registry import tokens
from registry.api.bodies import body_of
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.problems import Problem
from registry.config import Config
from registry.formats.media import HTML
from registry.harvesting import publish
from registry.identity.judge import JudgementError, judge, undo
from registry.identity.review import questions
from registry.ledger import Ledger, judgements, records
from registry.ledger.judgements import Judgement
from registry.web.review import review_page, sign_in_page

router = APIRouter(include_in_schema=False)
COOKIE = "curator"
_MOST_BYTES = 20_000
_RECENT = 10
"""Judgements that the page shows, so that a slip can be undone."""
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@router.get("/review")
def review(request: Request, skip: Annotated[int, Query(ge=0, le=100_000)] = 0) -> Response:
    """The next open question, side by side, with what speaks for and against."""
    catalogue = catalogue_of(request)
    curator = _curator(request, catalogue)
    if curator is None:
        return _page(sign_in_page(catalogue.pages, request), 401)
    with catalogue.snapshot() as ledger:
        question = next(islice(questions(ledger), skip, None), None)
        open_ = ledger.db.execute("SELECT count(*) FROM comparison WHERE verdict = 'unsure'").fetchone()[0]
        last = judgements.last(ledger.db)
        recent = [(one, judgements.holds(ledger.db, one.number)) for one in _latest(ledger, last)]
    return _page(review_page(catalogue.pages, request, question, curator, skip, open_, recent))


@router.post("/review")
async def answer(request: Request) -> Response:
    """A judgement from the page: what it is, on which question, and why; or a sign-in, or an undo."""
    catalogue = catalogue_of(request)
    _same_origin(request)
    body = await body_of(request, _MOST_BYTES, "a judgement is short")
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    back = RedirectResponse(f"{catalogue.pages.prefix}/review", 303, headers=_PRIVATE)
    if "token" in form:
        token = form["token"].strip()
        if tokens.curator_of(catalogue.ledger, token) is None:
            raise Problem("forbidden", "This is not a curator's token that holds; `orte token create --curator NAME`.")
        secure = catalogue.base.startswith("https:")
        back.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure, max_age=12 * 3600)
        return back
    curator = _curator(request, catalogue)
    if curator is None:
        raise Problem("unauthorised", "Sign in with a curator's token first.")
    try:
        await asyncio.to_thread(_judge, catalogue.config, curator, form)
    except JudgementError as error:
        raise Problem("bad-request", str(error)) from None
    skip = form.get("skip", "0")
    if skip.isdigit() and skip != "0":
        back.headers["Location"] = f"{catalogue.pages.prefix}/review?skip={skip}"
    return back


def _judge(config: Config, curator: str, form: dict[str, str]) -> None:
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


def _curator(request: Request, catalogue: Catalogue) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
    return tokens.curator_of(catalogue.ledger, token.strip()) if token else None


def _same_origin(request: Request) -> None:
    """Other sites may not judge in a curator's name: the cookie stays home, and so must the form."""
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise Problem("forbidden", "Judgements are made on the registry's own page.")


def _latest(ledger: Ledger, last: int) -> list[Judgement]:
    return list(judgements.all_(ledger.db, max(0, last - _RECENT)))[::-1]


def _page(body: bytes, status: int = 200) -> Response:
    return Response(body, status, {**_PRIVATE, "Vary": "Accept-Language, Cookie"}, HTML.content_type)
