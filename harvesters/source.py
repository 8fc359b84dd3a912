"""A source: something outside that lists places, described by one `source.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from harvesters.web_address import is_web_address

SHIPPED = Path(__file__).resolve().parent / "sources"
"""The folder of the sources that travel with the program."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_DURATION = re.compile(r"(\d+)\s*(s|min|h|d|w)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class SourceError(Exception):
    """A source description that cannot be used; the message says which file and what to change."""


@dataclass(frozen=True)
class Source:
    """One source as its `source.toml` describes it, with the operator's overrides applied.

    `rank` decides between sources when single values conflict: the lower number wins.
    `max_shrink` is a share of the live records, 0 to 1. `licence` is an IRI, or None where the source states none; its
    records are then published as facts only. A run that takes longer than `time_limit` is ended.
    """

    id: str
    title: Mapping[str, str]
    homepage: str | None
    publisher: str
    licence: str | None
    attribution: str | None
    rank: int
    every: timedelta
    enabled: bool
    reader: str
    read: Mapping[str, Any]
    min_records: int
    max_shrink: float
    time_limit: timedelta
    districts: tuple[str, ...]
    lift: str
    note: str | None
    folder: Path


def discover(
    folders: Iterable[Path] = (SHIPPED,), overrides: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Source]:
    """All sources found one level below the given folders, by id; later folders win.

    Raises:
        SourceError: when a description is broken, or an override names a source that does not exist.
    """
    overrides = overrides or {}
    found: dict[str, Source] = {}
    for parent in folders:
        for file in sorted(parent.glob("*/source.toml")):
            found[file.parent.name] = load(file.parent, overrides.get(file.parent.name, {}))
    for unknown in overrides.keys() - found.keys():
        known = ", ".join(sorted(found)) or "none"
        raise SourceError(
            f"registry.toml has settings for a source '{unknown}' that does not exist; known are: {known}"
        )
    return found


def load(folder: Path, overrides: Mapping[str, Any] | None = None) -> Source:
    """Read one source folder. Overrides replace single values, table by table.

    Raises:
        SourceError: naming the file, the key and what is expected there.
    """
    file = folder / "source.toml"
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourceError(f"{file} is missing; every source folder needs one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{file} is not valid TOML: {error}") from None
    return _Reading(file, _overlay(table, overrides or {})).source()


def _overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _overlay(merged[key], value) if both else value
    return merged


class _Reading:
    """Takes values out of one description, each with a check that can say what is wrong."""

    def __init__(self, file: Path, table: dict[str, Any]) -> None:
        self.file = file
        self.table = table

    def source(self) -> Source:
        known = {"id", "title", "homepage", "publisher", "licence", "attribution", "rank", "every", "enabled"}
        known |= {"read", "expect", "scope", "note", "lift"}
        if unknown := self.table.keys() - known:
            raise self.error(f"'{sorted(unknown)[0]}' is no key of a source; known are: {', '.join(sorted(known))}")
        folder = self.file.parent
        name = self.text("id") or ""
        if not _ID.fullmatch(name) or name != folder.name:
            raise self.error(f"id must equal the folder's name '{folder.name}': small letters, digits and hyphens")
        title = self.table.get("title")
        if not isinstance(title, dict) or not all(isinstance(title.get(lang), str) for lang in ("de", "en")):
            raise self.error('title must be a table with a German and an English text: title = { de = "…", en = "…" }')
        read = dict(self.sub("read"))
        reader = read.pop("reader", None)
        if not isinstance(reader, str):
            raise self.error('[read] needs reader = "…", the name of the reader')
        if isinstance(read.get("file"), str):
            read["file"] = str(folder / read["file"])  # a file beside source.toml; an absolute path stays
        expect, scope = self.sub("expect"), self.sub("scope")
        shrink = expect.get("max_shrink", 0.2)
        if not isinstance(shrink, int | float) or not 0 <= shrink <= 1:
            raise self.error("[expect] max_shrink must be a share between 0 and 1")
        minimum = expect.get("min_records", 1)
        if not isinstance(minimum, int) or minimum < 0:
            raise self.error("[expect] min_records must be a whole number, 0 or more")
        districts = scope.get("districts", [])
        if not isinstance(districts, list) or not all(
            isinstance(d, str) and re.fullmatch(r"\d{5}", d) for d in districts
        ):
            raise self.error('[scope] districts must be a list of five-digit AGS texts, e.g. ["14729"]')
        return Source(
            id=name,
            title=title,
            homepage=self.address("homepage"),
            publisher=self.text("publisher") or name,
            licence=self.address("licence"),
            attribution=self.text("attribution"),
            rank=self.whole("rank", 50),
            every=self.duration("every", self.table.get("every", "1d")),
            enabled=self.flag("enabled", True),
            reader=reader,
            read=read,
            min_records=minimum,
            max_shrink=float(shrink),
            time_limit=self.duration("[expect] time_limit", expect.get("time_limit", "30min")),
            districts=tuple(districts),
            lift=self.lift(folder / (self.text("lift") or "lift.rq")),  # sources of one template share a lift
            note=self.text("note"),
            folder=folder,
        )

    def error(self, sentence: str) -> SourceError:
        return SourceError(f"{self.file}: {sentence}")

    def sub(self, key: str) -> dict[str, Any]:
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            raise self.error(f"[{key}] must be a table")
        return value

    def text(self, key: str) -> str | None:
        value = self.table.get(key)
        if value is not None and not isinstance(value, str):
            raise self.error(f"{key} must be a text")
        return value or None

    def address(self, key: str) -> str | None:
        value = self.text(key)
        if value and not is_web_address(value):
            none = "; leave it out where the source states none" if key == "licence" else ""
            raise self.error(f"{key} must be an http(s) address, '{value}' is none{none}")
        return value

    def whole(self, key: str, default: int) -> int:
        value = self.table.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(f"{key} must be a whole number")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            raise self.error(f"{key} must be true or false")
        return value

    def duration(self, key: str, value: object) -> timedelta:
        match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if not match or not int(match[1]):
            raise self.error(f'{key} must be a duration like "30min", "6h", "1d" or "1w"')
        return timedelta(**{_UNITS[match[2]]: int(match[1])})

    def lift(self, file: Path) -> str:
        try:
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:
            missing = f"there is no {file.name} beside it; every source needs a CONSTRUCT query as its lift"
            raise self.error(missing) from None
        except UnicodeDecodeError as error:
            raise SourceError(f"{file} is not UTF-8 text: {error}") from None
