"""What a second harvest finds, compared with a first: created, updated, withdrawn, as the registry would see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harvesters.readers import READERS
from harvesters.reading import Context, Item, Partial, RawRecord, Unreadable, Withdrawn
from tests.standins import StandIn, fetcher_for


@dataclass(frozen=True)
class Harvest:
    """One reading, sorted by kind of item."""

    records: Mapping[str, RawRecord]
    unreadable: tuple[Unreadable, ...]
    withdrawn: tuple[str, ...]
    partial: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def keys(self) -> list[str]:
        return list(self.records)

    def changes(self, earlier: Harvest) -> tuple[set[str], set[str], set[str]]:
        """Keys created, updated and withdrawn since; absence counts only when this reading was complete."""
        here, there = self.records, earlier.records
        present = here.keys() | {item.key for item in self.unreadable if item.key is not None}
        absent = set() if self.partial else there.keys() - present
        return (
            here.keys() - there.keys(),
            {key for key in here.keys() & there.keys() if here[key] != there[key]},
            absent | set(self.withdrawn),
        )


def harvest(
    reader: str,
    site: StandIn | None,
    *,
    moment: datetime | None = None,
    fetch: Any = None,
    **options: Any,
) -> Harvest:
    """Read everything; `moment` is that of the last complete reading, `fetch` are settings of the fetcher."""
    notes: list[str] = []
    with fetcher_for(*([site] if site else []), **{"max_retries": 0, **(fetch or {})}) as fetcher:
        context = Context(fetch=fetcher, since=moment, districts=(), notes=notes.append)
        return _sorted(READERS[reader](options, context), notes)


def _sorted(items: Iterable[Item], notes: list[str]) -> Harvest:
    found = list(items)
    records = [item for item in found if isinstance(item, RawRecord)]
    assert len({record.key for record in records}) == len(records), "a key came twice"
    return Harvest(
        {record.key: record for record in records},
        tuple(item for item in found if isinstance(item, Unreadable)),
        tuple(item.key for item in found if isinstance(item, Withdrawn)),
        tuple(item.reason for item in found if isinstance(item, Partial)),
        tuple(notes),
    )
