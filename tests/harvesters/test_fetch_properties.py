"""What must hold for any input of the parsers that face the web: no crash, no private address, no lost text."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from hypothesis import example, given
from hypothesis import strategies as some

from harvesters.fetch.decoding import decode
from harvesters.fetch.guard import Forbidden, Guard, is_public
from harvesters.fetch.pace import retry_after

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LABELS = some.one_of(some.none(), some.sampled_from(["utf-8", "latin-1", "utf-16", "big5", "hex", "zip", "undefined"]))


@given(some.binary(max_size=300), LABELS)
@example(b"\xff\xfe\x00", "utf-16")
@example(b"\xed\xa0\x80", None)
@example(b"+2D", "utf-7")
def test_any_bytes_decode_to_text_that_can_be_written(content: bytes, label: str | None) -> None:
    decode(content, label).text.encode("utf-8")


@given(some.text(alphabet="abcdefäöüßÄÖÜ –€", min_size=1, max_size=60))
def test_utf_8_always_survives(text: str) -> None:
    assert decode(text.encode(), "iso-8859-1").text == text
    assert decode(text.encode()).text == text


@given(some.one_of(some.text(max_size=80), some.from_regex(r"https?://[^/]{1,30}(/.*)?", fullmatch=True)))
@example("http://127。0。0。1/")
@example("http://[::ffff:10.0.0.1]/")
@example("http://0300.0250.1.1/")
@example("http://1.1.1.1 &@127.0.0.1/")
def test_no_address_passes_that_is_written_as_a_private_one(url: str) -> None:
    try:
        checked = Guard().check(url)
    except Forbidden:
        return
    parts = urlsplit(checked)
    assert parts.scheme in ("http", "https")
    assert parts.username is None
    assert checked.isascii()
    try:
        ip = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return  # a name; the lock is where it is resolved
    assert is_public(str(ip))


@given(some.ip_addresses())
def test_what_python_knows_as_private_is_never_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if ip.is_private or ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local or ip.is_unspecified:
        nat64 = ip.version == 6 and ip in ipaddress.ip_network("64:ff9b::/96")
        assert nat64 or not is_public(str(ip))


@given(some.text(max_size=60))
def test_any_retry_after_is_a_wait_or_nothing(value: str) -> None:
    wait = retry_after({"Retry-After": value}, NOON)
    assert wait is None or wait >= 0
