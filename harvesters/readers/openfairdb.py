"""Read OpenFairDB, the database behind Karte von morgen: search by boxes, then the full entries.

A search answers at most so many places and has no offset, so a box whose answer is full is split into four. Search
answers lack address and licence, so every place found is then asked for by id. Ratings never enter the data: they
change by the hour and say nothing about a place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from harvesters.fetch import Fetcher, FetchError
from harvesters.readers.privacy import is_role
from harvesters.reading import Context, Item, Partial, RawRecord, SourceFailed, Unreadable, Withdrawn

EVENT = "c2dc278a2d6a4b9b8a50cb606fc017ed"
"""The category of events, which are no places. The other two are initiative and company."""

LICENCES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
}

# Hourly ratings; a person's name; and a number that does not say whose it is.
_NEVER = ("ratings", "avg_rating", "contact_name", "telephone")

# Upper limits the service has had, besides the one asked for: an answer of exactly that size may be cut off.
_LIMITS_OF_OLD = (100, 250, 500, 1000)

_CHANGES = 1000  # offset + limit of recently-changed end here
_CHANGES_KEPT = timedelta(days=100)
_OVERLAP = timedelta(hours=1)  # their clock is not ours


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """Every visible place inside the boxes, with the licence that its entry states.

    Options:
        url: address of the API, `https://api.ofdb.io/v0/`.
        boxes: list of `[south, west, north, east]` in degrees (WGS 84).
        limit: places asked for per search, at most 2000, which is what the service gives.
        smallest: degrees; a full box narrower than this is not split further and makes the reading partial.
        batch: entries asked for at once.
        changes_for_days: within so many days after the last complete run ask only for what changed since; 0: never.
    """
    api = _Api.of(options, context)
    if (changes := api.changes()) is not None:
        yield from changes
        return
    found: dict[str, None] = {}
    for box in api.boxes:
        for hit in api.search(box):
            if isinstance(hit, str):
                found[hit] = None
            else:
                yield hit
    context.notes(f"{len(found)} places found, reading their entries")
    for item in api.entries(list(found)):
        if isinstance(item, RawRecord):
            found.pop(item.key)
        yield item
    if found:
        context.notes(f"{len(found)} places are in the search but have no entry any more; left out")


@dataclass(frozen=True)
class Box:
    """Degrees, edges included."""

    south: float
    west: float
    north: float
    east: float

    def contains(self, lat: float, lng: float) -> bool:
        return self.south <= lat <= self.north and self.west <= lng <= self.east

    def quarters(self) -> tuple[Box, Box, Box, Box]:
        lat, lng = (self.south + self.north) / 2, (self.west + self.east) / 2
        return (
            Box(self.south, self.west, lat, lng),
            Box(self.south, lng, lat, self.east),
            Box(lat, self.west, self.north, lng),
            Box(lat, lng, self.north, self.east),
        )

    def __str__(self) -> str:
        return ",".join(f"{edge:.7g}" for edge in (self.south, self.west, self.north, self.east))


@dataclass(frozen=True)
class _Api:
    fetch: Fetcher
    context: Context
    url: str
    boxes: tuple[Box, ...]
    limit: int
    smallest: float
    batch: int
    changes_for: timedelta

    @classmethod
    def of(cls, options: Mapping[str, Any], context: Context) -> _Api:
        known = {"url", "boxes", "limit", "smallest", "batch", "changes_for_days"}
        if unknown := options.keys() - known:
            raise SourceFailed(
                f"the reader 'openfairdb' has no option '{min(unknown)}'; it knows {', '.join(sorted(known))}"
            )
        if not isinstance(options.get("url"), str):
            raise SourceFailed("the reader 'openfairdb' needs the option 'url', the address of the API")
        try:
            boxes = tuple(Box(*map(float, box)) for box in options["boxes"])
        except (KeyError, TypeError, ValueError):
            raise SourceFailed(
                "the reader 'openfairdb' needs the option 'boxes', a list of [south, west, north, east] in degrees"
            ) from None
        return cls(
            context.fetch,
            context,
            _api(options["url"]),
            boxes,
            int(options.get("limit", 2000)),
            float(options.get("smallest", 0.005)),
            int(options.get("batch", 50)),
            timedelta(days=float(options.get("changes_for_days", 0))),
        )

    def search(self, box: Box) -> Iterator[str | Unreadable | Partial]:
        """The ids of the places visible inside a box, events left out."""
        answer = self.fetch.get(f"{self.url}search", params={"bbox": str(box), "limit": str(self.limit)}).json()
        visible = answer.get("visible") if isinstance(answer, dict) else None
        if not isinstance(visible, list):
            raise SourceFailed(f"the search of {self.url} did not answer with a list of visible places")
        if len(visible) >= self.limit or len(visible) in _LIMITS_OF_OLD:
            if min(box.north - box.south, box.east - box.west) >= self.smallest:
                for quarter in box.quarters():
                    yield from self.search(quarter)
                return
            yield Partial(f"more than {len(visible)} places in the box {box}, which is too small to be split again")
        for place in visible:  # `invisible` lies outside the box and is none of our business
            position = _position(place)
            if position is None or not isinstance(place.get("id"), str) or not place["id"]:
                yield Unreadable(
                    None,
                    "a place needs an id and a position",
                    str(place)[:200],
                    "ein Ort braucht eine Kennung und eine Position",
                )
            elif box.contains(*position) and EVENT not in (place.get("categories") or ()):
                yield place["id"]

    def entries(self, ids: Sequence[str]) -> Iterator[RawRecord | Unreadable]:
        """The records of these ids, in batches. An id that is gone is simply not answered."""
        for start in range(0, len(ids), self.batch):
            wanted = dict.fromkeys(ids[start : start + self.batch])
            answer = self.fetch.get(f"{self.url}entries/{','.join(wanted)}").json()
            if not isinstance(answer, list):
                raise SourceFailed(f"{self.url}entries did not answer with a list")
            for entry in answer:
                if not isinstance(entry, dict) or entry.get("id") not in wanted:
                    yield Unreadable(
                        None,
                        "an entry that was not asked for",
                        str(entry)[:200],
                        "ein Eintrag, nach dem nicht gefragt wurde",
                    )
                else:
                    del wanted[entry["id"]]
                    yield self.record(entry)

    def record(self, entry: Mapping[str, Any]) -> RawRecord:
        data = {key: value for key, value in entry.items() if key not in _NEVER}
        if not is_role(data.get("email")):
            data.pop("email", None)
        licence = LICENCES.get(str(entry.get("license") or "").strip())
        return RawRecord(entry["id"], data, page=f"{self.url}entries/{entry['id']}", licence=licence)

    def changes(self) -> list[Item] | None:
        """What changed since the last complete run, or None where everything must be read."""
        since = self.context.since
        if since is None or datetime.now(UTC) - since > min(self.changes_for, _CHANGES_KEPT):
            return None
        try:
            changed = self.changed_since(since - _OVERLAP)
        except FetchError as error:
            self.context.notes(f"no list of changes ({error}); reading everything")
            return None
        if changed is None:
            self.context.notes(f"more than {_CHANGES} changes since {since:%Y-%m-%d %H:%M}; reading everything")
            return None
        here = [
            key for key, place in changed.items() if self.inside(place) and EVENT not in (place.get("categories") or ())
        ]
        items: list[Item] = [Partial(f"only what changed since {since:%Y-%m-%d %H:%M} UTC was read")]
        entries = list(self.entries(here))
        there = {item.key for item in entries if isinstance(item, RawRecord)}
        # Archived places are in the list but have no entry; others have moved away or were never here.
        return [*items, *entries, *(Withdrawn(key) for key in changed if key not in there)]

    def changed_since(self, since: datetime) -> dict[str, Mapping[str, Any]] | None:
        """Changed entries by id; None when there are more than the service can list."""
        changed: dict[str, Mapping[str, Any]] = {}
        size = _CHANGES // 2
        for offset in range(0, _CHANGES, size):
            params = {"since": str(int(since.timestamp())), "limit": str(size), "offset": str(offset)}
            page = self.fetch.get(f"{self.url}entries/recently-changed", params=params).json()
            if not isinstance(page, list):
                return None
            changed |= {
                place["id"]: place for place in page if isinstance(place, dict) and isinstance(place.get("id"), str)
            }
            if len(page) < size:
                return changed
        return None

    def inside(self, place: Mapping[str, Any]) -> bool:
        position = _position(place)
        return position is not None and any(box.contains(*position) for box in self.boxes)


def _api(url: str) -> str:
    """The address of the API, ending in a slash; a bare host means its present version."""
    return f"{url.rstrip('/')}/" if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/v0/"


def _position(place: object) -> tuple[float, float] | None:
    if not isinstance(place, Mapping):
        return None
    lat, lng = place.get("lat"), place.get("lng")
    if not isinstance(lat, int | float) or not isinstance(lng, int | float):
        return None
    return (lat, lng) if math.isfinite(lat) and math.isfinite(lng) else None
