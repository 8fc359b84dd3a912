"""The SPARQL engine: Oxigraph in memory, in a host process of its own that forks workers one can kill.

``Engine`` answers queries inside the API, ``query_once`` on the command line. Both are given a follower, which
brings the ledger into the store; see :mod:`registry.engine.interface`.
"""

from registry.engine.client import Engine, query_once
from registry.engine.errors import (
    EngineBusy,
    EngineError,
    EngineStarting,
    QueryRefused,
    QueryTimedOut,
    QueryTooExpensive,
    TryAgain,
)
from registry.engine.guard import Inspection, inspect, inspected
from registry.engine.interface import EngineOptions, Follower, QueryAnswer, QueryRequest, Remote, SparqlEngine
from registry.engine.target import Target, target_of

__all__ = [
    "Engine",
    "EngineBusy",
    "EngineError",
    "EngineOptions",
    "EngineStarting",
    "Follower",
    "Inspection",
    "QueryAnswer",
    "QueryRefused",
    "QueryRequest",
    "QueryTimedOut",
    "QueryTooExpensive",
    "Remote",
    "SparqlEngine",
    "Target",
    "TryAgain",
    "inspect",
    "inspected",
    "query_once",
    "target_of",
]
