"""Harvest sources into the ledger and publish what changed: what `orte harvest` and the schedule do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from harvesters.fetch import Fetcher, FetchSettings
from harvesters.gazetteer import Gazetteer
from harvesters.gazetteer_files import load_gazetteer
from harvesters.lift import Lift, LiftError
from harvesters.readers import READERS
from harvesters.reading import Context
from harvesters.source import Source
from registry.check import Checks, LateChecker
from registry.config import Config
from registry.dcat import announce
from registry.federation.peers import PEER_DELAY, follow_peer, is_peer
from registry.ingest import Progress, ingest
from registry.ledger import Ledger, Run, releases, runs
from registry.lifting import Lifting
from registry.locks import AlreadyHarvesting, held, overdue
from registry.publishing import publish, publishing

SOON = timedelta(hours=1)
"""How long after a failure a source is asked again at the latest."""
AT_ONCE = timedelta(minutes=5)
"""And after an interruption, such as a restart: soon, but not every minute where it is the source that kills."""


class NotHeld(Exception):
    """There is nothing to release."""


@dataclass(frozen=True)
class Harvested:
    """The outcome for one source: its run, or the sentence why there was none."""

    source: str
    run: Run | None
    problem: str | None

    @property
    def failed(self) -> bool:
        return self.run is None or self.run.outcome in ("failed", "held")

    @property
    def changed(self) -> bool:
        counts = self.run.counts if self.run else {}
        return any(counts[name] for name in ("created", "updated", "withdrawn") if name in counts)


def harvest(
    config: Config,
    ledger: Ledger,
    wanted: Iterable[Source],
    *,
    accept_shrink: bool = False,
    progress: Progress = lambda source, count: None,
    done: Callable[[Harvested], None] = lambda harvested: None,
    notes: Callable[[str], None] = lambda line: None,
) -> list[Harvested]:
    """Harvest one source after the other, each published before the next, a large one already while it is read.

    One source's trouble never stops the others.

    Raises:
        GazetteerError: when a gazetteer file that is configured cannot be used; going on without it would take their
            districts from places that had one.
    """
    known = gazetteer(config, notes)
    outcomes = []

    def advanced(source: str, count: int) -> None:
        progress(source, count)
        meanwhile.look(ledger)

    checker = LateChecker()
    with publishing(config) as meanwhile:
        for source in wanted:
            outcome = _one(config, ledger, checker, source, known, accept_shrink, advanced, notes)
            outcomes.append(outcome)
            done(outcome)
            meanwhile.settle()
            if outcome.changed:
                publish(ledger)
    publish(ledger, known)
    announce(ledger, config)
    return outcomes


def due(ledger: Ledger, wanted: Iterable[Source]) -> list[Source]:
    """Those of the sources whose last run began longer ago than their `every`, or in the future, or that never ran.

    After a failure a source is asked again within the hour; a held one waits for a person, or for its usual time.
    Those that took long last time come last, so that the others need not wait for them.
    A peer that says that its feed has changed is read at once, and so is a source whose held run was released.
    """
    now = datetime.fromisoformat(ledger.clock())
    last = {state.id: state.last_run for state in ledger.sources()}
    news = {source for (source,) in ledger.db.execute("SELECT source FROM peer_news")} | releases.waiting(ledger.db)
    found = []
    for source in wanted:
        run = last.get(source.id)
        wait = source.every
        if run and run.outcome == "failed":
            wait = min(wait, AT_ONCE if run.reason == runs.INTERRUPTED else SOON)
        if source.id in news or (began := _past(ledger, run)) is None or now - began >= wait:
            found.append(source)
    return sorted(found, key=lambda source: _took(last.get(source.id)))


class News:
    """Whether a peer has announced news since the last time this was asked."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: frozenset[tuple[str, str]] = frozenset()

    def __call__(self) -> bool:
        ledger = Ledger.reader(self._config.ledger)
        try:
            now = frozenset(ledger.db.execute("SELECT source, told FROM peer_news"))
        finally:
            ledger.close()
        new, self._known = now - self._known, now
        return bool(new)


def _took(run: Run | None) -> timedelta:
    if run is None or run.ended is None:
        return timedelta(0)
    return datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.started)


def release(ledger: Ledger, source: Source, run: int, by: str) -> None:
    """Let a source's next reading withdraw what is absent, as the held run would have, if it is no smaller than that.

    Raises:
        NotHeld: when this is not the source's last run, or was not held; or when the source is a registry that we
            follow: what it says is proved by digests, not by a person.
    """
    if is_peer(source):
        raise NotHeld(f"'{source.id}' is a registry: its run is held until the digests agree again")
    with ledger.transaction():
        state = next((state for state in ledger.sources() if state.id == source.id), None)
        if state is None or state.last_run is None or state.last_run.id != run or state.state != "held":
            raise NotHeld(f"run {run} of '{source.id}' is not held, or not its last one any more")
        releases.put(ledger.db, source.id, run, by, ledger.now())


