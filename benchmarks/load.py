"""Mixed traffic on one server for ten minutes: does anything fail, slow down or grow?

`python -m benchmarks.load [--minutes 10] [--sites 10000]`; `--hour` is the long form. Visitors are threads that
ask one thing after the other: entities, lists, searches, SPARQL with hostile queries among it, pages of feeds; a
harvester changes its list again and again. It writes latencies and memory, minute by minute, and a chart (SVG, PNG).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from benchmarks.chart import chart, picture
from benchmarks.generate import data
from benchmarks.results import FOLDER, write
from benchmarks.watching import Served, memory, serve

PAUSE = 0.02  # seconds between two requests of a visitor: a load that a machine of two cores can bear
ROUND = 20.0  # seconds between two harvests
INTENDED = {"hostile": {200, 400, 503}, "sparql": {200, 503}, "conditional": {304, 200}}
QUERIES = (
    "SELECT ?s ?n { ?s <https://schema.org/name> ?n } LIMIT 50",
    "SELECT ?r (COUNT(*) AS ?n) { ?s <https://w3id.org/orte/ns#region> ?r } GROUP BY ?r",
    "ASK { ?s a <https://w3id.org/orte/ns#Network> }",
)
HOSTILE = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * {" + "{" * 4000 + "}" * 4000 + "}",
    "SELECT (GROUP_CONCAT(STR(?c)) AS ?x) { ?a ?b ?c . ?d ?e ?f }",
)


@dataclass
class Record:
    """What came back, by kind of request and minute."""

    began: float = field(default_factory=time.monotonic)
    times: defaultdict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    memory: list[dict[str, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def minute(self) -> int:
        return int((time.monotonic() - self.began) // 60)

    def add(self, kind: str, status: int, seconds: float) -> None:
        with self.lock:
            self.times[kind, self.minute()].append(seconds)
            self.statuses[kind, status] += 1

    def wrong(self) -> dict[str, int]:
        """Answers that nobody intended."""
        return {
            f"{kind} {status}": number
            for (kind, status), number in self.statuses.items()
            if status not in INTENDED.get(kind, {200})
        }


class Visitor(threading.Thread):
    """Asks one thing after the other until it is told to stop."""

    def __init__(self, server: Served, record: Record, stop: threading.Event, seed: int, paths: list[str]) -> None:
        super().__init__(daemon=True)
        self.server, self.record, self.stop = server, record, stop
        self.dice = random.Random(seed)
        self.paths = paths
        self.feed = "/feed/records"

    def run(self) -> None:
        connection = http.client.HTTPConnection(urlsplit(self.server.address).netloc, timeout=60)
        while not self.stop.wait(PAUSE):
            kind, path, headers = self._next()
            began = time.perf_counter()
            try:
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):  # an answer that broke off; those of hostile queries may
                connection.close()
                status = 200 if kind == "hostile" else 0
            self.record.add(kind, status, time.perf_counter() - began)

    def _next(self) -> tuple[str, str, dict[str, str]]:
        chance = self.dice.random()
        if chance < 0.45:
            accept = self.dice.choice(("application/ld+json", "text/turtle", "text/html", "application/json"))
            return "entity", self.dice.choice(self.paths), {"Accept": accept}
        if chance < 0.65:
            page = self.dice.choice(("/sites?limit=50", "/sites?theme=crafts", "/networks", "/sites?bbox=12,51,13,52"))
            return "list", page, {"Accept": "application/json"}
        if chance < 0.78:
            word = self.dice.choice(("werkstatt", "kaese", "mühle", "grimma", "garten holz"))
            return "search", f"/sites?q={quote(word)}", {"Accept": "application/json"}
        if chance < 0.93:
            return "sparql", f"/sparql?query={quote(self.dice.choice(QUERIES))}", {"Accept": "application/json"}
        if chance < 0.98:
            return (
                "feed",
                self.dice.choice(("/feed/records", "/feed/catalogue", "/digest")),
                {"Accept": "application/trig"},
            )
        return "hostile", f"/sparql?query={quote(self.dice.choice(HOSTILE))}", {"Accept": "application/json"}


class Harvester(threading.Thread):
    """Harvests a list of 200 places of which a few change every time."""

    def __init__(self, folder: Path, record: Record, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.folder, self.record, self.stop = folder, record, stop
        source = folder / "sources" / "liste"
        source.mkdir(parents=True)
        (source / "lift.rq").write_text(
            "CONSTRUCT { ?it a orte:CooperationSite ; schema:name ?name } WHERE { ?r a fx:root ; xyz:name ?n"
            ' BIND(fn:it(?r) AS ?it) BIND(STRLANG(?n, "de") AS ?name) }', encoding="utf-8",
        )  # fmt: skip
        (source / "source.toml").write_text(
            'id = "liste"\ntitle = { de = "Liste", en = "List" }\npublisher = "Verein"\nenabled = false\n'
            'licence = "https://creativecommons.org/publicdomain/zero/1.0/"\n'
            '[read]\nreader = "json"\nfile = "liste.json"\nkey = "id"\n', encoding="utf-8",
        )  # fmt: skip
        self.file = source / "liste.json"

    def run(self) -> None:
        turn = 0
        while True:
            turn += 1
            places = [
                {"id": n, "name": f"Ort {n}" + (f" im Jahr {turn}" if n % 20 == turn % 20 else "")} for n in range(200)
            ]
            self.file.write_text(json.dumps(places), encoding="utf-8")
            began = time.perf_counter()
            command = [sys.executable, "-m", "registry", "--data", str(self.folder), "harvest", "liste"]
            code = subprocess.run(command, capture_output=True, check=False).returncode
            self.record.add("harvest", 200 if code == 0 else code, time.perf_counter() - began)
            if self.stop.wait(ROUND):
                return


def load(minutes: float, sites: int, visitors: int) -> dict[str, Any]:
    """Let traffic run and report."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("ORTE_BENCH_TMP")) as name:
        folder = data(Path(name), sites)
        with serve(folder) as server:
            server.until("/sparql?query=ASK%7B%7D")
            record, stop = Record(), threading.Event()
            paths = _entities(server)
            threads: list[threading.Thread] = [Visitor(server, record, stop, n, paths) for n in range(visitors)]
            threads.append(Harvester(folder, record, stop))
            for thread in threads:
                thread.start()
            end = time.monotonic() + 60 * minutes
            while (left := end - time.monotonic()) > 0:
                record.memory.append({
                    "minute": (time.monotonic() - record.began) / 60, "api_mb": memory(server.pid) / 1e6,
                    "engine_mb": sum(map(_memory, server.family())) / 1e6,
                })  # fmt: skip
                stop.wait(min(10.0, left))
            stop.set()
            for thread in threads:
                thread.join(90)
    return _report(record, sites, minutes, visitors)


