"""Who curates: a person with a curator's token, signed in for half a day by a cookie that no other site can use."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse

from registry import tokens
from registry.api.bodies import body_of
from registry.api.catalogue import catalogue_of
from registry.api.problems import Problem
from registry.formats.media import HTML
from registry.web.curating import sign_in_page

router = APIRouter(include_in_schema=False)
COOKIE = "curator"
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_HOURS = 12
_MOST_BYTES = 20_000


class SignedOut(Exception):
    """Nobody is signed in: the page asks for a token instead."""


def curator_of(request: Request) -> str | None:
    """The name of the curator whose token the request carries, as a bearer token or by cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
    return tokens.curator_of(catalogue_of(request).ledger, token.strip()) if token else None


def reader(request: Request) -> str:
    """For pages. Raises SignedOut."""
    if (name := curator_of(request)) is None:
        raise SignedOut
    return name


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form of ours.

    Raises:
        Problem: when another site sent it: the cookie stays home, and so must the form.
    """
    if _elsewhere(request.headers.get("origin"), request.headers.get("host")):
        raise Problem("forbidden", "Curators decide on the registry's own pages.")
    body = await body_of(request, _MOST_BYTES, "a decision is short")
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _elsewhere(origin: str | None, host: str | None) -> bool:
    """Whether a form comes from another host; an origin that is no address is none of ours."""
    if not origin or origin == "null":
        return False
    try:
        return urlsplit(origin).netloc != host
    except ValueError:
        return True


def writer(request: Request) -> str:
    """For decisions. Raises Problem when nobody is signed in."""
    if (name := curator_of(request)) is None:
        raise Problem("unauthorised", "Sign in with a curator's token first.")
    return name


Reader = Annotated[str, Depends(reader)]
Writer = Annotated[str, Depends(writer)]
Form = Annotated[dict[str, str], Depends(form_of)]


@router.post("/review/session")
def sign(request: Request, form: Form) -> Response:
    """Sign in with a token, or out without one."""
    catalogue = catalogue_of(request)
    back = to(request, "/review")
    token = form.get("token", "").strip()
    if not token:
        back.delete_cookie(COOKIE)
        return back
    if tokens.curator_of(catalogue.ledger, token) is None:
        raise Problem("forbidden", "This is not a curator's token that holds; `orte token create --curator NAME`.")
    secure = catalogue.base.startswith("https:")
    back.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure, max_age=_HOURS * 3600)
    return back


def ask(request: Request, _: Exception) -> Response:
    """The page that asks for a token, in place of the one that needs it."""
    return page(sign_in_page(catalogue_of(request).pages, request), 401)


def page(body: bytes, status: int = 200) -> Response:
    """A page for one person's eyes: kept by nobody."""
    return Response(body, status, {**PRIVATE, "Vary": "Accept-Language, Cookie"}, HTML.content_type)


def to(request: Request, path: str) -> RedirectResponse:
    """To another of these pages, after a decision."""
    return RedirectResponse(f"{catalogue_of(request).pages.prefix}{path}", 303, headers=PRIVATE)
