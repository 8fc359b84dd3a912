"""Curated Turtle becomes raw records that name no host."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvesters.readers.records_file import read
from harvesters.reading import Context, RawRecord, SourceFailed, Unreadable

CONTEXT = Context(fetch=None, since=None, districts=(), notes=print)  # type: ignore[arg-type]


def records(folder: Path, turtle: str) -> list[object]:
    file = folder / "records.ttl"
    file.write_text(turtle, encoding="utf-8")
    return list(read({"file": str(file)}, CONTEXT))


def test_every_kind_of_object_keeps_what_it_is(tmp_path: Path) -> None:
    [record] = records(
        tmp_path,
        """
        PREFIX ex: <https://example.org/>
        PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        <grüner%20hof#it> ex:name "Grüner Hof"@de ; ex:plain "x" ; ex:year "2021"^^xsd:gYear ;
            ex:page <https://example.org/page> ; ex:address <grüner%20hof#address> ; ex:next <other#it> .
        """,
    )
    assert isinstance(record, RawRecord)
    assert record.key == "grüner hof"
    said = {}
    for statement in record.data["statements"]:
        said[statement.pop("property").rpartition("/")[2]] = statement
    assert said == {
        "name": {"node": "it", "text": "Grüner Hof", "lang": "de"},
        "plain": {"node": "it", "text": "x"},
        "year": {"node": "it", "text": "2021", "datatype": "http://www.w3.org/2001/XMLSchema#gYear"},
        "page": {"node": "it", "link": "https://example.org/page"},
        "address": {"node": "it", "part": "address"},
        "next": {"node": "it", "record": "other"},
    }


def test_the_order_of_statements_in_the_file_does_not_matter(tmp_path: Path) -> None:
    one = records(tmp_path, '<a#it> <https://x.org/p> "1" , "2" . <b#it> <https://x.org/p> "3" .')
    two = records(tmp_path, '<b#it> <https://x.org/p> "3" . <a#it> <https://x.org/p> "2" , "1" .')
    assert one == two


def test_a_blank_node_or_a_foreign_subject_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    items = records(tmp_path, '<a#it> <https://x.org/p> [] , "1" . <https://x.org/s> <https://x.org/p> "2" .')
    unreadable = [item for item in items if isinstance(item, Unreadable)]
    assert {item.key for item in unreadable} == {"a", None}
    assert [item.key for item in items if isinstance(item, RawRecord)] == ["a"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "needs the option 'file'"),
        ({"file": "x.ttl", "url": "y"}, "no option 'url'"),
        ({"file": "/nowhere/x.ttl"}, "x.ttl cannot be read"),
    ],
)
def test_a_wrong_option_fails_the_source_in_one_sentence(options: dict[str, str], says: str) -> None:
    with pytest.raises(SourceFailed, match=says):
        list(read(options, CONTEXT))


def test_broken_turtle_fails_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match=r"records\.ttl is not valid Turtle"):
        records(tmp_path, "<a#it> <https://x.org/p> ")
