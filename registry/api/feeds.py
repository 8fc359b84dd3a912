"""The feeds: what changed, in the ledger's order, deletions included, for everyone who keeps a copy in step."""

from __future__ import annotations

from fastapi import APIRouter, Path, Request, Response

from registry.api import answers, documentation
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.feed import FORMATS, FeedError, Shelf, Where, write
from registry.formats import Format, negotiate
from registry.formats.media import BY_NAME

router = APIRouter(tags=["feeds"])
_RESPONSES = documentation.responses(FORMATS, 304, 404, 406)
_IMMUTABLE = "public, max-age=604800, immutable"
_NAME = Path(description="catalogue, records, records/{source}, runs or dcat")
_NUMBER = Path(description="Number, with or without a suffix such as .nq", pattern=r"^\d{1,9}(\.\w+)?$")


@router.get(
    "/feed/{name:path}/page/{number}", summary="A page of a feed", responses=_RESPONSES, response_class=Response
)
def page(request: Request, name: str = _NAME, number: str = _NUMBER) -> Response:
    """Up to 250 activities, each with the version it brings in a graph of its own. Full pages never change."""
    stem, format = _wanted(request, number)
    return _node(request, Where(name, "page", _whole(stem)), format)


@router.get(
    "/feed/{name:path}/index/{number}", summary="An index of a feed", responses=_RESPONSES, response_class=Response
)
def index(request: Request, name: str = _NAME, number: str = _NUMBER) -> Response:
    """Up to 100 pages by time."""
    stem, format = _wanted(request, number)
    return _node(request, Where(name, "index", _whole(stem)), format)


@router.get("/feed/{name:path}", summary="A feed", responses=_RESPONSES, response_class=Response)
def root(request: Request, name: str = _NAME) -> Response:
    """Where a follower begins: a Linked Data Event Stream (TREE) of ActivityStreams activities."""
    stem, format = _wanted(request, name)
    return _node(request, Where(stem), format)


def _wanted(request: Request, name: str) -> tuple[str, Format]:
    """A known suffix wins over Accept; a browser gets TriG."""
    stem, dot, suffix = name.rpartition(".")
    if dot and (found := BY_NAME.get(suffix)) in FORMATS:
        assert found is not None
        return stem, found
    return name, negotiate(request.headers.get("accept"), FORMATS)


def _whole(text: str) -> int:
    """The number of a page. Raises Problem."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise Problem("not-found", "Pages have whole numbers; begin at the feed and follow its links.")
    return int(text)


def _node(request: Request, where: Where, format: Format) -> Response:
    catalogue = catalogue_of(request)
    shelf: Shelf = request.app.state.shelf
    dead = shelf.horizon.dead(catalogue.ledger)
    with catalogue.snapshot() as ledger:
        try:
            sight = shelf.look(ledger, where, dead)
        except FeedError as error:
            raise Problem("not-found", str(error)) from None
        address = where.address(catalogue.base)
        links = [*answers.alternates(address, FORMATS), answers.inbox(catalogue.base)]
        tag = answers.etag(sight.version, shelf.promise, format.name, catalogue.edition)
        modified = sight.view.pages[-1].latest if sight.view.pages else None
        if where.kind == "page" and 0 <= where.number < len(sight.view.pages):
            modified = sight.view.pages[where.number].latest
        if answers.unchanged(request, tag, None):
            return answers.not_modified(format, tag, modified, links)
        node = shelf.make(ledger, sight)
    if node is None:
        raise Problem("not-found", f"The feed has no such {where.kind}; begin at {catalogue.base}/feed/{where.name}.")
    answer = answers.respond(request, write(node, format), format, tag=tag, modified=modified, links=links)
    if node.immutable:
        answer.headers["Cache-Control"] = _IMMUTABLE
    return answer
