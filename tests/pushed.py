"""A source that its partner writes over HTTP, for tests and benchmarks."""

from __future__ import annotations

from pathlib import Path

PARTNER = "verein"
SOURCE = """\
id = "verein"
title = { de = "Verein", en = "Association" }
publisher = "Verein"
licence = "https://creativecommons.org/licenses/by/4.0/"
[read]
reader = "push"
"""
LIFT = (
    "CONSTRUCT { ?it a orte:CooperationSite ; schema:name ?name } WHERE { ?r a fx:root ; xyz:name ?n"
    ' BIND(fn:it(?r) AS ?it) BIND(STRLANG(STR(?n), "de") AS ?name) }\n'
)
"""Of JSON and CSV that it sends: a name."""


def describe(data: Path, lift: str = LIFT) -> None:
    """Write the folder of the source into a data directory."""
    folder = data / "sources" / PARTNER
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(SOURCE, encoding="utf-8")
    (folder / "lift.rq").write_text(lift, encoding="utf-8")
