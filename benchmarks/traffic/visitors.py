"""Visitors who look at one thing after the other, and those who ask what should bring a server down."""

from __future__ import annotations

import random
import threading
from urllib.parse import quote

from benchmarks.traffic.tally import Loop, Tally

PAUSE = 0.02
"""Seconds between two requests of a visitor: a load that a machine of two cores can bear."""
HOSTILE_PAUSE = 5.0
BURST_EVERY, BURST = 12, 24
"""After so many turns an attacker sends so many queries at once: more than there are workers and places to wait."""
ENTITIES = ("application/ld+json", "text/turtle", "text/html", "application/json")
LISTS = ("/sites?limit=50", "/sites?theme=crafts", "/networks", "/sites?bbox=12,51,13,52", "/sources")
WORDS = ("werkstatt", "kaese", "mühle", "grimma", "garten holz")
FEEDS = ("/feed/records", "/feed/catalogue", "/feed/runs", "/digest")
QUERIES = (
    "SELECT ?s ?n { ?s <https://schema.org/name> ?n } LIMIT 50",
    "SELECT ?r (COUNT(*) AS ?n) { ?s <https://w3id.org/orte/ns#region> ?r } GROUP BY ?r",
    "ASK { ?s a <https://w3id.org/orte/ns#Network> }",
)
HEAVY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
HOSTILE = (
    HEAVY,
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * {" + "{" * 4000 + "}" * 4000 + "}",
    "SELECT (GROUP_CONCAT(STR(?c)) AS ?x) { ?a ?b ?c . ?d ?e ?f }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f",
    "LOAD <http://127.0.0.1:1/>",
    "SELECT * { " + "?s ?p ?o . " * 6000 + "}",
)
JSON = {"Accept": "application/json"}


class Visitor(Loop):
    """Looks at entities, lists, searches and queries; keeps what has a tag and asks whether it is still the same."""

    def __init__(self, address: str, tally: Tally, stop: threading.Event, seed: int, paths: list[str]) -> None:
        super().__init__(address, tally, stop, PAUSE, f"127.0.1.{1 + seed}")
        self.dice, self.paths = random.Random(seed), paths
        self.tags: dict[str, str] = {}

    def turn(self) -> None:
        chance = self.dice.random()
        if chance < 0.45:
            self.ask("entity", "GET", self.dice.choice(self.paths), {"Accept": self.dice.choice(ENTITIES)})
        elif chance < 0.65:
            self.ask(
                "list", "GET", self.dice.choice(LISTS), {"Accept": self.dice.choice(("text/html", *JSON.values()))}
            )
        elif chance < 0.78:
            self.ask("search", "GET", f"/sites?q={quote(self.dice.choice(WORDS))}", JSON)
        elif chance < 0.93:
            self.ask("sparql", "GET", f"/sparql?query={quote(self.dice.choice(QUERIES))}", JSON)
        elif chance < 0.96:
            self._again("page again", self.dice.choice(self.paths), "text/html")
        else:
            self._again("feed", self.dice.choice(FEEDS), "application/trig, application/json;q=0.5")

    def _again(self, kind: str, path: str, accept: str) -> None:
        known = {"If-None-Match": self.tags[path]} if path in self.tags else {}
        status, said, _ = self.ask(kind, "GET", path, {"Accept": accept, **known})
        if status == 200 and "etag" in said:
            self.tags[path] = said["etag"]


class Attacker(Loop):
    """Sends queries that never end, are too long, too deep or forbidden; now and then many at once."""

    def __init__(self, address: str, tally: Tally, stop: threading.Event, seed: int) -> None:
        super().__init__(address, tally, stop, HOSTILE_PAUSE, "127.0.2.1")
        self.dice, self.turns, self.address = random.Random(seed), 0, address

    def turn(self) -> None:
        self.turns += 1
        if self.turns % BURST_EVERY == 0:
            each = [_Once(self.address, self.tally, self.stop, 0.0, "127.0.2.2") for _ in range(BURST)]
            for one in each:
                one.start()
            for one in each:
                one.join()
        else:
            self.ask("hostile", "GET", f"/sparql?query={quote(self.dice.choice(HOSTILE))}", JSON)


class _Once(Loop):
    """One of many at once."""

    def run(self) -> None:
        self.ask("hostile", "GET", f"/sparql?query={quote(HEAVY)}", JSON)
        self.connection.close()
