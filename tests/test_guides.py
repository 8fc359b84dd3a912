"""The guides work word for word: their snippets are run here."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

from harvesters.readers import READERS
from tests.conftest import ROOT
from tests.registries import Registry
from tests.serving import orte, serving
from tests.standins.server import StandIn

GUIDE = (ROOT / "docs" / "adding-a-source.md").read_text(encoding="utf-8")


def _blocks(language: str, guide: str = GUIDE) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", guide, re.DOTALL | re.MULTILINE)


def _document(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def _shell(block: str, folder: Path, **environment: str) -> str:
    """What a block of shell prints; an answer of 400 or more ends it."""
    (folder / ".curlrc").write_text("fail-with-body\nsilent\n", encoding="utf-8")
    given = {**os.environ, "CURL_HOME": str(folder), "NO_PROXY": "127.0.0.1", **environment}
    done = subprocess.run(
        ["bash", "-euc", block], cwd=folder, env=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_spreadsheet_joins_by_following_the_guide(tmp_path: Path) -> None:
    (table,) = _blocks("csv")
    new, check, harvest, unread = (shlex.split(block.replace("\\\n", " "))[1:] for block in _blocks("sh"))
    with StandIn() as server:
        server.route("/orte.csv", table)
        url = server.url("/orte.csv")
        (tmp_path / "registry.toml").write_text(
            f'[fetch]\nallow_private_hosts = ["{url.split("/")[2]}"]\ndelay = 0\n', encoding="utf-8"
        )
        written = orte(tmp_path, *(url if part == "https://muldenland.example/orte.csv" else part for part in new))
        assert written.returncode == 0, written.stderr
        folder = tmp_path / "sources" / "muldenland"
        description = (folder / "source.toml").read_text(encoding="utf-8")
        key = re.search(r"^ *(key = .*)$", _blocks("toml")[0], re.MULTILINE)
        assert key is not None
        (folder / "source.toml").write_text(re.sub(r"^# key = .*$", key[1], description, flags=re.MULTILINE), "utf-8")
        (folder / "lift.rq").write_text(_blocks("sparql")[0], encoding="utf-8")
        file = tmp_path / "orte.csv"
        file.write_text(table, encoding="utf-8")
        checked = orte(tmp_path, *(str(file) if part == "orte.csv" else part for part in check))
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert 'schema:streetAddress "Mühlgasse 3"' in checked.stdout
        assert 'schema:postalCode "04668"' in checked.stdout
        assert "schema:latitude 51.238" in checked.stdout
        harvested = orte(tmp_path, *harvest, "--json")
        assert harvested.returncode == 0, harvested.stderr
        assert json.loads(harvested.stdout)[0]["counts"]["created"] == 2
        assert orte(tmp_path, *unread).returncode == 0


def test_every_reader_is_listed() -> None:
    listed = set(re.findall(r"`([a-z-]+)`", GUIDE[GUIDE.index("Readers: ") : GUIDE.index("## `lift.rq`")]))
    assert listed >= READERS.keys()


def test_curators_can_do_what_their_guide_says(tmp_path: Path) -> None:
    guide = _document("curators.md")
    assert orte(tmp_path, "harvest", "studie").returncode == 0
    sign_in, terminal = _blocks("sh", guide)
    file = str(tmp_path / "urteile.sssom.tsv")
    for line in [*sign_in.splitlines(), *terminal.splitlines()]:
        command = [file if part == "urteile.sssom.tsv" else part for part in shlex.split(line)[1:]]
        done = orte(tmp_path, *command)
        assert done.returncode == 0, (line, done.stderr)
    assert "nur zur Probe" in Path(file).read_text(encoding="utf-8")


def test_partners_propose_and_check_as_their_guide_says(tmp_path: Path) -> None:
    guide = _document("partners.md")
    propose, check, _ = _blocks("sh", guide)
    entry = next(block for block in _blocks("turtle", guide) if "@prefix" in block)
    (tmp_path / "liste.ttl").write_text(entry, encoding="utf-8")
    with StandIn() as server:
        server.route("/orte.csv", _blocks("csv")[0])
        (tmp_path / "registry.toml").write_text(
            f'[fetch]\nallow_private_hosts = ["{server.host}"]\ndelay = 0\n', encoding="utf-8"
        )
        with serving(tmp_path) as base:
            there = propose.replace("https://muldenland.example/orte.csv", server.url("/orte.csv"))
            answer = _shell(there.replace("https://orte.example.org", base), tmp_path)
            assert re.search(r"^HTTP/1.1 20\d", answer)
            assert re.search(r"^location: .*/proposals/", answer, re.MULTILINE | re.IGNORECASE)
            report = _shell(check.replace("https://orte.example.org", base), tmp_path)
            assert "violation" not in report


def test_registries_follow_and_partners_write_as_the_guide_says(tmp_path: Path) -> None:
    guide = _document("federation.md")
    here, there = Registry(tmp_path / "here"), Registry(tmp_path / "there")
    here.source("verein", {"reader": "push"})
    token = re.search(r"orte_\S+", here.run("token", "create", "--source", "verein").stdout)
    assert token is not None
    here.start()
    try:
        (writing,) = _blocks("sh", guide)
        put, delete = re.split(r"^(?=curl -X DELETE)", writing.replace("https://<base>", here.base), flags=re.MULTILINE)
        _shell(put, tmp_path, TOKEN=token[0])

        (description,) = _blocks("toml", guide)
        there.follows(here)
        file = there.data / "sources" / "nachbar" / "source.toml"
        file.write_text(description.replace("https://nachbar.example", here.base), encoding="utf-8")
        for change, outcome in (("", "1 created"), (delete, "1 withdrawn")):
            _shell(change, tmp_path, TOKEN=token[0])
            followed = there.run("harvest", "nachbar")
            assert followed.returncode == 0, followed.stderr
            assert outcome in followed.stderr
            assert there.run("verify", "--peer", here.base).returncode == 0
    finally:
        here.stop()
