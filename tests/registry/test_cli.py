"""The command line as a person meets it: real processes, real files, a real server for a source."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.registries import until
from tests.standins.server import Request, StandIn

LIFT = """
CONSTRUCT { ?it a orte:CooperationSite ; schema:name ?name }
WHERE { ?r a fx:root ; xyz:name ?n BIND(fn:it(?r) AS ?it) BIND(STRLANG(?n, "de") AS ?name) }
"""


def orte(data: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "registry", "--data", str(data), *arguments],
        cwd=ROOT, text=True, capture_output=True, timeout=120, check=False, **options,
    )  # fmt: skip


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a failure."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the study's places, for tests that only read."""
    data = tmp_path_factory.mktemp("data")
    assert orte(data, "harvest", "studie").returncode == 0
    return data


def _source(data: Path, server: StandIn) -> None:
    folder = data / "sources" / "liste"
    folder.mkdir(parents=True)
    (folder / "lift.rq").write_text(LIFT, encoding="utf-8")
    (folder / "source.toml").write_text(
        'id = "liste"\ntitle = { de = "Liste", en = "List" }\npublisher = "Verein"\n'
        'licence = "https://creativecommons.org/publicdomain/zero/1.0/"\nenabled = false\n'
        f'[read]\nreader = "json"\nurl = "{server.url("/liste")}"\nkey = "id"\n'
        '[read.paging]\nkind = "page"\nparameter = "page"\nsize = 250\n',
        encoding="utf-8",
    )
    host = server.url("/").split("/")[2]
    (data / "registry.toml").write_text(
        f'[fetch]\nallow_private_hosts = ["{host}"]\ndelay = 0\nretries = 0\n', encoding="utf-8"
    )


def test_init_makes_a_directory_that_every_command_understands(tmp_path: Path) -> None:
    data = tmp_path / "neu"
    assert orte(data, "init").returncode == 0
    assert (data / "registry.toml").exists()
    assert orte(data, "sources").returncode == 0
    assert orte(data, "init").returncode == 0, "a second time it leaves what is there"


def test_harvest_reports_in_json_and_changes_nothing_the_second_time(filled: Path) -> None:
    before = orte(filled, "digest").stdout
    (outcome,) = json.loads(orte(filled, "harvest", "studie", "--json").stdout)
    assert outcome["outcome"] == "complete"
    assert outcome["counts"]["unchanged"] == outcome["counts"]["seen"] == 17
    assert [outcome["counts"][key] for key in ("created", "updated", "withdrawn")] == [0, 0, 0]
    assert orte(filled, "digest").stdout == before


def test_sources_says_how_each_one_stands(filled: Path) -> None:
    rows = {row["id"]: row for row in json.loads(orte(filled, "sources", "--json").stdout)}
    assert (rows["studie"]["state"], rows["studie"]["records"]) == ("ok", 17)
    assert rows["studie"]["confirmed"]
    assert rows["openfairdb"]["state"] == "never"
    shown = orte(filled, "sources").stdout
    assert ["studie", "yes", "ok", "17"] in [line.split()[:4] for line in shown.splitlines()]


def test_the_nine_networks_and_those_that_ended(filled: Path) -> None:
    names = "SELECT ?n { ?s a <https://w3id.org/orte/ns#Network> ; <https://schema.org/name> ?n }"
    answer = json.loads(orte(filled, "query", names, "--format", "json").stdout)
    assert len(answer["results"]["bindings"]) == 9
    ended = (
        "PREFIX orte: <https://w3id.org/orte/ns#> PREFIX schema: <https://schema.org/>"
        " SELECT ?n ?end { ?s a orte:Network ; schema:name ?n ; schema:endDate ?end }"
    )
    rows = json.loads(orte(filled, "query", ended, "--format", "json").stdout)["results"]["bindings"]
    assert {row["n"]["value"]: row["end"]["value"] for row in rows} == {
        "Innovation Hub 13": "2022-12-31",
        "Village Office": "2021-12",
    }


def test_rebuild_and_a_second_directory_give_the_same_digest(filled: Path, tmp_path: Path) -> None:
    digest = orte(filled, "digest").stdout
    rebuilt = json.loads(orte(filled, "rebuild", "--json").stdout)
    assert rebuilt["same"]
    assert orte(filled, "digest").stdout == digest
    orte(tmp_path, "harvest", "studie")
    assert [line.split("\t")[:3] for line in orte(tmp_path, "digest").stdout.splitlines()] == [
        line.split("\t")[:3] for line in digest.splitlines()
    ]


