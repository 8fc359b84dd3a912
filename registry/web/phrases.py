"""What people type into one field: "Coworking bei Grimma" is a word and a place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harvesters.gazetteer import Gazetteer, place_key

RADIUS = "15km"
"""What "near" means when nothing else is said: half an hour by bus or an hour by bicycle."""
_NEAR = re.compile(
    r"^(?P<what>.*?)(?:^|\s+)(?:bei|nahe|um|near|around|in der nähe von|nearby)\s+(?P<place>\S.*)$", re.I
)


@dataclass(frozen=True)
class Phrase:
    """Words to search for, and a position where a place was named that the gazetteer knows."""

    words: str
    place: str | None = None
    position: tuple[float, float] | None = None


def understand(text: str, gazetteer: Gazetteer) -> Phrase:
    """The words and the place; without a known place "near" is left out, so that both words can be found in texts."""
    match = _NEAR.match(" ".join(text.split()))
    if match is None:
        return Phrase(text)
    what, place = match["what"].strip(), match["place"].strip()
    rows = gazetteer.places.get(place_key(place), ())
    if not rows:
        return Phrase(f"{what} {place}".strip())
    latitude = sum(row.lat for row in rows) / len(rows)
    longitude = sum(row.lon for row in rows) / len(rows)
    one = min(rows, key=lambda row: (row.lat - latitude) ** 2 + (row.lon - longitude) ** 2)
    return Phrase(what, place, (round(one.lat, 4), round(one.lon, 4)))
