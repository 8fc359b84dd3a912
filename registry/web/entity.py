"""The page of one entity: for visitors first, then where it comes from, what was derived, and how it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyoxigraph as ox
from starlette.requests import Request

from registry import inference, search
from registry.evidence import Conflict, conflicts
from registry.formats import Description, Format
from registry.ledger import Entity, Ledger, SourceState, StoredRecord
from registry.search import Bitmaps, Query
from registry.terms import ORTE, PROV, SCHEMA
from registry.web.freshness import freshness
from registry.web.history import history
from registry.web.pages import Pages, title_of
from registry.web.rows import Rows, Value, web_link
from registry.web.structured import embedded, plain
from registry.web.texts import language
from registry.web.visit import SHOWN, visit

_HEADING = frozenset(
    [
        PROV["wasDerivedFrom"].value,
        ORTE["attribution"].value,
        *(SCHEMA[name].value for name in ("name", "abstract", "description")),
    ]
)
_MEMBERS = 30


@dataclass(frozen=True)
class Derived:
    """An inference as it is shown: texts of its grounds, with addresses where they are things of ours."""

    rule: str
    concept: str
    grounds: Sequence[tuple[str, str | None]]


def entity_page(
    pages: Pages, request: Request, ledger: Ledger, bitmaps: Bitmaps, entity: Entity, formats: Sequence[Format]
) -> bytes:
    """The page of a live entity."""
    thing = Description.parse(entity.iri, entity.nquads)
    tongue = language(request)
    records = ledger.records_of(entity.iri)
    disputed = conflicts(ledger, entity, records)
    named = [getattr(term, "value", "") for one in disputed for term, _, _ in one.values]
    rows = pages.rows(request, ledger, [thing], entity.kind, named)
    sources = {state.id: state for state in ledger.sources()}
    card = visit(thing, tongue, lambda iri: _described(ledger, iri))
    shown = SHOWN if card.position or not thing.iri(SCHEMA["geo"].value) else SHOWN - {SCHEMA["geo"].value}
    slug = entity.iri.rpartition("/")[2]
    phase = thing.iri(ORTE["phase"].value) or thing.iri(ORTE["status"].value)
    return pages.render(
        request,
        "entity.html",
        entity=entity,
        thing=thing,
        types=pages.types(thing, tongue),
        phase=pages.words.label(phase, tongue) if phase else None,
        summary=thing.text(SCHEMA["abstract"].value, tongue) or thing.text(SCHEMA["description"].value, tongue),
        visit=card,
        rows=rows.of(thing, leave_out=_HEADING | shown),
        derived=_derived(pages, request, ledger, entity),
        records=records,
        sources=sources,
        old=[state for state in _used(records, sources) if freshness(state).stale],
        conflicts=[_conflict(one, rows, sources, tongue) for one in disputed],
        attributions=thing.texts(ORTE["attribution"].value),
        corrections=_corrections(records, sources, tongue),
        changes=history(ledger, entity.iri),
        property=rows.label,
        offered_by=search.offered_by(ledger.db, entity.iri) if entity.kind == "service" else [],
        members=_members(ledger, bitmaps, entity),
        lists={"network": f"/sites?network={slug}", "organisation": f"/sites?operator={slug}"},
        structured=embedded(plain(pages.words, ledger, thing, tongue)),
        formats=formats,
        document=entity.iri,
    )


def _conflict(
    one: Conflict, rows: Rows, sources: dict[str, SourceState], tongue: str
) -> tuple[str, list[tuple[Value, bool, str]]]:
    """A property in words, and its values, whether chosen, and who gives them."""
    values = [
        (
            rows.term(term),
            chosen,
            ", ".join(title_of(sources[name], tongue) if name in sources else name for name in said),
        )
        for term, chosen, said in one.values
    ]
    return ": ".join(rows.label(predicate) for predicate in one.path), values


def _described(ledger: Ledger, iri: str) -> Description | None:
    entity = ledger.entity(iri)
    return Description.parse(iri, entity.nquads) if entity and entity.status == "live" else None


def _members(ledger: Ledger, bitmaps: Bitmaps, entity: Entity) -> search.Page | None:
    """The sites of a network or an organisation; None for what has none by its kind."""
    facet = {"network": "network", "organisation": "operator"}.get(entity.kind)
    if facet is None:
        return None
    query = Query(kind="site", facets={facet: (entity.iri,)}, limit=_MEMBERS, count_facets=False)
    return search.find(ledger.db, query, bitmaps)


def _used(records: Sequence[StoredRecord], sources: dict[str, SourceState]) -> list[SourceState]:
    return [sources[name] for name in dict.fromkeys(record.source for record in records) if name in sources]


def _corrections(
    records: Sequence[StoredRecord], sources: dict[str, SourceState], tongue: str
) -> list[tuple[str, str]]:
    """Where to say that something is wrong: the page of each source about it, else the source's own."""
    found: dict[str, tuple[str, str]] = {}
    for record in records:
        state = sources.get(record.source)
        link = web_link(record.page or "") or web_link(str((state.description if state else {}).get("homepage") or ""))
        if state and link:
            found.setdefault(record.source, (title_of(state, tongue), link))
    return list(found.values())


def _derived(pages: Pages, request: Request, ledger: Ledger, entity: Entity) -> list[Derived]:
    found = inference.of(ledger.db, entity.iri)
    things = [ground.value for one in found for ground in one.grounds if isinstance(ground, ox.NamedNode)]
    rows = pages.rows(request, ledger, [], "site", things)
    return [Derived(one.rule, one.concept, [_ground(rows.term(ground)) for ground in one.grounds]) for one in found]


def _ground(value: Value) -> tuple[str, str | None]:
    return value.text, value.href
