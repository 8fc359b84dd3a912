"""rdf-connect's `ldes-client` replicates the catalogue from our server and follows it; the result equals the dump."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from registry.terms import AS, KINDS, ORTE, TYPE
from tests import registries
from tests.faults.killing import Unchecked
from tests.registries import until
from tests.registry import federation

MEMBERS = int(os.environ.get("ORTE_LDES_MEMBERS", "600"))
"""Entities to begin with; `make faults` asks for 10,000."""


@pytest.fixture
def program() -> str:
    found = os.environ.get("LDES_CLIENT", "")
    if not found:
        if os.environ.get("CI"):
            pytest.fail("LDES_CLIENT must name npm's ldes-client here")
        pytest.skip("LDES_CLIENT names no ldes-client (npm install ldes-client)")
    return found


@contextmanager
def following(program: str, url: str, output: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """The client at work, writing members into a file."""
    with output.open("wb") as out, output.with_suffix(".err").open("wb") as err:
        command = [program, url, "--no-shape", "--ordered", "ascending", *options]
        process = subprocess.Popen(command, stdout=out, stderr=err)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def members(output: Path) -> list[ox.Quad]:
    """What was written so far, up to the last whole line."""
    whole = output.read_bytes().rpartition(b"\n")[0] + b"\n"
    # N3.js abbreviates whole numbers as Turtle does, which N-Quads does not know
    plain = re.sub(rb" (\d+) \.$", rb' "\1"^^<http://www.w3.org/2001/XMLSchema#integer> .', whole, flags=re.MULTILINE)
    return list(ox.parse(plain, ox.RdfFormat.N_QUADS))


def replayed(quads: list[ox.Quad]) -> set[ox.Triple]:
    """The catalogue that the activities make, in the order of their sequence."""
    about: dict[ox.NamedNode | ox.BlankNode, dict[str, str]] = {}
    payload: dict[object, set[ox.Triple]] = {}
    for quad in quads:
        if isinstance(quad.graph_name, ox.DefaultGraph):
            about.setdefault(quad.subject, {})[quad.predicate.value] = quad.object.value  # type: ignore[index,union-attr,arg-type]
        else:
            payload.setdefault(quad.graph_name, set()).add(quad.triple)
    state: dict[str, set[ox.Triple]] = {}
    for member, said in sorted(about.items(), key=lambda one: int(one[1][ORTE["sequence"].value])):
        state[said[f"{AS}object"]] = payload.get(member, set())
        if said[TYPE.value] == f"{AS}Delete":
            del state[said[f"{AS}object"]]
    return set().union(*state.values())


def dumped(one: registries.Registry) -> set[ox.Triple]:
    """What the dump says about entities."""
    assert one.run("dump").returncode == 0
    answer = httpx.get(f"{one.base}/dump/orte.nq.gz", timeout=300)
    content = answer.content if answer.content[:2] != b"\x1f\x8b" else gzip.decompress(answer.content)
    entities = tuple(f"{one.base}/{kind}/" for kind in KINDS)
    return {
        quad.triple
        for quad in ox.parse(content, ox.RdfFormat.N_QUADS)
        if isinstance(quad.graph_name, ox.DefaultGraph)
        and isinstance(quad.subject, ox.NamedNode)
        and quad.subject.value.startswith(entities)
    }


def test_another_client_replicates_the_catalogue_and_follows_it(program: str, tmp_path: Path) -> None:
    one = registries.Registry(tmp_path / "a")
    filled = federation.Registry(one.data, Unchecked(), one.base)  # type: ignore[arg-type]
    entries = {str(n): f"Ort {n} im Wald" for n in range(MEMBERS)}
    filled.harvest(entries)
    url, output = f"{one.base}/feed/catalogue", tmp_path / "members.nq"
    try:
        one.start()
        with following(program, url, output, "--follow", "--poll-interval", "300"):
            before = dumped(one)
            until(lambda: replayed(members(output)) == before, 300)
            assert len({triple.subject for triple in before}) == MEMBERS
            del entries["0"], entries["1"]
            filled.harvest(entries | {"5": "Ganz neu", "neu": "Noch ein Ort"})
            changed = dumped(one)
            assert changed != before
            until(lambda: replayed(members(output)) == changed, 300)
        again = tmp_path / "again.nq"
        with following(program, url, again) as process:
            assert process.wait(600) == 0
        assert replayed(members(again)) == changed, "who comes later gets the same"
    finally:
        one.stop()
        filled.ledger.close()
