"""The page about quality: each metric with its meaning, and what would raise it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from registry.formats import Format
from registry.quality import Measured
from registry.terms import ORTE, RDFS
from registry.web.pages import Pages
from registry.web.texts import IN, language


def quality(
    pages: Pages, request: Request, title: str, address: str, measured: Measured, formats: Sequence[Format]
) -> bytes:
    """The quality of a source or an entity, whose document is at an address of ours."""
    tongue = language(request)
    return pages.render(
        request,
        "quality.html",
        title=title,
        subject=address.removeprefix(pages.base),
        measured=measured,
        metrics=[
            {
                "name": pages.words.label(f"{ORTE}{name}", tongue) or name,
                "meaning": _comment(pages, f"{ORTE}{name}", tongue),
                "value": value,
            }
            for name, value in measured.values.items()
        ],
        improvements=improvements(pages, request, measured),
        formats=formats,
        document=f"{address}/quality",
    )


def improvements(pages: Pages, request: Request, measured: Measured) -> list[dict[str, Any]]:
    """What would raise the score, as sentences."""
    tongue = language(request)
    texts = IN[tongue]
    sentences = {"freshness": texts("quality.confirm"), "agreement": texts("quality.agree")}
    return [
        {
            "text": sentences.get(one.metric, texts("quality.state")).format(
                property=pages.property_label(one.property, tongue)
            ),
            "gain": one.gain,
            "affected": one.affected,
        }
        for one in measured.improvements
    ]


def _comment(pages: Pages, iri: str, tongue: str) -> str:
    comments = {
        getattr(triple.object, "language", None): getattr(triple.object, "value", "")
        for triple in pages.words.about(iri)
        if triple.predicate == RDFS["comment"]
    }
    return str(comments.get(tongue) or comments.get("de") or "")