def _memory(pid: int) -> int:
    try:
        return memory(pid)
    except OSError:  # a worker that has just ended
        return 0


def _entities(server: Served) -> list[str]:
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=60)
    connection.request("GET", "/sites.csv?limit=500", headers={})
    text = connection.getresponse().read().decode()
    return sorted(set(re.findall(r"/site/[^\s\",;#?]+", text)))


def _report(record: Record, sites: int, minutes: float, visitors: int) -> dict[str, Any]:
    kinds = sorted({kind for kind, _ in record.times})
    rows = []
    for kind in kinds:
        times = sorted(t for (one, _), found in record.times.items() if one == kind for t in found)
        rows.append({"kind": kind, "answers": len(times), "p50_ms": _at(times, 0.5), "p99_ms": _at(times, 0.99)})
    by_minute = []
    for minute in sorted({minute for _, minute in record.times}):
        times = [t for kind in ("entity", "list", "search") for t in record.times.get((kind, minute), ())]
        by_minute.append({"minute": minute, "p99_ms": _at(sorted(times), 0.99)})
    return {
        "sites": sites, "minutes": minutes, "visitors": visitors, "not_intended": record.wrong(),
        "statuses": {f"{kind} {status}": n for (kind, status), n in sorted(record.statuses.items())},
        "kinds": rows, "by_minute": by_minute, "memory": record.memory,
    }  # fmt: skip


def _at(times: list[float], share: float) -> float:
    return 1000 * times[min(len(times) - 1, int(share * len(times)))] if times else 0.0


def main() -> int:
    """Run, print, write; 1 when something failed that was not meant to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--hour", action="store_const", dest="minutes", const=60.0, help="the long form")
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--visitors", type=int, default=8)
    asked = parser.parse_args()
    result = load(asked.minutes, asked.sites, asked.visitors)
    write("load", result)
    series = {name: [(row["minute"], row[name]) for row in result["memory"]] for name in ("api_mb", "engine_mb")}
    series["p99_ms"] = [(row["minute"] + 0.5, row["p99_ms"]) for row in result["by_minute"]]
    (FOLDER / "load.svg").write_text(chart(series, "minutes"), encoding="utf-8")
    print(picture(FOLDER / "load.svg") or "no Chromium here, so no PNG")
    for row in result["kinds"]:
        print(f"{row['kind']:12} {row['answers']:8,}  p50 {row['p50_ms']:8.1f} ms  p99 {row['p99_ms']:8.1f} ms")
    first, last = result["memory"][min(3, len(result["memory"]) - 1)], result["memory"][-1]
    print(f"memory of the API {first['api_mb']:.0f} → {last['api_mb']:.0f} MB, "
          f"of the engine {first['engine_mb']:.0f} → {last['engine_mb']:.0f} MB")  # fmt: skip
    print(f"not intended: {result['not_intended'] or 'nothing'}")
    return int(bool(result["not_intended"]))


if __name__ == "__main__":
    raise SystemExit(main())
