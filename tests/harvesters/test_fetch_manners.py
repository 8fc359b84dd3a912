"""A polite guest: robots.txt, pace, patience, a name one can write to, and no secrets carried along a redirect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import pytest

from harvesters.fetch import BadStatus, Refused, RobotsForbidden, TimedOut, Unreachable
from tests.standins import (
    NOON,
    Reply,
    StandIn,
    StillClock,
    fetcher_for,
    hang,
    hung_up,
    in_turn,
    redirect,
    too_many,
)
from tests.standins.server import CERTIFICATE


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        standin.route("/", "hello")
        yield standin


# robots.txt (RFC 9309)


def test_robots_txt_forbids_by_path_and_is_asked_once(site: StandIn) -> None:
    site.route("/robots.txt", "User-agent: *\nDisallow: /intern/\nAllow: /intern/list\n")
    site.route("/intern/*", "x")
    with fetcher_for(site) as fetcher:
        assert fetcher.get(site.url("/intern/list")).text == "x"
        with pytest.raises(RobotsForbidden, match=r"/intern/page is not asked: .*/robots\.txt forbids it to Orte\."):
            fetcher.get(site.url("/intern/page"))
        assert fetcher.get(site.url("/intern/page"), robots=False).text == "x"
    assert len(site.asked("/robots.txt")) == 1
    assert len(site.asked("/intern/page")) == 1


def test_robots_txt_may_address_us_by_name(site: StandIn) -> None:
    site.route("/robots.txt", "User-agent: *\nAllow: /\n\nUser-agent: orte\nDisallow: /\n")
    with fetcher_for(site) as fetcher, pytest.raises(RobotsForbidden):
        fetcher.get(site.url())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_host_without_robots_txt_may_be_asked(site: StandIn, status: int) -> None:
    site.route("/robots.txt", "User-agent: *\nDisallow: /", status=status)
    with fetcher_for(site) as fetcher:
        assert fetcher.get(site.url()).text == "hello"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_host_whose_robots_txt_fails_is_left_alone(site: StandIn, status: int) -> None:
    site.route("/robots.txt", "", status=status)
    with fetcher_for(site, max_retries=1) as fetcher:
        for _ in range(2):
            with pytest.raises(RobotsForbidden, match=rf"answered {status}, so this host is left alone for now"):
                fetcher.get(site.url())
    assert len(site.asked("/robots.txt")) == 2  # a retry, and then the verdict stands
    assert site.asked("/") == []


def test_a_host_whose_robots_txt_hangs_is_left_alone(site: StandIn) -> None:
    site.route("/robots.txt", hang())
    with fetcher_for(site, read_timeout=0.05, max_retries=0) as fetcher, pytest.raises(TimedOut, match=r"robots\.txt"):
        fetcher.get(site.url())
    assert site.asked("/") == []


def test_robots_txt_is_followed_through_redirects_and_never_into_a_private_network(site: StandIn) -> None:
    with StandIn() as other, StandIn() as private:
        other.route("/rules", "User-agent: *\nDisallow: /")
        site.route("/robots.txt", redirect(other.url("/rules")))
        with fetcher_for(site, other) as fetcher, pytest.raises(RobotsForbidden):
            fetcher.get(site.url())
        site.route("/robots.txt", redirect(private.url("/rules")))
        with fetcher_for(site) as fetcher, pytest.raises(Refused):
            fetcher.get(site.url())
        assert private.requests == []


def test_a_redirect_obeys_the_robots_txt_of_where_it_leads(site: StandIn) -> None:
    with StandIn() as other:
        other.route("/robots.txt", "User-agent: *\nDisallow: /")
        site.route("/moved", redirect(other.url("/here")))
        with fetcher_for(site, other) as fetcher, pytest.raises(RobotsForbidden):
            fetcher.get(site.url("/moved"))
        assert other.asked("/here") == []


@pytest.mark.parametrize("robots", [b"\xff\xfe\x00garbage", b"<html>nope</html>", b"\xef\xbb\xbf", b"Crawl-delay: -3"])
def test_a_nonsensical_robots_txt_forbids_nothing(site: StandIn, robots: bytes) -> None:
    site.route("/robots.txt", robots)
    with fetcher_for(site) as fetcher:
        assert fetcher.get(site.url()).text == "hello"


# Pace


def test_requests_to_one_host_keep_their_distance(site: StandIn) -> None:
    clock = StillClock()
    with fetcher_for(site, clock=clock, delay=2.0) as fetcher:
        fetcher.get(site.url(), robots=False)
        clock.pass_by(0.5)
        fetcher.get(site.url(), robots=False)
        clock.pass_by(10)
        fetcher.get(site.url(), robots=False)
    assert clock.slept == [1.5]


def test_other_hosts_need_not_wait(site: StandIn) -> None:
    clock = StillClock()
    with StandIn() as other:
        other.route("/", "hello")
        with fetcher_for(site, other, clock=clock, delay=2.0) as fetcher:
            fetcher.get(site.url(), robots=False)
            fetcher.get(other.url(), robots=False)
    assert clock.slept == []


@pytest.mark.parametrize(("wanted", "kept"), [("4", 4.0), ("0.5", 1.0), ("3600", 10.0), ("inf", 1.0), ("soon", 1.0)])
def test_crawl_delay_is_honoured_within_its_cap(site: StandIn, wanted: str, kept: float) -> None:
    site.route("/robots.txt", f"User-agent: *\nCrawl-delay: {wanted}\n")
    clock = StillClock()
    with fetcher_for(site, clock=clock, delay=1.0, max_crawl_delay=10.0) as fetcher:
        fetcher.get(site.url())
        fetcher.get(site.url())
    assert clock.slept == [1.0, kept]  # after robots.txt the rules are not known yet; then they are


# Patience


@pytest.mark.parametrize("failure", [too_many(), Reply("", 500), Reply("", 503), hung_up()])
def test_asks_again_with_growing_pauses(site: StandIn, failure: object) -> None:
    site.route("/", in_turn(failure, failure, failure, "at last"))
    clock = StillClock()
    with fetcher_for(site, clock=clock, retry_base=1.0) as fetcher:
        assert fetcher.get(site.url(), robots=False).text == "at last"
    assert clock.slept == [0.75, 1.5, 3.0]  # 1, 2, 4 s, the second half of each by chance (here 0.5)


def test_gives_up_after_the_retries(site: StandIn) -> None:
    site.route("/", "overloaded", status=503)
    with (
        fetcher_for(site, max_retries=2) as fetcher,
        pytest.raises(BadStatus, match=r"answered 503 3 times\.") as error,
    ):
        fetcher.get(site.url())
    assert error.value.status == 503
    assert len(site.asked("/")) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 501])
def test_a_final_status_is_not_asked_again(site: StandIn, status: int) -> None:
    site.route("/", "", status=status)
    with fetcher_for(site) as fetcher, pytest.raises(BadStatus, match=f"answered {status}"):
        fetcher.get(site.url())
    assert len(site.asked("/")) == 1


@pytest.mark.parametrize(
    ("header", "waited"),
    [
        ("7", 7.0),
        (format_datetime(NOON + timedelta(seconds=42), usegmt=True), 42.0),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 30.0),
        (format_datetime(NOON - timedelta(days=1), usegmt=True), 0.75),  # in the past: our own pause
        ("0", 0.75),
        ("-5", 0.75),
        ("soon", 0.75),
        ("", 0.75),
        ("²", 0.75),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(site: StandIn, header: str, waited: float, status: int) -> None:
    header = header.encode().decode("latin-1")
    site.route("/", in_turn(too_many(header, status=status), "at last"))
    clock = StillClock()
    with fetcher_for(site, clock=clock) as fetcher:
        assert fetcher.get(site.url(), robots=False).text == "at last"
    assert clock.slept == [waited]


@pytest.mark.parametrize("header", ["7200", format_datetime(NOON + timedelta(hours=2), usegmt=True)])
def test_a_retry_after_beyond_the_cap_says_when_to_come_back(site: StandIn, header: str) -> None:
    site.route("/", too_many(header))
    site.route("/other", "x")
    clock = StillClock()
    with fetcher_for(site, clock=clock, max_retry_wait=60, run_deadline=86400) as fetcher:
        with pytest.raises(BadStatus, match="asks us to come back after 2026-11-22 14:00 UTC") as error:
            fetcher.get(site.url(), robots=False)
        assert error.value.retry_at == NOON + timedelta(hours=2)
        # The host has said it clearly: the rest of the run leaves it alone.
        with pytest.raises(BadStatus, match="/other is not asked: its host asked us to come back after"):
            fetcher.get(site.url("/other"), robots=False)
        clock.pass_by(7201)
        assert fetcher.get(site.url("/other"), robots=False).text == "x"
    assert clock.slept == []


@pytest.mark.parametrize("header", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_an_absurd_retry_after_does_no_harm(site: StandIn, header: str) -> None:
    site.route("/", too_many(header))
    with fetcher_for(site) as fetcher, pytest.raises(BadStatus, match="asks us to come back after 2027"):
        fetcher.get(site.url())


def test_a_question_by_post_is_asked_again_too(site: StandIn) -> None:
    site.route("/api/interpreter", in_turn(too_many(), {"elements": []}))
    with fetcher_for(site) as fetcher:
        answer = fetcher.post(site.url("/api/interpreter"), data={"data": "[out:json];ä"}, accept="application/json")
    assert answer.json() == {"elements": []}
    asked = site.asked("/api/interpreter")[1]
    assert asked.method == "POST"
    assert asked.form == {"data": "[out:json];ä"}
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


# Who we are, and what we carry


def test_says_who_it_is_and_how_to_reach_the_operator(site: StandIn) -> None:
    with fetcher_for(site, contact="mailto:orte@example.org\r\nX-Evil: 1") as fetcher:
        fetcher.get(site.url(), params={"q": "Büro & Café", "page": 2, "none": None}, headers={"X-Key": "1"})
    asked = site.asked("/")[0]
    name, _, rest = asked.headers["user-agent"].partition("/")
    assert name == "Orte"
    assert "(+mailto:orte@example.orgX-Evil: 1)" in rest
    assert "x-evil" not in asked.headers
    assert asked.headers["x-key"] == "1"
    assert asked.query == {"q": "Büro & Café", "page": "2"}


def test_header_lines_with_line_breaks_are_refused(site: StandIn) -> None:
    with fetcher_for(site) as fetcher, pytest.raises(Refused, match="header line"):
        fetcher.get(site.url(), headers={"X-Key": "a\r\nX-Evil: 1"}, robots=False)
    assert site.requests == []


def test_keeps_no_cookies(site: StandIn) -> None:
    site.route("/", "hello", headers={"Set-Cookie": "session=1"})
    with fetcher_for(site) as fetcher:
        fetcher.get(site.url())
        fetcher.get(site.url())
    assert all("cookie" not in request.headers for request in site.requests)


def test_follows_redirects_and_tells_where_it_ended(site: StandIn) -> None:
    site.route("/a", redirect("/b?x=1#part", 301))
    site.route("/b", redirect("c/d", 307))
    site.route("/c/d", redirect("/straße", 308))
    site.route("/straße", "end")
    with fetcher_for(site) as fetcher:
        answer = fetcher.get(site.url("/a"), headers={"X-Key": "secret"})
    assert answer.text == "end"
    assert answer.url == site.url("/straße")
    assert site.asked("/straße")[0].headers["x-key"] == "secret"  # the same origin all along


@pytest.mark.parametrize("hops", [5, 6])
def test_at_most_five_redirects(site: StandIn, hops: int) -> None:
    for number in range(hops):
        site.route(f"/{number}", redirect(f"/{number + 1}"))
    site.route(f"/{hops}", "end")
    with fetcher_for(site) as fetcher:
        if hops == 5:
            assert fetcher.get(site.url("/0")).text == "end"
        else:
            with pytest.raises(BadStatus, match=r"/0 redirects more than 5 times\."):
                fetcher.get(site.url("/0"))


def test_a_redirect_to_itself_ends(site: StandIn) -> None:
    site.route("/loop", redirect("/loop"))
    with fetcher_for(site) as fetcher, pytest.raises(BadStatus, match="redirects more than 5 times"):
        fetcher.get(site.url("/loop"))


def test_a_redirect_to_nowhere_is_said(site: StandIn) -> None:
    site.route("/", "", status=302)
    with fetcher_for(site) as fetcher, pytest.raises(BadStatus, match="without saying where to go"):
        fetcher.get(site.url())
    site.route("/", redirect("http://[broken/"))
    with fetcher_for(site) as fetcher, pytest.raises(Refused, match="cannot be read"):
        fetcher.get(site.url())


def test_secrets_stay_with_the_origin_they_were_meant_for(site: StandIn) -> None:
    with StandIn() as other:
        other.route("/", "there")
        site.route("/moved", redirect(other.url()))
        secrets = {"Authorization": "Bearer t", "X-Api-Key": "k", "Cookie": "c=1"}
        with fetcher_for(site, other) as fetcher:
            fetcher.get(site.url("/moved"), headers=secrets, accept="text/csv")
        assert site.asked("/moved")[0].headers["authorization"] == "Bearer t"
        told = other.asked("/")[0].headers
        assert not {"authorization", "x-api-key", "cookie"} & set(told)
        assert told["accept"] == "text/csv"


def test_secrets_do_not_leave_https(site: StandIn) -> None:
    with StandIn(tls=True) as secure:
        secure.route("/", redirect(site.url()))
        with fetcher_for(site, secure, ca_bundle=CERTIFICATE) as fetcher:
            fetcher.get(secure.url(), headers={"Authorization": "Bearer t"})
            secure.route("/form", redirect(site.url("/form"), 307))
            with pytest.raises(Refused, match="redirects what we post to another host or scheme"):
                fetcher.post(secure.url("/form"), data={"token": "t"})
    assert "authorization" not in site.asked("/")[0].headers
    assert site.asked("/form") == []


def test_a_post_becomes_a_get_where_the_protocol_says_so(site: StandIn) -> None:
    site.route("/303", redirect("/result", 303))
    site.route("/307", redirect("/again", 307))
    site.route("/result", "result")
    site.route("/again", "again")
    with fetcher_for(site) as fetcher:
        assert fetcher.post(site.url("/303"), data="x=1").text == "result"
        assert fetcher.post(site.url("/307"), data="x=1").text == "again"
    assert (site.asked("/result")[0].method, site.asked("/result")[0].body) == ("GET", b"")
    assert (site.asked("/again")[0].method, site.asked("/again")[0].body) == ("POST", b"x=1")


def test_counts_what_it_did(site: StandIn) -> None:
    site.route("/", b"12345")
    with fetcher_for(site) as fetcher:
        fetcher.get(site.url(), robots=False)
        fetcher.get(site.url(), robots=False)
        assert (fetcher.traffic.requests, fetcher.traffic.received, fetcher.traffic.unchanged) == (2, 10, 0)


def test_a_server_that_comes_back_is_found_again(site: StandIn) -> None:
    port = site.port
    with fetcher_for(site, max_retries=0) as fetcher:
        fetcher.get(site.url(), robots=False)
        site.close()
        with pytest.raises(Unreachable):
            fetcher.get(site.url(), robots=False)
        with StandIn(port=port) as again:
            again.route("/", "back")
            assert fetcher.get(again.url(), robots=False).text == "back"
