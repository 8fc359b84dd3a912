"""A source of thousands: the first harvest, and those in which nothing, one entry in a hundred and everything changed.

``python -m benchmarks.harvest [--records N] [--full]``. The source is a local server that gives JSON in pages and
knows no conditional requests: every byte is sent each time, so that what is saved is saved by comparing. Each entry
becomes a site with address, position and a service: some 40 statements in two records. Measured are whole processes
(`orte harvest`, from its start to its end) and with --full, in a process that has started already, the harvest alone.
Shares are of seconds on the wall, and of seconds of the processors, which a busy machine disturbs less. *Taken in*
counts only the seconds of reading, lifting, checking and committing: what is done for each entry, without the start of
the program and the publication.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from benchmarks.results import write
from benchmarks.serving import installed
from registry import harvesting
from registry.config import load
from registry.ledger import Ledger
from registry.sources import sources

PAGE = 500
SHARE = 0.01
GOALS = {"unchanged": 0.05, "1 % changed": 0.08}
"""The most that a harvest may cost, as a share of the first one."""
RATES = {"first": 250, "unchanged": 10_000}
"""Entries a second: of the first harvest as a whole, and taken in where nothing changed."""
ENOUGH = 10_000
"""Entries from which on the goals count: with few of them it is the start of the process that is measured."""
RECORDS = 2
"""Records that each entry becomes: the site, and the service it offers."""

_WORDS = (
    "Werkstatt",
    "Raum",
    "Dorf",
    "Arbeit",
    "Garten",
    "Küche",
    "Gemeinschaft",
    "Handwerk",
    "Kultur",
    "Musik",
    "Holz",
)
_TOWNS = ("Grimma", "Wurzen", "Borna", "Zeitz", "Naumburg", "Weißenfels", "Merseburg", "Köthen", "Torgau", "Altenburg")

LIFT = """\
CONSTRUCT {
  ?it a orte:CooperationSite ; schema:name ?name ; schema:description ?text ; schema:abstract ?teaser ;
    schema:url ?link ; schema:telephone ?phone ; schema:email ?email ; schema:openingHours ?hours ;
    schema:foundingDate ?since ; orte:floorArea ?area ; orte:phase concept:phase\\/operating ;
    orte:audience ?audience ; schema:address ?address ; schema:geo ?geo ; orte:offers ?service .
  ?address a schema:PostalAddress ; schema:streetAddress ?street ; schema:postalCode ?postcode ;
    schema:addressLocality ?locality ; schema:addressCountry "DE" .
  ?geo a schema:GeoCoordinates ; schema:latitude ?lat ; schema:longitude ?lon ; geo:asWKT ?wkt .
  ?service a orte:Service ; schema:name ?serviceName ; orte:serviceKind concept:service\\/desk ;
    schema:offers ?offer .
  ?offer a schema:Offer ; schema:price ?price ; schema:priceCurrency "EUR" .
}
WHERE {
  ?r a fx:root ; xyz:name ?rawName ; xyz:address ?a ; xyz:lat ?y ; xyz:lon ?x ; xyz:desk ?rawPrice .
  ?a xyz:street ?rawStreet ; xyz:zip ?rawPostcode ; xyz:city ?rawLocality .
  BIND(fn:it(?r) AS ?it)
  BIND(fn:name(?rawName, "de") AS ?name)
  BIND(fn:node(?r, "address") AS ?address)
  BIND(fn:street(?rawStreet) AS ?street) BIND(fn:postcode(?rawPostcode) AS ?postcode)
  BIND(fn:locality(?rawLocality) AS ?locality)
  BIND(fn:node(?r, "geo") AS ?geo)
  BIND(fn:lat(STR(?y), STR(?x)) AS ?lat) BIND(fn:lon(STR(?y), STR(?x)) AS ?lon)
  BIND(fn:wkt(STR(?y), STR(?x)) AS ?wkt)
  BIND(fn:it(?r, "service/desk") AS ?service) BIND(STRLANG("Schreibtisch", "de") AS ?serviceName)
  BIND(IRI(CONCAT(STRBEFORE(STR(?service), "#"), "#offer")) AS ?offer) BIND(fn:price(?rawPrice) AS ?price)
  OPTIONAL { ?r xyz:text ?rawText BIND(fn:html(?rawText, "de") AS ?text) }
  OPTIONAL { ?r xyz:teaser ?rawTeaser BIND(fn:text(?rawTeaser, "de") AS ?teaser) }
  OPTIONAL { ?r xyz:web ?rawLink BIND(fn:url(?rawLink) AS ?link) }
  OPTIONAL { ?r xyz:phone ?rawPhone BIND(fn:phone(?rawPhone) AS ?phone) }
  OPTIONAL { ?r xyz:email ?rawEmail BIND(fn:email(?rawEmail) AS ?email) }
  OPTIONAL { ?r xyz:hours ?rawHours BIND(fn:hours(?rawHours) AS ?hours) }
  OPTIONAL { ?r xyz:since ?rawSince BIND(fn:year(?rawSince) AS ?since) }
  OPTIONAL { ?r xyz:area ?rawArea BIND(fn:area(?rawArea) AS ?area) }
  OPTIONAL { ?r xyz:tags/fx:item ?tag BIND(IRI(CONCAT(STR(concept:), "audience/", ?tag)) AS ?audience) }
}
"""

SOURCE = """\
id = "liste"
title = { de = "Liste", en = "List" }
homepage = "https://liste.example/"
publisher = "Verein"
licence = "https://creativecommons.org/licenses/by/4.0/"
enabled = false

