"""Read records from JSON that stands inside a page's script, as map widgets have it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonpath
from selectolax.lexbor import LexborHTMLParser

from harvesters.clean.html import MAX_DEPTH, depth
from harvesters.readers.document import Location
from harvesters.readers.options import Options
from harvesters.readers.recording import Recording
from harvesters.reading import Context, Item, SourceFailed

MAX_ATTEMPTS = 2_000
"""Brackets at which JSON is tried to begin; scripts have many that begin none."""


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One raw record per object; its data is the object as it stands.

    Options:
        url or file: the page (or the script itself); headers, robots: see :class:`Location`.
        script: text that the script contains, if there are several.
        after: regular expression; the JSON begins somewhere after its first match.
        records: JSONPath of the objects in the JSON, `$[*]` unless given.
        key, page, modified, licence, withdrawn, leave_out: see :class:`Recording`.
    """
    settings = Options("script-json", options)
    location = Location.of(settings)
    wanted, after = settings.text("script"), _pattern(settings)
    text = settings.text("records", "$[*]") or "$[*]"
    try:
        records = jsonpath.compile(text)
    except jsonpath.JSONPathError as error:
        raise settings.wrong("records", f"is not a valid JSONPath: {str(error).splitlines()[0]}") from None
    recording = Recording.of(settings)
    settings.done()
    answer = location.get(context.fetch, accept="text/html, application/javascript;q=0.9, */*;q=0.1")
    for script in _scripts(answer.text, wanted):
        for value in _values(script, after):
            matches = [match.obj for match in records.finditer(value)]
            if any(isinstance(one, Mapping) for one in matches):
                for position, one in enumerate(matches, 1):
                    yield recording.item(one, base=location.base, where=f"record {position}")
                return
    where = f"a script with '{wanted}'" if wanted else "a script"
    raise SourceFailed(f"{location.start} has no complete JSON with records in {where}")


def _pattern(settings: Options) -> re.Pattern[str] | None:
    text = settings.text("after")
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise settings.wrong("after", f"is not a regular expression: {error}") from None


def _scripts(text: str, wanted: str | None) -> Iterator[str]:
    """The page's scripts that contain the wanted text; the whole document where it is a script itself."""
    if depth(text) > MAX_DEPTH:
        raise SourceFailed("the page's markup is nested too deeply to be read")
    scripts = [node.text() for node in LexborHTMLParser(text).css("script")] if "<script" in text.lower() else [text]
    return (script for script in scripts if wanted is None or wanted in script)


def _values(script: str, after: re.Pattern[str] | None) -> Iterator[Any]:
    """Every JSON array or object in a script, from left to right, not those inside another."""
    start = 0
    if after is not None:
        match = after.search(script)
        if match is None:
            return
        start = match.end()
    decoder = json.JSONDecoder()  # reads NaN, too: one bad number costs its own record and not the whole list
    for _ in range(MAX_ATTEMPTS):
        begin = min((found for bracket in "[{" if (found := script.find(bracket, start)) >= 0), default=-1)
        if begin < 0:
            return
        try:
            value, start = decoder.raw_decode(script, begin)
            yield value
        except (ValueError, RecursionError):
            start = begin + 1
