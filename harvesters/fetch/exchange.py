"""One request, one answer: no redirects, no second tries, every failure with its name."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

import requests
import urllib3

from harvesters.fetch.body import Body, Oversize, Readable, Undecodable, read_body
from harvesters.fetch.errors import BadContent, Refused, TimedOut, TooLarge, Unreachable
from harvesters.fetch.guard import Forbidden, Guard, NoConnection
from harvesters.fetch.response import Response
from harvesters.fetch.settings import FetchSettings
from harvesters.fetch.transport import Transport, Watch

# Bodies of failures are only read for the reason they may give.
_MAX_ERROR_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Request:
    """What is sent; `url` has been through `Guard.check`."""

    method: str
    url: str
    headers: Mapping[str, str]
    data: bytes | None = None


class Exchange:
    """The requests session of one fetcher. `received` counts bytes of bodies as they came over the wire."""

    def __init__(self, settings: FetchSettings, guard: Guard) -> None:
        self.received = 0
        self._settings = settings
        self._transport = Transport(guard, proxied=settings.proxy is not None)
        self._session = _Session()
        self._session.trust_env = False  # neither proxies nor passwords from the environment
        self._session.cookies.set_policy(_NoCookies())
        self._session.headers.clear()
        self._session.mount("http://", self._transport)
        self._session.mount("https://", self._transport)
        if settings.proxy is not None:
            self._session.proxies = {"http": settings.proxy, "https": settings.proxy}
        self._session.verify = True if settings.ca_bundle is None else str(settings.ca_bundle)

    def send(self, request: Request, *, seconds: float) -> Response:
        """The answer, whatever its status. Raises a `FetchError` when there is none within `seconds`."""
        with Watch(seconds) as watch:
            self._transport.watch = watch
            try:
                answer = self._send(request)
            except Exception as error:
                if watch.expired:
                    raise _too_slow(request.url, seconds) from error
                raise self._named(request.url, error) from error
            finally:
                self._transport.watch = None
        if watch.expired:  # cut off by us; a body without a length looks complete then
            raise _too_slow(request.url, seconds)
        return answer

    def _send(self, request: Request) -> Response:
        answer = self._session.request(
            request.method,
            request.url,
            data=request.data,
            headers=dict(request.headers),
            timeout=(self._settings.connect_timeout, self._settings.read_timeout),
            allow_redirects=False,
            stream=True,
        )
        try:
            failed = answer.status_code >= 300
            try:
                body = self._read(answer, _MAX_ERROR_BYTES if failed else self._settings.max_bytes)
            except (Oversize, Undecodable):
                if not failed:
                    raise
                body = Body(b"", 0)
        except BaseException:
            answer.close()
            raise
        self.received += body.received
        return Response(request.url, answer.status_code, answer.headers, body.content)

    def _read(self, answer: requests.Response, max_bytes: int) -> Body:
        raw: Readable = answer.raw
        length = answer.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and int(length[:20]) > max_bytes:
            answer.close()
            raise Oversize(f"announces {int(length[:20]) / 1e6:,.0f} MB; at most {max_bytes / 1e6:,.0f} MB are read.")
        try:
            return read_body(
                raw,
                encoding=answer.headers.get("Content-Encoding", ""),
                max_bytes=max_bytes,
                max_expansion=self._settings.max_expansion,
            )
        except (Oversize, Undecodable):
            answer.close()
            raise

    def _named(self, url: str, error: Exception) -> Exception:
        settings = self._settings
        match error:
            case Forbidden():
                return Refused(url, str(error))
            case NoConnection():
                kind = TimedOut if error.timed_out else Unreachable
                return kind(url, str(error), lasting=error.lasting)
            case Oversize():
                return TooLarge(url, str(error))
            case Undecodable():
                return BadContent(url, str(error))
            case requests.exceptions.ConnectTimeout():
                return TimedOut(url, f"did not accept a connection within {settings.connect_timeout:g} s.")
            case requests.exceptions.ReadTimeout() | urllib3.exceptions.ReadTimeoutError() | TimeoutError():
                return TimedOut(url, f"sent nothing for {settings.read_timeout:g} s.")
            case requests.exceptions.SSLError() | urllib3.exceptions.SSLError():
                happened = f"has no valid TLS certificate or speaks no TLS ({_innermost(error)})."
                return Unreachable(url, happened, lasting=True)
            case requests.exceptions.ProxyError():
                return Unreachable(url, f"is not reached: the configured proxy failed ({_innermost(error)}).")
            case requests.exceptions.InvalidHeader():
                return Refused(url, "is not asked: a header line is not valid.")
            case requests.exceptions.InvalidURL() | urllib3.exceptions.LocationParseError():
                return Refused(url, "is not asked: the address cannot be read.")
            case requests.exceptions.ConnectionError():
                return Unreachable(url, f"ended the connection without an answer ({_innermost(error)}).")
            case (
                requests.exceptions.RequestException()
                | urllib3.exceptions.HTTPError()
                | http.client.HTTPException()
                | OSError()
            ):
                return Unreachable(url, f"broke off its answer ({_innermost(error)}).")
            case _:
                return error

    def close(self) -> None:
        self._session.close()


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: the fetcher follows redirects itself, and even parsing a bad one fails in requests."""


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined,misc]
    def set_ok(self, cookie: object, request: object) -> bool:
        return False


def _too_slow(url: str, seconds: float) -> TimedOut:
    return TimedOut(url, f"did not answer completely within {round(seconds, 1):g} s.", lasting=True)


def _innermost(error: BaseException) -> str:
    seen = [error]
    while (inner := seen[-1].__cause__ or seen[-1].__context__) is not None and inner not in seen:
        seen.append(inner)
    reason = seen[-1]
    text = (reason.strerror if isinstance(reason, OSError) else None) or str(reason) or type(reason).__name__
    return " ".join(str(text).split())[:160].rstrip(".")
