"""What can go wrong between a SPARQL query and its answer, as sentences for the person who asked."""

from __future__ import annotations


class EngineError(Exception):
    """The query has no (complete) answer. The message is a sentence that says what to do.

    ``retry_after`` is the number of seconds after which asking again makes sense, None when it does not.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class RemoteError(Exception):
    """An engine elsewhere said no, or something we do not understand. A sentence for the operator."""


class QueryRefused(EngineError):
    """The query itself is at fault: wrong syntax, too long, too deep, or something that is not answered here.

    ``line`` and ``column`` count from 1 and are None when the fault has no single place.
    """

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class QueryTimedOut(EngineError):
    """The query ran longer than it may, by the clock or in computing time."""


class QueryTooExpensive(EngineError):
    """The query needed more memory or stack than it may, or its answer is larger than is given out."""


class EngineStarting(EngineError):
    """The engine is loading, restarting or stopping; ``retry_after`` is an estimate in seconds."""


class EngineBusy(EngineError):
    """Too many queries are waiting already."""


class TryAgain(Exception):
    """Raised by a follower that could not follow just now (a locked ledger) and has NOT touched the store."""
