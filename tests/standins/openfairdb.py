"""OpenFairDB behind the paths of the real API: search by box, entries by id, recently changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from tests.standins.server import Reply, Request, StandIn

SEARCHED = ("id", "status", "lat", "lng", "title", "description", "categories", "tags", "avg_rating", "ratings")
"""What a search answer holds of a place; licence and address are only in its entry."""

HIDDEN = ("archived", "rejected")


class OpenFairDB(StandIn):
    """Holds `places` by id; change the dictionary and the answers change. `at_most` is the limit nobody can exceed.

    A place whose `status` is archived or rejected is not found and has no entry, as with the real service.
    `changed` holds the unix seconds of a place's last change, if it has any.
    """

    def __init__(self, places: Iterable[Mapping[str, Any]], *, at_most: int = 2000) -> None:
        super().__init__()
        self.places = {place["id"]: dict(place) for place in places}
        self.changed: dict[str, int] = {}
        self.at_most = at_most
        self.route("/v0/search", self._search)
        self.route("/v0/entries/*", self._entries)
        self.route("/v0/entries/recently-changed", self._recently_changed)

    def api(self) -> str:
        return self.url("/v0/")

    def touch(self, key: str, **values: Any) -> None:
        """Change a place now."""
        self.places[key].update(values)
        self.changed[key] = int(time.time())

    def _search(self, request: Request) -> Reply:
        south, west, north, east = map(float, request.query["bbox"].split(","))
        limit = min(int(request.query.get("limit", 100)), self.at_most)
        visible, invisible = [], []
        for place in self.places.values():
            if place.get("status") not in HIDDEN:
                inside = south <= place["lat"] <= north and west <= place["lng"] <= east
                (visible if inside else invisible).append({key: place[key] for key in SEARCHED if key in place})
        return Reply({"visible": visible[:limit], "invisible": invisible[:5]})

    def _entries(self, request: Request) -> Reply:
        ids = request.path.rpartition("/")[2].split(",")
        found = [self.places[key] for key in ids if key in self.places]
        return Reply([self._entry(place) for place in found if place.get("status") not in HIDDEN])

    def _recently_changed(self, request: Request) -> Reply:
        since, limit = int(request.query.get("since", 0)), int(request.query.get("limit", 100))
        offset = int(request.query.get("offset", 0))
        changed = sorted((when, key) for key, when in self.changed.items() if when >= since)
        page = changed[::-1][offset : min(offset + limit, 1000)]
        return Reply([self._entry(self.places[key]) for _, key in page])

    @staticmethod
    def _entry(place: Mapping[str, Any]) -> dict[str, Any]:
        lists = {"ratings": [], "license": place.get("license"), "version": place.get("version", 0)}
        return {**{key: value for key, value in place.items() if key not in ("avg_rating", "status")}, **lists}
