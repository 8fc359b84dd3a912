"""The json reader: any list of objects, however it is paged, and however its pages lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harvesters.fetch import BadContent, BadStatus
from harvesters.reading import SourceFailed
from tests.harvesters.readers.harvests import harvest
from tests.standins import Reply, Request, StandIn, in_turn

PLACES = [{"id": number, "name": f"Ort {number}", "web": f"/orte/{number}"} for number in range(1, 8)]


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


# Records


def test_created_updated_and_withdrawn_are_exactly_right(site: StandIn) -> None:
    site.route("/places.json", PLACES)
    options: dict[str, Any] = {"url": site.url("/places.json"), "key": "id", "page": "web"}
    first = harvest("json", site, **options)
    assert first.keys == [str(number) for number in range(1, 8)]
    assert first.records["3"].data == PLACES[2]
    assert first.records["3"].page == site.url("/orte/3")
    assert harvest("json", site, **options).changes(first) == (set(), set(), set())
    changed = [{"id": 9, "name": "neu", "web": ""}, *PLACES[1:6], {**PLACES[6], "name": "anders"}]
    site.route("/places.json", list(reversed(changed)))
    assert harvest("json", site, **options).changes(first) == ({"9"}, {"7"}, {"1"})


@pytest.mark.parametrize(
    ("document", "records", "key"),
    [
        ({"data": {"places": PLACES}}, "$.data.places[*]", "id"),
        ({"data": [{"places": PLACES[:4]}, {"places": PLACES[4:]}]}, "$.data[*].places[*]", "id"),
        ({str(place["id"]): place for place in PLACES}, "$.*", "~"),
        ([*PLACES, {"id": 99, "kind": "event"}], "$[?!@.kind]", "id"),
    ],
)
def test_jsonpath_finds_the_records(site: StandIn, document: Any, records: str, key: str) -> None:
    site.route("/", document)
    found = harvest("json", site, url=site.url(), records=records, key=key)
    assert found.keys == [str(number) for number in range(1, 8)]
    assert not found.partial


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("id", "591"),
        ("meta.uid", "x y"),
        ("{meta.uid}/{id}", "x y/591"),
        ("a.b", "dotted"),
        ("size", "2.5"),
        ("whole", "3"),
    ],
)
def test_keys_come_from_places_and_templates(site: StandIn, template: str, key: str) -> None:
    site.route("/", [{"id": 591, "meta": {"uid": " x y "}, "a.b": "dotted", "a": {"b": 1}, "size": 2.5, "whole": 3.0}])
    assert harvest("json", site, url=site.url(), key=template).keys == [key]


@pytest.mark.parametrize(
    ("template", "page"),
    [
        ("link", "https://example.org/a%20b/%C3%B6"),
        ("{link}", "https://example.org/a%20b/%C3%B6"),
        ("https://example.org/{slug}?x=1", "https://example.org/a%2Fb%3F%22%3Cscript%3E?x=1"),
        ("relative", "{base}/x/y"),
        ("script", None),
        ("missing", None),
        ("https://example.org/{missing}", "{base}/list"),
        (None, "{base}/list"),
    ],
)
def test_pages_are_addresses_or_nothing(site: StandIn, template: str | None, page: str | None) -> None:
    thing = {"id": 1, "link": "https://example.org/a b/ö", "slug": 'a/b?"<script>', "relative": "x/y"}
    site.route("/list", [{**thing, "script": "javascript:alert(1)"}])
    options: dict[str, Any] = {} if template is None else {"page": template}
    found = harvest("json", site, url=site.url("/list"), key="id", **options)
    assert found.records["1"].page == (page and page.replace("{base}", site.url("").rstrip("/")))


def test_dates_licences_and_what_is_left_out(site: StandIn) -> None:
    place = {
        "id": 1,
        "changed": "2026-11-01",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "contact": {"person": "P. Privat"},
        "team": [{"name": "N. N.", "role": "Leitung"}],
    }
    site.route("/", [place, {"id": 2, "licence": "CC BY"}])
    options: dict[str, Any] = {"modified": "changed", "licence": "licence", "leave_out": ["contact", "team.name"]}
    found = harvest("json", site, url=site.url(), key="id", **options)
    record = found.records["1"]
    assert (record.modified, record.licence) == ("2026-11-01", place["licence"])
    assert record.data == {
        "id": 1,
        "changed": "2026-11-01",
        "licence": place["licence"],
        "team": [{"role": "Leitung"}],
    }
    assert found.records["2"].licence is None


def test_a_bad_record_never_stops_the_rest(site: StandIn) -> None:
    bad = ["text", None, {}, {"id": None}, {"id": ""}, {"id": {"x": 1}}, {"id": "k" * 513}, {"id": 2, "name": "again"}]
    site.route("/", [PLACES[0], *bad, PLACES[1], {"id": "k" * 512}, {"id": "<script>alert(1)</script>"}])
    found = harvest("json", site, url=site.url(), key="id")
    assert found.keys == ["1", "2", "k" * 512, "<script>alert(1)</script>"]
    reasons = [item.reason for item in found.unreadable]
    assert len(reasons) == len(bad)
    assert found.records["2"].data["name"] == "again"
    assert "record 2 is no object" in reasons[0]
    assert "record 4 has no key: 'id' is missing or empty" in reasons[2]
    assert "has a key of 513 characters; at most 512" in reasons[6]
    assert "record 10 has a key that came before; the first one counts" in reasons[7]
    assert found.unreadable[7].key == "2"
    assert all(len(item.found) <= 200 for item in found.unreadable)


def test_a_source_may_say_that_a_record_is_gone(site: StandIn) -> None:
    site.route("/", [{"id": 1, "status": "posted"}, {"id": 2, "status": "deleted"}])
    options: dict[str, Any] = {
        "key": "id",
        "withdrawn": {"field": "status", "values": ["deleted", "validation_failed"]},
    }
    found = harvest("json", site, url=site.url(), **options)
    assert (found.keys, found.withdrawn) == (["1"], ("2",))


def test_a_file_beside_the_description(tmp_path: Path) -> None:
    (tmp_path / "places.json").write_text('[{"id": 1, "web": "/relative"}]')
    found = harvest("json", None, file=str(tmp_path / "places.json"), key="id", page="web")
    assert found.records["1"].page is None
    with pytest.raises(SourceFailed, match=r"lost\.json cannot be read: No such file"):
        harvest("json", None, file=str(tmp_path / "lost.json"), key="id")


# What is no list


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ({"error": "quota exceeded"}, r"holds no list at \$\.places; it answered"),
        ({"places": None}, r"holds no list at \$\.places"),
        ({"places": "none"}, r"holds no list at \$\.places"),
        ({"places": {"1": {}}}, r"holds no list at \$\.places"),
        ([], r"holds no list at \$\.places"),
        ("<html>Wartung</html>", "answered HTML instead of JSON"),
        (b'{"places": [{"id": 1}, {"id"', "breaks off"),
        (b'{"places": [{"id": 1, "lat": NaN}', "answered NaN or Infinity"),
        (b"", "answered nothing"),
    ],
)
def test_what_is_no_list_fails_the_reading(site: StandIn, answer: Any, complaint: str) -> None:
    site.route("/", answer)
    with pytest.raises(SourceFailed, match=complaint):
        harvest("json", site, url=site.url(), records="$.places[*]", key="id")


def test_an_empty_list_is_a_list(site: StandIn) -> None:
    site.route("/", {"places": []})
    found = harvest("json", site, url=site.url(), records="$.places[*]", key="id")
    assert (found.keys, found.unreadable, found.partial) == ([], (), ())


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "'url' of the reader 'json' or 'file' is needed"),
        ({"url": "http://a/", "file": "x"}, "one of the two"),
        ({"url": "http://a/"}, "'key' of the reader 'json' is missing"),
        ({"url": "http://a/", "key": "id", "reocrds": "$"}, "'reocrds' of the reader 'json' does not exist; known are"),
        ({"url": "http://a/", "key": "id", "records": "$.["}, "'records' .* is not a valid JSONPath"),
        ({"url": "http://a/", "key": 5}, "'key' .* must be a text"),
        ({"url": "http://a/", "key": "id", "robots": "no"}, "'robots' .* must be true or false"),
        (
            {"url": "http://a/", "key": "id", "paging": {"kind": "scroll"}},
            r"'paging\.kind' .* must be one of link, page",
        ),
        ({"url": "http://a/", "key": "id", "paging": {"kind": "cursor"}}, r"'paging\.next' .* is missing"),
        ({"url": "http://a/", "key": "id", "paging": {"size": 0}}, r"'paging\.size' .* whole number, 1 or more"),
        ({"url": "http://a/", "key": "id", "paging": {"sice": 1}}, r"'paging\.sice' .* does not exist"),
        ({"url": "http://a/", "key": "id", "since": {}}, r"'since\.parameter' .* is missing"),
        ({"url": "http://a/", "key": "id", "withdrawn": {}}, r"'withdrawn\.field' .* is missing"),
    ],
)
def test_a_mistake_in_the_description_is_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SourceFailed, match=complaint):
        harvest("json", None, **options)


# Pages


def by_number(
    places: list[dict[str, Any]], *, size: int = 3, cap: int = 3, beyond: Any = "empty"
) -> Callable[[Request], Any]:
    """A list in pages, from 1; `beyond` is what comes after the last."""

    def answer(request: Request) -> Any:
        page = int(request.query["page"])
        length = min(cap, int(request.query.get("per_page", size)))
        part = places[(page - 1) * length : page * length]
        if not part and beyond != "empty":
            return beyond(request) if callable(beyond) and not hasattr(beyond, "write") else beyond
        body = {"places": part, "total": len(places), "pages": -(-len(places) // length)}
        return Reply(body, headers={"X-Total": str(len(places))})

    return answer


def paged(site: StandIn, paging: dict[str, Any], **options: Any) -> Any:
    return harvest("json", site, url=site.url("/list"), records="$.places[*]", key="id", paging=paging, **options)


ALL = [str(number) for number in range(1, 8)]


def test_pages_by_number(site: StandIn) -> None:
    site.route("/list", by_number(PLACES))
    found = paged(site, {"kind": "page", "size_parameter": "per_page", "size": 3}, params={"region": "Leipzig"})
    assert (found.keys, found.partial) == (ALL, ())
    assert {request.query["region"] for request in site.asked("/list")} == {"Leipzig"}
    assert [request.query["page"] for request in site.asked("/list")] == ["1", "2", "3", "4"]


def test_a_server_that_gives_smaller_pages_than_asked_loses_nothing(site: StandIn) -> None:
    site.route("/list", by_number(PLACES, cap=2))
    assert paged(site, {"kind": "page", "size_parameter": "per_page", "size": 500}).keys == ALL


def test_pages_by_offset(site: StandIn) -> None:
    def answer(request: Request) -> Any:
        start = int(request.query["from"])
        return {"places": PLACES[start : start + 2], "total": 7}  # two, though more were asked for

    site.route("/list", answer)
    paging = {"kind": "offset", "parameter": "from", "size_parameter": "limit", "size": 50, "total": "$.total"}
    found = paged(site, paging)
    assert (found.keys, found.partial) == (ALL, ())
    assert [request.query["from"] for request in site.asked("/list")] == ["0", "2", "4", "6", "7"]
    assert site.asked("/list")[0].query["limit"] == "50"


def test_pages_by_cursor(site: StandIn) -> None:
    def answer(request: Request) -> Any:
        start = int(request.query.get("after", "0"))
        rest = start + 3 < len(PLACES)
        return {"places": PLACES[start : start + 3], "meta": {"next": start + 3 if rest else None}}

    site.route("/list", answer)
    found = paged(site, {"kind": "cursor", "parameter": "after", "next": "$.meta.next"})
    assert (found.keys, found.partial) == (ALL, ())


@pytest.mark.parametrize("how", ["header", "path", "relative"])
def test_pages_by_link(site: StandIn, how: str) -> None:
    def answer(request: Request) -> Any:
        page = int(request.query.get("page", "1"))
        body: dict[str, Any] = {"places": PLACES[(page - 1) * 3 : page * 3], "links": []}
        following = f"/list?page={page + 1}" if page < 3 else None
        if following and how == "header":
            return Reply(body, headers={"Link": f'<{following}>; rel="next"'})
        if following:
            body["links"] = [{"rel": "next", "href": following if how == "relative" else site.url(following)}]
        return body

    site.route("/list", answer)
    paging = {"kind": "link"} if how == "header" else {"kind": "link", "next": "$.links[?@.rel=='next'].href"}
    found = paged(site, paging, params={"q": "x"})
    assert (found.keys, found.partial) == (ALL, ())
    assert ["q" in request.query for request in site.asked("/list")] == [True, False, False]


def test_the_token_is_not_carried_to_another_host(site: StandIn) -> None:
    with StandIn() as other:
        other.route("/more", {"places": PLACES[3:], "next": None})
        site.route("/list", {"places": PLACES[:3], "next": other.url("/more")})
        hosts = (site.host, other.host)
        options = {"headers": {"Authorization": "Bearer t"}, "fetch": {"allow_private_hosts": hosts}}
        assert paged(site, {"kind": "link", "next": "$.next"}, **options).keys == ALL
        assert site.asked("/list")[0].headers["authorization"] == "Bearer t"
        assert "authorization" not in other.asked("/more")[0].headers


# Pages that lie


def test_a_next_link_to_itself_ends_and_is_partial(site: StandIn) -> None:
    site.route("/list", {"places": PLACES, "next": "/list"})
    found = paged(site, {"kind": "link", "next": "$.next"})
    assert found.keys == ALL
    assert "which came before" in found.partial[0]
    assert len(site.asked("/list")) == 1


def test_a_circle_of_next_links_ends_and_is_partial(site: StandIn) -> None:
    for number in range(4):
        site.route(f"/list/{number}", {"places": PLACES[number : number + 1], "next": f"/list/{(number + 1) % 4}"})
    found = harvest(
        "json",
        site,
        url=site.url("/list/0"),
        records="$.places[*]",
        key="id",
        paging={"kind": "link", "next": "$.next"},
    )
    assert found.keys == ["1", "2", "3", "4"]
    assert len(found.partial) == 1


def test_next_links_that_never_end_are_left(site: StandIn) -> None:
    site.route("/list", lambda request: {"places": [], "next": f"/list?n={int(request.query.get('n', 0)) + 1}"})
    found = paged(site, {"kind": "link", "next": "$.next", "max_pages": 20})
    assert "still has a next page after 20 pages" in found.partial[0]
    assert len(site.asked("/list")) == 20


def test_a_cursor_that_comes_again_ends_and_is_partial(site: StandIn) -> None:
    site.route("/list", {"places": PLACES, "next": "abc"})
    found = paged(site, {"kind": "cursor", "next": "$.next"})
    assert found.keys == ALL
    assert "a cursor that came before" in found.partial[0]
    assert len(site.asked("/list")) == 2


@pytest.mark.parametrize("kind", ["page", "offset"])
def test_a_server_that_knows_no_paging_is_partial(site: StandIn, kind: str) -> None:
    site.route("/list", {"places": PLACES})
    found = paged(site, {"kind": kind})
    assert (found.keys, found.unreadable) == (ALL, ())
    assert "repeats an earlier page" in found.partial[0]
    assert len(site.asked("/list")) == 2


def test_a_server_that_repeats_its_last_page_is_complete_when_it_said_how_many(site: StandIn) -> None:
    last = {"places": PLACES[6:], "total": 7, "pages": 3}
    site.route("/list", by_number(PLACES, beyond=last))
    for claim in ({"total": "$.total"}, {"pages": "$.pages"}, {"total": "header:X-Total"}):
        found = paged(site, {"kind": "page", **claim})
        assert (found.keys, found.unreadable, found.partial) == (ALL, (), ()), claim
    assert paged(site, {"kind": "page"}).partial


@pytest.mark.parametrize("status", [400, 404])
def test_a_failure_beyond_the_last_page_is_its_end(site: StandIn, status: int) -> None:
    site.route("/list", by_number(PLACES, beyond=Reply("no such page", status)))
    for claim in ({"total": "$.total"}, {"pages": "$.pages"}, {"end_status": status}):
        found = paged(site, {"kind": "page", **claim})
        assert (found.keys, found.partial) == (ALL, ()), claim
    with pytest.raises(BadStatus):  # without a claim nobody knows whether that was all
        paged(site, {"kind": "page"})


def test_a_failure_in_the_middle_fails_the_reading(site: StandIn) -> None:
    good = by_number(PLACES)
    site.route("/list", lambda request: Reply("", 404) if request.query["page"] == "2" else good(request))
    with pytest.raises(BadStatus):
        paged(site, {"kind": "page", "total": "$.total"})
    site.route("/list", lambda request: "<html>" if request.query["page"] == "2" else good(request))
    with pytest.raises(BadContent):
        paged(site, {"kind": "page", "total": "$.total"})


@pytest.mark.parametrize("claimed", [8, 1000])
def test_fewer_records_than_claimed_is_partial(site: StandIn, claimed: int) -> None:
    site.route("/list", in_turn({"places": PLACES, "total": claimed}, {"places": [], "total": claimed}))
    found = paged(site, {"kind": "page", "total": "$.total"})
    assert found.keys == ALL
    assert f"says it has {claimed} records, but gave 7" in found.partial[0]


@pytest.mark.parametrize("claim", [{"total": "$.total"}, {"pages": "$.pages"}])
def test_more_records_than_claimed_are_read_all(site: StandIn, claim: dict[str, str]) -> None:
    good = by_number(PLACES)
    site.route("/list", lambda request: Reply({**good(request).body, "total": 3, "pages": 1}))
    found = paged(site, {"kind": "page", **claim})
    assert (found.keys, found.partial) == (ALL, ())


def test_fewer_pages_than_claimed_is_partial(site: StandIn) -> None:
    site.route("/list", in_turn({"places": PLACES, "pages": 5}, {"places": [], "pages": 5}))
    found = paged(site, {"kind": "page", "pages": "$.pages"})
    assert "says it has 5 pages, but page 2 is empty" in found.partial[0]


@pytest.mark.parametrize("nonsense", ["many", -3, None, True, {}, "9" * 50, 2.5])
def test_a_claim_that_is_no_number_is_no_claim(site: StandIn, nonsense: Any) -> None:
    site.route("/list", in_turn({"places": PLACES, "total": nonsense}, {"places": [], "total": nonsense}))
    found = paged(site, {"kind": "page", "total": "$.total"})
    assert (found.keys, found.partial) == (ALL, ())


# Only what changed


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("iso", lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}"),
        ("date", lambda moment: f"{moment:%Y-%m-%d}"),
        ("unix", lambda moment: str(int(moment.timestamp()))),
        ("unix_ms", lambda moment: str(int(moment.timestamp() * 1000))),
    ],
)
def test_only_changes_are_asked_for_soon_after_a_complete_reading(
    site: StandIn, form: str, sent: Callable[[datetime], str]
) -> None:
    site.route("/", [PLACES[0]])
    since = NOW - timedelta(days=2)
    found = harvest_since(site, form, since)
    assert site.asked("/")[0].query == {"modified_after": sent(since - timedelta(hours=1))}
    assert "only what changed since" in found.partial[0]


@pytest.mark.parametrize("since", [None, NOW - timedelta(days=8), NOW + timedelta(days=1)])
def test_everything_is_asked_for_after_a_long_pause_or_a_wrong_clock(site: StandIn, since: datetime | None) -> None:
    site.route("/", PLACES)
    found = harvest_since(site, "iso", since)
    assert site.asked("/")[0].query == {}
    assert (found.keys, found.partial) == (ALL, ())


def harvest_since(site: StandIn, form: str, since: datetime | None) -> Any:
    changes = {"parameter": "modified_after", "format": form}
    return harvest("json", site, moment=since, url=site.url(), key="id", since=changes)
