"""The process that validates, as those see it who ask it: a document or a proposal in, a report out, nothing stored.

Whatever a stranger sends may be made to do harm, so it is parsed, lifted and checked where it can be killed.
"""

from __future__ import annotations

import base64
import threading
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from registry.config import Config
from registry.joining.proposals import Offer
from registry.ledger import Finding
from registry.rdf_input import Handed
from registry.report import Line, Report
from registry.worker import Worker, WorkerFailed, WorkerTimedOut

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
