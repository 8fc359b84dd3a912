"""The curators' pages as an OpenAPI document, for fuzzing alone: they are pages, and the API's own document has none.

Names of what there is to decide on come from the ledger, so that a part of the forms decides something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from registry.ledger import Ledger

_PROBLEM = "application/problem+json"
_PAGE = {"200": {"description": "The page", "content": {"text/html": {}}},
         "422": {"description": "A parameter has a wrong value", "content": {_PROBLEM: {}}}}  # fmt: skip
_DECIDED = {"303": {"description": "Decided"}} | {
    status: {"description": "Not decided, and why", "content": {_PROBLEM: {}}}
    for status in ("400", "403", "409", "413")
}


def document(ledger: Ledger) -> dict[str, Any]:
    """An OpenAPI document of the pages and their forms."""
    rows = ledger.db.execute("SELECT iri FROM record WHERE status = 'live' ORDER BY random() LIMIT 12")
    records = [iri for (iri,) in rows]
    why = _or_any(["Gleiche Adresse", ""])
    forms = {
        "/review": {
            "a": _or_any(records), "b": _or_any(records), "why": why, "skip": _or_any(["0", "1"]),
            "verdict": _or_any(["same", "different", "a-in-b", "b-in-a"]), "undo": _or_any(["", "", "", "1", "2"]),
        },
        "/review/runs": {"source": _or_any(["quelle-1", "verein"]), "run": _or_any(["1", "2"])},
        "/review/proposals": {
            "number": _or_any(["1", "2"]), "decision": _or_any(["accept", "refuse"]), "why": why,
            "name": _or_any(["", "neu", "verein"]),
        },
    }  # fmt: skip
    skip = {"name": "skip", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 3}}
    paths = {
        path: {
            "get": {"parameters": [skip] if path == "/review" else [], "responses": _PAGE},
            "post": {"requestBody": _form(fields), "responses": _DECIDED},
        }
        for path, fields in forms.items()
    }
    return {"openapi": "3.1.0", "info": {"title": "Curators", "version": "1"}, "paths": paths}


def _or_any(values: Sequence[str]) -> dict[str, Any]:
    return {"anyOf": [{"type": "string", "enum": sorted(set(values))}, {"type": "string"}]}


def _form(fields: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": dict(fields), "required": list(fields)[:2]}
    return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}
