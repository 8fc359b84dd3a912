"""Content negotiation by RFC 9110."""

from __future__ import annotations

import pytest

from registry.formats import NotAcceptable, negotiate
from registry.formats.media import HTML, JSON, JSONLD, NTRIPLES, RDFXML, THING, TURTLE, address_in

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSONLD),
        ("", JSONLD),
        ("*/*", JSONLD),
        (FIREFOX, HTML),
        ("text/turtle", TURTLE),
        ("TEXT/Turtle", TURTLE),
        ("text/*", TURTLE),
        ("text/*;q=0.5, text/html", HTML),
        ("text/turtle;q=0.5, application/ld+json;q=0.4", TURTLE),
        ("text/turtle;q=0.4, application/ld+json;q=0.5", JSONLD),
        ("application/ld+json, text/turtle", JSONLD),
        ("text/turtle, application/ld+json", JSONLD),  # a draw: what the server prefers
        ("text/turtle;q=1.0, */*;q=0.1", TURTLE),
        # The most specific range counts, not the largest q.
        ("*/*, application/ld+json;q=0, application/json;q=0", TURTLE),
        ("application/*;q=0.2, application/rdf+xml;q=0.9, text/*;q=0.1", RDFXML),
        ("text/*;q=0, */*", JSONLD),
        ("application/json", JSON),
        ("application/x-turtle", TURTLE),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded, x"', JSONLD),
        ("text/turtle;charset=utf-8", TURTLE),
        ("text/turtle;version=1.2;q=0.7, application/n-triples;q=0.8", NTRIPLES),
        # Another representation than ours: the parameter is not one of any format here.
        ("text/html;level=3, text/turtle;q=0.1", TURTLE),
        ("text/html; q=0.2, text/turtle; q=0.3", TURTLE),
        # What cannot be read is passed over.
        ("garbage, text/turtle", TURTLE),
        ("text/turtle;q=wrong, text/html", HTML),
        ("text/turtle;q=1.5, text/html;q=0.1", HTML),
        ("*/html, text/turtle", TURTLE),
        (",,, ;;", JSONLD),
    ],
)
def test_the_format_a_client_likes_best(accept: str | None, expected: object) -> None:
    assert negotiate(accept, THING) is expected


@pytest.mark.parametrize("accept", ["image/png", "*/*;q=0", "application/*;q=0, text/*;q=0", "text/turtle;level=1"])
def test_nothing_fits(accept: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        negotiate(accept, (JSONLD, TURTLE))
    assert caught.value.offered == (JSONLD, TURTLE)


def test_a_refused_format_is_not_given_and_another_is() -> None:
    with pytest.raises(NotAcceptable):
        negotiate("text/turtle;q=0", (TURTLE,))
    assert negotiate("text/turtle;q=0, */*;q=0.1", (TURTLE, JSONLD)) is JSONLD


def test_of_a_very_long_header_the_beginning_counts() -> None:
    long = ", ".join(f"x/y{n}" for n in range(100_000))
    assert negotiate(f"text/turtle, {long}", (JSONLD, TURTLE)) is TURTLE
    with pytest.raises(NotAcceptable):
        negotiate(f"{long}, text/turtle", (JSONLD, TURTLE))


def test_a_suffix_comes_before_the_query() -> None:
    assert address_in("http://a.test/sites?q=x.y&limit=2", TURTLE) == "http://a.test/sites.ttl?q=x.y&limit=2"
    assert address_in("http://a.test/site/b", JSON) == "http://a.test/site/b.json"
