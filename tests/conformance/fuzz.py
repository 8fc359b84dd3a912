"""Schemathesis over the server's own OpenAPI document: `python -m tests.conformance.fuzz [EXAMPLES]`, or `make fuzz`.

Looks for answers of status 500, and for statuses and media types that the document does not declare.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.generate import data
from tests.serving import serving

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def main() -> int:
    """The exit status of schemathesis over a generated catalogue."""
    examples = sys.argv[1] if len(sys.argv) > 1 else "30"
    with tempfile.TemporaryDirectory() as folder, serving(data(Path(folder) / "data", 60)) as address:
        command = [Path(sys.executable).parent / "schemathesis", "run", f"{address}/openapi.json", "--url", address]
        options = ["--checks", CHECKS, "--max-examples", examples, "--workers", "2", "--request-timeout", "20"]
        # /validate?url= answers 502 when what it was told to fetch cannot be had, which counts as a server error here.
        options += ["--exclude-path", "/validate"]
        return subprocess.run([*command, *options, "--seed", "1"], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
