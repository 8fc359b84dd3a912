"""What a reader yields: the values between a source on the web and its lift.

A reader is a function `read(options, context) -> Iterator[Item]`. It never decides what is to be
deleted; it says what it saw, and whether what it saw was everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harvesters.failure import SourceFailed
from harvesters.fetch import Fetcher


@dataclass(frozen=True)
class RawRecord:
    """One thing as the source states it, JSON-like and not yet understood.

    `key` is stable within the source; `page` is the address of the page, row or element a person
    can open; `modified` is the source's own modification date as it wrote it; `licence` is an IRI,
    given only where the source states one for this very record.
    """

    key: str
    data: Mapping[str, Any]
    page: str | None = None
    modified: str | None = None
    licence: str | None = None


@dataclass(frozen=True)
class Withdrawn:
    """The source itself says that the record with this key is gone."""

    key: str


@dataclass(frozen=True)
class Unreadable:
    """One record that makes no sense: why, and a short quotation of what was found. The rest goes on.

    `reason` is English, `reason_de` the same in German; it is empty where a library or a server gave the reason.
    """

    key: str | None
    reason: str
    found: str
    reason_de: str = ""


@dataclass(frozen=True)
class Partial:
    """This reading is a delta or is incomplete: the absence of a record means nothing."""

    reason: str


Item = RawRecord | Withdrawn | Unreadable | Partial


@dataclass(frozen=True)
class Context:
    """What a reader is given: the fetcher, and how much to read.

    `since` is the start of the last complete run (with time zone), `None` means read everything;
    `districts` are the AGS of the districts in scope, empty means no limit; `notes` takes progress
    lines for the person who watches.
    """

    fetch: Fetcher
    since: datetime | None
    districts: tuple[str, ...]
    notes: Callable[[str], None]


Reader = Callable[[Mapping[str, Any], Context], Iterator[Item]]

__all__ = ["Context", "Item", "Partial", "RawRecord", "Reader", "SourceFailed", "Unreadable", "Withdrawn"]