[read]
reader = "json"
url = "URL"
records = "$.data[*]"
key = "id"
page = "https://liste.example/orte/{id}"

[read.paging]
kind = "page"
parameter = "page"
total = "$.total"
"""


def entries(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Entries as a careful partner has them, every one different."""
    dice = random.Random(seed)
    return [
        {
            "id": number,
            "name": f"{dice.choice(_WORDS)}haus {dice.choice(_TOWNS)} {number}",
            "text": f"<p>{' '.join(dice.choices(_WORDS, k=40))}.</p><p>Mehr auf der Website.</p>",
            "teaser": f"{' '.join(dice.choices(_WORDS, k=8))}.",
            "web": f"https://www.ort-{number}.example/?utm_source=liste",
            "phone": f"0341 / {1000000 + number}",
            "email": f"info@ort-{number}.example",
            "hours": "Mo-Fr 8-18 Uhr",
            "since": 1990 + number % 35,
            "area": f"ca. {100 + number % 900} qm",
            "tags": dice.sample(["freelancers", "founders", "families", "commuters"], 2),
            "desk": f"{10 + number % 20},50 €",
            "address": {
                "street": f"Hauptstr. {number % 200 + 1}",
                "zip": f"0{4000 + number % 900}",
                "city": dice.choice(_TOWNS),
            },
            "lat": round(dice.gauss(51.3, 0.2), 6),
            "lon": round(dice.gauss(12.4, 0.3), 6),
            "modified": "2026-11-01T10:00:00Z",
        }
        for number in range(count)
    ]


def changed(places: list[dict[str, Any]], share: float, word: str = "neu") -> list[dict[str, Any]]:
    """The same entries, of some of which the name and the text are new."""
    chosen = set(random.Random(2).sample(range(len(places)), max(1, int(len(places) * share))))
    return [
        {**place, "name": f"{place['name']} {word}", "text": f"<p>Alles {word}.</p>"} if number in chosen else place
        for number, place in enumerate(places)
    ]


