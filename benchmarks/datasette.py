"""What a user would pick for lists in JSON instead: datasette over the same sites, with indexes and full text."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import serving
from registry.formats import Description
from registry.ledger import Ledger
from registry.terms import ORTE, SCHEMA

_TABLE = """
CREATE TABLE site (iri TEXT PRIMARY KEY, name TEXT, description TEXT, region TEXT, phase TEXT, theme TEXT, network TEXT,
                   modified TEXT, latitude REAL, longitude REAL);
CREATE VIRTUAL TABLE site_fts USING fts5 (name, description, content = 'site');
"""
_INDEXED = ("name", "region", "phase", "theme", "network", "modified", "latitude", "longitude")
_FACETS = "".join(f"&_facet={column}" for column in ("region", "phase", "theme", "network"))
#: The same questions as in `benchmarks.api`, by their names there.
QUESTIONS = {
    "all sites, first page": "_sort=name",
    "newest first": "_sort_desc=modified",
    "two filters": "region__endswith=14713&theme__endswith=/crafts&_sort=name",
    "word in almost all sites": "_search=werkstatt",
    "two words": "_search=raum+garten",
    "box": "longitude__gte=12.0&longitude__lte=12.5&latitude__gte=51.0&latitude__lte=51.4&_sort=name",
}


def program() -> str | None:
    """The program beside this Python or on the path; None when it is not installed."""
    beside = Path(sys.executable).parent / "datasette"
    return str(beside) if beside.exists() else shutil.which("datasette")


def address(server: str, question: str) -> str:
    """Where a question is answered with a page of 50, the total and four facets."""
    return f"{server}/sites/site.json?_size=50&{QUESTIONS[question]}{_FACETS}"


@contextmanager
def serve(ledger: Path, scratch: Path) -> Iterator[serving.Server | None]:
    """Datasette over the sites of a ledger; None when it is not installed."""
    command = program()
    if command is None:
        yield None
        return
    file = scratch / "sites.db"
    _fill(ledger, file)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    # Without these it would leave out facets and totals that take it longer than 200 ms.
    settings = [("facet_time_limit_ms", 20_000), ("sql_time_limit_ms", 20_000), ("facet_suggest_time_limit_ms", 1)]
    options = [part for name, value in settings for part in ("--setting", name, str(value))]
    with serving.program(
        [command, "serve", str(file), "--port", str(port), *options], f"http://127.0.0.1:{port}"
    ) as it:
        yield it


def _fill(ledger: Path, file: Path) -> None:
    reader = Ledger.reader(ledger)
    db = sqlite3.connect(file)
    db.executescript(_TABLE)
    iris = reader.db.execute("SELECT iri FROM entity WHERE kind = 'site' AND status = 'live'").fetchall()
    for (iri,) in iris:
        entity = reader.entity(iri)
        assert entity is not None
        thing = Description.parse(iri, entity.nquads)
        geo = thing.iri(SCHEMA["geo"].value)
        position = [thing.text(SCHEMA[name].value, subject=geo) for name in ("latitude", "longitude")]
        said = [thing.text(SCHEMA[name].value) for name in ("name", "description")]
        links = [thing.iri(ORTE[name].value) for name in ("region", "phase", "theme")]
        row = [iri, *said, *links, thing.iri(SCHEMA["memberOf"].value), entity.modified, *position]
        db.execute("INSERT INTO site VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    for column in _INDEXED:
        db.execute(f"CREATE INDEX site_{column} ON site ({column})")
    db.execute("INSERT INTO site_fts (site_fts) VALUES ('rebuild')")
    db.commit()
    db.close()
    reader.close()
