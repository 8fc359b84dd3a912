"""Conditional requests: a 304 gives the stored answer, and the store is bounded and never believed blindly."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvesters.fetch import BadStatus
from harvesters.fetch.cache import Cache, Stored
from tests.standins import Reply, StandIn, fetcher_for, gzipped, redirect, versioned

THURSDAY = "Thu, 19 Nov 2026 08:00:00 GMT"
FRIDAY = "Fri, 20 Nov 2026 08:00:00 GMT"


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("first", "second"),
    [({"etag": '"1"'}, {"etag": '"2"'}), ({"modified": THURSDAY}, {"modified": FRIDAY}), ({"etag": 'W/"a"'}, {})],
)
def test_an_unchanged_answer_comes_from_the_cache(
    site: StandIn, tmp_path: Path, first: dict[str, Any], second: dict[str, Any]
) -> None:
    site.route("/list", versioned({"name": "Beucha"}, **first))
    for expected in (False, True, True):
        with fetcher_for(site, cache=tmp_path) as fetcher:
            answer = fetcher.get(site.url("/list"))
            assert (answer.unchanged, answer.status, answer.json()) == (expected, 200, {"name": "Beucha"})
            assert answer.media_type == "application/json"
            assert fetcher.traffic.unchanged == expected
    site.route("/list", versioned({"name": "Brandis"}, **second))
    with fetcher_for(site, cache=tmp_path) as fetcher:
        answer = fetcher.get(site.url("/list"))
        assert (answer.unchanged, answer.json()) == (False, {"name": "Brandis"})


def test_without_validators_nothing_is_kept(site: StandIn, tmp_path: Path) -> None:
    site.route("/list", {"a": 1})
    with fetcher_for(site, cache=tmp_path) as fetcher:
        fetcher.get(site.url("/list"))
        assert fetcher.get(site.url("/list")).unchanged is False
    assert files(tmp_path) == []


def test_what_must_not_be_stored_is_not_stored(site: StandIn, tmp_path: Path) -> None:
    site.route("/list", versioned({"a": 1}, etag='"1"'))
    with fetcher_for(site, cache=tmp_path) as fetcher:
        fetcher.get(site.url("/list"))
        assert len(files(tmp_path)) == 1
        site.route("/list", Reply({"a": 2}, headers={"ETag": '"2"', "Cache-Control": "private, No-Store"}))
        assert fetcher.get(site.url("/list")).json() == {"a": 2}
    assert files(tmp_path) == []


def test_questions_that_differ_in_any_header_are_kept_apart(site: StandIn, tmp_path: Path) -> None:
    site.route(
        "/list", lambda request: versioned(request.headers["accept"] + request.query["page"], etag='"1"')(request)
    )
    with fetcher_for(site, cache=tmp_path) as fetcher:
        for _ in range(2):
            for accept in ("text/csv", "text/turtle"):
                for page in ("1", "2"):
                    assert fetcher.get(site.url("/list"), params={"page": page}, accept=accept).text == accept + page
        with_token = fetcher.get(site.url("/list?page=1"), accept="text/csv", headers={"Authorization": "Bearer t"})
        assert with_token.unchanged is False


def test_unpacked_content_is_what_is_kept(site: StandIn, tmp_path: Path) -> None:
    site.route("/list", gzipped({"a": 1}, headers={"ETag": '"1"'}))
    with fetcher_for(site, cache=tmp_path) as fetcher:
        fetcher.get(site.url("/list"))
        site.route("/list", Reply(b"", 304))
        assert fetcher.get(site.url("/list")).json() == {"a": 1}


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content + b" ",
        lambda content: b"",
        lambda content: b"null\n",
        lambda content: b"\xff\xfe\n{}",
        lambda content: content.replace(b'"sha256":"', b'"sha256":"0'),
        lambda content: content.replace(b'"headers":{', b'"headers":[{').replace(b'},"sha', b'}],"sha'),
        lambda content: content.replace(b"/list", b"/lost"),
    ],
)
def test_a_damaged_entry_is_fetched_again(site: StandIn, tmp_path: Path, damage: object) -> None:
    site.route("/list", versioned({"a": 1}, etag='"1"'))
    with fetcher_for(site, cache=tmp_path) as fetcher:
        fetcher.get(site.url("/list"))
        (path,) = files(tmp_path)
        path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
        site.clear()
        answer = fetcher.get(site.url("/list"))
        assert (answer.unchanged, answer.json()) == (False, {"a": 1})
        assert "if-none-match" not in site.asked("/list")[0].headers
        assert fetcher.get(site.url("/list")).unchanged is True


def test_a_304_that_nobody_asked_for_is_a_failure(site: StandIn, tmp_path: Path) -> None:
    site.route("/list", Reply(b"", 304))
    with fetcher_for(site, cache=tmp_path) as fetcher, pytest.raises(BadStatus, match="answered 304"):
        fetcher.get(site.url("/list"))


def test_a_failure_does_not_replace_what_is_kept(site: StandIn, tmp_path: Path) -> None:
    site.route("/list", versioned({"a": 1}, etag='"1"'))
    with fetcher_for(site, cache=tmp_path, max_retries=0) as fetcher:
        fetcher.get(site.url("/list"))
        site.route("/list", "broken", status=500, headers={"ETag": '"err"'})
        with pytest.raises(BadStatus):
            fetcher.get(site.url("/list"))
        site.route("/list", versioned({"a": 1}, etag='"1"'))
        assert fetcher.get(site.url("/list")).unchanged is True


def test_the_validators_of_a_moved_page_go_to_where_it_is_now(site: StandIn, tmp_path: Path) -> None:
    site.route("/old", redirect("/new"))
    site.route("/new", versioned({"a": 1}, etag='"1"'))
    with fetcher_for(site, cache=tmp_path) as fetcher:
        fetcher.get(site.url("/old"))
        answer = fetcher.get(site.url("/old"))
    assert (answer.unchanged, answer.url) == (True, site.url("/new"))
    assert all("if-none-match" not in request.headers for request in site.asked("/old"))


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_saving(site: StandIn, tmp_path: Path) -> None:
    site.route("/list", versioned({"a": 1}, etag='"1"'))
    with fetcher_for(site, cache=tmp_path) as fetcher:
        for number in range(256):
            (tmp_path / f"{number:02x}").write_text("a file where a folder should be")
        assert fetcher.get(site.url("/list")).json() == {"a": 1}


# The folder itself


def stored(content: bytes) -> Stored:
    return Stored("http://example.org/", 200, {"etag": '"1"'}, content)


def test_the_folder_stays_below_its_limit_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    cache = Cache(tmp_path, max_bytes=10_000)
    for number in range(8):
        cache.store(str(number), stored(bytes(1000)))
    for moment, path in enumerate(files(tmp_path)):
        os.utime(path, (moment, moment))
    assert cache.load("0") is not None  # used: its file is young again
    for number in range(8, 14):
        cache.store(str(number), stored(bytes(1000)))
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 10_000
    assert cache.load("0") is not None
    assert cache.load("13") is not None
    assert len(files(tmp_path)) < 14


def test_one_answer_does_not_fill_the_folder(tmp_path: Path) -> None:
    cache = Cache(tmp_path, max_bytes=10_000)
    cache.store("a", stored(bytes(2600)))
    assert cache.load("a") is None


def test_the_limit_holds_over_restarts(tmp_path: Path) -> None:
    for number in range(30):
        Cache(tmp_path, max_bytes=10_000).store(str(number), stored(bytes(1000)))
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 10_000


def test_half_written_files_of_a_killed_process_are_removed_in_time(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    old, young = tmp_path / "ab" / "x.part", tmp_path / "ab" / "y.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    Cache(tmp_path, max_bytes=10_000)
    assert files(tmp_path) == [young]


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    Cache(tmp_path, max_bytes=10_000).store("a", stored(b"x"))
    assert stat.S_IMODE(files(tmp_path)[0].stat().st_mode) == 0o600
