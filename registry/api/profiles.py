"""Profiles: which vocabulary a document about one entity speaks (``?profile=`` or ``Accept-Profile``)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import orjson
from starlette.requests import Request

from registry.api.catalogue import Catalogue
from registry.api.problems import Problem
from registry.evidence import evidence, graphs, triples
from registry.formats import Description, Format, address_in, document, serialise, serialise_quads
from registry.formats.media import JSON, JSONLD, NQUADS, NTRIPLES, THING, TRIG, TURTLE
from registry.ledger import Entity, Ledger
from registry.terms import ORTE, PREFIXES
from registry.web.structured import plain

Write = Callable[[Catalogue, Ledger, Entity, Format], bytes]


@dataclass(frozen=True)
class Profile:
    """One profile. ``formats`` are those it can be had in; ``write`` makes the document, None in the usual way."""

    name: str
    iri: str
    formats: tuple[Format, ...]
    write: Write | None = None


def _schema(catalogue: Catalogue, ledger: Ledger, entity: Entity, format: Format) -> bytes:
    return orjson.dumps(plain(catalogue.words, ledger, Description.parse(entity.iri, entity.nquads)))


def write_evidence(catalogue: Catalogue, ledger: Ledger, entity: Entity, format: Format) -> bytes:
    """Every value with the records that say it, their sources and licences; TriG and N-Quads also as named graphs."""
    found = evidence(ledger, entity)
    if format in (TRIG, NQUADS):
        return serialise_quads(graphs(found, ledger), format, PREFIXES)
    statements = triples(found, ledger)
    if format in (JSONLD, JSON):
        return document(Description(entity.iri, statements), catalogue.context, catalogue.context_url)
    return serialise(statements, format, PREFIXES)


ORTE_PROFILE = Profile("orte", str(ORTE).rstrip("#"), THING)
SCHEMA_PROFILE = Profile("schema", "https://schema.org/", (JSONLD, JSON), _schema)
EVIDENCE_PROFILE = Profile(
    "evidence", f"{ORTE}evidence", (JSONLD, JSON, TURTLE, NTRIPLES, TRIG, NQUADS), write_evidence
)
#: Every profile by its name. To add one, write a function that makes the document of an entity.
PROFILES = {profile.name: profile for profile in (ORTE_PROFILE, SCHEMA_PROFILE, EVIDENCE_PROFILE)}
_BY_IRI = {profile.iri.rstrip("/#"): profile for profile in PROFILES.values()} | {
    "http://schema.org": SCHEMA_PROFILE,
}


def wanted(request: Request) -> Profile:
    """The profile a request asks for: the parameter, else the best of ``Accept-Profile`` that there is, else orte.

    Raises Problem for a parameter that names none.
    """
    asked = request.query_params.get("profile")
    if asked:
        found = PROFILES.get(asked) or _BY_IRI.get(asked.rstrip("/#"))
        if found is None:
            expected = ", ".join(PROFILES)
            errors = [{"parameter": "profile", "detail": f"one of {expected}"}]
            raise Problem("invalid-parameter", f"Correct 'profile': one of {expected}. See /docs.", errors=errors)
        return found
    header = request.headers.get("accept-profile")
    return _preferred(header) if header else ORTE_PROFILE


_RANGE = re.compile(r"<([^<>\s]{1,500})>\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?")


def _preferred(header: str) -> Profile:
    """By the draft "Content Negotiation by Profile": IRIs in angle brackets with q-values; the first on a draw."""
    best, quality = ORTE_PROFILE, 0.0
    for iri, q in _RANGE.findall(header[:4000]):
        found = _BY_IRI.get(iri.rstrip("/#"))
        if found is not None and (value := float(q or 1)) > quality:
            best, quality = found, value
    return best


def alternates(address: str) -> list[str]:
    """Link headers to the other profiles of a document."""
    return [
        f'<{address_in(address, profile.formats[0])}?profile={profile.name}>; rel="alternate";'
        f' type="{profile.formats[0].media_type}"; profile="{profile.iri}"'
        for profile in PROFILES.values()
        if profile.write
    ]
