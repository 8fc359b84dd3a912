"""A scriptable threaded HTTP server on an ephemeral port, with a log of what it was asked."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

CERTIFICATE = Path(__file__).with_name("localhost.pem")


@dataclass(frozen=True)
class Request:
    """One request as it arrived; header names are lower case, `path` is decoded and has no query."""

    method: str
    target: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Reply:
    """An answer with a body: bytes and text go out as they are, anything else as JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False).encode()

    def media_type(self) -> str:
        if isinstance(self.body, bytes):
            return "application/octet-stream"
        return "text/html; charset=utf-8" if isinstance(self.body, str) else "application/json"

    def write(self, wire: Wire) -> None:
        content = self.content()
        has_body = self.status not in (204, 304)
        headers = {"Content-Type": self.media_type(), "Content-Length": str(len(content))} if has_body else {}
        wire.head(self.status, {**headers, **self.headers})
        if has_body and wire.request.method != "HEAD":
            wire.send(content)


# What a route may be: a body, a reply (any object with `write`), or a function that makes either.
Answer = Any


class StandIn:
    """`with StandIn() as s:` a server; `tls=True` serves https with the certificate beside this file.

    The certificate is for 127.0.0.1, localhost and *.orte.test. Give `port` to come back at a known one.
    A path ending in `*` is a prefix; a path with `?` matches only with that very query.
    """

    def __init__(self, *, port: int = 0, tls: bool = False) -> None:
        self.requests: list[Request] = []
        self.stopped = threading.Event()
        self._routes: dict[tuple[str | None, str], Answer] = {}
        self._server = _Server(self, port)
        self._scheme = "https" if tls else "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self._server.tls = context
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def host(self) -> str:
        """`127.0.0.1:port`, as `allow_private_hosts` wants it."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}{quote(path, safe='/?&=%:,;+@*~()[]')}"

    def route(
        self,
        path: str,
        answer: Answer = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        method: str | None = None,
    ) -> None:
        """Answer `path` from now on; routing a path again replaces its answer."""
        if status != 200 or headers:
            answer = Reply(answer, status, headers or {})
        self._routes[method, path] = answer

    def forget(self, path: str, *, method: str | None = None) -> None:
        """Answer `path` with 404 from now on."""
        self._routes.pop((method, path), None)

    def asked(self, path: str | None = None, *, method: str | None = None) -> list[Request]:
        """The requests for `path`; without one, all but those for `/robots.txt`."""
        return [
            request
            for request in list(self.requests)
            if (request.path == path if path is not None else request.path != "/robots.txt")
            and (method is None or request.method == method)
        ]

    def clear(self) -> None:
        self.requests.clear()

    def answer(self, request: Request) -> Any:
        """The reply for a request: an object with `write(wire)`."""
        answer: Answer = Reply(f"no route for {request.path}", 404)
        found = False
        for method in (request.method, "GET" if request.method == "HEAD" else None, None):
            for path in (request.target, request.path, *_prefixes(request.path)):
                if (method, path) in self._routes:
                    answer, found = self._routes[method, path], True
                    break
            if found:
                break
        if callable(answer) and not hasattr(answer, "write"):
            answer = answer(request)
        return answer if hasattr(answer, "write") else Reply(answer)

    def close(self) -> None:
        """Stop answering, on kept-alive connections too."""
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _prefixes(path: str) -> list[str]:
    return [path[:end] + "*" for end in range(len(path), 0, -1)]


class Wire:
    """The open connection of one request, for replies that misbehave below HTTP."""

    def __init__(self, handler: _Handler, request: Request, stopped: threading.Event) -> None:
        self._handler = handler
        self.request = request
        self.stopped = stopped

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def send(self, content: bytes) -> None:
        self._handler.wfile.write(content)

    def close(self) -> None:
        """End the connection after this reply."""
        self._handler.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, standin: StandIn, port: int) -> None:
        self.standin = standin
        self.tls: ssl.SSLContext | None = None
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        # The TLS handshake belongs to the thread of the connection: a client that never shakes hands must not block.
        if self.tls is not None:
            self._open.discard(request)
            request = self.tls.wrap_socket(request, server_side=True)
            self._open.add(request)
        super().finish_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up on misbehaving routes, and that is what the tests want."""

    def hang_up(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out apart: 40 ms a request on a kept-alive connection
    server: _Server

    def handle_one_request(self) -> None:
        # One method for all verbs: the routes decide.
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        standin = self.server.standin
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            target=self.path,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )
        standin.requests.append(request)
        standin.answer(request).write(Wire(self, request, standin.stopped))
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """The log is `StandIn.requests`; the terminal stays quiet."""
