"""The pages for joining: the form with which somebody proposes a source, and how a proposal stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from registry.joining.proposals import KINDS, OPTIONS
from registry.ledger.proposals import Proposal
from registry.report import Report
from registry.web.pages import Pages
from registry.web.reports import shown

FIELDS = ("url", "kind", "title", "title_en", "publisher", "homepage", "licence", "contact", "note", *OPTIONS)
"""Of the form."""


def form(pages: Pages, request: Request, said: Mapping[str, str], problem: Any = None) -> bytes:
    """The form, with what was said before and what was wrong with it (a `Problem`)."""
    filled = {name: said.get(name, "") for name in FIELDS}
    return pages.render(
        request, "propose.html", form=filled, problem=problem, proposal=None, report=None, lines=[],
        proposed_kinds=KINDS, options=OPTIONS,
    )  # fmt: skip


def thanks(pages: Pages, request: Request, number: int, report: Report) -> bytes:
    """The answer to a proposal: its number, and what was found."""
    lines = shown(pages, request, report)["lines"]
    return pages.render(request, "propose.html", proposal=number, report=report, lines=lines, form={}, problem=None)


def state(pages: Pages, request: Request, proposal: Proposal) -> bytes:
    """How a proposal stands. Nothing of what it says is shown before a curator has seen it."""
    return pages.render(request, "proposal.html", proposal=proposal)
