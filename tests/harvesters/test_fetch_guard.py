"""Only public http(s) addresses are asked, however they are written, resolved or redirected."""

from __future__ import annotations

import socket

import pytest

from harvesters.fetch import Fetcher, FetchSettings, Guard, Refused, Unreachable
from harvesters.fetch.guard import Address, Forbidden, connect_socket, is_public
from tests.standins import StandIn, StillClock, fetcher_for, redirect

ELSEWHERE = "93.184.215.14"  # a public address; no test ever connects to it


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "192.88.99.1"),
        *("198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *("fd00::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2001:10::1", "3fff::1", "100::1", "5f00::1"),
        *("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1"),
        *("2a00::5efe:10.0.0.1", "2a00::200:5efe:10.0.0.1"),
    ],
)
def test_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.254"),
        *("2a01:4f8::1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1", "2001:4860:4860::8888"),
    ],
)
def test_address_that_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:{port}/", "http://127.0.0.1:{port}/robots.txt", "http://127.1:{port}/"),
        *("http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0x7f.0.0.1:{port}/", "http://0:{port}/"),
        *("http://0177.0.0.1:{port}/", "http://017700000001:{port}/", "http://127.0.0.01:{port}/"),
        *("http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/"),
        *("http://localhost:{port}/", "http://LOCALHOST:{port}/", "http://localhost.:{port}/"),
        *("http://①②⑦.⓪.⓪.①:{port}/", "http://１２７.0.0.1:{port}/", "http://127。0。0。1:{port}/"),
        *("http://127.0.0.1.:{port}/", "http://127%2e0.0.1:{port}/", "http://127.0.0.1:{port}\\@example.org/"),
        *("http://example.org@127.0.0.1:{port}/", "http://a:b@127.0.0.1:{port}/", "http://@127.0.0.1:{port}/"),
        *("http://169.254.169.254/latest/meta-data/", "http://[fe80::1%25lo]:{port}/", "http:///127.0.0.1:{port}/"),
        *("file:///etc/passwd", "gopher://127.0.0.1:{port}/_GET", "ftp://127.0.0.1:{port}/", "dict://127.0.0.1:11/"),
        *("//127.0.0.1:{port}/", "127.0.0.1:{port}", "", "http://", "http://[::1", "http://127.0.0.1:99999/"),
        *("http://127.0.0.1:0/", "http://127.0.0.1:{port}/\r\nX: y", "http://127.0.0.1 .example.org/"),
        *("http://a_b c/", "http://exa<mple.org/"),
    ],
)
def test_refuses_every_disguise_and_sends_nothing(url: str) -> None:
    with StandIn() as site, fetcher_for(site, allow_private_hosts=()) as fetcher:
        with pytest.raises(Refused) as refusal:
            fetcher.get(url.replace("{port}", str(site.port)))
        assert site.requests == []
        assert str(refusal.value).endswith(".")


def test_credentials_do_not_appear_in_the_refusal() -> None:
    with fetcher_for() as fetcher, pytest.raises(Refused, match="credentials") as refusal:
        fetcher.get("https://user:geheim@example.org/list")
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize("target", ["http://127.0.0.1:{port}/secret", "http://169.254.169.254/", "file:///etc/passwd"])
def test_refuses_a_redirect_into_a_private_network(target: str) -> None:
    with StandIn() as public, StandIn() as private:
        public.route("/", redirect(target.replace("{port}", str(private.port))))
        private.route("/secret", "secret")
        with fetcher_for(public) as fetcher, pytest.raises(Refused):
            fetcher.get(public.url())
        assert private.requests == []


def test_allows_a_private_host_with_or_without_its_port() -> None:
    with StandIn() as site:
        site.route("/", "hello")
        for allowed in (site.host, "127.0.0.1", f" {site.host} "):
            with fetcher_for(allow_private_hosts=(allowed,)) as fetcher:
                assert fetcher.get(site.url()).text == "hello"
        for other in ("127.0.0.1:1", "localhost", "127.0.0.2", "[::1]"):
            with fetcher_for(allow_private_hosts=(other,)) as fetcher, pytest.raises(Refused):
                fetcher.get(site.url())


@pytest.mark.parametrize("entry", ["http://127.0.0.1/", "a:b", "a:b:c/", "", "127.0.0.1:123456", "10.0.0.0/8", "[::1"])
def test_a_wrong_entry_among_the_allowed_hosts_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="allow_private_hosts"):
        Guard([entry])


def fetcher_with(guard: Guard) -> Fetcher:
    return Fetcher(FetchSettings(delay=0, max_retries=1, connect_timeout=2), guard=guard, clock=StillClock().clock())


