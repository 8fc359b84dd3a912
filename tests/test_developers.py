"""The guide for developers and the README's first requests: run against a registry, as a reader would run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from benchmarks.generate import data
from registry.examples import examples
from registry.search import FACETS
from tests.conftest import ROOT
from tests.registry.api.test_hostile import until
from tests.serving import serving

GUIDE = (ROOT / "docs" / "developers.md").read_text(encoding="utf-8")
HERE = "http://127.0.0.1:8000"
README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = [
    *re.findall(r"^```(sh|python|javascript)\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE),
    *re.findall(r"^```(sh)\n(curl .*?)^```", README, re.DOTALL | re.MULTILINE),
]
#: What each snippet prints somewhere, in the order of the guide and the README.
SAID = [
    "totalItems",
    "[Ff]abrik",
    "[Ff]abrik",
    "schema:name",
    r"^\d{2,}$",
    "Netzwerk",
    "/site/",
    "/sources/",
    "did you mean",
    '"CooperationSite"',
    "Netzwerk",
    "^name,end",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(data(tmp_path_factory.mktemp("guide"), 300)) as address:
        until(lambda: requests.get(f"{address}/health/ready", timeout=10).status_code == 200)
        yield address


def test_every_snippet_has_an_expectation() -> None:
    assert len(SNIPPETS) == len(SAID)
    assert {language for language, _ in SNIPPETS} == {"sh", "python", "javascript"}


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_a_snippet_does_what_the_guide_says(server: str, tmp_path: Path, number: int) -> None:
    language, text = SNIPPETS[number]
    # Addresses in answers begin with base_url, which here is not where the server listens.
    text = text.replace(HERE, server)
    if language == "python":
        text = text.replace('page["view"].get("next")', f'page["view"].get("next", "").replace("{HERE}", "{server}")')
        command = [sys.executable, "-c", text]
    elif language == "sh":
        text = text.replace('["id"])', f'["id"].replace("{HERE}", "{server}"))')
        command = ["bash", "-euo", "pipefail", "-c", text]
    else:
        command = _node(text, tmp_path)
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(SAID[number], done.stdout, re.MULTILINE), done.stdout


def _node(text: str, folder: Path) -> list[str]:
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI"):
            pytest.fail("node is missing, though .ci/run installs it")
        pytest.skip("node is not installed")
    script = folder / "snippet.mjs"
    script.write_text(text, encoding="utf-8")
    return [node, str(script)]


def test_every_example_and_filter_is_listed() -> None:
    for example in examples():
        assert f"[{example.title['en']}](../registry/examples/{example.name}.rq)" in GUIDE
    for facet in FACETS:
        assert f"`{facet}`" in GUIDE