class _Pages(BaseHTTPRequestHandler):
    pages: list[bytes] = []  # noqa: RUF012 - the one thing that all requests share
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        number = int(parse_qs(urlsplit(self.path).query).get("page", ["0"])[0])
        body = self.pages[min(number, len(self.pages)) - 1] if number else b""
        self.send_response(200 if number else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The benchmark prints its own lines."""

    @classmethod
    def show(cls, places: list[dict[str, Any]]) -> None:
        chunks = [places[start : start + PAGE] for start in range(0, len(places), PAGE)]
        cls.pages = [orjson.dumps({"total": len(places), "data": chunk}) for chunk in [*chunks, []]]


@contextmanager
def server() -> Iterator[str]:
    """The address of the source."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{http.server_port}"
        http.shutdown()


def prepare(data: Path, host: str) -> None:
    folder = data / "sources" / "liste"
    folder.mkdir(parents=True)
    (folder / "lift.rq").write_text(LIFT, encoding="utf-8")
    (folder / "source.toml").write_text(SOURCE.replace("URL", f"http://{host}/orte"), encoding="utf-8")
    (data / "registry.toml").write_text(f'[fetch]\nallow_private_hosts = ["{host}"]\ndelay = 0\n', encoding="utf-8")


def as_a_process(data: Path) -> tuple[float, dict[str, Any]]:
    """Seconds of `orte harvest`, from its start to its end, and its counts."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "registry", "--data", str(data), "harvest", "liste", "--json"],
        cwd=Path(__file__).resolve().parent.parent, capture_output=True, text=True, check=True, env=installed(),
    )  # fmt: skip
    seconds = time.perf_counter() - began
    return seconds, orjson.loads(done.stdout)[0]["counts"]


def in_this_process(data: Path) -> tuple[float, dict[str, Any]]:
    """Seconds of the harvest alone, publication included."""
    config = load(data)
    ledger = Ledger.open(config.ledger, config.base_url)
    source = sources(config)["liste"]
    began = time.perf_counter()
    (done,) = harvesting.harvest(config, ledger, [source])
    seconds = time.perf_counter() - began
    ledger.close()
    assert done.run is not None, done.problem
    return seconds, dict(done.run.counts)


def _processors() -> float:
    """Seconds of processors used so far, by this process and those it started and waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _goal(value: float | None, form: str) -> str:
    return "" if value is None else f" (goal: {format(value, '.0%' if form == '%' else form)})"


def main() -> int:
    """Print seconds, entries and records per second and shares of the first harvest; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, help="entries; 2,000 unless set, 10,000 with --full")
    parser.add_argument("--full", action="store_true", help="measure the harvest without the start of a process, too")
    asked = parser.parse_args()
    count, ways = asked.records or (10_000 if asked.full else 2_000), {"whole process": as_a_process}
    if asked.full:
        ways["harvest alone"] = in_this_process
    places = entries(count)
    steps = (("first", places), ("unchanged", places), ("1 % changed", changed(places, SHARE)),
             ("100 % changed", changed(places, 1.0, "ganz neu")))  # fmt: skip
    missed, rows = False, []
    print(f"{count:,} entries, which become {RECORDS * count:,} records; load {os.getloadavg()[0]:.1f}")
    for title, harvest in ways.items():
        with tempfile.TemporaryDirectory() as folder, server() as host:
            data = Path(folder) / "data"
            prepare(data, host)
            first, first_cpu = 0.0, 0.0
            for step, shown in steps:
                _Pages.show(shown)
                used = _processors()
                seconds, counts = harvest(data)
                used = _processors() - used
                first, first_cpu = first or seconds, first_cpu or used
                taken_in = count / sum(counts["seconds"].values())
                rows.append({"way": title, "step": step, "entries": count, "records": RECORDS * count,
                             "seconds": seconds, "processors_s": used, "entries_per_s": count / seconds,
                             "records_per_s": RECORDS * count / seconds,
                             "records_per_processor_s": RECORDS * count / used,
                             "records_taken_in_per_s": RECORDS * taken_in})  # fmt: skip
                goal, rate = (GOALS.get(step), RATES.get(step)) if count >= ENOUGH else (None, None)
                reached = taken_in if step == "unchanged" else count / seconds
                missed |= (goal is not None and seconds / first > goal) or (rate is not None and reached < rate)
                phases = ", ".join(f"{name} {value:.2f} s" for name, value in counts["seconds"].items())
                print(
                    f"{title}, {step}: {seconds:.2f} s = {count / seconds:,.0f} entries/s"
                    f"{_goal(rate if step == 'first' else None, ',')} = {RECORDS * count / seconds:,.0f} records/s;"
                    f" {seconds / first:.1%} of the first{_goal(goal, '%')}\n"
                    f"    processors {used:.2f} s ({used / first_cpu:.1%}) = {RECORDS * count / used:,.0f} records"
                    " in a second of one\n"
                    f"    taken in: {taken_in:,.0f} entries/s{_goal(rate if step == 'unchanged' else None, ',')}"
                    f" = {RECORDS * taken_in:,.0f} records/s; {phases}\n"
                    f"    {counts['created']} created, {counts['updated']} updated, {counts['unchanged']} unchanged",
                    flush=True,
                )
    write("harvest", rows, full=asked.full)
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
