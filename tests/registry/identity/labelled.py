"""The labelled pairs as profiles, and how well the rules do on them."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.identity import keys
from registry.identity.alike import may_be_one
from registry.identity.decide import Decision, decide
from registry.identity.profile import Profile

FILE = Path(__file__).parent / "pairs.toml"
HELD_OUT = Path(__file__).parent / "held-out.toml"
"""Pairs written after the rules; the file says how these did on them at first sight."""
BASE = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Pair:
    """Two records, what they are to each other ("part-of": the first is part of the second), and what else is there."""

    trouble: str
    truth: str
    a: Profile
    b: Profile
    also: tuple[Profile, ...]

    @property
    def label(self) -> str:
        return f"{self.trouble}: {self.a.names[0]} ~ {self.b.names[0]}"


def pairs(file: Path = FILE) -> list[Pair]:
    found = []
    for number, table in enumerate(tomllib.loads(file.read_text(encoding="utf-8"))["pair"]):
        records = [table["a"], table["b"], *table.get("also", ())]
        a, b, *also = [profile(f"{number}-{index}", record) for index, record in enumerate(records)]
        found.append(Pair(table["trouble"], table["truth"], a, b, tuple(also)))
    return found


def profile(key: str, record: Mapping[str, Any]) -> Profile:
    source = record["source"]
    wikidata = [f"http://www.wikidata.org/entity/{record['wikidata']}"] if "wikidata" in record else []
    region = record.get("region")
    return Profile(
        iri=f"{BASE}/sources/{source}/records/{key}",
        source=source,
        kind=record.get("kind", "site"),
        names=(record["name"], *record.get("also_named", ())),
        localities=(record["locality"],) if "locality" in record else (),
        postcode=record.get("postcode", ""),
        street=record.get("street", ""),
        position=tuple(record["at"]) if "at" in record else None,
        region=f"https://w3id.org/orte/region/{region}" if region else "",
        pages=(record["url"],) if "url" in record else (),
        phones=(record["tel"].removeprefix("+"),) if "tel" in record else (),
        mails=(record["mail"],) if "mail" in record else (),
        ids=(*record.get("same_as", ()), *wikidata),
        shown_at=record.get("page", f"https://{source}.example/{key}"),
    )


def decided(pair: Pair) -> Decision:
    """What the rules say, given only the pair and what is listed with it."""
    everyone = (pair.a, pair.b, *pair.also)
    held: dict[str, list[str]] = defaultdict(list)
    for one in everyone:
        for key in keys.of(one):
            held[key].append(one.source)
    return decide(pair.a, pair.b, lambda key: keys.classify(held.get(key, ())))


def meets(pair: Pair) -> bool:
    """Whether blocking brings the two together, and the quick look does not part them."""
    mine, theirs = keys.of(pair.a), set(keys.of(pair.b))
    met = [key for key in mine if (set(keys.around(key)) & theirs if keys.is_cell(key) else key in theirs)]
    return bool(met) and may_be_one(pair.a, pair.b, any(map(keys.is_scoring, met)))


@dataclass(frozen=True)
class Quality:
    """How the rules did: pairs by (truth, verdict)."""

    counts: Counter[tuple[str, str]]

    @property
    def precision(self) -> float:
        said = sum(n for (_, verdict), n in self.counts.items() if verdict == "same")
        return self.counts["same", "same"] / said if said else 1.0

    @property
    def recall(self) -> float:
        true = sum(n for (truth, _), n in self.counts.items() if truth == "same")
        return self.counts["same", "same"] / true if true else 1.0


def quality(listed: list[Pair]) -> Quality:
    return Quality(Counter((pair.truth, verdict(pair)) for pair in listed))


def verdict(pair: Pair) -> str:
    found = decided(pair)
    if found.verdict == "part-of" and found.part != "a":
        return "reversed"
    return found.verdict
