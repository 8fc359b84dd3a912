"""Publish what records became: the catalogue, the search and what follows from them; alongside a large harvest too."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from harvesters.gazetteer import Gazetteer
from harvesters.gazetteer_files import GazetteerFiles
from registry import coverage, identity, inference, search
from registry.alongside import Alongside
from registry.config import Config, load
from registry.feed import announce_runs
from registry.ledger import Ledger
from registry.uncollected import uncollected
from registry.unify import FOLLOWER, unify
from registry.worker import Handler


def publish(ledger: Ledger, known: Gazetteer | None = None, *, meanwhile: Alongside | None = None) -> None:
    """Bring the catalogue and its views up to date with the records; the engine follows by itself.

    Without the gazetteer the coverage stays as it is, and the stations are those of the last time: what publishes
    single entries need not load it. `meanwhile` follows with the views what is published already.
    """
    with uncollected():  # the many small values that this takes have no cycles
        if meanwhile is None:
            unify(ledger)
        else:
            unify(ledger, lambda done: meanwhile.look(ledger))
            meanwhile.settle()
        _views(ledger, known)
        announce_runs(ledger)
        if known is not None:
            coverage.follow(ledger, known)


def _views(ledger: Ledger, known: Gazetteer | None) -> None:
    """Bring up to date what is made of the catalogue alone."""
    search.follow(ledger)
    inference.follow(ledger, known)


def unpublished(ledger: Ledger, config: Config) -> bool:
    """Whether `publish` may have something to do: a killed harvest left it, new rules of identity, or a gazetteer."""
    behind = any(
        _last(ledger, stream) > ledger.position(follower)
        for stream, follower in (("record", FOLLOWER), ("entity", search.FOLLOWER))
    )
    counted = ledger.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'coverage_seen'").fetchone()
    return behind or identity.behind(ledger) or not counted or config.gazetteer != GazetteerFiles()


def _last(ledger: Ledger, stream: str) -> int:
    row = ledger.db.execute("SELECT coalesce(max(sequence), 0) FROM activity WHERE stream = ?", (stream,)).fetchone()
    return int(row[0])


def publishing(config: Config, *, processors: int | None = None) -> Alongside:
    """A process that publishes what a large harvest has committed, while that goes on."""
    return Alongside(
        config.data, "registry.publishing:serve", stream="record", follower=FOLLOWER, processors=processors
    )


def serve() -> Handler:
    """The work of that process: publish what there is in the data directory that is named.

    What is published already goes into the views in one more process, while the rest is compared.
    """
    views: Alongside | None = None

    def handle(question: bytes) -> bytes:
        nonlocal views
        config = load(Path(question.decode()))
        views = views or following(config)
        with closing(Ledger.open(config.ledger, config.base_url)) as ledger:
            publish(ledger, meanwhile=views)
        return b""

    return handle


def following(config: Config, *, processors: int | None = None) -> Alongside:
    """A process that follows with the views what is published."""
    return Alongside(
        config.data, "registry.publishing:serve_views", stream="entity", follower=search.FOLLOWER, processors=processors
    )


def serve_views() -> Handler:
    """The work of that process: bring the views of the data directory that is named up to date with its catalogue."""

    def handle(question: bytes) -> bytes:
        config = load(Path(question.decode()))
        with closing(Ledger.open(config.ledger, config.base_url)) as ledger, uncollected():
            _views(ledger, None)
        return b""

    return handle
