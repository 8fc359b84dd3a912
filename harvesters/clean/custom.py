"""The cleaning functions as SPARQL custom functions of pyoxigraph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pyoxigraph as ox

from harvesters.clean.finding import Report, refuse
from harvesters.clean.table import FUNCTIONS, Cleaner
from harvesters.clean.text import language_tag

FN = "https://w3id.org/orte/fn#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMERIC = frozenset(_XSD + name for name in ("integer", "decimal", "double", "float"))
_DATES = {4: "gYear", 7: "gYearMonth", 10: "date"}
_WKT = ox.NamedNode("http://www.opengis.net/ont/geosparql#wktLiteral")

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
CustomFunction: TypeAlias = Callable[..., Term | None]


def as_custom_functions(collect: Report) -> dict[ox.NamedNode, CustomFunction]:
    """`fn:name` → function over RDF terms, for `Store.query(custom_functions=…)`; findings go to `collect`.

    Arguments may be literals or IRIs; an unbound argument makes the whole call unbound, as SPARQL has it, so that
    optional ones need `COALESCE(?x, "")`. A function given too few or too many arguments is unbound.
    """
    return {ox.NamedNode(FN + name): _wrapped(cleaner, collect) for name, cleaner in FUNCTIONS.items()}


def _wrapped(cleaner: Cleaner, collect: Report) -> CustomFunction:
    def call(*terms: Term) -> ox.NamedNode | ox.Literal | None:
        texts = [lexical(term) for term in terms]
        if cleaner.machine and len(terms) == 1 and _is_number(terms[0]):
            texts.append("plain")
        return _term(cleaner.function(*texts, report=collect), cleaner, texts, collect)

    return call


def lexical(term: Term) -> str:
    """What a term says, as text; nothing for a blank node or a triple."""
    return term.value if isinstance(term, ox.Literal | ox.NamedNode) else ""


def _is_number(term: Term) -> bool:
    return isinstance(term, ox.Literal) and term.datatype.value in _NUMERIC


def _term(value: Any, cleaner: Cleaner, texts: list[str], collect: Report) -> ox.NamedNode | ox.Literal | None:
    if value is None:
        return None
    match cleaner.makes:
        case "iri":
            return ox.NamedNode(value)
        case "language":
            return _tagged(value, texts[1] if len(texts) > 1 else "", collect)
        case "integer" | "boolean":
            return ox.Literal(value)
        case "decimal":
            return ox.Literal(format(value, "f"), datatype=ox.NamedNode(_XSD + "decimal"))
        case "date":
            return ox.Literal(value, datatype=ox.NamedNode(_XSD + _DATES[len(value)]))
        case "dateTime":
            return ox.Literal(value, datatype=ox.NamedNode(_XSD + "dateTime"))
        case "wkt":
            return ox.Literal(value, datatype=_WKT)
        case "string":
            return ox.Literal(value)


def _tagged(value: str, language: str, collect: Report) -> ox.Literal:
    if not language.strip():
        return ox.Literal(value)
    tag = language_tag(language)
    if tag is None:
        refuse(collect, "lang", language, "kein Sprachkürzel", "not a language tag")
        return ox.Literal(value)
    return ox.Literal(value, language=tag)
