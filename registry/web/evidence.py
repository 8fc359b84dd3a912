"""The page that says, for every value of an entity, who says it, under which licence, since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from registry.evidence import Evidence, Value
from registry.formats import Description, Format
from registry.ledger import Ledger, judgements
from registry.terms import CONCEPT, SCHEMA, TYPE
from registry.web.pages import Pages, title_of
from registry.web.texts import language


@dataclass(frozen=True)
class Row:
    """One value: the property in words, the value with a link where it is one, and who says so."""

    property: str
    text: str
    href: str | None
    value: Value
    conflict: bool
    rule: str | None


def evidence_page(
    pages: Pages, request: Request, ledger: Ledger, evidence: Evidence, formats: Sequence[Format]
) -> bytes:
    """The page of a live entity's evidence."""
    tongue = language(request)
    thing = Description.parse(evidence.entity.iri, evidence.entity.nquads)
    named = {getattr(value.term, "value", "") for value in evidence.values}
    rows = pages.rows(request, ledger, [thing], evidence.entity.kind, named)
    listed = []
    for value in evidence.values:
        if value.path[-1] == TYPE.value and len(value.path) > 1:
            continue  # that an address is an address
        shown = rows.term(value.term)
        label = ": ".join(rows.label(predicate) for predicate in value.path)
        rule = pages.words.label(f"{CONCEPT}identity/{value.derived.rule}", tongue) if value.derived else None
        listed.append(Row(label, shown.text, shown.href, value, value.path in evidence.conflicts, rule))
    return pages.render(
        request,
        "evidence.html",
        entity=evidence.entity,
        name=thing.text(SCHEMA["name"].value, tongue) or evidence.entity.iri.rpartition("/")[2],
        rows=listed,
        evidence=evidence,
        titles={state.id: title_of(state, tongue) for state in evidence.sources.values()},
        joins=[_join(ledger, join, tongue) for join in evidence.joins],
        formats=formats,
        document=f"{evidence.entity.iri}/evidence",
    )


def _join(ledger: Ledger, join: Any, tongue: str) -> dict[str, Any]:
    """Why two records are one, in words."""
    judged = judgements.get(ledger.db, join.judgement) if join.judgement else None
    return {
        "a": join.a,
        "b": join.b,
        "score": join.score,
        "judged": judged,
        "signs": [(sign.points, sign.says(tongue)) for sign in join.signs],
    }
