"""The application: what is served, and where it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from registry.api import (
    collections,
    documentation,
    entities,
    problems,
    regions,
    runs,
    sources,
    sparql,
    start,
    system,
    vocabulary,
)
from registry.api.catalogue import Catalogue
from registry.api.headers import Headers
from registry.config import Config
from registry.engine import Engine, EngineOptions, SparqlEngine
from registry.terms import PREFIXES
from registry.web import STATIC


def create_app(config: Config, engine: SparqlEngine | None = None) -> FastAPI:
    """The API over one data directory. It only reads; the engine is started and stopped with the application.

    ``engine`` is for tests and for engines elsewhere; without it, Oxigraph runs in a host process of its own.
    """
    catalogue = Catalogue(config, engine or local_engine(config))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await catalogue.engine.start()
        try:
            yield
        finally:
            await catalogue.engine.stop()

    app = FastAPI(
        title=config.title.get("en", "Orte"),
        version=_version(),
        description=documentation.INTRODUCTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": config.base_url}],
    )
    app.state.catalogue = catalogue
    problems.install(app)
    app.add_middleware(Headers, on_error=problems.unexpected)

    app.include_router(start.router)
    app.include_router(entities.router)
    app.include_router(collections.router)
    app.include_router(regions.router)
    app.include_router(sources.router)
    app.include_router(runs.router)
    app.include_router(sparql.router)
    app.include_router(vocabulary.router)
    app.include_router(documentation.router)
    app.include_router(system.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def local_engine(config: Config) -> Engine:
    """Oxigraph in memory, in a host process that follows this data directory's ledger."""
    return Engine("registry.project:Follower", {"ledger": str(config.ledger)}, engine_options(config))


def engine_options(config: Config) -> EngineOptions:
    """The engine's limits as the settings give them."""
    limits = config.limits
    return EngineOptions(
        workers=limits.query_workers,
        queue=limits.query_queue,
        timeout=limits.query_seconds,
        memory_bytes=limits.query_memory * 2**20,
        max_bytes=limits.result_bytes,
        max_rows=limits.result_rows,
        max_query_bytes=limits.query_size,
        max_depth=limits.query_nesting,
        base_iri=f"{config.base_url}/",
        prefixes=dict(PREFIXES),
    )


def _version() -> str:
    try:
        return version("orte-registry")
    except PackageNotFoundError:
        return "0"
