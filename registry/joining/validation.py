"""Validate what somebody hands in, RDF or what a source's lift makes RDF of: the work of the process of `validator`."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pyoxigraph as ox

from registry.config import Config, load
from registry.joining.first_look import look
from registry.joining.proposals import Offer
from registry.joining.trial import TrialError, try_document
from registry.ledger import Finding
from registry.rdf_input import Handed, RdfInputError, triples_of
from registry.report import Line, Report, of_lines
from registry.sources import sources
from registry.worker import Handler

if TYPE_CHECKING:
    from registry.check import Checker

LINES = 2000
"""Lines that an answer holds; it counts all of them."""


def serve() -> Handler:
    """The work of the process: a document in, a report out."""
    from registry.check import Checker  # loads slowly; only the process that validates waits

    checker = Checker()

    def handle(question: bytes) -> bytes:
        asked = orjson.loads(question)
        config = replace(load(Path(asked["data"])), base_url=asked["base"])
        try:
            if "offer" in asked:
                report = look(config, Offer(**asked["offer"]), asked["seconds"])
            else:
                handed = Handed(base64.b64decode(asked["content"]), *asked["handed"])
                report = _report(checker, config, handed, asked["source"], asked["seconds"])
        except (RdfInputError, TrialError) as error:
            return orjson.dumps({"problem": str(error)})
        return orjson.dumps(
            {
                "about": report.about,
                "lines": report.lines[:LINES],
                "matched": report.matched,
                "open": report.open,
                "checked": report.checked,
            }
        )

    return handle


def _report(checker: Checker, config: Config, handed: Handed, source: str | None, seconds: float) -> Report:
    if source is None:
        triples = triples_of(handed, config, seconds=seconds)
        return report_of(handed.name, checker.check_triples(triples), triples)
    known = sources(config)
    if source not in known:
        raise TrialError(f"There is no source '{source}'; known are: {', '.join(sorted(known))}.")
    trial = try_document(config, known[source], handed.content, handed.media_type, limit=1_000_000)
    if trial.ended.outcome == "failed":
        raise TrialError(f"It cannot be read as the source '{source}' is read: {trial.ended.reason}")
    return trial.report


def report_of(about: str, findings: Iterable[Finding], triples: Sequence[ox.Triple]) -> Report:
    """The report of a graph. What is about a blank node gets, as its key, the nearest node with a name."""
    above = {f"_:{t.object.value}": t.subject for t in triples if isinstance(t.object, ox.BlankNode)}
    lines = []
    for finding in findings:
        node, steps = finding.focus or "", 0
        while node.startswith("_:") and node in above and steps < len(above):
            parent = above[node]
            node, steps = (parent.value if isinstance(parent, ox.NamedNode) else str(parent)), steps + 1
        lines.append(Line(finding, None if node.startswith("_:") or node == finding.focus else node))
    return of_lines(about, lines, triples=len(triples))
