"""Pages of lists as visitors ask for them: hundreds, no two alike, so that nothing is known from the one before."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlencode

from registry.ledger import Ledger

EACH = 40
"""Pages of each kind."""
Parameters = dict[str, str | list[str]]


def different(ledger: Path, cursors: Sequence[str]) -> dict[str, list[str]]:
    """Query strings of distinct pages by their kind. ``cursors`` lead to pages far behind the first."""
    chance = random.Random(7)
    names, positions, values = _known(ledger)
    words = sorted({word for name in names for word in re.findall(r"[^\W\d]{5,}", name.lower())})

    def one(facet: str) -> str:
        return chance.choice(values[facet])

    def somewhere() -> tuple[float, float]:
        latitude, longitude = chance.choice(positions)
        return latitude + chance.uniform(-0.1, 0.1), longitude + chance.uniform(-0.1, 0.1)

    def box() -> str:
        (south, west), size = somewhere(), chance.uniform(0.05, 1.5)
        return f"{west:.4f},{south:.4f},{west + size:.4f},{south + size / 2:.4f}"

    def near() -> Parameters:
        latitude, longitude = somewhere()
        return {"near": f"{latitude:.4f},{longitude:.4f}", "radius": f"{chance.choice((2, 10, 50, 200))}km"}

    def mistyped() -> str:
        word = chance.choice(chance.choice(names).split()[:2])
        at = chance.randrange(1, max(2, len(word)))
        return word[:at] + chance.choice("aeinrst") + word[at + 1 :]

    kinds: dict[str, Callable[[], Parameters]] = {
        "one filter, any order": lambda: {
            "region": one("region"), "sort": chance.choice(("name", "modified")), "limit": str(chance.randint(20, 60)),
        },
        "several values of three facets": lambda: {
            "theme": chance.sample(values["theme"], 2), "audience": chance.sample(values["audience"], 3),
            "phase": chance.sample(values["phase"], 2),
        },
        "words": lambda: {"q": " ".join(chance.sample(words, chance.choice((1, 2))))},
        "words with filters": lambda: {"q": chance.choice(words), "theme": one("theme"), "region": one("region")},
        "words with typing errors": lambda: {"q": mistyped()},
        "boxes with a filter": lambda: {"bbox": box(), "theme": one("theme")},
        "circles": near,
        "circles with words": lambda: {**near(), "q": chance.choice(words)},
    }  # fmt: skip
    found = {kind: _distinct(make) for kind, make in kinds.items()}
    if cursors:
        found["far behind the first page"] = [
            f"cursor={cursor}" for cursor in chance.sample(cursors, min(EACH, len(cursors)))
        ]
    return found


def _distinct(make: Callable[[], Parameters]) -> list[str]:
    found: dict[str, None] = {}
    for _ in range(20 * EACH):
        found[urlencode(make(), doseq=True)] = None
        if len(found) == EACH:
            break
    return list(found)


def _known(ledger: Path) -> tuple[list[str], list[tuple[float, float]], dict[str, list[str]]]:
    """Names and positions of sites, and the values of their facets."""
    reader = Ledger.reader(ledger)
    rows = reader.db.execute(
        "SELECT name, latitude, longitude FROM search_entity WHERE kind = 'site' AND latitude IS NOT NULL"
        " ORDER BY id LIMIT 5000"
    ).fetchall()
    values: dict[str, list[str]] = {}
    for facet, value in reader.db.execute("SELECT facet, value FROM search_value WHERE kind = 'site' ORDER BY value"):
        values.setdefault(facet, []).append(value)
    reader.close()
    return [name for name, _, _ in rows], [(latitude, longitude) for _, latitude, longitude in rows], values
