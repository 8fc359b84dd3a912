"""Pages found by sitemap or overview, over HTTP."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from harvesters.readers.first_of import NotOffered
from harvesters.readers.sitemap_html import read
from harvesters.reading import Item, RawRecord, SourceFailed, Unreadable
from tests.harvesters.readers.contexts import context
from tests.standins.misbehaviour import hung_up, redirect
from tests.standins.server import Reply, StandIn

URLSET = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'


def sitemap(*addresses: str, root: str = URLSET) -> bytes:
    entry = "url" if root is URLSET else "sitemap"
    return root.format("".join(f"<{entry}><loc>{one}</loc></{entry}>" for one in addresses)).encode()


def page(title: str, head: str = "", body: str = "") -> str:
    head = f"<head><title>{title} – Die Seite</title>{head}</head>"
    return f"<html>{head}<body><main><h1>{title}</h1>{body}</main></body></html>"


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as site:
        for name in ("a", "b"):
            site.route(f"/orte/{name}/", page(f"Ort {name}"))
        site.route("/sitemap.xml", sitemap(site.url("/orte/a/"), site.url("/orte/b/"), site.url("/impressum/")))
        yield site


def run(site: StandIn, **options: Any) -> list[Item]:
    return list(read({"url": site.url("/"), "pages": "^/orte/.", **options}, context(site)))


def keys(items: list[Item]) -> list[str]:
    return [item.key for item in items if isinstance(item, RawRecord)]


def test_the_matching_pages_of_the_sitemap_are_records(site: StandIn) -> None:
    items = run(site)
    assert keys(items) == ["orte/a", "orte/b"]
    assert items[0] == RawRecord(
        "orte/a", {"link": site.url("/orte/a/"), "slug": "a", "title": "Ort a"}, page=site.url("/orte/a/")
    )
    assert site.asked("/impressum/") == []


def test_indexes_gzipped_sitemaps_and_dates_are_followed(site: StandIn) -> None:
    dated = URLSET.format(f"<url><loc>{site.url('/orte/a/')}</loc><lastmod>2026-02-01</lastmod></url>").encode()
    site.route("/sitemap.xml", sitemap(site.url("/one.xml.gz"), site.url("/sitemap.xml"), root=INDEX))
    site.route("/one.xml.gz", gzip.compress(dated))
    [record] = run(site)
    assert isinstance(record, RawRecord)
    assert record.modified == "2026-02-01"


def test_www_and_bare_host_slash_and_fragment_are_one_page(site: StandIn) -> None:
    other = site.url("/orte/a#top")
    site.route("/sitemap.xml", sitemap(site.url("/orte/a/"), other, "https://elsewhere.example/orte/a/"))
    assert keys(run(site)) == ["orte/a"]


def test_a_mirror_is_fetched_in_place_of_the_host_that_the_pages_name(site: StandIn) -> None:
    canonical = '<link rel="canonical" href="https://www.orte.example/orte/a/">'
    site.route("/orte/a/", page("Ort a", canonical))
    site.route("/sitemap.xml", sitemap("https://www.orte.example/orte/a/"))
    [record] = run(site, host="orte.example")
    assert isinstance(record, RawRecord)
    assert record.page == "https://www.orte.example/orte/a/"


def test_an_overview_stands_in_for_a_missing_sitemap(site: StandIn) -> None:
    site.route("/sitemap.xml", "<h1>nicht da</h1>", status=404)
    site.route(
        "/orte/", '<a href="a/">A</a><a href="/orte/b/#x">B</a><a href="mailto:x@y.de">post</a><a href="http://[">?</a>'
    )
    assert keys(run(site, overview=["nowhere/", "orte/"])) == ["orte/a", "orte/b"]


@pytest.mark.parametrize(
    ("head", "body_class"),
    [
        ('<link rel="shortlink" href="https://x.example/?p=77">', ""),
        ('<link rel="alternate" type="application/json" href="https://x.example/wp-json/wp/v2/orte/77">', ""),
        ("", "single postid-77"),
    ],
)
def test_the_number_of_a_post_is_its_key_wherever_the_page_shows_it(site: StandIn, head: str, body_class: str) -> None:
    site.route("/orte/a/", page("Ort a", head).replace("<body>", f'<body class="{body_class}">'))
    assert keys(run(site, key="wordpress")) == ["77", "b"]


def test_the_same_post_under_two_addresses_is_one_record(site: StandIn) -> None:
    shortlink = f'<link rel="shortlink" href="{site.url("/?p=77")}">'
    site.route("/orte/a/", page("Ort a", shortlink))
    site.route("/orte/b/", page("Ort a", shortlink))
    assert keys(run(site, key="wordpress")) == ["77"]


@pytest.mark.parametrize("answer", [Reply("weg", 404), Reply("weg", 410)])
def test_a_page_that_is_gone_is_no_record(site: StandIn, answer: Reply) -> None:
    site.route("/orte/a/", answer)
    assert keys(run(site)) == ["orte/b"]
    assert len(run(site)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Reply("private", 403),
        redirect("http://169.254.169.254/latest"),
        "<main></main>",
        "<div>" * 5000,
    ],
)
def test_one_bad_page_is_reported_and_the_rest_goes_on(site: StandIn, answer: Any) -> None:
    site.route("/orte/a/", answer)
    items = run(site)
    assert keys(items) == ["orte/b"]
    assert [type(item) for item in items] == [Unreadable, RawRecord]


@pytest.mark.parametrize("answer", [Reply("down", 500), hung_up()])
@pytest.mark.parametrize("path", ["/orte/a/", "/sitemap.xml"])
def test_a_site_in_trouble_fails_the_reading(site: StandIn, path: str, answer: Any) -> None:
    site.route(path, answer)
    with pytest.raises(SourceFailed) as caught:
        run(site)
    assert not isinstance(caught.value, NotOffered)


def test_a_sitemap_named_in_an_index_that_cannot_be_had_fails_the_reading(site: StandIn) -> None:
    site.route("/sitemap.xml", sitemap(site.url("/one.xml"), site.url("/two.xml"), root=INDEX))
    site.route("/one.xml", sitemap(site.url("/orte/a/")))
    site.route("/two.xml", "<html>oops</html>")
    with pytest.raises(SourceFailed, match=r"two\.xml is named as a sitemap and is none"):
        run(site)


def test_an_entity_bomb_is_no_sitemap(site: StandIn) -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    bomb = f'<?xml version="1.0"?>{entities}<urlset><url><loc>&b;</loc></url></urlset>'
    site.route("/sitemap.xml", bomb.encode())
    with pytest.raises(NotOffered, match="neither a sitemap nor an overview"):
        run(site)


def test_pages_without_what_is_required_are_not_offered_after_a_few(site: StandIn) -> None:
    many = [site.url(f"/orte/{number}/") for number in range(50)]
    site.route("/sitemap.xml", sitemap(*many))
    site.route("/orte/*", page("Ort"))
    with pytest.raises(NotOffered, match="have no place"):
        run(site, require=["place"])
    assert len([request for request in site.asked() if request.path.startswith("/orte/")]) == 3


def test_an_unchanged_page_gives_an_equal_record_from_the_cache(site: StandIn, tmp_path: Any) -> None:
    from tests.standins.misbehaviour import versioned

    site.route("/orte/a/", versioned(page("Ort a"), etag='"1"'))
    options = {"url": site.url("/"), "pages": "^/orte/a"}
    first = list(read(options, context(site, cache=tmp_path)))
    again = context(site, cache=tmp_path)
    assert list(read(options, again)) == first
    assert again.fetch.traffic.unchanged == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"pages": "x"}, "option 'url'"),
        ({"url": "http://x.example"}, "option 'pages'"),
        ({"url": "http://x.example", "pages": "("}, "option 'pages'"),
        ({"url": "http://x.example", "pages": "x", "key": "slug"}, "option 'key'"),
        ({"url": "http://x.example", "pages": "x", "colour": 1}, "no option 'colour'"),
    ],
)
def test_a_wrong_option_fails_the_source_in_one_sentence(site: StandIn, options: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceFailed, match=says):
        list(read(options, context(site)))
