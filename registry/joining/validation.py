"""Validate what somebody hands in, RDF or what a source's lift makes RDF of: in a process of its own, storing nothing.

Whatever a stranger sends may be made to do harm, so it is parsed, lifted and checked where it can be killed.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pyoxigraph as ox

from registry import harvesting
from registry.config import Config, load
from registry.joining.first_look import look
from registry.joining.proposals import Offer
from registry.joining.trial import TrialError, try_document
from registry.ledger import Finding
from registry.rdf_input import Handed, RdfInputError, triples_of
from registry.report import Line, Report, of_lines
from registry.worker import Handler, Worker, WorkerFailed, WorkerTimedOut

if TYPE_CHECKING:
    from registry.check import Checker

LINES = 2000
"""Lines that an answer holds; it counts all of them."""

MEMORY = 2048
"""MiB of address space that the process may use."""


class NotValidated(Exception):
    """There is no report: one sentence that says why, for the person who handed it in."""


class TookTooLong(NotValidated):
    """It could not be validated in the time there is for it."""


@dataclass(frozen=True)
class Question:
    """What is to be validated: RDF, or a document of the source with this id."""

    handed: Handed
    source: str | None = None


class Validator:
    """One process that validates, one thing at a time; it is started with the first question, and again after it had
    to be killed. Several threads may ask.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._worker = Worker("registry.joining.validation:serve", memory=MEMORY)
        self._turn = threading.Lock()

    def validate(self, question: Question, seconds: float) -> Report:
        """The report. Nothing is stored.

        Raises:
            NotValidated: when it cannot be read, is nothing the source can be read from, or takes too long.
        """
        handed = question.handed
        asked = {
            "content": base64.b64encode(handed.content).decode(),
            "handed": [handed.media_type, handed.name, handed.base],
            "source": question.source,
        }
        return self._ask(asked, seconds)

    def look(self, offer: Offer, seconds: float) -> Report:
        """The report on what somebody proposes: some of it is fetched, lifted and checked. Nothing is stored.

        Raises:
            NotValidated: when it cannot be fetched or read, or takes too long.
        """
        return self._ask({"offer": asdict(offer)}, seconds)

    def _ask(self, asked: dict[str, Any], seconds: float) -> Report:
        asked |= {"data": str(self._config.data), "base": self._config.base_url, "seconds": seconds}
        try:
            with self._turn:
                answer = orjson.loads(self._worker.ask(orjson.dumps(asked), seconds))
        except WorkerTimedOut:
            raise TookTooLong(f"It took longer than {seconds:g} s; hand in fewer entries at once.") from None
        except WorkerFailed as error:
            raise NotValidated(f"It cannot be validated: {error}; hand in fewer or simpler entries.") from None
        if "problem" in answer:
            raise NotValidated(answer["problem"])
        lines = tuple(Line(Finding(**one["finding"]), one["key"], one["page"]) for one in answer["lines"])
        return Report(answer["about"], lines, answer["matched"], answer["open"], checked=answer["checked"])

    def close(self) -> None:
        """End the process."""
        self._worker.close()


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
    known = harvesting.sources(config)
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
