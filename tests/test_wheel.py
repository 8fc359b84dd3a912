"""The wheel holds everything: unpacked somewhere else it harvests, checks and answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import ROOT


def test_the_wheel_works_far_from_the_checkout(tmp_path: Path) -> None:
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "home"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(home)
    for file in [*ROOT.glob("ontology/*"), *ROOT.glob("shapes/*.ttl")]:
        assert (home / "registry" / "_data" / file.relative_to(ROOT)).read_bytes() == file.read_bytes()

    def orte(*arguments: str) -> str:
        command = [sys.executable, "-P", "-m", "registry", "--data", str(tmp_path / "data"), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(home)}
        return subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True).stdout

    (outcome,) = json.loads(orte("harvest", "studie", "--json"))
    assert outcome["counts"]["created"] == 17
    answer = json.loads(orte("query", "SELECT * { ?s a <https://w3id.org/orte/ns#Network> }", "--format", "json"))
    assert len(answer["results"]["bindings"]) == 9
