"""Is it a place at all?"""

from __future__ import annotations

import re

from harvesters.clean.finding import Report, ignore, refuse
from harvesters.clean.name import has_association_form

MAX_LENGTH = 2_000
_EVENT = re.compile(
    r"(?<!\w)(?:events?|veranstaltung(?:en)?|termine?|konzerte?|festivals?|workshop-termine?|c2dc278a2d6a4b9b8a50cb606fc017ed)(?!\w)",
    re.IGNORECASE,
)
"""Categories of things that happen; the last is OpenFairDB's own identifier of its category "event"."""
_VEHICLE = re.compile(
    r"(?<!\w)(?:bus|[\w-]{0,40}-bus|(?:bücher|kultur|jugend|spiel|info|beratungs|bürger|fab|lese|kino|doppeldecker|digital|lern"
    r"|werkstatt|coworking|gesundheits|ruf|linien|reise|shuttle|mobilitäts)bus|[\w-]{0,30}mobil|foodtruck|food truck"
    r"|wander(?:ausstellung|kino|bühne|zirkus))(?![\w-])",
    re.IGNORECASE,
)
_NO_VEHICLE = re.compile(r"auto-?mobil|bushof|busbahnhof|immobil", re.IGNORECASE)


def is_place(name: str, categories: str = "", address: str = "", *, report: Report = ignore) -> bool:
    """Whether a record is about a place that stays where it is, for a lift to filter by.

    False, with a finding that says why, for events (by category), for vehicles and travelling things (by name), and
    for an association (a name in "e. V.") that gives no address. `categories` and `address` are free text, joined.
    """
    if match := _EVENT.search(categories[:MAX_LENGTH]):
        reason = (
            f"eine Veranstaltung (Kategorie »{match.group()}«), kein Ort",
            f"an event ({match.group()}), not a place",
        )
        return bool(refuse(report, "is_place", name, *reason))
    short = name[:MAX_LENGTH]
    if (match := _VEHICLE.search(short)) and not _NO_VEHICLE.search(short):
        reason = f"unterwegs (»{match.group()}«), kein fester Ort", f"on the move ({match.group()}), not a fixed place"
        return bool(refuse(report, "is_place", name, *reason))
    if has_association_form(short) and not any(character.isalnum() for character in address[:MAX_LENGTH]):
        reason = "ein Verein ohne Anschrift, kein Ort", "an association without an address, not a place"
        return bool(refuse(report, "is_place", name, *reason))
    return True
