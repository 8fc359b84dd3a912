"""`/metrics`: requests and latencies, the engine and its workers, sources and their ages, sequences of every part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import time

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from registry.api.catalogue import Catalogue
from registry.ledger import LedgerError
from registry.ledger.errors import DAMAGED

router = APIRouter(tags=["system"])
_PAGE = 4096  # bytes of memory, in which /proc counts


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
def metrics(request: Request) -> Response:
    """Counters and gauges in the text format of Prometheus."""
    registry: CollectorRegistry = request.app.state.metrics
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


class Figures(Collector):
    """What is asked of ledger and engine at the moment of a scrape."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def collect(self) -> Iterator[Metric]:
        """All of them; those of the ledger are missing while it cannot be read."""
        yield from self._engine()
        try:
            found = [*self._ledger(), *self._sources()]
            ready = float(self.catalogue.sound())
        except (LedgerError, *DAMAGED):
            found, ready = [], 0.0
        yield GaugeMetricFamily("orte_ledger_ready", "Whether the ledger can be read.", ready)
        yield from found

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering asks nobody."""
        return iter(())

    def _engine(self) -> Iterator[Metric]:
        engine = self.catalogue.engine
        yield GaugeMetricFamily("orte_engine_ready", "Whether SPARQL can be asked.", float(engine.ready))
        yield GaugeMetricFamily("orte_engine_sequence", "Sequence of the ledger that queries see.", engine.sequence)
        figures: dict[str, int] = getattr(engine, "figures", {})
        for name, text in (
            ("running", "Queries that are being answered."),
            ("waiting", "Queries that wait for a worker."),
            ("generation", "Generation of workers: one for each change that queries see."),
        ):
            if name in figures:
                yield GaugeMetricFamily(f"orte_engine_{name}", text, figures[name])
        if "restarts" in figures:
            yield CounterMetricFamily("orte_engine_restarts", "Hosts that died or hung.", figures["restarts"])
            worn = "Hosts that gave way to a fresh one, as much was removed from their store."
            yield CounterMetricFamily("orte_engine_renewals", worn, figures["renewals"])
        if size := _resident(figures.get("host", 0)):
            yield GaugeMetricFamily("orte_engine_host_resident_bytes", "Memory of the engine's host.", size)

    def _ledger(self) -> Iterator[Metric]:
        ledger = self.catalogue.ledger
        yield GaugeMetricFamily("orte_ledger_sequence", "Sequence of the last activity.", ledger.sequence())
        positions = GaugeMetricFamily("orte_view_sequence", "How far a view has come in the log.", labels=("view",))
        for name, sequence in ledger.db.execute("SELECT name, sequence FROM follower ORDER BY name"):
            positions.add_metric((name,), sequence)
        yield positions
        live = GaugeMetricFamily("orte_live", "Records and entities in the catalogue.", labels=("stream",))
        for stream in ("record", "entity"):
            live.add_metric((stream,), ledger.digest(stream).live)
        yield live

    def _sources(self) -> Iterator[Metric]:
        ledger = self.catalogue.ledger
        live = GaugeMetricFamily("orte_source_records", "Live records of a source.", labels=("source",))
        age = GaugeMetricFamily(
            "orte_source_age_seconds", "Since a complete run last saw all of a source.", labels=("source",)
        )
        state = GaugeMetricFamily("orte_source_state", "1 for the state a source is in.", labels=("source", "state"))
        last = GaugeMetricFamily(
            "orte_source_last_run_timestamp_seconds", "Start of a source's last run.", labels=("source",)
        )
        for source in ledger.sources():
            live.add_metric((source.id,), source.live)
            state.add_metric((source.id, source.state), 1)
            if source.confirmed:
                age.add_metric((source.id,), max(0.0, time() - _seconds(source.confirmed)))
            if source.last_run:
                last.add_metric((source.id,), _seconds(source.last_run.started))
        runs = CounterMetricFamily("orte_runs", "Runs by how they ended.", labels=("source", "outcome"))
        for source_id, outcome, number in ledger.db.execute(
            "SELECT source, coalesce(outcome, 'open'), count(*) FROM run GROUP BY 1, 2"
        ):
            runs.add_metric((source_id, outcome), number)
        yield from (live, age, state, last, runs)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE if pid else 0
    except (OSError, IndexError):  # it has just died
        return 0