def test_refuses_a_name_that_leads_to_a_private_address() -> None:
    def resolve(host: str, port: int) -> list[Address]:
        return [(socket.AF_INET, ("127.0.0.1", port))]

    with StandIn() as site, fetcher_with(Guard(resolve=resolve)) as fetcher:
        with pytest.raises(Refused, match=r"public\.test leads to 127\.0\.0\.1"):
            fetcher.get(site.url("/", host="public.test"))
        assert site.requests == []


def test_a_second_dns_answer_cannot_send_us_elsewhere() -> None:
    answers = [ELSEWHERE, "127.0.0.1"]
    connected: list[str] = []

    def resolve(host: str, port: int) -> list[Address]:
        return [(socket.AF_INET, (answers.pop(0), port))]

    def connect(address: Address, timeout: float) -> socket.socket:
        connected.append(address[1][0])
        raise OSError("no route")

    with StandIn() as site, fetcher_with(Guard(resolve=resolve, connect=connect)) as fetcher:
        # Checked and connected are one: the first answer is connected to, as a number; the second is checked anew.
        with pytest.raises(Refused, match=r"leads to 127\.0\.0\.1"):
            fetcher.get(site.url("/", host="rebind.test"))
        assert connected == [ELSEWHERE]
        assert site.requests == []


def test_of_several_addresses_only_public_ones_are_tried() -> None:
    connected: list[str] = []

    def resolve(host: str, port: int) -> list[Address]:
        return [(socket.AF_INET, (ip, port)) for ip in ("10.0.0.1", ELSEWHERE, "127.0.0.1")]

    def connect(address: Address, timeout: float) -> socket.socket:
        connected.append(address[1][0])
        raise OSError("no route")

    with fetcher_with(Guard(resolve=resolve, connect=connect)) as fetcher, pytest.raises(Unreachable, match="no route"):
        fetcher.get("http://mixed.test/", robots=False)
    assert set(connected) == {ELSEWHERE}


def test_the_peer_of_the_open_connection_is_checked_too() -> None:
    with StandIn() as site:

        def resolve(host: str, port: int) -> list[Address]:
            return [(socket.AF_INET, (ELSEWHERE, port))]

        def diverted(address: Address, timeout: float) -> socket.socket:
            return connect_socket((socket.AF_INET, ("127.0.0.1", site.port)), timeout)

        guard = Guard(resolve=resolve, connect=diverted)
        with fetcher_with(guard) as fetcher, pytest.raises(Refused, match=r"connection went to 127\.0\.0\.1"):
            fetcher.get("http://public.test/")
        assert site.requests == []


def test_the_next_address_is_tried_when_the_first_is_dead() -> None:
    with StandIn() as site, StandIn() as gone:
        dead = gone.port
        gone.close()
        site.route("/", "alive")

        def resolve(host: str, port: int) -> list[Address]:
            return [(socket.AF_INET, ("127.0.0.1", dead)), (socket.AF_INET, ("127.0.0.1", site.port))]

        with fetcher_with(Guard(["two.test"], resolve=resolve)) as fetcher:
            assert fetcher.get("http://two.test/").text == "alive"


def test_an_unknown_name_is_said_at_once() -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[Address]:
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    with fetcher_with(Guard(resolve=resolve)) as fetcher, pytest.raises(Unreachable, match=r"nowhere\.test does not"):
        fetcher.get("http://nowhere.test/", robots=False)
    assert asked == ["nowhere.test"]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://müsli.example/straße?q=ö", "https://xn--msli-0ra.example/stra%C3%9Fe?q=%C3%B6"),
        ("https://example.org/a%20b?x=%C3%A4&y[]=1", "https://example.org/a%20b?x=%C3%A4&y%5B%5D=1"),
        ("https://example.org:8443/?a=b%26c", "https://example.org:8443/?a=b%26c"),
    ],
)
def test_addresses_are_asked_in_one_form(written: str, asked: str) -> None:
    assert Guard().check(written) == asked


def test_environment_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn() as site, StandIn() as proxy:
        site.route("/", "direct")
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        with fetcher_for(site) as fetcher:
            assert fetcher.get(site.url()).text == "direct"
        assert proxy.requests == []


def test_a_configured_proxy_is_used_and_still_refuses_private_numbers() -> None:
    with StandIn() as proxy:
        proxy.route("http://somewhere.test/list", "through the proxy")
        with fetcher_for(proxy=proxy.url()) as fetcher:
            assert fetcher.get("http://somewhere.test/list", robots=False).text == "through the proxy"
            with pytest.raises(Refused):
                fetcher.get("http://10.0.0.1/", robots=False)
        assert [request.target for request in proxy.requests] == ["http://somewhere.test/list"]


def test_forbidden_is_no_fetch_error() -> None:
    # The guard does not know sentences with addresses; the fetcher turns its reasons into them.
    with pytest.raises(Forbidden, match="not a public address"):
        Guard().check("http://192.168.0.1/")
