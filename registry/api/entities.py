"""Sites, networks, services and organisations, each at its own IRI."""

from __future__ import annotations

import pyoxigraph as ox
from fastapi import APIRouter, Path, Request, Response
from fastapi import Query as Parameter

from registry.api import answers, documentation, profiles
from registry.api.aspects import SLUG
from registry.api.catalogue import Catalogue, catalogue_of
from registry.api.problems import Problem
from registry.api.profiles import Profile
from registry.formats import Description, Format, NotAcceptable, negotiate
from registry.formats.media import HTML, NTRIPLES, THING
from registry.ledger import Entity
from registry.terms import AS, KINDS, TYPE, XSD
from registry.web.entity import entity_page

router = APIRouter(tags=["entities"])

_MOST_MERGES = 50
VARY = "Accept, Accept-Profile"


def entity(request: Request, kind: str, name: str) -> Response:
    """One entity in the format of its suffix or of ``Accept``; 301 after a merge, 410 after a withdrawal."""
    catalogue = catalogue_of(request)
    slug, format = answers.wanted(request, name, THING)
    profile, format = _profile(request, format, suffixed=slug != name)
    found = catalogue.ledger.entity(f"{catalogue.base}/{kind}/{slug}") if SLUG.fullmatch(slug) else None
    if found is None:
        hint = f"search for it with {catalogue.base}/{kind}s?q=…"
        raise Problem("not-found", f"No {kind} has this address, and none ever had; {hint}")
    if found.status == "merged":
        return _moved(request, catalogue, found, "." + format.name if slug != name else "")
    if found.status == "withdrawn":
        return _gone(request, catalogue, found, format)
    return _live(request, catalogue, found, profile, format)


def _profile(request: Request, format: Format, *, suffixed: bool) -> tuple[Profile, Format]:
    """The profile asked for, in a format that it can be had in. A wish in a header gives way to the format."""
    profile = profiles.wanted(request)
    if format in profile.formats:
        return profile, format
    if not request.query_params.get("profile"):
        return profiles.ORTE_PROFILE, format
    if suffixed:
        raise NotAcceptable(f"{format.media_type} (profile '{profile.name}')", profile.formats)
    return profile, negotiate(request.headers.get("accept"), profile.formats)


def _live(request: Request, catalogue: Catalogue, found: Entity, profile: Profile, format: Format) -> Response:
    links = [
        *answers.alternates(found.iri, THING),
        *profiles.alternates(found.iri),
        f'<{profile.iri}>; rel="profile"',
    ]
    if profile.write:
        body = profile.write(catalogue, catalogue.ledger, found, format)
        return answers.respond(request, body, format, modified=found.modified, links=links, vary=VARY)
    if format is HTML:
        body = entity_page(catalogue.pages, request, catalogue.ledger, catalogue.bitmaps, found, THING)
        return answers.respond(request, body, format, links=links)  # it depends on more than the entity
    tag = answers.etag(found.digest, format.name, catalogue.edition)
    if answers.unchanged(request, tag, found.modified):
        return answers.not_modified(format, tag, found.modified, links, VARY)
    if format is NTRIPLES:
        body = found.nquads.encode()
    else:
        body = answers.write(catalogue, Description.parse(found.iri, found.nquads), format)
    return answers.respond(request, body, format, tag=tag, modified=found.modified, links=links, vary=VARY)


def _moved(request: Request, catalogue: Catalogue, found: Entity, suffix: str) -> Response:
    """301 to the entity that answers now, past winners that have been merged themselves."""
    winner: Entity | None = found
    for _ in range(_MOST_MERGES):
        if winner is None or winner.status != "merged" or winner.winner is None:
            break
        winner = catalogue.ledger.entity(winner.winner)
    if winner is None:
        raise Problem("gone", "This was merged with another entry, which has been withdrawn since.")
    query = request.url.query
    location = f"{winner.iri}{suffix}" + (f"?{query}" if query else "")
    return Response(status_code=301, headers={"Location": location, "Vary": "Accept", "Cache-Control": "no-cache"})


def _gone(request: Request, catalogue: Catalogue, found: Entity, format: Format) -> Response:
    """410 with a tombstone: what it was, and since when it is gone."""
    if format not in answers.RDF:
        detail = f"This {found.kind} was withdrawn on {found.modified[:10]}: no source lists it any more."
        raise Problem("gone", detail, was=found.iri, withdrawn=found.modified)
    body = answers.write(catalogue, Description(found.iri, _tombstone(found)), format)
    return answers.respond(request, body, format, modified=found.modified, status=410)


def _tombstone(found: Entity) -> list[ox.Triple]:
    node = ox.NamedNode(found.iri)
    return [
        ox.Triple(node, TYPE, AS["Tombstone"]),
        ox.Triple(node, AS["formerType"], KINDS[found.kind]),
        ox.Triple(node, AS["deleted"], ox.Literal(found.modified, datatype=XSD["dateTime"])),
    ]


def _route(kind: str) -> None:
    # No await anywhere in it: reading one entity takes microseconds, less than the way to a thread and back.
    async def one(
        request: Request,
        name: str = Path(description="The last part of the IRI, with or without a suffix such as .jsonld or .ttl"),
        profile: str = Parameter(
            "",
            description="orte (default), schema: plain schema.org in JSON-LD, or evidence: who says what.",
        ),
    ) -> Response:
        return entity(request, kind, name)

    router.get(
        f"/{kind}/{{name}}",
        name=kind,
        summary=f"One {kind}",
        description=entity.__doc__,
        operation_id=kind,
        responses=documentation.responses(THING, 301, 304, 404, 406, 410, 422, schema=kind.capitalize()),
        response_class=Response,
    )(one)


for _kind in KINDS:
    _route(_kind)
