"""What a server loads before it listens: nothing that only a check of records needs."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

_HEAVY = ("pyshacl", "rdflib", "openpyxl", "extruct", "SPARQLWrapper")


def test_a_server_does_not_wait_for_libraries_that_only_harvests_and_checks_need() -> None:
    program = f"import sys, registry.cli, registry.api; print(*(sys.modules.keys() & {set(_HEAVY)}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
