"""Ways tried in order: what leads to the next one, and what does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from harvesters.readers.first_of import read
from harvesters.reading import Item, RawRecord, SourceFailed
from tests.harvesters.readers.contexts import context
from tests.standins.server import Reply
from tests.standins.wordpress import WordPress, kreativorte

TRY = [
    {"reader": "wordpress", "type": "orte"},
    {"reader": "sitemap-html", "pages": r"^/orte/.|p=\d", "key": "wordpress"},
]


@pytest.fixture
def site() -> Iterator[WordPress]:
    with WordPress(kreativorte()) as site:
        yield site


def run(site: WordPress, notes: list[str] | None = None, **options: Any) -> list[Item]:
    return list(read({"url": site.url("/"), "try": TRY, **options}, context(site, notes=notes)))


def test_the_first_way_that_is_offered_is_taken_and_named(site: WordPress) -> None:
    notes: list[str] = []
    assert len(run(site, notes)) == 6
    assert notes == ["reading by way 1 of 2, wordpress"]
    assert site.asked("/wp-sitemap.xml") == []


def test_a_way_that_is_not_offered_leads_to_the_next_with_the_same_keys(site: WordPress) -> None:
    first = [item.key for item in run(site) if isinstance(item, RawRecord)]
    site.rest = False
    notes: list[str] = []
    second = [item.key for item in run(site, notes) if isinstance(item, RawRecord)]
    assert sorted(first) == sorted(second)
    assert notes[0].startswith("not offered: ")


def test_a_way_in_trouble_fails_the_source_instead_of_giving_less(site: WordPress) -> None:
    site.route("/wp-json/wp/v2/orte", Reply("down", 503))
    with pytest.raises(SourceFailed, match="503"):
        run(site)
    assert site.asked("/wp-sitemap.xml") == []


def test_when_no_way_is_offered_every_reason_is_given(site: WordPress) -> None:
    site.rest = site.sitemap = False
    with pytest.raises(SourceFailed) as caught:
        run(site)
    assert "1. wordpress: " in str(caught.value)
    assert "2. sitemap-html: " in str(caught.value)


@pytest.mark.parametrize("ways", [None, [], "x", [{"type": "orte"}], [{"reader": "telepathy"}]])
def test_a_wrong_option_fails_the_source_in_one_sentence(site: WordPress, ways: Any) -> None:
    with pytest.raises(SourceFailed, match=r"\[\[read.try\]\]"):
        run(site, **{"try": ways})


def test_records_are_plain_data(site: WordPress) -> None:
    for item in run(site):
        assert isinstance(item, RawRecord)
        json.dumps(item.data)
