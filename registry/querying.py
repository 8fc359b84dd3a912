"""The SPARQL engine of one registry: what it follows, and under which limits."""

from __future__ import annotations

from registry.config import Config
from registry.engine import Engine, EngineOptions, QueryRequest, Remote, query_once
from registry.engine.interface import UPDATE_SECONDS
from registry.terms import PREFIXES

FOLLOWER = "registry.project:Follower"


def engine(config: Config) -> Engine:
    """The engine of the API; start and stop it in one event loop."""
    return Engine(FOLLOWER, {"ledger": str(config.ledger)}, options(config))


def ask(config: Config, request: QueryRequest) -> bytes:
    """Ask one query on the command line. Raises EngineError with a sentence for the person who asked."""
    arguments = {"ledger": str(config.ledger)}
    return query_once(request, follower=FOLLOWER, arguments=arguments, options=options(config))


def remote(config: Config) -> Remote | None:
    """The engine elsewhere that `engine.url` names, if any."""
    there = config.engine
    if not there.url:
        return None
    config.data.mkdir(parents=True, exist_ok=True)
    return Remote(
        url=there.url,
        update_url=there.update_url or there.url,
        home=config.base_url,
        lock=str(config.data / "engine.lock"),
        authentication=there.authentication,
        user=there.user,
        password=there.password,
        kind=there.kind,
        graph_store_url=there.graph_store_url,
    )


def options(config: Config) -> EngineOptions:
    """The settings `limits.…` as the engine takes them."""
    limits, there = config.limits, remote(config)
    return EngineOptions(
        workers=limits.query_workers,
        queue=limits.query_queue,
        timeout=limits.query_seconds,
        memory_bytes=limits.query_memory * 2**20,
        max_bytes=limits.result_bytes,
        max_rows=limits.result_rows or None,
        max_query_bytes=limits.query_size,
        max_depth=limits.query_nesting,
        base_iri=config.base_url + "/",
        remote=there,
        # the host waits while an engine elsewhere works, and computes nothing meanwhile
        silence_seconds=UPDATE_SECONDS + 60 if there else EngineOptions.silence_seconds,
        prefixes={prefix: str(namespace) for prefix, namespace in PREFIXES.items()},
    )
