"""WordPress' REST interface over HTTP: paging, lies about paging, changes, and being closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harvesters.readers.first_of import NotOffered
from harvesters.readers.wordpress import read
from harvesters.reading import Item, Partial, RawRecord, SourceFailed, Unreadable
from tests.harvesters.readers.contexts import context
from tests.standins.misbehaviour import hung_up
from tests.standins.server import Reply, Request
from tests.standins.wordpress import WordPress

POSTS = "/wp-json/wp/v2/orte"


def place(number: int, **more: Any) -> dict[str, Any]:
    base = {
        "id": number,
        "slug": f"ort-{number}",
        "title": f"Ort {number} & Co",
        "location": "Grimma, Sachsen, Landkreis Leipzig",
    }
    modified = {"modified": "2026-01-01T00:00:00", "rubric": "Realisierte Orte", "teaser": "Ein Ort."}
    return {**base, **modified, "sections": [["Das Objekt", "Ein Haus."]], **more}


@pytest.fixture
def site() -> Iterator[WordPress]:
    with WordPress([place(number) for number in range(1, 4)]) as site:
        yield site


def run(site: WordPress, since: datetime | None = None, **options: Any) -> list[Item]:
    return list(read({"url": site.url("/"), "type": "orte", **options}, context(site, since=since)))


def keys(items: list[Item]) -> list[str]:
    return [item.key for item in items if isinstance(item, RawRecord)]


def test_a_post_is_a_record_with_its_number_address_and_date(site: WordPress) -> None:
    first = run(site)[0]
    assert isinstance(first, RawRecord)
    assert (first.key, first.page, first.modified) == ("1", site.url("/orte/ort-1/"), "2026-01-01T00:00:00Z")
    assert first.data["title"] == "Ort 1 & Co"
    assert first.data["terms"] == [{"taxonomy": "rubrik", "slug": "realisierte-orte", "name": "Realisierte Orte"}]
    assert "<p>Ein Ort.</p>" in first.data["content"]


def test_all_pages_are_read() -> None:
    with WordPress([place(number) for number in range(1, 251)]) as site:
        assert keys(run(site)) == [str(number) for number in range(1, 251)]
        assert [request.query["page"] for request in site.asked(POSTS)] == ["1", "2", "3"]


def test_without_counting_headers_it_goes_on_until_a_page_is_not_full() -> None:
    with WordPress([place(number) for number in range(1, 201)]) as site:

        def bare(request: Request) -> Reply:
            reply = site._posts(request)
            return Reply(reply.body, reply.status)

        site.route(POSTS, bare)
        assert len(keys(run(site))) == 200
        assert [item for item in run(site) if not isinstance(item, RawRecord)] == []


def test_a_page_count_that_lies_upward_ends_where_the_pages_end(site: WordPress) -> None:
    def lying(request: Request) -> Reply:
        reply = site._posts(request)
        return Reply(reply.body, reply.status, {"X-WP-Total": "3", "X-WP-TotalPages": "9"})

    site.route(POSTS, lying)
    items = run(site)
    assert keys(items) == ["1", "2", "3"]
    assert len(items) == 3
    assert len(site.asked(POSTS)) == 2


def test_fewer_posts_than_promised_make_the_reading_partial(site: WordPress) -> None:
    def lying(request: Request) -> Reply:
        return Reply(site._posts(request).body, 200, {"X-WP-Total": "40", "X-WP-TotalPages": "1"})

    site.route(POSTS, lying)
    items = run(site)
    assert keys(items) == ["1", "2", "3"]
    assert [item for item in items if isinstance(item, Partial)] == [
        Partial(f"{site.url(POSTS)} says it has 40 posts and gave 3")
    ]


def test_pages_that_repeat_for_ever_end_after_one_repetition(site: WordPress) -> None:
    page = [site._post(one) for one in site.places]
    site.route(POSTS, page, headers={"X-WP-TotalPages": "100000"})
    items = run(site)
    assert keys(items) == ["1", "2", "3"]
    assert any(isinstance(item, Partial) and "repeats" in item.reason for item in items)
    assert len(site.asked(POSTS)) == 2


def test_a_type_whose_rest_base_is_another_is_found(site: WordPress) -> None:
    assert keys(run(site, type="ort")) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "closed",
    [
        Reply({"code": "rest_no_route"}, 404),
        Reply({"code": "rest_forbidden"}, 401),
        Reply("<h1>Forbidden</h1>", 403),
        Reply("<html>the front page again</html>"),
        Reply({"code": "disabled"}),
        Reply([]),
    ],
)
def test_a_closed_interface_is_not_offered(site: WordPress, closed: Reply) -> None:
    site.route(POSTS, closed)
    site.route("/wp-json/wp/v2/types", closed)
    with pytest.raises(NotOffered):
        run(site)


@pytest.mark.parametrize("answer", [Reply("down", 500), Reply("down", 503), hung_up()])
def test_an_interface_in_trouble_fails_and_is_not_taken_for_closed(site: WordPress, answer: Any) -> None:
    site.route(POSTS, answer)
    with pytest.raises(SourceFailed) as caught:
        run(site)
    assert not isinstance(caught.value, NotOffered)


def test_a_failure_in_the_middle_fails_the_reading() -> None:
    with WordPress([place(number) for number in range(1, 151)]) as site:
        site.route(POSTS, lambda request: Reply("down", 500) if request.query["page"] == "2" else site._posts(request))
        with pytest.raises(SourceFailed):
            run(site)


def test_one_bad_post_never_stops_the_rest(site: WordPress) -> None:
    posts = [site._post(one) for one in site.places]
    posts[1]["title"] = {"rendered": " "}
    site.route(POSTS, [*posts, "nonsense"])
    items = run(site)
    assert keys(items) == ["1", "3"]
    assert [item.key for item in items if isinstance(item, Unreadable)] == ["2", None]


def test_only_what_was_modified_is_read_soon_after_a_complete_run(site: WordPress) -> None:
    site.place("ort-2")["modified"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
    items = run(site, since=datetime.now(UTC) - timedelta(hours=3), changes_for_days=7)
    assert isinstance(items[0], Partial)
    assert keys(items) == ["2"]
    assert "modified_after" in site.asked(POSTS)[0].query


def test_nothing_modified_is_a_partial_reading_of_nothing(site: WordPress) -> None:
    items = run(site, since=datetime.now(UTC) - timedelta(hours=3), changes_for_days=7)
    assert [type(item) for item in items] == [Partial]


def test_a_post_whose_content_lacks_what_is_required_is_completed_from_its_page(site: WordPress) -> None:
    site.full_content = False
    rules = {"headings": ["Das Objekt"], "lines": {"location": ".+, Sachsen, .+"}}
    [first, *_] = run(site, page=rules, require=["location"])
    assert isinstance(first, RawRecord)
    assert first.data["location"] == "Grimma, Sachsen, Landkreis Leipzig"
    assert first.data["sections"] == [{"heading": "Das Objekt", "text": "Ein Haus."}]
    assert len(site.asked("/orte/ort-1/")) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"type": "orte"}, "option 'url'"),
        ({"url": "http://x.example"}, "option 'type'"),
        ({"url": "http://x.example", "type": "orte", "colour": 1}, "no option 'colour'"),
        ({"url": "http://x.example", "type": "orte", "page": {"lines": {"a": "("}}}, "regular expression"),
        ({"url": "http://x.example", "type": "orte", "page": {"colour": 1}}, r"\[read.page\] has no option 'colour'"),
    ],
)
def test_a_wrong_option_fails_the_source_in_one_sentence(site: WordPress, options: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceFailed, match=says):
        list(read(options, context(site)))
