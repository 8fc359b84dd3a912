"""Hostile bytes against a real server: too large, too slow, too odd. It answers or hangs up, and goes on serving."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.registries import until
from tests.serving import orte, serving

SECONDS = 1.0


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("data")
    assert orte(data, "harvest", "studie").returncode == 0
    (data / "registry.toml").write_text(f"[limits]\nrequest_seconds = {SECONDS}\nconnections = 40\n", encoding="utf-8")
    with serving(data) as address:
        yield address


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)


def _send(address: str, *pieces: bytes) -> bytes:
    """What comes back, to the end; the server may hang up while we still send."""
    with _connect(address) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return _rest(connection)


def _rest(connection: socket.socket) -> bytes:
    found = b""
    try:
        while piece := connection.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def _status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3})", answer)
    return int(found[1]) if found else 0


def _alive(address: str) -> None:
    answer = _send(address, b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert _status(answer) == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 5_000_000,
        b"GET /" + b"a" * 5_000_000,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200_000)),
        b"GET / HTTP/1.1\r\nCookie" + b"b" * 5_000_000,
    ],
    ids=["header", "address", "many headers", "name of a header"],
)
def test_an_endless_head_is_refused_before_it_fills_the_memory(address: str, head: bytes) -> None:
    pieces = [head[i : i + 50_000] for i in range(0, len(head), 50_000)]
    assert _status(_send(address, *pieces)) in (0, 431)  # 0: the rest of the head met a closed connection
    _alive(address)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 50\r\n\r\nSEL",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /sites HTTP/1.1\r\n",
    ],
    ids=["silent", "half a head", "half a body", "half of a second request"],
)
def test_a_slow_request_is_ended(address: str, start: bytes) -> None:
    began = time.monotonic()
    with _connect(address) as connection:
        connection.sendall(start)
        answer = _rest(connection)
    assert time.monotonic() - began > SECONDS / 2
    assert b" 408 " in answer
    _alive(address)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.1\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.0\r\n\r\n", 200),
        (b"GET /health/live HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", 200),
    ],
    ids=["two", "twice the same", "two in HTTP/1.0", "none", "none in HTTP/1.0", "empty"],
)
def test_a_request_names_one_host(address: str, head: bytes, status: int) -> None:
    second = b"GET /sites HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" if status == 400 else b""
    answer = _send(address, head + second)
    assert _status(answer) == status
    assert answer.count(b"HTTP/1.1 ") == 1, "what comes after such a request is not answered"
    _alive(address)


def test_a_drip_of_bytes_does_not_prolong_it(address: str) -> None:
    """Slowloris: one header after the other, each in good time."""
    began = time.monotonic()
    with _connect(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        connection.settimeout(0.1)
        try:
            while time.monotonic() - began < 60:
                connection.sendall(b"X-a: b\r\n")
                try:
                    if connection.recv(1000):
                        break
                except TimeoutError:
                    continue
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert time.monotonic() - began < 60  # it was ended, not only left by us
    _alive(address)


def test_more_connections_than_allowed_are_told_so_and_the_rest_is_served_again(address: str) -> None:
    held = [_connect(address) for _ in range(45)]
    try:
        answer = _send(address, b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert _status(answer) == 503
    finally:
        for connection in held:
            connection.close()
    end = time.monotonic() + 20
    while (status := _status(_send(address, _LIVE))) != 200:
        assert status == 503
        assert time.monotonic() < end


_LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://169.254.169.254/latest HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /site/%00%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        b"GET /x HTTP/1.1\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
    ids=["tls", "version", "proxy", "bytes", "nul", "negative", "smuggling", "chunk", "websocket", "http2", "trace"],
)
def test_odd_requests_are_answered_properly_or_not_at_all(address: str, request_: bytes) -> None:
    with _connect(address) as connection:
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        answer = _rest(connection)
    assert _status(answer) in (0, 200, 400, 404, 405, 408, 414, 415, 501)
    assert b"Traceback" not in answer
    assert answer.count(b"HTTP/1.1 200") <= 1
    _alive(address)


@pytest.mark.parametrize("path", ["/sparql", "/validate"])
def test_a_body_larger_than_allowed_is_refused_though_its_length_is_not_told(address: str, path: str) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: "
        f"{'application/sparql-query' if path == '/sparql' else 'text/turtle'}\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    chunk = b"%x\r\n" % 60_000 + b"#" * 60_000 + b"\r\n"
    answer = _send(address, head.encode(), *[chunk] * 500)
    assert _status(answer) in (0, 413)
    _alive(address)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../registry.toml", "/static/..%2f..%2fregistry.toml", "/static/%2e%2e/%2e%2e/ledger.sqlite",
        "/static//etc/passwd", "/static/..\\..\\ledger.sqlite", "/dump/../ledger.sqlite", "/dump/..%2fledger.sqlite",
        "/dump/%2e%2e%2fledger.sqlite", "/site/../../ledger.sqlite.ttl", "/site/x.%2e%2e%2fledger", "/dump/.lock",
        "/feed/../ledger.sqlite", "/feed/records/..%2f..%2fledger.sqlite", "/sources/..%2f..%2fregistry.toml/report",
        "/ns/../../etc/passwd", "/shapes/..%2f..%2fpyproject.toml", "/sitemap-../../x.xml", "/sitemap-1e9.xml",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_what_is_served(address: str, path: str) -> None:
    """Sent as written: clients that tidy paths would hide the fault."""
    answer = _send(address, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert _status(answer) in (400, 404, 406, 422), answer[:200]
    for secret in (b"SQLite format", b"base_url", b"root:", b"[project]"):
        assert secret not in answer


@pytest.mark.parametrize("evil", ["%0d%0aSet-Cookie:%20a=b", "%0aX-Evil:%201", "%E5%98%8D%E5%98%8ASet-Cookie:a"])
@pytest.mark.parametrize(
    "path", ["/{}", "/site/{}", "/sites?q={}", "/sites?cursor={}", "/validate?url={}", "/dump/{}", "/sources/{}/report"]
)
def test_no_parameter_becomes_a_header(address: str, path: str, evil: str) -> None:
    request = f"GET {path.format('x' + evil)} HTTP/1.1\r\nHost: x{evil}\r\nX-Request-Id: a{evil}\r\n"
    answer = _send(address, request.encode() + b"Connection: close\r\n\r\n")
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert b"set-cookie" not in head.replace(b"set-cookie%", b"")
    assert b"\nx-evil" not in head
    assert _status(answer) not in (0, 500)


def test_the_host_header_is_never_repeated(address: str) -> None:
    answer = _send(address, b"GET /networks HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n"
                   b"Accept: text/html\r\nConnection: close\r\n\r\n")  # fmt: skip
    assert _status(answer) == 200
    assert b"evil.example" not in answer


def test_an_answer_that_is_kept_arrives_as_the_first_one_did(address: str) -> None:
    listing = _send(address, b"GET /sites.csv?limit=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    path = re.search(rb"http://[^/]+(/site/[a-z0-9-]+)", listing)[1] + b".jsonld"  # type: ignore[index]

    def ask(more: bytes = b"", version: bytes = b"1.1") -> bytes:
        return b"GET " + path + b" HTTP/" + version + b"\r\nHost: x\r\n" + more + b"\r\n"

    close = b"Connection: close\r\n"
    first, kept = _send(address, ask(close)), _send(address, ask(close))
    assert _sorted(first) == _sorted(kept)
    assert b"connection: close" in kept
    # sent at once, three answers come in order on one connection; the last of them ends it
    tag = re.search(rb'(?i)etag: ("[^"]+")', first)[1]  # type: ignore[index]
    answers = _send(address, ask() + ask(b"If-None-Match: " + tag + b"\r\n") + ask(close))
    body = first.partition(b"\r\n\r\n")[2]
    assert [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answers)] == [200, 304, 200]
    assert answers.count(body) == 2
    assert answers.endswith(body)
    old = _send(address, ask(version=b"1.0"))  # HTTP/1.0: the server hangs up by itself
    assert old.endswith(body)
    _alive(address)


def _sorted(answer: bytes) -> tuple[list[bytes], bytes]:
    """The head without what differs from answer to answer, and the body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"date:", b"x-request-id:"))]
    return sorted(lines), body


def test_answers_to_queries_have_all_their_headers_and_follow_each_other_on_one_connection(address: str) -> None:
    ask = b"GET /sparql?query=ASK%%7B%%7D HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: %b\r\n\r\n"
    until(lambda: _status(_send(address, ask % b"close")) == 200)  # the engine has loaded
    first, second, rest = _send(address, ask % b"keep-alive", ask % b"close").split(b'{"head":{},"boolean":true}')
    assert rest == b""
    for head in (first, second):
        assert _status(head) == 200
        lines = head.lower().split(b"\r\n")
        assert b"content-length: 26" in lines
        assert b"content-type: application/sparql-results+json" in lines
        for name in (b"x-content-type-options: nosniff", b"access-control-allow-origin: *", b"orte-limit-seconds: ",
                     b"orte-sequence: ", b"x-request-id: ", b"vary: accept", b"cache-control: no-cache"):  # fmt: skip
            assert sum(line.startswith(name) for line in lines) == 1
    assert b"connection: close" in second
