"""A source whose entries are the shapes' own examples, each changed in one thing; and a client of its reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rdflib
from fastapi.testclient import TestClient

from harvesters.reading import RawRecord
from registry.api import create_app
from registry.config import Config
from tests.conftest import ROOT
from tests.registry.conftest import BASE, Ground
from tests.shapes import examples
from tests.shapes.faults import FAULTS, Fault

LIFT = (ROOT / "harvesters" / "sources" / "studie" / "lift.rq").read_text(encoding="utf-8").replace("studie", "liste")
REPORT = "/sources/liste/report"


def entry(key: str, example: str, fault: Fault | None = None) -> RawRecord:
    """What a source says that lists an example, broken or not, at a page of its own."""
    drop, add = (fault.drop, fault.add) if fault else ((), "")
    graph = examples.changed(example, key, drop, add)
    base = examples.RECORDS + key
    statements = []
    for subject, predicate, value in sorted(graph):
        if str(subject) == base:
            continue  # what the registry says about the record itself
        statement = {"node": str(subject).removeprefix(f"{base}#"), "property": str(predicate)}
        match value:
            case rdflib.Literal(language=str(tag)):
                statement |= {"text": str(value), "lang": tag}
            case rdflib.Literal(datatype=rdflib.URIRef() as kind):
                statement |= {"text": str(value), "datatype": str(kind)}
            case rdflib.Literal():
                statement |= {"text": str(value)}
            case _ if str(value).startswith(f"{base}#"):
                statement |= {"part": str(value).removeprefix(f"{base}#")}
            case _:
                statement |= {"link": str(value)}
        statements.append(statement)
    return RawRecord(key, {"statements": statements}, page=f"https://liste.example/orte/{key}?a=1#zeile-{len(key)}")


def faults(count: int) -> list[Fault]:
    """Faults of things, one for each rule as far as there are so many, from all over the table."""
    wanted = {f.expected[0].rule: f for f in FAULTS if f.example in ("site", "network", "service", "organisation")
              and len(f.expected) == 1 and f.about != "<>" and "Record" not in f.add}  # fmt: skip
    several = list(wanted.values())
    return several[:: len(several) // count][:count]


@contextmanager
def client_of(ground: Ground) -> Iterator[TestClient]:
    """The API over what was harvested."""
    folder: Path = ground.folder
    with TestClient(create_app(Config(data=folder, base_url=BASE)), base_url=BASE) as client:
        yield client