def close_interrupted(config: Config, ledger: Ledger, *, hung: str | None = None) -> None:
    """End the runs whose processes ended before they did, so that their sources say so.

    What such a run had committed stays; its source is read again as if nothing had been. `hung` names the source
    for which the process was ended because its time was over.
    """
    for run in runs.unfinished(ledger.db):
        if held(config.data / "locks", run.source):
            continue
        reason = runs.INTERRUPTED
        if run.source == hung:
            reason = f"source '{run.source}' hung beyond its time limit ([expect] time_limit); its process was ended"
        with ledger.transaction():
            runs.finish(ledger.db, run.id, outcome="failed", reason=reason, counts=run.counts, now=ledger.now())


def _past(ledger: Ledger, run: Run | None) -> datetime | None:
    """When a run began; None without a run, and when a wrong clock put it into the future: then it means nothing."""
    began = datetime.fromisoformat(run.started) if run else None
    return None if began is None or began > datetime.fromisoformat(ledger.clock()) else began


def _one(
    config: Config,
    ledger: Ledger,
    checker: Checks,
    source: Source,
    known: Gazetteer,
    accept_shrink: bool,
    progress: Progress,
    notes: Callable[[str], None],
) -> Harvested:
    if is_peer(source):
        return _follow(config, ledger, checker, source, progress, notes)
    if source.reader not in READERS:
        names = ", ".join(sorted(READERS))
        return Harvested(source.id, None, f"source '{source.id}' wants a reader '{source.reader}'; known are: {names}")
    try:
        lift = Lift(source.lift, source_id=source.id, records_base=f"{config.base_url}/sources/", gazetteer=known)
    except LiftError as error:
        return Harvested(source.id, None, str(error))
    settings = fetch_settings(config, source.time_limit)
    with Fetcher(settings, cache=config.data / "cache") as fetch, Lifting(lift) as lifting:
        since = _past(ledger, runs.last_complete(ledger.db, source.id))
        context = Context(fetch=fetch, since=since, districts=source.districts, notes=notes)
        least = 0 if accept_shrink else releases.least(ledger.db, source.id)
        try:
            run = ingest(
                ledger, checker, source, READERS[source.reader], lifting, context,
                locks=config.data / "locks", least=least, progress=progress,
            )  # fmt: skip
        except AlreadyHarvesting as error:
            return Harvested(source.id, None, str(error))
    return Harvested(source.id, run, run.reason if run.outcome in ("failed", "held") else None)


def _follow(
    config: Config, ledger: Ledger, checker: Checks, source: Source, progress: Progress, notes: Callable[[str], None]
) -> Harvested:
    settings = fetch_settings(config, source.time_limit)
    with Fetcher(replace(settings, delay=min(settings.delay, PEER_DELAY)), cache=config.data / "cache") as fetch:
        try:
            run = follow_peer(
                ledger, checker, source, fetch, locks=config.data / "locks", progress=progress, notes=notes
            )
        except AlreadyHarvesting as error:
            return Harvested(source.id, None, str(error))
    return Harvested(source.id, run, run.reason if run.outcome in ("failed", "held") else None)


def gazetteer(config: Config, notes: Callable[[str], None] = lambda line: None) -> Gazetteer:
    """The gazetteer of the settings `gazetteer.…`, an empty one when none is set. Raises GazetteerError."""
    with Fetcher(fetch_settings(config, timedelta(minutes=10))) as fetch:
        return load_gazetteer(
            config.gazetteer, base=config.data, copies=config.data / "cache" / "gazetteer", fetch=fetch, notes=notes
        )


def fetch_settings(config: Config, limit: timedelta) -> FetchSettings:
    """The settings `fetch.…` for a run within a time limit."""
    return FetchSettings(
        contact=config.contact or config.base_url,
        allow_private_hosts=config.fetch.allow_private_hosts,
        proxy=config.fetch.proxy or None,
        read_timeout=config.fetch.timeout,
        run_deadline=limit.total_seconds(),
        max_bytes=config.fetch.max_bytes,
        max_retries=config.fetch.retries,
        delay=config.fetch.delay,
    )


class Watch:
    """Looks after the process of a harvest, and ends runs whose source hangs: nothing else may have to wait for it.

    Most of what hangs is ended by the time limits of fetching and reading; this is for what no program can interrupt
    from within, such as a lift that never ends.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._source: str | None = None

    def overdue(self, process: int) -> bool:
        """Whether the process harvests a source whose time is over."""
        self._source = overdue(self._config.data / "locks", process)
        return self._source is not None

    def ended(self) -> None:
        """Say so, after the process was ended."""
        ledger = Ledger.open(self._config.ledger, self._config.base_url)
        try:
            close_interrupted(self._config, ledger, hung=self._source)
        finally:
            ledger.close()
