"""No answer may take too long, be too large, or blow up; every failure is one sentence that names the address."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from collections.abc import Iterator

import pytest

from harvesters.fetch import BadContent, BadStatus, FetchError, TimedOut, TooLarge, Unreachable
from harvesters.reading import SourceFailed
from tests.standins import (
    Reply,
    StandIn,
    StillClock,
    broken_off,
    drip,
    fetcher_for,
    gzip_bomb,
    gzipped,
    hang,
    hung_up,
    in_turn,
    truncated,
)
from tests.standins.server import CERTIFICATE


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.mark.parametrize("after_head", [False, True])
def test_a_hanging_server_times_out(site: StandIn, after_head: bool) -> None:
    site.route("/slow", hang(after_head=after_head))
    fetcher = fetcher_for(site, read_timeout=0.1, max_retries=0)
    with fetcher, pytest.raises(TimedOut, match=r"/slow sent nothing for 0\.1 s\."):
        fetcher.get(site.url("/slow"))


def test_a_dripping_server_is_ended_by_the_deadline_although_it_never_pauses_long(site: StandIn) -> None:
    # 100,000 bytes at 50 a second: every single read is quick, the answer would take half an hour.
    site.route("/drip", drip())
    with fetcher_for(site, read_timeout=5, request_deadline=0.3) as fetcher:
        begun = time.monotonic()
        with pytest.raises(TimedOut, match=r"did not answer completely within 0\.3 s"):
            fetcher.get(site.url("/drip"))
        assert time.monotonic() - begun < 60  # not the half hour; a busy machine may take its time
    assert len(site.asked("/drip")) == 1  # dripping is no reason to ask again


class _Sluggish:
    """Sends its header lines for ever, one byte at a time."""

    def write(self, wire: object) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\nX-Long: ")  # type: ignore[attr-defined]
        while not wire.stopped.wait(0.02):  # type: ignore[attr-defined]
            wire.send(b"x")  # type: ignore[attr-defined]


def test_dripping_header_lines_are_ended_by_the_deadline(site: StandIn) -> None:
    site.route("/", _Sluggish())
    with fetcher_for(site, read_timeout=5, request_deadline=0.3) as fetcher, pytest.raises(TimedOut):
        fetcher.get(site.url())


def test_a_connection_that_is_closed_after_the_answer_obeys_the_deadline_too(site: StandIn) -> None:
    class Closing(drip):
        def write(self, wire: object) -> None:
            wire.head(200, {"Connection": "close", "Content-Length": "100000"})  # type: ignore[attr-defined]
            while not wire.stopped.wait(self.pause):  # type: ignore[attr-defined]
                wire.send(b"x")  # type: ignore[attr-defined]

    site.route("/", Closing())
    with fetcher_for(site, read_timeout=5, request_deadline=0.3) as fetcher, pytest.raises(TimedOut):
        fetcher.get(site.url())


def test_a_server_that_never_shakes_hands_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        fetcher = fetcher_for(allow_private_hosts=(host,), connect_timeout=0.2, max_retries=0)
        with fetcher, pytest.raises(TimedOut):
            fetcher.get(f"https://{host}/", robots=False)


def test_the_run_has_a_deadline_that_waiting_counts_towards(site: StandIn) -> None:
    site.route("/", "hello")
    clock = StillClock()
    with fetcher_for(site, clock=clock, delay=10, run_deadline=35) as fetcher:
        for _ in range(3):
            fetcher.get(site.url(), robots=False)
        clock.pass_by(20)
        with pytest.raises(TimedOut, match="the 35 s of this run are used up"):
            fetcher.get(site.url(), robots=False)
    assert clock.slept == [10, 10]


def test_a_wait_beyond_the_runs_deadline_is_not_begun(site: StandIn) -> None:
    clock = StillClock()
    with fetcher_for(site, clock=clock, delay=10, run_deadline=5) as fetcher:
        site.route("/", "hello")
        fetcher.get(site.url(), robots=False)
        with pytest.raises(TimedOut, match="the 5 s of this run are used up"):
            fetcher.get(site.url(), robots=False)
    assert clock.slept == []


def test_an_answer_above_the_limit_is_not_read(site: StandIn) -> None:
    site.route("/exact", b"x" * 1000)
    site.route("/large", b"x" * 1001)
    with fetcher_for(site, max_bytes=1000) as fetcher:
        assert len(fetcher.get(site.url("/exact")).content) == 1000
        with pytest.raises(TooLarge, match="/large announces"):
            fetcher.get(site.url("/large"))


class _Endless:
    def __init__(self) -> None:
        self.sent = 0

    def write(self, wire: object) -> None:
        wire.head(200, {"Transfer-Encoding": "chunked"})  # type: ignore[attr-defined]
        while True:
            wire.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")  # type: ignore[attr-defined]
            self.sent += 65536


def test_an_endless_answer_without_a_length_is_cut_off(site: StandIn) -> None:
    endless = _Endless()
    site.route("/", endless)
    with fetcher_for(site, max_bytes=1024 * 1024) as fetcher, pytest.raises(TooLarge, match="more than 1 MiB"):
        fetcher.get(site.url())
    assert endless.sent < 100 * 1024 * 1024


def test_two_hundred_megabytes_are_refused_by_default(site: StandIn) -> None:
    site.route("/", truncated(b"x", claimed=200_000_000))
    with fetcher_for(site) as fetcher, pytest.raises(TooLarge, match="announces 200 MB; at most 105 MB are read"):
        fetcher.get(site.url())


def test_a_gzip_bomb_is_left_at_the_limit(site: StandIn) -> None:
    bomb = gzip_bomb(size=1 << 30)
    site.route("/", bomb)
    fetcher = fetcher_for(site, max_bytes=4 * 1024 * 1024)
    with fetcher, pytest.raises(TooLarge, match="unpacks to more than 4 MiB"):
        fetcher.get(site.url())


def test_a_gzip_bomb_below_the_limit_is_known_by_its_ratio(site: StandIn) -> None:
    site.route("/", gzip_bomb(size=4 << 30))
    with fetcher_for(site, max_bytes=8 << 30) as fetcher, pytest.raises(TooLarge, match="decompression bomb"):
        fetcher.get(site.url())


def test_compressed_bytes_are_limited_too(site: StandIn) -> None:
    empty = zlib.compressobj(9, zlib.DEFLATED, 31).flush()  # 20 bytes for nothing at all
    site.route("/", Reply(empty * 100, headers={"Content-Encoding": "gzip"}))
    with fetcher_for(site, max_bytes=1000) as fetcher, pytest.raises(TooLarge):
        fetcher.get(site.url())


def test_every_usual_compression_is_unpacked(site: StandIn) -> None:
    content = b"Kulturhaus Beucha " * 5000
    bare = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = {
        "gzip": zlib.compressobj(9, zlib.DEFLATED, 31),
        "x-gzip": zlib.compressobj(9, zlib.DEFLATED, 31),
        "deflate": zlib.compressobj(9),
    }
    for encoding, packer in packed.items():
        body = packer.compress(content) + packer.flush()
        site.route("/" + encoding, Reply(body, headers={"Content-Encoding": encoding}))
    body = bare.compress(content) + bare.flush()
    site.route("/bare", Reply(body, headers={"Content-Encoding": "Deflate"}))
    site.route("/identity", Reply(content, headers={"Content-Encoding": "identity"}))
    two = gzipped(content[:9000]).content() + gzipped(content[9000:]).content() + b"\0" * 512
    site.route("/members", Reply(two, headers={"Content-Encoding": "gzip"}))
    site.route("/nothing", Reply(b"", headers={"Content-Encoding": "gzip"}))
    with fetcher_for(site) as fetcher:
        for path in (*packed, "bare", "identity", "members"):
            assert fetcher.get(site.url("/" + path)).content == content, path
        assert fetcher.get(site.url("/nothing")).content == b""
    assert {request.headers["accept-encoding"] for request in site.requests} == {"gzip, deflate"}


@pytest.mark.parametrize(
    ("body", "encoding", "complaint"),
    [
        (b"plain text", "gzip", "broken"),
        (gzipped(b"x" * 10_000).content()[:-12], "gzip", "incomplete"),
        (zlib.compress(b"hello there, you")[:-9], "deflate", "incomplete"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff\xff", "gzip", "broken"),
        (b"...", "br", "'br', which was not asked for"),
        (b"...", "gzip, gzip", "which was not asked for"),
    ],
    # a gzip head holds the time: without names of their own, two processes collect different tests
    ids=["no gzip", "half a gzip", "half a deflate", "nothing after the head", "not asked for", "packed twice"],
)
def test_what_cannot_be_unpacked_is_said(site: StandIn, body: bytes, encoding: str, complaint: str) -> None:
    site.route("/", Reply(body, headers={"Content-Encoding": encoding}))
    with fetcher_for(site) as fetcher, pytest.raises(BadContent, match=complaint):
        fetcher.get(site.url())


@pytest.mark.parametrize("misbehaviour", [truncated({"a": [1, 2, 3]}), broken_off(b'{"a": [1, 2'), hung_up()])
def test_a_truncated_answer_is_no_answer(site: StandIn, misbehaviour: object) -> None:
    site.route("/", misbehaviour)
    with fetcher_for(site, max_retries=2) as fetcher, pytest.raises(Unreachable) as failure:
        fetcher.get(site.url())
    assert site.url() in str(failure.value)
    assert len(site.asked("/")) == 3


def test_a_truncated_answer_is_fetched_again(site: StandIn) -> None:
    site.route("/", in_turn(truncated({"a": 1}), {"a": 1}))
    with fetcher_for(site) as fetcher:
        assert fetcher.get(site.url()).json() == {"a": 1}


def test_nobody_listening() -> None:
    with StandIn() as gone:
        url, host = gone.url(), gone.host
    fetcher = fetcher_for(allow_private_hosts=(host,), max_retries=0)
    with fetcher, pytest.raises(Unreachable, match="cannot be connected to"):
        fetcher.get(url)


def test_what_speaks_no_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def chat() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"220 mail.example.org ESMTP\r\n")

        thread = threading.Thread(target=chat)
        thread.start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        fetcher = fetcher_for(allow_private_hosts=(host,), max_retries=0)
        with fetcher, pytest.raises(Unreachable, match="220 mail"):
            fetcher.get(f"http://{host}/", robots=False)
        thread.join()


def test_https_checks_the_certificate_and_the_name() -> None:
    with StandIn(tls=True) as site:
        site.route("/", "secure")
        with fetcher_for(site, ca_bundle=CERTIFICATE) as fetcher:
            assert fetcher.get(site.url()).text == "secure"
        with fetcher_for(site) as fetcher, pytest.raises(Unreachable, match="no valid TLS certificate"):
            fetcher.get(site.url())
        allowed = (f"ip6-localhost:{site.port}", f"wrong.orte.example:{site.port}")
        with fetcher_for(allow_private_hosts=allowed, ca_bundle=CERTIFICATE) as fetcher:
            pinned = fetcher._guard  # the name leads here, the certificate is for another
            pinned._resolve = lambda host, port: [(socket.AF_INET, ("127.0.0.1", port))]
            with pytest.raises(Unreachable, match="certificate"):
                fetcher.get(site.url(host="wrong.orte.example"))


def test_a_failing_status_keeps_what_the_server_said(site: StandIn) -> None:
    site.route("/", Reply({"code": "rest_no_route", "message": "gibt es nicht"}, 404))
    site.route("/large", Reply(b"x" * 5_000_000, 400))
    with fetcher_for(site) as fetcher:
        with pytest.raises(BadStatus, match=r"answered 404 \(no such page\)\.") as failure:
            fetcher.get(site.url())
        assert failure.value.status == 404
        assert failure.value.response is not None
        assert failure.value.response.json()["code"] == "rest_no_route"
        with pytest.raises(BadStatus, match="answered 400") as failure:
            fetcher.get(site.url("/large"))
        assert failure.value.response is not None
        assert failure.value.response.content == b""


def test_every_failure_is_a_failed_source_and_one_printable_line(site: StandIn) -> None:
    assert issubclass(FetchError, SourceFailed)
    site.route("/*", "", status=500)
    with fetcher_for(site, max_retries=0) as fetcher, pytest.raises(FetchError) as failure:
        fetcher.get(site.url("/" + "ä" * 300), robots=False)
    assert str(failure.value).isprintable()
    assert len(str(failure.value)) < 300
