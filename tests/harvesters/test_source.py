from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from harvesters.readers import READERS
from harvesters.source import SHIPPED, SourceError, discover, load

GOOD = """
id = "liste"
title = { de = "Liste", en = "List" }
publisher = "Verein"
every = "6h"
[read]
reader = "csv"
url = "https://liste.example/orte.csv"
[expect]
min_records = 5
"""


def _folder(tmp_path: Path, text: str = GOOD, lift: str | None = "CONSTRUCT {} WHERE {}") -> Path:
    folder = tmp_path / "liste"
    folder.mkdir()
    (folder / "source.toml").write_text(text, encoding="utf-8")
    if lift is not None:
        (folder / "lift.rq").write_text(lift, encoding="utf-8")
    return folder


def test_a_description_is_read_with_defaults_that_work(tmp_path: Path) -> None:
    source = load(_folder(tmp_path))
    assert (source.id, source.reader, source.read) == ("liste", "csv", {"url": "https://liste.example/orte.csv"})
    assert (source.every, source.min_records, source.max_shrink) == (timedelta(hours=6), 5, 0.2)
    assert source.enabled
    assert source.licence is None


def test_overrides_replace_single_values(tmp_path: Path) -> None:
    source = load(_folder(tmp_path), {"enabled": False, "read": {"url": "http://127.0.0.1:9001/"}})
    assert not source.enabled
    assert source.read["url"] == "http://127.0.0.1:9001/"
    assert source.reader == "csv"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('id = "liste"', 'id = "andere"', "folder's name"),
        ('en = "List"', 'fr = "Liste"', "German and an English"),
        ('every = "6h"', 'every = "often"', "duration"),
        ('every = "6h"', 'every = "0h"', "duration"),
        ("min_records = 5", "min_records = -1", "whole number"),
        ("min_records = 5", "max_shrink = 3", "share between 0 and 1"),
        ('reader = "csv"', "", "name of the reader"),
        ('publisher = "Verein"', "publisher = 3", "publisher must be a text"),
        ('publisher = "Verein"', 'publischer = "Verein"', "'publischer' is no key"),
        ('publisher = "Verein"', 'publisher = "Verein"\nhomepage = "x"', "homepage must be an http(s) address"),
        ('publisher = "Verein"', "publisher = 'V'\nhomepage = 'https://a.example/\"x'", "homepage must be an http(s)"),
        ('publisher = "Verein"', 'publisher = "Verein"\nlicence = "CC0"', "leave it out where the source states none"),
        ("[read]", "[read", "not valid TOML"),
    ],
)
def test_a_broken_description_names_file_and_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    with pytest.raises(SourceError) as caught:
        load(_folder(tmp_path, GOOD.replace(old, new)))
    assert named in str(caught.value)
    assert "source.toml" in str(caught.value)


def test_a_source_without_lift_or_description_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no lift\.rq"):
        load(_folder(tmp_path, lift=None))
    with pytest.raises(SourceError, match="is missing"):
        load(tmp_path / "nirgends")


def test_settings_for_a_source_that_does_not_exist_are_an_error(tmp_path: Path) -> None:
    _folder(tmp_path)
    with pytest.raises(SourceError, match="known are: liste"):
        discover((tmp_path,), {"listte": {"enabled": False}})


def test_every_shipped_source_loads_and_names_a_reader_that_exists() -> None:
    shipped = discover((SHIPPED,))
    assert {"studie", "openfairdb", "kreativorte-mitteldeutschland"} <= shipped.keys()
    for source in shipped.values():
        assert source.reader in READERS
        assert callable(READERS[source.reader])
        assert source.note, f"{source.id} has no honest note on what has not been seen"
