"""The guides work word for word: their snippets are run here."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from harvesters.readers import READERS
from tests.conftest import ROOT
from tests.serving import orte
from tests.standins.server import StandIn

GUIDE = (ROOT / "docs" / "adding-a-source.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", GUIDE, re.DOTALL | re.MULTILINE)


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
    guide = (ROOT / "docs" / "curators.md").read_text(encoding="utf-8")
    assert orte(tmp_path, "harvest", "studie").returncode == 0
    (sign_in, terminal) = re.findall(r"^```sh\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    file = str(tmp_path / "urteile.sssom.tsv")
    for line in [*sign_in.splitlines(), *terminal.splitlines()]:
        command = [file if part == "urteile.sssom.tsv" else part for part in shlex.split(line)[1:]]
        done = orte(tmp_path, *command)
        assert done.returncode == 0, (line, done.stderr)
    assert "nur zur Probe" in Path(file).read_text(encoding="utf-8")
