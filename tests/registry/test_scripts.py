"""The scripts of pages: what of them needs no browser is run by Node; .ci/run installs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from registry.web import STATIC

HERE = Path(__file__).resolve().parent


def test_scripts_of_the_query_page(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI"):
            pytest.fail("node is missing, though .ci/run installs it")
        pytest.skip("node is not installed")
    # As .mjs they are modules to every version of Node.
    for script in (HERE / "web_scripts.mjs", STATIC / "highlight.js", STATIC / "map.js"):
        text = re.sub(r"../../registry/web/static/(\w+)\.js", r"./\1.mjs", script.read_text(encoding="utf-8"))
        (tmp_path / f"{script.stem}.mjs").write_text(text, encoding="utf-8")
    done = subprocess.run([node, tmp_path / "web_scripts.mjs"], text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "ok"
