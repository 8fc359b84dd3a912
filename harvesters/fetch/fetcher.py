"""Fetch politely and safely: the one way from a reader to the web."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from harvesters.fetch.cache import Cache, Stored
from harvesters.fetch.errors import FetchError, Refused, TimedOut, Unreachable
from harvesters.fetch.exchange import Exchange, Request
from harvesters.fetch.guard import Forbidden, Guard
from harvesters.fetch.pace import Clock, Pace, back_off, retry_after
from harvesters.fetch.response import BadStatus, Response
from harvesters.fetch.robots import Robots
from harvesters.fetch.settings import FetchSettings

Params = Mapping[str, Any] | Sequence[tuple[str, Any]]

_REDIRECTS = (301, 302, 303, 307, 308)
_WORTH_A_RETRY = (408, 425, 429, 500, 502, 503, 504)
# What a redirect to another origin may still be told; anything else could be a secret.
_HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "user-agent"})


@dataclass(frozen=True)
class Traffic:
    """What a fetcher has done so far; `received` are bytes of bodies as they came over the wire."""

    requests: int = 0
    unchanged: int = 0
    received: int = 0


class Fetcher:
    """One fetcher serves one run of one source, from one thread.

    `cache` is the folder of conditional requests, `None` for none. Every method raises a
    `FetchError` whose text is a sentence for the person who must act.
    """

    def __init__(
        self,
        settings: FetchSettings | None = None,
        *,
        cache: Path | None = None,
        clock: Clock | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._settings = settings or FetchSettings()
        self._clock = clock or Clock()
        self._guard = guard or Guard(self._settings.allow_private_hosts)
        self._cache = None if cache is None else Cache(cache, max_bytes=self._settings.cache_bytes)
        self._exchange = Exchange(self._settings, self._guard)
        self._pace = Pace(self._clock)
        self._robots = Robots(
            lambda url: self._fetch(Request("GET", url, self._headers(None, "text/plain, */*;q=0.1")), robots=False),
            max_crawl_delay=self._settings.max_crawl_delay,
        )
        self._end = self._clock.monotonic() + self._settings.run_deadline
        self._closed_until: dict[str, datetime] = {}  # hosts that asked us to stay away
        self._requests = self._unchanged = 0

    def get(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str | None = None,
        robots: bool = True,
    ) -> Response:
        """GET, conditional when an earlier answer is in the cache; a 304 gives that answer, `unchanged`.

        `params` are added to the query. `robots=False` is for interfaces whose documentation invites programs.
        """
        return self._fetch(Request("GET", _with_params(url, params), self._headers(headers, accept)), robots=robots)

    def post(
        self,
        url: str,
        *,
        data: Mapping[str, Any] | bytes | str,
        headers: Mapping[str, str] | None = None,
        accept: str | None = None,
        robots: bool = True,
    ) -> Response:
        """POST of a question (a mapping goes as a form); it is asked again after a failure like a GET."""
        sent = self._headers(headers, accept)
        if isinstance(data, Mapping):
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
            data = urlencode(data, doseq=True)
        body = data.encode() if isinstance(data, str) else data
        return self._fetch(Request("POST", url, sent, body), robots=robots)

    @property
    def traffic(self) -> Traffic:
        return Traffic(self._requests, self._unchanged, self._exchange.received)

    def close(self) -> None:
        self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _headers(self, headers: Mapping[str, str] | None, accept: str | None) -> CaseInsensitiveDict[str]:
        sent = CaseInsensitiveDict({"User-Agent": self._settings.user_agent, "Accept": accept or "*/*"})
        sent["Accept-Encoding"] = "gzip, deflate"
        sent["Accept-Language"] = "de, en;q=0.8"
        sent.update(headers or {})
        return sent

    def _fetch(self, request: Request, *, robots: bool) -> Response:
        first = request.url
        for _ in range(self._settings.max_redirects + 1):
            request = replace(request, url=self._checked(request.url))
            if robots:
                self._robots.require(request.url)
            answer = self._conditional(request)
            if answer.status not in _REDIRECTS:
                break
            request = _redirected(request, answer)
        else:
            happened = f"redirects more than {self._settings.max_redirects} times."
            raise BadStatus(first, happened, status=answer.status)
        if not 200 <= answer.status < 300:
            raise BadStatus(request.url, f"answered {_status(answer.status)}.", status=answer.status, response=answer)
        return answer

    def _checked(self, url: str) -> str:
        try:
            return self._guard.check(urldefrag(url).url)
        except Forbidden as reason:
            raise Refused(_without_credentials(url), str(reason)) from None

    def _conditional(self, request: Request) -> Response:
        if self._cache is None or request.method != "GET":
            return self._patiently(request)
        key = _cache_key(request)
        stored = self._cache.load(key)
        if stored is None:
            answer = self._patiently(request)
        else:
            asking = CaseInsensitiveDict({**request.headers, **stored.validators})
            answer = self._patiently(replace(request, headers=asking))
        if answer.status == 304 and stored is not None:
            self._unchanged += 1
            headers = CaseInsensitiveDict(stored.headers)
            headers.update({name: value for name, value in answer.headers.items() if name.lower() != "content-length"})
            return Response(stored.url, stored.status, headers, stored.content, unchanged=True)
        if answer.status == 200:
            if "no-store" in answer.headers.get("Cache-Control", "").lower():
                self._cache.remove(key)
            else:
                self._cache.store(key, Stored(answer.url, answer.status, answer.headers, answer.content))
        return answer

    def _patiently(self, request: Request) -> Response:
        """One answer, asking again where that can help."""
        attempts = self._settings.max_retries + 1
        for attempt in range(1, attempts + 1):
            last = attempt == attempts
            try:
                answer = self._once(request)
            except (Unreachable, TimedOut) as error:
                if last or error.lasting:
                    raise
                wait = self._back_off(attempt)
            else:
                if answer.status not in _WORTH_A_RETRY:
                    return answer
                asked = retry_after(answer.headers, self._clock.now())
                if asked is not None and asked > self._settings.max_retry_wait:
                    raise self._closed(request.url, answer, asked)
                if last:
                    times = "once" if attempts == 1 else f"{attempts} times"
                    happened = f"answered {_status(answer.status)} {times}."
                    raise BadStatus(request.url, happened, status=answer.status, response=answer)
                wait = max(asked or 0.0, self._back_off(attempt))
            self._sleep(wait, request.url)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, request: Request) -> Response:
        host = urlsplit(request.url).netloc
        reopens = self._closed_until.get(host)
        if reopens is not None and self._clock.now() < reopens:
            happened = f"is not asked: its host asked us to come back after {reopens:%Y-%m-%d %H:%M} UTC."
            raise BadStatus(request.url, happened, status=429, retry_at=reopens)
        self._sleep(self._pace.pause(host), request.url)
        left = self._end - self._clock.monotonic()
        if left <= 0:
            raise self._run_is_over(request.url)
        self._pace.asked(host, max(self._settings.delay, self._robots.crawl_delay(request.url)))
        self._requests += 1
        return self._exchange.send(request, seconds=min(self._settings.request_deadline, left))

    def _back_off(self, attempt: int) -> float:
        settings = self._settings
        chance = self._clock.chance()
        return back_off(attempt, base=settings.retry_base, longest=settings.max_retry_wait, chance=chance)

    def _sleep(self, seconds: float, url: str) -> None:
        if seconds <= 0:
            return
        if self._clock.monotonic() + seconds >= self._end:
            raise self._run_is_over(url)
        self._clock.sleep(seconds)

    def _run_is_over(self, url: str) -> TimedOut:
        happened = f"is not asked (again): the {self._settings.run_deadline:g} s of this run are used up."
        return TimedOut(url, happened, lasting=True)

    def _closed(self, url: str, answer: Response, seconds: float) -> FetchError:
        # A moment beyond the calendar is as good as never.
        reopens = self._clock.now() + timedelta(seconds=min(seconds, 366 * 86400.0))
        self._closed_until[urlsplit(url).netloc] = reopens
        happened = (
            f"answered {_status(answer.status)} and asks us to come back after {reopens:%Y-%m-%d %H:%M} UTC; "
            f"longer than the {self._settings.max_retry_wait:g} s that one run waits."
        )
        return BadStatus(url, happened, status=answer.status, response=answer, retry_at=reopens)


def _redirected(request: Request, answer: Response) -> Request:
    """The next request (RFC 9110 §15.4). What might be a secret stays with the origin it was meant for."""
    location = answer.headers.get("Location")
    if not location:
        happened = f"answered {answer.status} without saying where to go."
        raise BadStatus(request.url, happened, status=answer.status, response=answer)
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")  # http.client reads every header as Latin-1
    try:
        url = urljoin(request.url, location)
        same_origin = _origin(url) == _origin(request.url)
    except (ValueError, LocationParseError):
        raise Refused(request.url, "redirects to an address that cannot be read.") from None
    headers = CaseInsensitiveDict(request.headers)
    method, data = request.method, request.data
    if method == "POST" and answer.status in (301, 302, 303):
        method, data = "GET", None
        headers.pop("Content-Type", None)
    if not same_origin:
        if data is not None:
            raise Refused(url, f"is not asked: {request.url} redirects what we post to another host or scheme.")
        headers = CaseInsensitiveDict({k: v for k, v in headers.items() if k.lower() in _HARMLESS})
    return Request(method, url, headers, data)


def _origin(url: str) -> tuple[str, str, int]:
    parts = parse_url(url)
    scheme = parts.scheme or ""
    return scheme, (parts.host or "").lower(), parts.port or (443 if scheme == "https" else 80)


def _with_params(url: str, params: Params | None) -> str:
    if not params:
        return url
    pairs = params.items() if isinstance(params, Mapping) else params
    added = urlencode([(name, value) for name, value in pairs if value is not None], doseq=True)
    bare, hash_mark, fragment = url.partition("#")
    return bare + ("&" if "?" in bare else "?") + added + hash_mark + fragment


def _without_credentials(url: str) -> str:
    scheme, slashes, rest = url.partition("//")
    authority, slash, path = rest.partition("/")
    return scheme + slashes + authority.rpartition("@")[2] + slash + path


def _cache_key(request: Request) -> str:
    return json.dumps([request.url, sorted((name.lower(), value) for name, value in request.headers.items())])


def _status(status: int) -> str:
    said = {
        401: "login wanted",
        403: "forbidden",
        404: "no such page",
        410: "gone for good",
        429: "too many requests",
    }
    return f"{status} ({said[status]})" if status in said else str(status)
