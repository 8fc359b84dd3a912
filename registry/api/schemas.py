"""JSON Schema of the JSON-LD documents, made from the published context and the ontology."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from registry.formats import Context
from registry.formats.context import TermDefinition
from registry.terms import CONCEPT, ORTE, REGION, XSD
from registry.vocabulary import Vocabulary

_COMMON = ("name", "alternateName", "abstract", "description", "keywords", "url", "sameAs", "image", "derivedFrom")
_CONTACT = ("address", "telephone", "email")
#: Keys by class, as the ontology and the shapes want them; anything else that a source says may follow.
KEYS: dict[str, tuple[str, ...]] = {
    "Site": (
        *_COMMON, *_CONTACT, "geo", "openingHours", "phase", "presence", "theme", "audience", "fundingElement",
        "region", "outsideRegion", "partOf", "services", "operatedBy", "memberOf", "floorArea",
        "maximumAttendeeCapacity", "foundingDate", "foundingMonth", "foundingYear",
    ),
    "Network": (
        *_COMMON, *_CONTACT, "status", "successor", "operatedBy", "areaServed", "memberOf", "fundingElement",
        "startDate", "startMonth", "startYear", "endDate", "endMonth", "endYear",
    ),
    "Service": (
        *_COMMON, "serviceKind", "offers", "openingHours", "potentialAction", "provider", "audience",
    ),
    "Organisation": (*_COMMON, *_CONTACT, "organisationKind", "memberOf"),
}  # fmt: skip
_TYPES = {"Site": ("Site", "CooperationSite", "InnovationSite")}
_NESTED = {
    "address": (
        "PostalAddress",
        ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry"),
    ),
    "geo": ("GeoCoordinates", ("latitude", "longitude", "wkt")),
    "offers": ("Offer", ("price", "priceCurrency", "description")),
    "potentialAction": ("ReserveAction", ("target",)),
}
_SCHEMES = {
    "phase": "phase",
    "presence": "presence",
    "status": "status",
    "theme": "theme",
    "audience": "audience",
    "fundingElement": "funding",
    "serviceKind": "service",
    "organisationKind": "organisation",
}
_IRI = {"type": "string", "format": "uri"}
_DATES = {"date": r"^\d{4}-\d\d-\d\d$", "gYearMonth": r"^\d{4}-\d\d$", "gYear": r"^\d{4}$"}


def components(context: Context, words: Vocabulary, context_url: str) -> dict[str, Any]:
    """What JSON answers look like, for `components/schemas` of OpenAPI 3.1 (JSON Schema)."""
    found = {name: _thing(name, keys, context, words, context_url) for name, keys in KEYS.items()}
    members = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in KEYS]}
    found["Collection"] = {
        "type": "object",
        "description": "One page of a list.",
        "required": ["@context", "id", "type", "view", "member"],
        "properties": {
            "@context": {"const": context_url},
            "id": _IRI,
            "type": {"const": "Collection"},
            "totalItems": {"type": "integer", "minimum": 0, "description": "On all pages; not with count=0."},
            "view": {
                "type": "object",
                "required": ["id", "type", "first"],
                "properties": {
                    "id": _IRI,
                    "type": {"const": "PartialCollectionView"},
                    "first": _IRI,
                    "next": {**_IRI, "description": "The next page; missing on the last one."},
                },
            },
            "member": {"type": "array", "items": members},
            "facets": {
                "type": "object",
                "description": "Values of each facet with their counts, the hundred most frequent; not with count=0.",
                "additionalProperties": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["value", "count"],
                        "properties": {"value": {"type": "string"}, "count": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    }
    found["SchemaOrg"] = {
        "type": "object",
        "description": "With `profile=schema`: plain schema.org, one thing or an ItemList.",
        "required": ["@context", "@type"],
        "properties": {"@context": {"const": "https://schema.org/"}, "@type": {"type": ["string", "array"]}},
    }
    return found


def _thing(name: str, keys: Sequence[str], context: Context, words: Vocabulary, context_url: str) -> dict[str, Any]:
    types = [*_TYPES.get(name, (name,))]
    properties: dict[str, Any] = {
        "@context": {"const": context_url, "description": "Missing inside of lists."},
        "id": {**_IRI, "description": "The IRI of the thing, and the address of its document."},
        "type": {"anyOf": [{"enum": types}, {"type": "array", "items": {"type": "string"}}]},
    }
    if name == "Site":
        properties["distance"] = {"type": "number", "minimum": 0, "description": "Metres from `near`, in lists only."}
    properties |= {key: _described(key, context, words) for key in keys}
    return {
        "type": "object",
        "description": words.label(f"{ORTE}{name}", "en") or name,
        "required": ["id", "type"],
        "properties": properties,
    }


def _described(key: str, context: Context, words: Vocabulary) -> dict[str, Any]:
    term = context.terms[key]
    label = words.label(term.iri, "en")
    schema = _property(key, term, context, words)
    return {**schema, "description": label} if label else schema


def _property(key: str, term: TermDefinition, context: Context, words: Vocabulary) -> dict[str, Any]:
    if "@language" in term.containers:
        one: dict[str, Any] = {"type": "string"}
        value = {"type": "array", "items": one} if "@set" in term.containers else _or_list(one)
        return {"type": "object", "additionalProperties": value}
    item = _value(key, term, context, words)
    return {"type": "array", "items": item} if "@set" in term.containers else _or_list(item)


def _value(key: str, term: TermDefinition, context: Context, words: Vocabulary) -> dict[str, Any]:
    """One value; a value that does not have the datatype of its term is an object that says so."""
    if key in _NESTED:
        type_, keys = _NESTED[key]
        properties = {"id": _IRI, "type": {"const": type_}}
        properties |= {one: _described(one, context, words) for one in keys}
        return {"anyOf": [{"type": "object", "required": ["id"], "properties": properties}, _IRI]}
    if term.coercion == "@vocab":
        scheme = _SCHEMES.get(key)
        prefix = f"{CONCEPT}{scheme}/" if scheme else str(REGION)
        known = words.concepts(f"{CONCEPT}{scheme}") if scheme else list(words.regions.values())
        return {"anyOf": [{"enum": [iri.removeprefix(prefix) for iri in known]}, {"type": "string"}, _literal()]}
    if term.coercion == "@id":
        return {"anyOf": [_IRI, {"type": "object"}]}
    return {"anyOf": [_datatype(term.coercion or ""), _literal()]}


def _datatype(iri: str) -> dict[str, Any]:
    name = iri.removeprefix(XSD)
    if name == "integer":
        return {"type": "integer"}
    if name == "boolean":
        return {"type": "boolean"}
    if name == "decimal":
        return {"type": "string", "pattern": r"^[+-]?\d*\.?\d+$", "examples": ["51.236"]}
    return {"type": "string", "pattern": _DATES[name]} if name in _DATES else {"type": "string"}


def _literal() -> dict[str, Any]:
    return {"type": "object", "required": ["@value"], "properties": {"@value": {}}}


def _or_list(schema: dict[str, Any]) -> dict[str, Any]:
    """Several values where one is expected are a list: a source may say two things."""
    return {"anyOf": [schema, {"type": "array", "items": schema}]}