@pytest.mark.parametrize("syntax", ["nq", "trig", "ttl", "jsonld"])
def test_an_export_can_be_read_again(filled: Path, tmp_path: Path, syntax: str) -> None:
    import pyoxigraph as ox

    file = tmp_path / f"dump.{syntax}"
    assert orte(filled, "export", "--format", syntax, "-o", str(file)).returncode == 0
    store = ox.Store()
    store.load(path=str(file), format=ox.RdfFormat.from_extension(syntax))
    found = store.query(
        "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a <https://w3id.org/orte/ns#Network> }", use_default_graph_as_union=True
    )
    assert next(iter(found))["n"].value == "9"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("query", "--format", "pdf", "SELECT * {}"), "the answer to SELECT is written as json, xml, csv, tsv"),
        (("query", "--format", "csv", "DESCRIBE <a:b>"), "the answer to DESCRIBE is written as turtle"),
        (("token", "create", "--source", "studie"), "is read, not written"),
        (("token", "create", "--source", "studie", "--curator", "Wir"), "not both"),
        (("follow", "nix"), "'nix' is no http(s) address"),
        (("serve", "--host", "300.1.1.1"), "choose another --host or --port"),
    ],
)
def test_what_cannot_be_meant_is_said(filled: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = orte(filled, *arguments)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_is_no_data_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "file is a file" in orte(tmp_path / "file", "sources").stderr


def test_check_tells_what_is_wrong_and_stores_nothing(tmp_path: Path) -> None:
    good = tmp_path / "gut.ttl"
    good.write_text(
        "@prefix orte: <https://w3id.org/orte/ns#> . @prefix schema: <https://schema.org/> .\n"
        '<http://a.example/1> a orte:CooperationSite ; schema:name "Haus"@de .',
        encoding="utf-8",
    )
    assert orte(tmp_path, "check", str(good)).returncode == 0
    bad = tmp_path / "schlecht.ttl"
    bad.write_text(good.read_text(encoding="utf-8").replace('schema:name "Haus"@de', 'schema:url "kaputt"'), "utf-8")
    done = orte(tmp_path, "check", str(bad))
    assert done.returncode == 1
    assert "violation: http://a.example/1" in done.stdout
    assert not (tmp_path / "ledger.sqlite").exists()


def test_check_says_of_a_malformed_literal_what_the_shapes_say_and_no_more(tmp_path: Path) -> None:
    file = tmp_path / "schlecht.ttl"
    file.write_text(
        "@prefix schema: <https://schema.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        "<http://a.example/1> a <https://w3id.org/orte/ns#CooperationSite> ; schema:name 'Haus'@de ;\n"
        "  schema:foundingDate '2026-02-31'^^xsd:date ; schema:maximumAttendeeCapacity 'abc'^^xsd:integer .",
        encoding="utf-8",
    )
    done = orte(tmp_path, "check", str(file))
    assert "schema:foundingDate »2026-02-31«" in done.stdout
    assert done.stderr == ""


def test_check_of_a_source_prints_what_it_would_become(filled: Path) -> None:
    done = orte(filled, "check", "--source", "studie", "--limit", "3")
    assert done.returncode == 0
    assert "@prefix orte:" in done.stdout
    assert "3 records" in done.stdout


def test_failures_are_one_sentence(tmp_path: Path, filled: Path) -> None:
    assert "no ledger" in said(orte(tmp_path, "digest"))
    (tmp_path / "registry.toml").write_text("base_url = ", encoding="utf-8")
    assert "not valid TOML" in said(orte(tmp_path, "serve"))
    file = tmp_path / "datei"
    file.write_text("", encoding="utf-8")
    assert "datei" in said(orte(file, "harvest", "studie"))
    broken = tmp_path / "kaputt"
    broken.mkdir()
    (broken / "ledger.sqlite").write_bytes(b"this is no database at all, only some text" * 100)
    assert "ledger.sqlite" in said(orte(broken, "serve"))
    odd = tmp_path / "ordner"
    (odd / "ledger.sqlite").mkdir(parents=True)
    assert "ledger.sqlite" in said(orte(odd, "harvest", "studie"))
    assert "unbekannt" in orte(filled, "harvest", "unbekannt").stderr


def test_a_used_port_is_one_sentence(filled: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"127.0.0.1:{port}" in said(orte(filled, "serve", "--port", port))
        assert f"127.0.0.1:{port}" in said(orte(filled, "run", "--port", port))


def test_another_base_address_is_refused(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes((filled / "ledger.sqlite").read_bytes())
    (tmp_path / "registry.toml").write_text('base_url = "https://orte.example.org"', encoding="utf-8")
    assert "addresses never change" in said(orte(tmp_path, "harvest", "studie"))


def test_a_harvest_killed_half_way_is_made_whole_by_the_next(tmp_path: Path) -> None:
    """kill -9 while the source's third page is awaited; the next harvest gives the digest of an undisturbed one."""
    entries = [{"id": n, "name": f"Haus {n}"} for n in range(700)]
    waiting, released = threading.Event(), threading.Event()

    def page(request: Request) -> list[dict[str, Any]]:
        number = int(request.query.get("page", "1"))
        if number == 3 and not released.is_set():
            waiting.set()
            released.wait(60)
        return entries[(number - 1) * 250 : number * 250]

    with StandIn() as server:
        server.route("/liste", page)
        killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
        _source(killed, server)
        _source(undisturbed, server)
        process = subprocess.Popen(
            [sys.executable, "-m", "registry", "--data", str(killed), "harvest", "liste"], cwd=ROOT
        )
        assert waiting.wait(60)
        with sqlite3.connect(killed / "ledger.sqlite") as ledger:
            until(lambda: ledger.execute("SELECT count(*) FROM record").fetchone()[0] > 0)  # read ahead of the commit
            process.kill()
            process.wait()
            released.set()
            assert 0 < ledger.execute("SELECT count(*) FROM record").fetchone()[0] < 700
        for data in (killed, undisturbed):
            done = orte(data, "harvest", "liste")
            assert done.returncode == 0, done.stderr
        digests = [
            [line.split("\t")[:3] for line in orte(data, "digest").stdout.splitlines()]
            for data in (killed, undisturbed)
        ]
        assert digests[0] == digests[1]
        assert digests[0][0][2] == "700"


def test_one_failing_source_does_not_stop_the_others(tmp_path: Path) -> None:
    with StandIn() as server:
        server.route("/liste", lambda request: b"<html>kaputt</html>")
        _source(tmp_path, server)
        done = orte(tmp_path, "harvest", "liste", "studie", "--json")
    assert done.returncode == 1
    outcomes = {one["source"]: one for one in json.loads(done.stdout)}
    assert outcomes["liste"]["outcome"] == "failed"
    assert outcomes["liste"]["reason"]
    assert outcomes["studie"]["counts"]["created"] == 17


def test_a_file_is_tried_as_if_it_lay_at_the_source(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "sources" / "liste"
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(
        'id = "liste"\ntitle = { de = "Liste", en = "List" }\npublisher = "Verein"\n'
        'licence = "https://creativecommons.org/licenses/by/4.0/"\n'
        '[read]\nreader = "csv"\nurl = "https://liste.example/orte.csv"\nkey = "nr"\n',
        encoding="utf-8",
    )
    (folder / "lift.rq").write_text(
        "CONSTRUCT { ?it a orte:CooperationSite ; schema:name ?name ; schema:geo ?geo . ?geo schema:latitude ?lat }\n"
        'WHERE { ?r a fx:root ; xyz:name ?raw BIND(fn:it(?r) AS ?it) BIND(fn:text(?raw, "de") AS ?name)\n'
        "  OPTIONAL { ?r xyz:lat ?a ; xyz:lon ?b BIND(fn:lat(?a, ?b) AS ?lat) BIND(fn:lon(?a, ?b) AS ?lon)\n"
        '    BIND(IF(BOUND(?lat), fn:node(?r, "geo"), ?none) AS ?geo) } }',
        encoding="utf-8",
    )
    table = tmp_path / "abzug.csv"
    table.write_text("nr;name;lat;lon;farbe\n1;Haus;0;0;rot\n2;;51,3;12,4;blau\n", encoding="utf-8")
    done = orte(tmp_path / "data", "check", "--source", "liste", str(table))
    assert done.returncode == 1
    assert "prov:wasDerivedFrom <https://liste.example/orte.csv#nr=1>" in done.stdout
    assert "127.0.0.1" not in done.stdout.replace("http://127.0.0.1:8000/", "")
    assert "keys the lift never read: farbe\n" in done.stdout  # `nr` was read, as the key
    assert done.stdout.count("0/0 is not a position") == 1
    assert "der Lift machte nichts daraus; von dem, was er liest, fehlt diesem Eintrag: name" in done.stdout
    unasked = orte(tmp_path / "data", "check", "--source", "liste")
    assert unasked.returncode == 1
    assert unasked.stderr.startswith("failed: ")
    assert "fits" not in unasked.stdout
