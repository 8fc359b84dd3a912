"""The page for curators: two records side by side, what speaks for and against, and the judgements made last."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from registry.identity.review import FACTS, Question, facts
from registry.ledger.judgements import Judgement
from registry.web.pages import Pages
from registry.web.texts import IN, language


def review_page(
    pages: Pages,
    request: Request,
    question: Question | None,
    curator: str,
    skip: int,
    open_: int,
    recent: Sequence[tuple[Judgement, bool]],
) -> bytes:
    """One open question, or that there is none. ``recent`` are judgements and whether they hold."""
    tongue = language(request)
    rows = []
    if question is not None:
        first, second = facts(question.a), facts(question.b)
        rows = [
            (IN[tongue](f"review.{fact.replace(' ', '_').replace('-', '')}"), first[fact], second[fact])
            for fact in FACTS
            if first[fact] or second[fact]
        ]
    return pages.render(
        request,
        "review.html",
        question=question,
        rows=rows,
        signs=[(sign.points, sign.says(tongue)) for sign in question.signs] if question else [],
        curator=curator,
        skip=skip,
        open=open_,
        recent=recent,
    )


def sign_in_page(pages: Pages, request: Request) -> bytes:
    """Asks for a curator's token."""
    return pages.render(request, "sign-in.html")
