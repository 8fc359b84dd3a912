"""The application: what is served, and where it is."""

from __future__ import annotations

from asyncio import Task, create_task, sleep, to_thread, wait
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import monotonic

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from xstatic.pkg import leaflet

from registry import querying
from registry.api import (
    collections,
    coverage,
    curating,
    curator,
    datasets,
    digests,
    documentation,
    embedding,
    entities,
    evidence,
    feeds,
    finding,
    graphs,
    inbox,
    judging,
    languages,
    metrics,
    problems,
    proposing,
    quality,
    regions,
    reports,
    runs,
    sources,
    sparql,
    start,
    system,
    validation,
    vocabulary,
    writes,
)
from registry.api.catalogue import Catalogue
from registry.api.direct import Direct
from registry.api.headers import Headers
from registry.api.observing import Observing
from registry.api.rendered import RenderedEntities
from registry.config import Config
from registry.engine import SparqlEngine
from registry.feed import Shelf
from registry.search import Bitmaps
from registry.web import STATIC

PATIENCE = 1.5
"""Seconds that the start waits for the engine of a small catalogue."""
LEAD = 1.0
"""Seconds that the first visitors have processors and disk to themselves, before the engine loads a large catalogue."""


def create_app(config: Config, engine: SparqlEngine | None = None, bitmaps: Bitmaps | None = None) -> FastAPI:
    """The API over one data directory. It only reads, for partners' writes are done by another process.

    The engine is started and stopped with the application; that of a large catalogue a moment after it, for it takes
    longer to load than anybody waits.

    ``engine`` is for tests and for engines elsewhere; without it, Oxigraph runs in a host process of its own.
    ``bitmaps`` are the sets behind lists, if somebody is reading them already.
    """
    catalogue = Catalogue(config, engine or querying.engine(config), bitmaps)
    validator = validation.Validation(config)
    writing = writes.Writing(config)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        warming = create_task(to_thread(catalogue.warm))
        if catalogue.small():
            await catalogue.engine.start()
            await _patiently(catalogue.engine)
            loading = None
        else:
            loading = create_task(_later(catalogue.engine, warming))
        try:
            yield
        finally:
            validator.close()
            writing.writer.close()
            await warming
            if loading:
                loading.cancel()
                await wait([loading])
            await catalogue.engine.stop()

    app = Application(
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
    direct = Direct(super(Application, app).__call__, app, config.map.tiles)
    app.observed = Observing(RenderedEntities(direct, config.ledger))
    app.observed.registry.register(metrics.Figures(catalogue))
    app.state.metrics = app.observed.registry
    app.state.validation = validator
    app.state.writing = writing
    app.state.shelf = Shelf(config)
    problems.install(app)
    documentation.install(app, catalogue)
    app.add_middleware(Headers, on_error=problems.unexpected, on_end=problems.ending, tiles=config.map.tiles)

    # The framework tries one router after the other: what is asked most, and has a way of its own, comes first.
    app.include_router(sparql.router)
    app.include_router(start.router)
    app.include_router(languages.router)
    app.include_router(evidence.router)
    app.include_router(curator.router)
    app.include_router(judging.router)
    app.include_router(curating.router)
    app.add_exception_handler(curator.SignedOut, curator.ask)
    app.include_router(entities.router)
    app.include_router(collections.router)
    app.include_router(finding.router)
    app.include_router(embedding.router)
    app.include_router(regions.router)
    app.include_router(coverage.router)
    app.include_router(proposing.router)
    app.include_router(sources.router)
    app.include_router(quality.router)
    app.include_router(reports.router)
    app.include_router(writes.router)
    app.include_router(runs.router)
    app.include_router(feeds.router)
    app.include_router(digests.router)
    app.include_router(inbox.router)
    app.include_router(datasets.router)
    app.include_router(validation.router)
    app.include_router(graphs.router)
    app.include_router(vocabulary.router)
    app.include_router(documentation.router)
    app.include_router(system.router)
    app.include_router(metrics.router)
    app.mount("/static/leaflet", _compressed(Path(leaflet.BASE_DIR)), name="leaflet")
    app.mount("/static", _compressed(STATIC), name="static")
    return app


class Application(FastAPI):
    """FastAPI behind the answers about single entities, which need nothing of it."""

    observed: Observing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.observed(scope, receive, send)


def _compressed(folder: Path) -> ASGIApp:
    """Files as they are; those of some size compressed for clients that take it (Leaflet: 147 kB, then 43)."""
    return GZipMiddleware(StaticFiles(directory=folder), minimum_size=1000)


async def _later(engine: SparqlEngine, warming: Task[None]) -> None:
    """Start the engine when lists are ready and the first visitors have been served; SPARQL is answered with 503 before
    that as it is until the engine has loaded."""
    await sleep(LEAD)
    await wait([warming])
    await engine.start()


async def _patiently(engine: SparqlEngine) -> None:
    """Wait a moment for the engine, so that a small catalogue answers SPARQL from the first request on.

    A large one takes longer to load; everything else does not wait for it.
    """
    end = monotonic() + PATIENCE
    while not engine.ready and monotonic() < end:
        await sleep(0.02)


def _version() -> str:
    try:
        return version("orte-registry")
    except PackageNotFoundError:
        return "0"
