"""Schemathesis over the server's own OpenAPI document: `python -m tests.conformance.fuzz [EXAMPLES]`, or `make fuzz`.

Looks for answers of status 500, and for statuses, media types and JSON that the document does not declare. The
catalogue is generated, and a part of the requests names what is in it, so that not everything is answered with 404.
Requests carry a partner's token, and bodies that its source may send (see `bodies`); then the curators' forms are
filled in with a curator's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from benchmarks.generate import BASE, SOURCES, data
from registry import tokens
from registry.config import load
from registry.joining import proposals
from registry.ledger import Ledger
from registry.report import of_lines
from registry.terms import KINDS
from tests import pushed
from tests.conformance.bodies import KEYS
from tests.conformance.curating import document
from tests.conftest import ROOT
from tests.serving import serving

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SITES = 60
#: What clients that come from one address may do in a minute would soon stop one that sends thousands of requests.
_LIMITS = "\n[limits]\nvalidate_per_minute = 1000000\nwrites_per_minute = 1000000\n"
_QUERIES = ("ASK { ?s ?p ?o }", "SELECT * { ?s a ?class } LIMIT 3", "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 3")


def main() -> int:
    """The exit status of schemathesis over a generated catalogue."""
    examples = sys.argv[1] if len(sys.argv) > 1 else "30"
    with tempfile.TemporaryDirectory() as scratch:
        folder, pages = data(Path(scratch) / "data", SITES), Path(scratch) / "curators.json"
        partner, curator = _invited(folder, pages)
        settings = Path(scratch) / "schemathesis.toml"
        settings.write_text(_settings(folder), encoding="utf-8")
        with serving(folder) as address:
            command = [Path(sys.executable).parent / "schemathesis", "--config-file", settings, "run", "--url", address]
            command += ["--checks", CHECKS, "--max-examples", examples, "--request-timeout", "30"]
            command += ["--phases", "coverage,fuzzing,stateful", "--seed", "1"]
            bodies = os.environ | {"SCHEMATHESIS_HOOKS": "tests.conformance.bodies", "PYTHONPATH": str(ROOT)}
            bodies["ORTE_FORMS"] = str(pages)
            failed = max(
                subprocess.run(
                    [*command, "--header", f"Authorization: Bearer {token}", document],
                    check=False,
                    cwd=ROOT,
                    env=bodies,
                ).returncode
                for document, token in ((f"{address}/openapi.json", partner), (pages, curator))
            )
        return max(failed, int(not _reached(folder)))


def _reached(folder: Path) -> bool:
    """Whether requests wrote records and judgements, and did not only meet refusals; says how many."""
    ledger = Ledger.reader(folder / "ledger.sqlite")
    counts = {
        what: ledger.db.execute(f"SELECT count(*) FROM {where}").fetchone()[0]
        for what, where in (
            ("versions of records", f"activity WHERE stream = 'record' AND source = '{pushed.PARTNER}'"),
            ("judgements", "judgement"),
            ("proposals decided", "proposal WHERE state != 'open'"),
        )
    }
    ledger.close()
    print("written: " + ", ".join(f"{number} {what}" for what, number in counts.items()))
    return all(counts.values())


def _invited(folder: Path, pages: Path) -> tuple[str, str]:
    """Tokens of a partner, for a source that may be written over HTTP, and of a curator, with something to decide."""
    pushed.describe(folder)
    with (folder / "registry.toml").open("a", encoding="utf-8") as file:
        file.write(_LIMITS)
    ledger = Ledger.open(folder / "ledger.sqlite", BASE)
    offer = proposals.Offer("https://neu.example/orte.json", "json", "Neu", "Verein", "verein@neu.example")
    proposals.propose(ledger, load(folder), offer, proposals.summary(of_lines("", [])))
    pages.write_text(json.dumps(document(ledger)), encoding="utf-8")
    hold = timedelta(days=1)
    found = tokens.create(ledger, pushed.PARTNER, hold), tokens.create_for_curator(ledger, "Kuratorin", hold)
    ledger.close()
    return found


def _settings(folder: Path) -> str:
    """Schemathesis's settings: names that there are, for parameters of addresses and for queries."""
    ledger = Ledger.reader(folder / "ledger.sqlite")
    known = {"own": [pushed.PARTNER], "sources": [pushed.PARTNER, *SOURCES], "queries": list(_QUERIES)}
    for kind in KINDS:
        rows = ledger.db.execute("SELECT iri FROM entity WHERE kind = ? ORDER BY iri LIMIT 8", (kind,))
        names = [iri.rpartition("/")[2] for (iri,) in rows]
        known[kind] = names + [f"{name}.{suffix}" for name in names[:4] for suffix in ("jsonld", "ttl", "csv", "html")]
    ledger.close()
    known["feeds"] = ["catalogue", "records", "dcat", "runs"]
    known["regions"] = ["14713", "14729.jsonld", "15002.ttl"]
    known["runs"] = ["1", "2.jsonld", "3.ttl"]
    known["suffixes"] = ["jsonld", "json", "ttl", "nt", "rdf", "trig", "geojson", "csv", "html"]
    known["numbers"] = ["1", "2"]
    known["keys"] = list(KEYS)
    known["tags"] = ["*", f'"{64 * "0"}"']
    lines = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in known.items()]
    # 503 with Retry-After is a promise that was kept: somebody may ask for an answer within a microsecond.
    lines.append('[checks.not_a_server_error]\nexpected-statuses = ["2xx", "3xx", "4xx", 503]')
    wanted = {f"GET /{kind}/{{name}}": {"name": kind} for kind in KINDS}
    wanted |= {"GET /region/{name}": {"name": "regions"}, "GET /runs/{name}": {"name": "runs"}}
    wanted |= {f"GET /{kind}s.{{suffix}}": {"suffix": "suffixes"} for kind in KINDS}
    wanted |= {f"GET /{kind}/{{name}}/quality.{{suffix}}": {"name": kind, "suffix": "suffixes"} for kind in KINDS}
    for rest in ("", "/digest", "/quality", "/report", "/records/{key}"):
        wanted[f"GET /sources/{{name}}{rest}"] = {"name": "sources"}
    for rest in ("quality", "report"):
        wanted[f"GET /sources/{{name}}/{rest}.{{suffix}}"] = {"name": "sources", "suffix": "suffixes"}
    wanted["POST /sources/{name}/records"] = {"name": "own"}
    for method in ("PUT", "DELETE"):
        wanted[f"{method} /sources/{{name}}/records/{{key}}"] = {"name": "own", "key": "keys"}
    for collection in ("catalog", "coverage", "ns", "regions", "shapes", "sources"):
        wanted[f"GET /{collection}.{{suffix}}"] = {"suffix": "suffixes"}
    wanted["GET /feed/{name}"] = {"name": "feeds"}
    for rest in ("page", "index"):
        wanted[f"GET /feed/{{name}}/{rest}/{{number}}"] = {"name": "feeds", "number": "numbers"}
    for operation, parameters in wanted.items():
        lines.append(f'[[operations]]\ninclude-name = "{operation}"\n[operations.parameters]')
        lines += [_often(f"path.{name}", dictionary) for name, dictionary in parameters.items()]
    lines.append('[[operations]]\ninclude-name = "GET /sparql"\n[operations.parameters]')
    lines.append(_often("query.query", "queries"))
    return "\n".join(lines) + "\n"


def _often(parameter: str, dictionary: str) -> str:
    return f'"{parameter}" = {{ dictionary = "{dictionary}", probability = 0.7 }}'


if __name__ == "__main__":
    raise SystemExit(main())
