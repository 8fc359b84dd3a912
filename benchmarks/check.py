"""Records per second against the real shapes: plain pyshacl, and our checker, in which memory stays flat."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence

import pyoxigraph as ox
import pyshacl
import rdflib

from benchmarks.results import write
from registry import assets
from registry.check import Checker
from registry.ledger import Finding
from registry.record import Record, record
from registry.terms import CONCEPT, ORTE, REGION, SCHEMA, TYPE, XSD

BASE = "https://orte.example/sources/bench/records/"
FAULTY = 20
"""One record in so many has a fault."""


def main() -> None:
    """Print records per second side by side, and whether memory stays flat; write the results."""
    some = records(400)
    size = sum(one.nquads.count("\n") for one in some) / len(some)
    print(f"records of {size:.0f} triples, one in {FAULTY} with a fault; {len(os.sched_getaffinity(0))} cores")
    baseline = _rate("pyshacl, shapes as written", plain, some[:200])
    checker = Checker()
    checker.check(some[:50])
    prepared = _rate("prepared, a form once", lambda given: _in_batches(checker, given), records(4000), baseline)
    before = _memory()
    _in_batches(checker, records(8000))
    after = _memory()
    print(f"memory: {before:.0f} MiB after 4,050 records, {after:.0f} after 8,000 more")
    found = {"pyshacl": baseline, "prepared": prepared, "mib_before": before, "mib_after": after}
    write("check", found, full="--full" in sys.argv[1:])


def records(count: int, base: str = BASE, faulty: int = FAULTY) -> list[Record]:
    """Sites with address, position, texts, contact and services; one in `faulty` has a fault (0: none)."""
    return [_record(number, base, faulty) for number in range(count)]


def plain(given: Sequence[Record]) -> dict[str, list[Finding]]:
    """What a straight use of pyshacl does with a batch: the ontology beside the data, everything looked up anew."""
    data, shapes = rdflib.Graph(), rdflib.Graph()
    for one in given:
        data.parse(data=one.nquads.replace(f" <{one.iri}> .\n", " .\n"), format="nt")
    for file in sorted(assets.ontology_dir().glob("*.ttl")):
        data.parse(file)
    for file in sorted(assets.shapes_dir().glob("*.ttl")):
        shapes.parse(file)
    pyshacl.validate(data, shacl_graph=shapes, inplace=True)
    return {}


def _in_batches(checker: Checker, given: Sequence[Record]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for start in range(0, len(given), 400):
        found |= checker.check(given[start : start + 400])
    return {iri: findings for iri, findings in found.items() if findings}


def _rate(
    name: str, check: Callable[[Sequence[Record]], object], given: Sequence[Record], baseline: float | None = None
) -> float:
    """Records in a second of processor time: with other work on the machine the better measure."""
    used = time.process_time()
    check(given)
    rate = len(given) / (time.process_time() - used)
    print(f"{name:28} {rate:6.0f} records/s" + (f"  {rate / baseline:5.1f} ×" if baseline else ""))
    return rate


def _memory() -> float:
    """Resident MiB of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _record(number: int, base: str, faulty: int) -> Record:
    iri = f"{base}{number}"
    it, address, geo = (ox.NamedNode(f"{iri}#{name}") for name in ("it", "address", "geo"))
    latitude = "19.432" if faulty and number % faulty == 0 else f"51.{number % 900 + 100}1"

    def decimal(text: str) -> ox.Literal:
        return ox.Literal(text, datatype=XSD["decimal"])

    said = [
        (it, TYPE, ORTE["CooperationSite"]),
        (it, SCHEMA["name"], ox.Literal(f"Haus Nummer {number}", language="de")),
        (it, SCHEMA["name"], ox.Literal(f"House number {number}", language="en")),
        (it, SCHEMA["description"], ox.Literal("Coworking und Café für alle im Ort. " * 4, language="de")),
        (it, SCHEMA["abstract"], ox.Literal("Arbeiten am Markt.", language="de")),
        (it, SCHEMA["url"], ox.NamedNode(f"https://haus-{number}.example/")),
        (it, SCHEMA["telephone"], ox.Literal(f"+49 341 {1000000 + number}")),
        (it, SCHEMA["email"], ox.Literal(f"info@haus-{number}.example")),
        (it, SCHEMA["openingHours"], ox.Literal("Mo-Fr 09:00-17:00; Sa 10:00-14:00")),
        (it, SCHEMA["image"], ox.NamedNode(f"https://haus-{number}.example/haus.jpg")),
        (it, SCHEMA["sameAs"], ox.NamedNode(f"https://karte.example/{number}")),
        (it, ORTE["phase"], CONCEPT["phase/operating"]),
        (it, ORTE["presence"], CONCEPT["presence/physical"]),
        (it, ORTE["theme"], CONCEPT["theme/crafts"]),
        (it, ORTE["audience"], CONCEPT["audience/founders"]),
        (it, ORTE["region"], ox.NamedNode(f"{REGION}14729")),
        (it, ORTE["floorArea"], decimal("420.0")),
        (it, ORTE["offers"], ox.NamedNode(f"{iri}/service/desk#it")),
        (it, SCHEMA["address"], address),
        (address, TYPE, SCHEMA["PostalAddress"]),
        (address, SCHEMA["streetAddress"], ox.Literal(f"Lange Straße {number}")),
        (address, SCHEMA["postalCode"], ox.Literal("04668")),
        (address, SCHEMA["addressLocality"], ox.Literal("Grimma")),
        (it, SCHEMA["geo"], geo),
        (geo, TYPE, SCHEMA["GeoCoordinates"]),
        (geo, SCHEMA["latitude"], decimal(latitude)),
        (geo, SCHEMA["longitude"], decimal(f"12.{number % 900 + 100}1")),
    ]
    return record(
        iri, [ox.Triple(*one) for one in said], source="bench", source_iri=base.removesuffix("/records/"),
        raw_key=str(number), page=f"https://haus-{number}.example/", licence="http://creativecommons.org/licenses/by/4.0/",
    )  # fmt: skip


if __name__ == "__main__":
    main()
