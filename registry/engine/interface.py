"""What the API knows of a SPARQL engine, local or remote, and what the engine knows of its data."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from registry.engine.target import Target

CREDENTIAL = "ORTE_ENGINE_PASSWORD"
"""Environment variable in which the host finds the password of an engine elsewhere."""

UPDATE_SECONDS = 600.0
"""An update of an engine elsewhere that takes longer is given up; whether it happens later does not matter, see
`remote.store`."""

AnswerKind = Literal["select", "ask", "graph"]


@dataclass(frozen=True)
class QueryRequest:
    """One SPARQL query, as it came in by the SPARQL Protocol.

    ``select_format`` and ``graph_format`` are names from :mod:`registry.engine.formats`; which of the two counts is
    decided by the form of the query. ``default_graphs`` and ``named_graphs`` are IRIs and, when one of them is given,
    replace the dataset and any FROM in the query (SPARQL 1.1 Protocol, 2.1.4). ``union_default`` makes the union of
    all named graphs and the default graph the default graph. None means: the engine's own limit;
    a request can ask for less than that, never for more.
    """

    query: str
    select_format: str = "json"
    graph_format: str = "turtle"
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    union_default: bool = False
    timeout: float | None = None  # seconds
    max_bytes: int | None = None
    max_rows: int | None = None  # solutions, or triples of a graph


@dataclass(frozen=True)
class Remote:
    """An engine elsewhere that takes the place of our own store, and belongs to one registry alone.

    ``url`` answers queries, ``update_url`` takes updates; ``graph_store_url`` speaks the Graph Store Protocol and is
    used, when there is one, to fill the engine. ``kind`` is a name from ``remote.dialect`` or empty: then the
    engine is asked. ``home`` is the base IRI of the registry whose data it holds. ``lock`` is a file: of all processes
    of a registry the one that holds it writes, the others only ask.
    """

    url: str
    update_url: str
    home: str
    lock: str
    authentication: str = "none"  # "basic" or "digest"
    user: str = ""
    password: str = field(default="", repr=False)
    kind: str = ""
    graph_store_url: str = ""
    check_seconds: float = 1.0  # how often it is looked at whether its data are still there


@dataclass(frozen=True)
class EngineOptions:
    """Limits of the engine. Times in seconds, sizes in bytes."""

    workers: int = 8  # queries that run at once
    spare: int = 2  # idle workers kept ready beyond those that run
    queue: int = 64  # queries that may wait for a worker
    queue_seconds: float = 5.0  # … and for how long
    timeout: float = 20.0  # a query by the clock
    fair_seconds: float = 1.0  # a query when all workers run and others wait
    memory_bytes: int = 256 * 2**20  # what a query may allocate
    max_bytes: int = 64 * 2**20  # length of an answer
    max_rows: int | None = None  # rows of an answer, None = as many as fit max_bytes
    hold_bytes: int = 2**20  # held back before an answer is released, so that failures are proper errors
    stall_seconds: float = 30.0  # a reader who does not take the next piece of an answer
    max_query_bytes: int = 64 * 2**10
    max_depth: int = 100  # brackets within brackets
    poll_seconds: float = 0.3  # how often the host asks its follower for news
    silence_seconds: float = 20.0  # a host that neither speaks nor computes is replaced
    renew_share: float = 0.15  # so many quads gone for each that is there: then a fresh host takes over …
    renew_least: int = 100_000  # … when these are so many at least
    base_iri: str | None = None  # for relative IRIs in queries
    prefixes: dict[str, str] = field(default_factory=dict)  # used when writing graphs; queries declare their own
    remote: Remote | None = None  # instead of a store in the host's memory


class QueryAnswer(Protocol):
    """An answer whose beginning is known to be good. Read ``chunks()`` once, to the end, or call ``aclose()``."""

    kind: AnswerKind
    media_type: str
    sequence: int  # of the ledger, at which the question was answered
    length: int | None  # in bytes, when the whole answer is already there; then nothing can fail any more
    truncated: bool  # cut at the byte or row limit; final once ``chunks()`` has ended or ``length`` is known

    def chunks(self) -> AsyncIterator[bytes]:
        """The answer in pieces. Raises EngineError when it cannot be completed: the reader must see it break."""
        ...

    async def aclose(self) -> None:
        """Give up the rest of the answer; harmless when it was read to the end."""
        ...


class SparqlEngine(Protocol):
    """A SPARQL engine that holds the projection of the ledger."""

    @property
    def ready(self) -> bool: ...

    @property
    def sequence(self) -> int:
        """Sequence of the ledger that queries see, -1 before the first load."""
        ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def query(self, request: QueryRequest) -> QueryAnswer:
        """Raises QueryRefused, QueryTimedOut, QueryTooExpensive, EngineStarting or EngineBusy."""
        ...


class Follower(Protocol):
    """Brings the ledger into a store. Made and used in the engine host only, which is single-threaded.

    Constructed with the keyword arguments given to the engine (JSON values). An exception other than TryAgain ends
    the host, and a new one loads from the beginning: the right answer to a ledger that was replaced.
    """

    def load(self, store: Target) -> int:
        """Fill an empty store; returns the sequence reached."""
        ...

    def follow(self, store: Target) -> int | None:
        """Apply what is new, in a batch of well under a second, and return the sequence reached; None if nothing is.

        Called several times a second, so the question whether there is news must be cheap (µs).
        Raises TryAgain when it could not ask and left the store untouched.
        """
        ...

    def position(self) -> Mapping[str, Any]:
        """How far the store has come, as JSON values; kept in a store that outlives the host."""
        ...

    def resume(self, store: Target, position: Mapping[str, Any]) -> bool:
        """Go on in a store that is at a position, or beyond it in some things; False when it must be filled anew."""
        ...
