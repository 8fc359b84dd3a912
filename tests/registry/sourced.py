"""A registry that harvests as `orte harvest` does: a data directory, described sources, stand-ins on the web."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from registry import harvesting
from registry.cli.app import app
from registry.config import Config, load
from registry.ledger import Ledger, Run
from registry.sources import sources
from tests.standins import StandIn

LIFT = """
CONSTRUCT {{
  ?it a orte:CooperationSite ; schema:name ?name ; schema:geo ?geo .
  ?geo a schema:GeoCoordinates ; schema:latitude ?lat ; schema:longitude ?lon .
}} WHERE {{
  ?r a fx:root ; {name} ?n .
  BIND(fn:it(?r) AS ?it) BIND(fn:name(?n, "de") AS ?name)
  OPTIONAL {{
    ?r xyz:lat ?y ; xyz:lon ?x .
    BIND(fn:lat(STR(?y), STR(?x)) AS ?lat) BIND(fn:lon(STR(?y), STR(?x)) AS ?lon)
    BIND(IF(BOUND(?lat), fn:node(?r, "geo"), ?none) AS ?geo)
  }}
}}
"""
"""A lift of a name, and of `lat` and `lon` where there are any; `{name}` is the path to the name."""


class Sourced:
    """One data directory. `settings` go into the `[fetch]` table of its registry.toml."""

    def __init__(self, data: Path, *standins: StandIn, **settings: Any) -> None:
        self.data = data
        fetch = {
            "allow_private_hosts": [standin.host for standin in standins],
            "delay": 0,
            "retries": 0,
            "timeout": 5,
            **settings,
        }
        (data / "registry.toml").write_text(f"fetch = {toml(fetch)}\n", encoding="utf-8")
        self.config: Config = load(data)

    def describe(self, name: str, read: Mapping[str, Any], *, place: str = "xyz:name", **description: Any) -> None:
        """Write the folder of a source; `place` is the path to the name in its raw records."""
        folder = self.data / "sources" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lift.rq").write_text(LIFT.format(name=place), encoding="utf-8")
        facts = {
            "id": name,
            "title": {"de": name, "en": name},
            "licence": "https://creativecommons.org/publicdomain/zero/1.0/",
            "enabled": False,
            **description,
            "read": read,
        }
        (folder / "source.toml").write_text(
            "".join(f"{key} = {toml(value)}\n" for key, value in facts.items()), encoding="utf-8"
        )

    def harvest(self, *names: str, at: datetime | None = None, accept_shrink: bool = False) -> dict[str, Run]:
        """Harvest these sources, one after the other, at a moment by the ledger's clock; their runs by id."""
        known = sources(self.config)
        ledger = Ledger.open(self.config.ledger, self.config.base_url, clock=lambda: at or datetime.now(UTC))
        try:
            done = harvesting.harvest(self.config, ledger, [known[name] for name in names], accept_shrink=accept_shrink)
        finally:
            ledger.close()
        assert all(one.run is not None for one in done), [one.problem for one in done]
        return {one.source: one.run for one in done if one.run is not None}

    def names(self, source: str) -> dict[str, str]:
        """Name of every live record of a source by its key, as it is published."""
        ledger = Ledger.reader(self.config.ledger)
        rows = ledger.db.execute(
            "SELECT raw_key, iri FROM record WHERE source = ? AND status = 'live'", (source,)
        ).fetchall()
        found = {}
        for key, iri in rows:
            record = ledger.record(iri)
            assert record is not None
            match = re.search(r'<https://schema.org/name> "(.*?)"@de', record.nquads)
            assert match is not None, record.nquads
            found[key] = match[1]
        ledger.close()
        return found

    def digests(self) -> dict[str, str]:
        """State digests of records and entities."""
        ledger = Ledger.reader(self.config.ledger)
        found = {stream: ledger.digest(stream).hex for stream in ("record", "entity")}
        ledger.close()
        return found

    def findings(self, source: str) -> list[str]:
        """What is open about reading, cleaning and lifting a source, as its owner reads it."""
        ledger = Ledger.reader(self.config.ledger)
        rows = ledger.db.execute(
            "SELECT message_en || ' ' || coalesce(value, '') FROM finding WHERE source = ? AND fixed_run IS NULL"
            " AND rule NOT LIKE '%/shapes#%'",
            (source,),
        ).fetchall()
        ledger.close()
        return [text for (text,) in rows]

    def told(self) -> dict[str, dict[str, Any]]:
        """What `orte sources --json` says, by id."""
        answer = CliRunner().invoke(app, ["--data", str(self.data), "sources", "--json"])
        assert answer.exit_code == 0, answer.output
        return {row["id"]: row for row in json.loads(answer.stdout)}


def counts(run: Run) -> tuple[int, int, int, int]:
    """Created, updated, withdrawn, unchanged."""
    created, updated, withdrawn, unchanged = (
        run.counts[name] for name in ("created", "updated", "withdrawn", "unchanged")
    )
    return created, updated, withdrawn, unchanged


def toml(value: Any) -> str:
    """A value as TOML writes it in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)  # a JSON string, number or truth value is one of TOML
