"""HTTP to an engine elsewhere: SPARQL 1.1 Protocol, with what went wrong as errors a person can act on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import requests
import urllib3
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from registry.engine.errors import RemoteError as RemoteError
from registry.engine.interface import UPDATE_SECONDS, Remote
from registry.engine.remote.dialect import DIALECTS, Dialect, dialect_of

CONNECT_SECONDS = 5.0
RESULTS = "application/sparql-results+json"
STATEMENTS = "application/n-triples, text/plain;q=0.5"
_AWAY = (502, 503, 504)
_EXCERPT = 300


class Unreachable(RemoteError):
    """The engine cannot be reached, or hung up."""


class TooSlow(RemoteError):
    """The engine did not answer in time."""


class NotEvaluated(RemoteError):
    """The engine refused a query that our own parser takes, or failed over it."""


class Connection:
    """One engine elsewhere. Not shared between processes: each opens its own."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self._session = requests.Session()
        self._session.trust_env = False  # no proxies and no .netrc
        self._session.auth = _authentication(remote)
        self._session.headers["User-Agent"] = "Orte/0.1"
        self._session.headers["Accept-Encoding"] = "identity"
        self._dialect = DIALECTS.get(remote.kind)

    @property
    def dialect(self) -> Dialect:
        """As set, or else as the engine names itself. Raises RemoteError when it has to be asked and cannot be."""
        if self._dialect is None:
            with self.ask("ASK {}", RESULTS, (), seconds=CONNECT_SECONDS) as response:
                self._dialect = dialect_of(response.headers.get("Server", ""))
        return self._dialect

    def ask(
        self, query: str, accept: str, parameters: Iterable[tuple[str, str]], *, seconds: float
    ) -> requests.Response:
        """The open answer to a query: a form by POST, the one way that every engine understands. Raises RemoteError."""
        form = [("query", query), *parameters]
        return self._post(self.remote.url, form, {"Accept": accept}, seconds)

    def select(self, query: str, *, seconds: float = 60.0) -> list[dict[str, dict[str, str]]]:
        """The solutions of one of our own small queries, as in the JSON format. Raises RemoteError."""
        with self.ask(query, RESULTS, (), seconds=seconds) as response:
            try:
                rows: list[dict[str, dict[str, str]]] = json.loads(response.content)["results"]["bindings"]
            except (ValueError, KeyError, TypeError):
                raise RemoteError(f"{self.remote.url} does not answer with {RESULTS}") from None
            except requests.RequestException as error:
                raise _named(error, self.remote.url) from None
        return rows

    def update(self, update: str) -> None:
        """One SPARQL Update. Raises RemoteError; after TooSlow and Unreachable it may or may not have happened."""
        headers = {"Content-Type": "application/sparql-update; charset=utf-8", "Accept": f"{RESULTS}, */*;q=0.1"}
        with self._post(self.remote.update_url, update.encode(), headers, UPDATE_SECONDS) as response:
            try:
                response.content  # noqa: B018 - read to the end, so that the connection can be used again
            except requests.RequestException as error:
                raise _named(error, self.remote.update_url) from None

    def post(self, graph: str, statements: str) -> None:
        """Add N-Triples to a graph by the SPARQL 1.1 Graph Store HTTP Protocol; no name: the default graph.

        Raises RemoteError, with the same doubt as ``update``.
        """
        query = urlencode({"graph": graph}) if graph else "default"
        url = f"{self.remote.graph_store_url}?{query}"
        with self._post(
            url, statements.encode(), {"Content-Type": "text/turtle; charset=utf-8"}, UPDATE_SECONDS
        ) as got:
            try:
                got.content  # noqa: B018
            except requests.RequestException as error:
                raise _named(error, self.remote.graph_store_url) from None

    def _post(self, url: str, data: Any, headers: Mapping[str, str], seconds: float) -> requests.Response:
        try:
            response = self._session.post(
                url, data=data, headers=headers, stream=True, allow_redirects=False, timeout=(CONNECT_SECONDS, seconds)
            )
        except requests.RequestException as error:
            raise _named(error, url) from None
        if response.ok and response.status_code < 300:
            return response
        with response:
            said = _said(response)
        if response.status_code in _AWAY:
            raise Unreachable(f"{url} answers {response.status_code}: {said}")
        if response.status_code in (401, 403):
            raise RemoteError(f"{url} answers {response.status_code}: correct engine.user, engine.password and rights")
        if response.status_code in (400, 500):
            raise NotEvaluated(said)
        raise RemoteError(f"{url} answers {response.status_code}: {said}")


def _authentication(remote: Remote) -> AuthBase | None:
    if remote.authentication == "basic":
        return HTTPBasicAuth(remote.user.encode(), remote.password.encode())
    if remote.authentication == "digest":
        return HTTPDigestAuth(remote.user, remote.password)
    return None


def _named(error: Exception, url: str) -> RemoteError:
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return TooSlow(f"{url} did not answer in time")
    return Unreachable(f"{url} cannot be reached, or hung up")


def _said(response: requests.Response) -> str:
    """The beginning of what an engine says about an error, in one line."""
    try:
        text = response.raw.read(4096, decode_content=True).decode("utf-8", "replace")
    except (OSError, urllib3.exceptions.HTTPError):
        return "nothing"
    text = " ".join(text.partition("\n\nSPARQL query:")[0].split())
    return text[:_EXCERPT].rstrip(".") or "nothing"
