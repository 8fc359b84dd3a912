"""Mixed traffic on one server for ten minutes: does anything fail, slow down or grow?

    python -m benchmarks.load [--minutes 10] [--hour] [--sites 10000] [--visitors 8]

At once: visitors (entities, lists, searches, SPARQL, what they know already), an attacker (queries that never end, are
too deep or forbidden, and many at once), a partner who writes well and wrongly, a harvester of a list that changes,
followers that read the feed, keep up with it and prove what they have. All loops are bounded: one request at a time
each, with a pause. Every answer that nobody intended is counted by name, and so is every line the server logs. At the
end the ledger is verified. Half an hour and more is written into `results/`, less into `results/short/`: JSON, and a
chart as SVG and PNG; interrupted (Ctrl+C), it writes what it has.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from benchmarks.chart import chart, picture
from benchmarks.generate import data
from benchmarks.results import FOLDER, SHORT, write
from benchmarks.traffic.follower import Follower
from benchmarks.traffic.harvester import Harvester, listed
from benchmarks.traffic.partner import Partner, invited
from benchmarks.traffic.tally import Loop, Tally, at, rows
from benchmarks.traffic.visitors import Attacker, Visitor
from benchmarks.traffic.watched import Sample, complaints, flat, free_port, sample, serve
from benchmarks.watching import Served

LONG = 30.0
"""Minutes from which on a run is written into `results/`."""
LOOK = 10.0
"""Seconds between two looks at memory."""
ANEW = 60
"""Readings after which one of the two followers begins anew: about five minutes."""
PAGES = ("entity", "list", "search")
FIGURES = ("api_mb", "host_mb", "engine_mb", "other_mb", "ledger_mb", "log_mb", "files")


def load(minutes: float, sites: int, visitors: int, stop: threading.Event) -> dict[str, Any]:
    """Let traffic run for so long, or until `stop`, and report."""
    print(f"a catalogue of {sites:,} sites is made and published first; that takes a while", flush=True)
    with tempfile.TemporaryDirectory(dir=os.environ.get("ORTE_BENCH_TMP")) as name:
        port, log = free_port(), Path(name) / "server.log"
        base = f"http://127.0.0.1:{port}"
        folder = data(Path(name) / "data", sites, base=base)
        token, lists = invited(folder), listed(folder)
        _published(folder)
        tally, samples, by_minute = Tally(), list[Sample](), list[dict[str, float]]()
        with serve(folder, port, log) as server:
            server.until("/sparql?query=ASK%7B%7D")
            tally.began = time.monotonic()
            partner = Partner(base, tally, stop, 1, token, base)
            feed = f"{base}/feed/records"
            followers = [Follower(base, tally, stop, feed, rounds) for rounds in (ANEW, 1_000_000)]
            loops: list[Loop] = [Visitor(base, tally, stop, n, _entities(server)) for n in range(visitors)]
            loops += [Attacker(base, tally, stop, 1), partner, Harvester(base, tally, stop, folder, lists), *followers]
            for loop in loops:
                loop.start()
            _watch(server, folder, tally, samples, by_minute, 60 * minutes, stop)
            interrupted = stop.is_set()
            stop.set()
            for one in followers:
                one.end()
            for loop in loops:
                loop.join(120)
            _compare(server, partner, tally)
        lines = complaints(log)
        verified = _verified(folder, tally)
    return {
        "sites": sites, "minutes": (time.monotonic() - tally.began) / 60, "interrupted": interrupted,
        "visitors": visitors, "answers": sum(tally.statuses.values()), "not_intended": tally.not_intended(),
        "refused_as_intended": tally.refused(), "p99_ms": at(tally.of(None, *PAGES), 0.99),
        "sparql_p99_ms": at(tally.of(None, "sparql"), 0.99), "write_p99_ms": at(tally.of(None, "write"), 0.99),
        "kinds": rows(tally), "by_minute": by_minute, "verified": verified, "server_log": lines[:50],
        "server_log_lines": len(lines), "flat": {name: flat(samples, name) for name in FIGURES} if samples else {},
        "memory": samples,
    }  # fmt: skip


def _published(folder: Path) -> None:
    """What harvests would have left besides: records compared, inferences and coverage. Takes minutes for many."""
    subprocess.run([sys.executable, "-m", "registry", "--data", str(folder), "publish"], check=True)


def _watch(
    server: Served, folder: Path, tally: Tally, samples: list[Sample], by_minute: list[dict[str, float]],
    seconds: float, stop: threading.Event,
) -> None:  # fmt: skip
    """Look at the server until the time is over; a line for every minute."""
    while (passed := time.monotonic() - tally.began) < seconds and not stop.is_set():
        try:
            samples.append({"minute": passed / 60, **sample(server, folder)})
        except Exception as error:
            tally.fail(f"looking at the server: {type(error).__name__}: {error}")
            if not Path(f"/proc/{server.pid}").exists():
                return
        stop.wait(min(LOOK, seconds - passed))
        for minute in range(len(by_minute), min(tally.minute(), int(seconds // 60))):
            by_minute.append(_minute(tally, minute))
            _tell(by_minute[-1], samples, tally)
    for minute in range(len(by_minute), max(1, int((time.monotonic() - tally.began) // 60))):
        by_minute.append(_minute(tally, minute))
        _tell(by_minute[-1], samples, tally)


def _minute(tally: Tally, minute: int) -> dict[str, float]:
    return {
        "minute": minute,
        "answers": len(tally.of(minute)),
        "p99_ms": at(tally.of(minute, *PAGES), 0.99),
        "sparql_p99_ms": at(tally.of(minute, "sparql"), 0.99),
        "write_p99_ms": at(tally.of(minute, "write"), 0.99),
    }


def _tell(minute: dict[str, float], samples: list[Sample], tally: Tally) -> None:
    now = samples[-1] if samples else dict.fromkeys(FIGURES, 0.0)
    print(
        f"minute {minute['minute'] + 1:3.0f}: {minute['answers']:7,.0f} answers · p99 pages {minute['p99_ms']:.0f},"
        f" SPARQL {minute['sparql_p99_ms']:.0f}, writes {minute['write_p99_ms']:.0f} ms · API {now['api_mb']:.0f},"
        f" engine {now['host_mb']:.0f} MB · not intended: {tally.not_intended() or 'nothing'}",
        flush=True,
    )


def _entities(server: Served) -> list[str]:
    return sorted(set(re.findall(r"/site/[^\s\",;#?]+", _read(server, "/sites.csv?limit=500").decode())))


def _read(server: Served, path: str) -> bytes:
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=120)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def _compare(server: Served, partner: Partner, tally: Tally) -> None:
    """Whether the registry has what the partner was told it has."""
    try:
        counted = orjson.loads(_read(server, "/sources/verein/digest"))["records"]["count"]
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        tally.fail(f"at the end: {type(error).__name__}: {error}")
        return
    if counted != partner.live():
        tally.fail(f"the partner has {partner.live()} records, the registry {counted}")


def _verified(folder: Path, tally: Tally) -> bool:
    command = [sys.executable, "-m", "registry", "--data", str(folder), "verify"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        tally.fail(f"orte verify: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.returncode == 0


def _show(result: dict[str, Any], folder: Path) -> None:
    """Write the chart, print the figures."""
    series = {name: [(row["minute"], row[name]) for row in result["memory"]] for name in FIGURES[:4]}
    for name in ("p99_ms", "sparql_p99_ms", "write_p99_ms", "answers"):
        series[name] = [(row["minute"] + 0.5, row[name]) for row in result["by_minute"]]
    titles = {"p99_ms": "pages p99 ms", "api_mb": "API MB", "host_mb": "engine host MB",
              "engine_mb": "with workers MB", "other_mb": "writers MB",
              "sparql_p99_ms": "SPARQL p99 ms", "write_p99_ms": "writes p99 ms", "answers": "answers/min"}  # fmt: skip
    drawn = chart({titles[name]: points for name, points in series.items()}, "minutes")
    (folder / "load.svg").write_text(drawn, encoding="utf-8")
    try:
        print(picture(folder / "load.svg") or "no Chromium here, so no PNG")
    except (OSError, subprocess.SubprocessError) as error:
        print(f"no PNG: {error}")
    for row in result["kinds"]:
        print(f"{row['kind']:22} {row['answers']:8,}  p50 {row['p50_ms']:8.1f} ms  p99 {row['p99_ms']:8.1f} ms")
    for name, found in result["flat"].items():
        print(f"{name:22} early {found['early']:8.1f}   late {found['late']:8.1f}   most {found['most']:8.1f}")
    print(f"refused as intended: {result['refused_as_intended']}")
    print(f"ledger verified: {result['verified']}; lines in the server's log: {result['server_log_lines']}")
    for line in result["server_log"]:
        print(f"    {line}")
    print(f"not intended: {result['not_intended'] or 'nothing'}")


def main() -> int:
    """Run, print, write; 1 when something failed that was not meant to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--hour", action="store_const", dest="minutes", const=60.0, help="the long form")
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--visitors", type=int, default=8)
    asked = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    result = load(asked.minutes, asked.sites, asked.visitors, stop)
    full = asked.minutes >= LONG
    print(write("load", result, full=full))
    _show(result, FOLDER if full else SHORT)
    return int(bool(result["not_intended"] or result["server_log_lines"]))


if __name__ == "__main__":
    raise SystemExit(main())
