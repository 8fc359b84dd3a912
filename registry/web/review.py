"""The page for curators: two records side by side, what speaks for and against, and the judgements made last."""

from __future__ import annotations

import json
from collections.abc import Sequence

from starlette.requests import Request

from registry.identity.review import FACTS, Question, facts
from registry.ledger.judgements import Judgement
from registry.web.curating import Waiting
from registry.web.pages import Pages
from registry.web.texts import IN, language


def review_page(
    pages: Pages,
    request: Request,
    desk: Waiting,
    question: Question | None,
    skip: int,
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
        marks=_marks(question) if question else "",
        desk=desk,
        skip=skip,
        recent=recent,
    )


def _marks(question: Question) -> str:
    """Where A and B are, as JSON; empty where neither says it."""
    found = [
        (*profile.position, name) for profile, name in zip(question.profiles, "AB", strict=True) if profile.position
    ]
    return json.dumps(found) if found else ""
