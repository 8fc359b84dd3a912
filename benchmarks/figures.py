"""The README's table of figures and the fault matrix, from what was written into `results/` by the full forms.

`python -m benchmarks.figures --write` puts them into the README and into `benchmarks/README.md`, as `make bench-full`
does at its end; without the option they are only printed. A figure that was not measured is not in them.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.results import FOLDER

README = FOLDER.parent.parent / "README.md"
METHOD = FOLDER.parent / "README.md"
BEGIN = "<!-- Figures: written by python -m benchmarks.figures --write -->"
END = "<!-- End of the figures -->"

WAY, PART = 1.5, 0.1
"""What SPARQL over HTTP may cost more than in process: milliseconds, and a part of what it takes there."""

Row = tuple[str, str, str]
Results = dict[str, Any]


def table(folder: Path = FOLDER) -> str:
    """The table as Markdown, and on what machine and day it was measured; a sentence when nothing was."""
    found = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}
    rows = list(_rows({name: content["results"] for name, content in found.items()}))
    if not rows:
        return "Nothing has been measured yet; `make bench-full` does.\n"
    machine = next(iter(found.values()))["machine"]
    days = sorted({content["measured"] for content in found.values()})
    busiest = max(content["machine"]["load"] for content in found.values())
    lines = [
        "| what | figure | beside |",
        "|---|---:|---|",
        *(f"| {what} | {how} | {beside} |" for what, how, beside in rows),
    ]
    where = f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gb']} GB, Python {machine['python']}"
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return "\n".join(lines) + f"\n\nMeasured {when} on {where}, load up to {busiest:.1f}.\n"


def matrix(folder: Path = FOLDER) -> str:
    """The fault matrix as Markdown, and when it was made; a sentence when it was not."""
    file = folder / "faults.json"
    if not file.is_file():
        return "Nothing has been broken yet; `make faults` does.\n"
    found = json.loads(file.read_text(encoding="utf-8"))
    lines = [
        "| what was done | times | of which a process was killed at work | came through |",
        "|---|---:|---:|---|",
        *(f"| {row['fault']} | {row['tries']} | {row['killed']} | {row['came through']} |" for row in found["results"]),
    ]
    return "\n".join(lines) + f"\n\nDone {found['measured']} by `make faults`.\n"


def write(readme: Path = README, method: Path = METHOD, folder: Path = FOLDER) -> None:
    """Put the tables between their marks. Raises ValueError when they are not there."""
    for file, content in ((readme, table(folder)), (method, matrix(folder))):
        file.write_text(written(file.read_text(encoding="utf-8"), content), encoding="utf-8")


def written(text: str, content: str) -> str:
    """The text with this content between its marks."""
    before, middle, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not middle or not end:
        raise ValueError(f"there is no place for the figures: put {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{content}{END}{after}"


def _rows(found: dict[str, Any]) -> Iterator[Row]:
    for name, rows in (
        ("harvest", _harvest), ("check", _check), ("api", _api), ("sparql", _sparql), ("starting", _starting),
        ("wear", _wear), ("ledger", _ledger),
        ("feeds", _feeds), ("identity", _identity), ("load", _load), ("faults", _faults),
    ):  # fmt: skip
        if name in found:
            yield from rows(found[name])


def _harvest(steps: list[Results]) -> Iterator[Row]:
    titles = {
        "first": "first harvest",
        "unchanged": "the same again, unchanged",
        "1 % changed": "with 1 % changed",
        "100 % changed": "with everything changed",
    }
    for step in steps:
        if step["way"] == "whole process":
            beside = (
                f"{step['entries']:,} JSON entries, which become {step['records']:,} records; read to published,"
                " the start of the process included"
            )
            yield titles[step["step"]], f"{step['entries_per_s']:,.0f} entries/s", beside


def _check(found: Results) -> Iterator[Row]:
    yield "validation", f"{found['prepared']:,.0f} records/s", f"{found['pyshacl']:.0f}/s with pyshacl alone"


def _api(sizes: list[Results]) -> Iterator[Row]:
    largest = sizes[-1]
    rates, sites = largest["entities_per_s"], f"{largest['sites']:,} sites"
    constant = rates["constant bytes"]
    for name, title in (
        ("a thousand, one after the other", "one entity in JSON-LD"),
        ("a thousand, during 20 writes/s", "… while somebody writes"),
        ("each for the first time", "… asked for the first time"),
    ):
        beside = f"of constant bytes from the same uvicorn ({constant:,.0f} in a second of processor time)"
        yield title, f"{rates[name] / constant:.0%}", beside
    lists = dict(largest["lists_ms"])
    together = lists.pop("distinct", None)
    slowest = max(lists, key=lambda name: float(lists[name]["p95"]))
    beside = f"{sites}; {len(lists)} kinds of list, the slowest is “{slowest}”"
    yield "page of 50 with total and facets, p95", f"{lists[slowest]['p95']:.0f} ms", beside
    if together:
        beside = f"{sites}; hundreds of pages, no two alike; median {together['median']:.0f} ms"
        yield "… distinct pages of every kind, p95", f"{together['p95']:.0f} ms", beside
    compared = [one for one in lists.values() if "datasette" in one]
    if compared:
        ours, theirs = (statistics.median(one[who] for one in compared) for who in ("median", "datasette"))
        yield "… median of those that datasette has, too", f"{ours:.0f} ms", f"datasette {theirs:.0f} ms, {sites}"


def _sparql(sizes: list[Results]) -> Iterator[Row]:
    for size in sizes:
        times, where = size["milliseconds"], f"{size['sites']:,} sites, {size['quads']:,} quads, twelve queries"
        both = [
            (one["orte"], one["in process"]) for one in times.values() if None not in (one["orte"], one["in process"])
        ]
        more = statistics.median(ours - alone for ours, alone in both)
        yield "SPARQL over HTTP, more than pyoxigraph in process", f"{more:.1f} ms", where
        within = sum(ours <= alone * (1 + PART) + WAY for ours, alone in both)
        beside = f"{len(both)} of {len(times)} queries have an answer in 10 s"
        yield f"… at most {WAY} ms and {PART:.0%} more", f"{within} of {len(both)} queries", beside
        share, light = size["all_answers_per_s"]["share"], size["light_answers_per_s"]["share"]
        yield "… four clients, of what `oxigraph serve` does", f"{share:.0%}", f"{light:.0%} for light queries alone"
        other = [
            math.inf if one["rdflib-endpoint"] is None else one["rdflib-endpoint"] / one["orte"]
            for one in times.values()
            if "rdflib-endpoint" in one and one["orte"] is not None
        ]
        if other:
            none = sum(ratio == math.inf for ratio in other)
            beside = f"{none} of {len(other)} queries it did not answer in 10 s" if none else where
            yield "… rdflib-endpoint takes", f"{statistics.median(other):,.0f} times as long", beside


def _starting(found: list[Results]) -> Iterator[Row]:
    last = found[-1]
    where = f"{last['sites']:,} sites"
    yield (
        "start: pages and lists",
        f"{last['start_page_s']:.1f} s, with cold files {last['start_cold_page_s']:.1f} s",
        where,
    )
    yield "start: SPARQL", f"{last['start_sparql_s']:.1f} s", f"{last['quads']:,} quads"
    yield "memory: API process", f"{last['api_mb']:,.0f} MB", where
    beside = f"{last['quads']:,} quads; with all workers {last['host_and_workers_bytes_per_quad']:.0f}"
    yield "memory: the engine's host", f"{last['host_bytes_per_quad']:.0f} bytes a quad", beside


def _wear(shares: list[Results]) -> Iterator[Row]:
    fresh, worn = shares[:2]
    slower = worn["twelve_queries_ms"] / fresh["twelve_queries_ms"] - 1
    yield (
        "… before a fresh one takes over",
        f"{worn['bytes_per_quad']:.0f} bytes a quad",
        f"{worn['share_replaced']:.0%} of {worn['quads']:,} quads replaced; queries take {slower:.0%} longer then",
    )


def _ledger(sizes: list[Results]) -> Iterator[Row]:
    last = sizes[-1]
    where = f"{last['sites']:,} sites"
    if "dump_peak_mb" in last:
        first = sizes[0]
        beside = f"{where}; {first['dump_peak_mb']:.0f} MB for {first['sites']:,}"
        yield "memory: writing all dumps", f"{last['dump_peak_mb']:.0f} MB", beside
    if "api_most_during_dumps_mb" in last:
        more = last["api_most_during_dumps_mb"] - last["api_before_dumps_mb"]
        yield "memory: giving out all dumps", f"{more:+,.0f} MB", f"{last['dumps_mb']:,.0f} MB of files, {where}"
    for key, title in (
        ("commit_records_per_s", "commit"),
        ("unify_entities_per_s", "unify"),
        ("index_entities_per_s", "index"),
    ):
        growth = " → ".join(f"{one[key]:,.0f}" for one in sizes)
        beside = "at " + " → ".join(f"{one['sites']:,}" for one in sizes) + " sites, per second of processor time"
        yield title, f"{growth}/s", beside


def _feeds(found: Results) -> Iterator[Row]:
    members = f"{found['members']:,} members, in a second of processor time"
    yield "a feed served, N-Quads", f"{found['served']['nq first']:,.0f} members/s", members
    yield "a feed followed: fetched, checked, committed", f"{found['consumed']:,.0f} members/s", members


def _identity(found: Results) -> Iterator[Row]:
    for key, title in (("pairs", "same place or not, our labelled pairs"), ("held_out", "… pairs kept aside")):
        pairs = found[key]
        how = f"precision {pairs['precision']:.3f}, recall {pairs['recall']:.3f}"
        yield title, how, f"{pairs['pairs']} pairs, {pairs['unsure']} left to people"
    if found["restaurants"]:
        guides = found["restaurants"]
        beside = f"precision {guides['precision']:.3f}, recall {guides['recall']:.3f}; nothing was trained"
        yield "… Fodor's and Zagat's guides", f"F1 {guides['f1']:.3f}", beside
    for noise in found["noise"]:
        records = f"{noise['records']:,} records, a fifth of them duplicates"
        beside = f"{records}; F1 {noise['f1']:.3f}"
        yield "comparing all records with all", f"{noise['resolve_cpu_s']:.0f} s of a processor", beside
        beside = f"{records}; 95th percentile {noise['changed_ms_95']:.0f} ms"
        yield "… one changed record", f"{noise['changed_ms']:.0f} ms", beside


def _load(found: Results) -> Iterator[Row]:
    sites, wrong = f"{found['sites']:,} sites", sum(found["not_intended"].values())
    meant = f"{sum(found['refused_as_intended'].values()):,} refusals that were meant, {wrong or 'no'} other errors"
    cut = ", interrupted" if found["interrupted"] else ""
    yield f"{found['minutes']:.0f} minutes of mixed traffic{cut}, {sites}", f"{found['answers']:,} answers", meant
    beside = f"SPARQL {found['sparql_p99_ms']:.0f} ms beside hostile queries, writes {found['write_p99_ms']:.0f} ms"
    yield "… pages, lists and searches, p99", f"{found['p99_ms']:.0f} ms", beside
    flat = found["flat"]
    if flat:
        api, host = flat["api_mb"], flat["host_mb"]
        beside = f"engine's host {host['early']:.0f} → {host['late']:.0f} MB; second and last fifth of the time"
        yield "… memory of the API", f"{api['early']:.0f} → {api['late']:.0f} MB", beside


def _faults(rows: list[Results]) -> Iterator[Row]:
    through = sum(row["came through"] == "yes" for row in rows)
    tries, killed = (sum(row[name] for row in rows) for name in ("tries", "killed"))
    beside = f"{tries} tries, in {killed} of them a process was killed at work; all of them in benchmarks/README.md"
    yield "faults: kill -9, full disks, locks, damaged pages", f"{through} of {len(rows)} kinds survived", beside


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        write()
    print(f"{table()}\n{matrix()}")
