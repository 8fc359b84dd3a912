"""Faults around a real server: processes that die or hang, a full disk, a locked or damaged ledger."""

from __future__ import annotations

import http.client
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from urllib.parse import quote, urlsplit

import pytest

from registry.ledger import Ledger
from registry.ledger.integrity import faults
from tests.conftest import ROOT
from tests.faults.killing import TIMES
from tests.registry.conftest import BASE
from tests.serving import orte, serving

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("filled")
    assert orte(data, "harvest", "studie").returncode == 0
    with closing(Ledger.open(data / "ledger.sqlite", BASE)) as ledger:
        ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return data


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "data"))


def get(address: str, path: str) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def sparql(address: str, query: str = COUNT) -> tuple[int, bytes, http.client.HTTPMessage]:
    return get(address, f"/sparql?query={quote(query)}")


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        os.sched_yield()


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def host_of(address: str) -> int:
    """The engine's host: the child of the server that listens at the address."""
    return _host(_listener(urlsplit(address).port or 0))


def _listener(port: int) -> int:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port:
            inode = f"socket:[{fields[9]}]"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"registry" in (folder / "cmdline").read_bytes() and any(
                os.readlink(fd) == inode for fd in (folder / "fd").iterdir()
            ):
                return int(folder.name)
        except OSError:  # gone meanwhile, or not ours
            continue
    raise AssertionError("nobody listens")


def _host(server: int) -> int:
    for child in children(server):
        if b"registry.engine.host" in Path(f"/proc/{child}/cmdline").read_bytes():
            return child
    return 0


def sound(data: Path) -> None:
    """The ledger is whole, and every view of it says the same."""
    with closing(Ledger.reader(data / "ledger.sqlite")) as ledger:
        assert faults(ledger.db) == []
    done = orte(data, "verify")
    assert done.returncode == 0, done.stdout + done.stderr


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a failure."""
    assert done.returncode == 1, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    return lines[0]


# the engine


def test_a_killed_host_is_replaced_while_pages_go_on(data: Path) -> None:
    with serving(data) as address:
        until(lambda: sparql(address)[0] == 200)
        before = sparql(address)[1]
        host = host_of(address)
        os.kill(host, signal.SIGKILL)
        until(lambda: sparql(address)[0] == 503)
        status, _, headers = sparql(address)
        assert status == 200 or int(headers["Retry-After"]) > 0
        assert get(address, "/sites")[0] == 200
        until(lambda: sparql(address)[0] == 200)
        assert sparql(address)[1] == before
        assert host_of(address) not in (0, host)


def test_a_host_without_memory_is_replaced_and_catches_up(data: Path) -> None:
    """What is committed while the host can allocate nothing is in the next one."""
    with serving(data) as address:
        until(lambda: sparql(address)[0] == 200)
        host = host_of(address)
        soft = int(Path(f"/proc/{host}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(host, resource.RLIMIT_AS, (soft, soft))
        folder = data / "sources" / "viele"
        many(folder, 400)
        assert orte(data, "harvest", "viele").returncode == 0
        until(lambda: b'"400"' in sparql(address, OF_MANY)[1])
        assert host_of(address) != host
    sound(data)


def test_a_worker_killed_in_mid_answer_breaks_that_answer_visibly_and_no_other(data: Path) -> None:
    with serving(data) as address:
        until(lambda: sparql(address)[0] == 200)
        host = host_of(address)
        where = urlsplit(address)
        connection = http.client.HTTPConnection(where.netloc, timeout=60)
        connection.request("GET", f"/sparql?query={quote(ENDLESS)}", headers={"Accept": "text/csv"})
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read(1000)
        worker = max(children(host), key=lambda pid: int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]))
        os.kill(worker, signal.SIGKILL)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        connection.close()
        assert sparql(address)[0] == 200
        assert host_of(address) == host


def test_a_stopped_host_holds_nobody_up(data: Path) -> None:
    """Its workers answer from what they have, pages from the ledger; the host itself is replaced after its silence."""
    with serving(data) as address:
        until(lambda: sparql(address)[0] == 200)
        host = host_of(address)
        os.kill(host, signal.SIGSTOP)
        try:
            assert sparql(address)[0] == 200
            assert get(address, "/sites")[0] == 200
        finally:
            os.kill(host, signal.SIGCONT)


# the end


def test_what_takes_longer_than_an_ending_server_waits_is_told_to_come_again(data: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "registry", "--data", str(data), "serve", "--port", "0"],
        cwd=ROOT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        address = "http://" + process.stderr.readline().split("http://")[-1].split()[0]
        until(lambda: get(address, "/health")[0] == 200)
        query, upload = (http.client.HTTPConnection(urlsplit(address).netloc, timeout=60) for _ in range(2))
        query.request("GET", f"/sparql?query={quote(ENDLESS.replace('*', '(COUNT(*) AS ?n)'))}")
        upload.putrequest("POST", "/validate")
        upload.putheader("Content-Type", "text/turtle")
        upload.putheader("Content-Length", "1000")
        upload.endheaders(b"<a:a>")
        until(lambda: b"\norte_engine_running 1.0\n" in get(address, "/metrics")[1])
        process.terminate()
        for connection in (query, upload):
            with closing(connection):
                answer = connection.getresponse()
                assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
                assert int(answer.headers["retry-after"]) > 0
                assert "told to end" in json.loads(answer.read())["detail"]
        assert process.wait(60) == 0
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


# the disk


def test_a_full_disk_fails_the_harvest_and_loses_nothing(data: Path) -> None:
    """A limit on the size of files makes every write beyond it fail, as a full disk does."""
    before = orte(data, "digest").stdout
    many(data / "sources" / "viele", 500)
    for extra in (100_000, 30_000, 300_000, 900_000)[: max(1, TIMES // 10)]:
        limit = (data / "ledger.sqlite").stat().st_size + extra
        done = subprocess.run(
            [sys.executable, "-m", "registry", "--data", str(data), "harvest", "viele"],
            cwd=ROOT, text=True, capture_output=True, check=False, timeout=120,
            preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )  # fmt: skip
        assert "disk" in said(done)
        assert orte(data, "digest").stdout.splitlines()[1] == before.splitlines()[1], "the catalogue is as it was"
    assert orte(data, "harvest", "viele").returncode == 0
    assert _digests(data)[0][2] == str(17 + 500)
    sound(data)


# the ledger


def test_a_ledger_locked_by_another_process_delays_writers_and_no_reader(data: Path) -> None:
    before = _digests(data)
    with closing(sqlite3.connect(data / "ledger.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with serving(data) as address:
            assert get(address, "/sites")[0] == 200
            until(lambda: sparql(address)[0] == 200)
            harvest = subprocess.Popen(
                [sys.executable, "-m", "registry", "--data", str(data), "harvest", "studie"], cwd=ROOT
            )
            assert get(address, "/health")[0] == 200
            assert harvest.poll() is None
            other.execute("ROLLBACK")
            assert harvest.wait(60) == 0
    assert _digests(data) == before


def test_a_lock_that_stays_is_one_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.ledger.ledger.BUSY_MS", 50)
    with (
        closing(sqlite3.connect(data / "ledger.sqlite", isolation_level=None)) as other,
        closing(Ledger.open(data / "ledger.sqlite", BASE)) as ledger,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"), ledger.transaction():
            pass
        other.execute("ROLLBACK")
        with ledger.transaction():
            pass


def test_two_servers_and_harvests_on_one_data_directory(data: Path) -> None:
    many(data / "sources" / "viele", 150)
    with serving(data) as one, serving(data) as other:
        harvests = [
            subprocess.Popen(
                [sys.executable, "-m", "registry", "--data", str(data), "harvest", name],
                cwd=ROOT, stderr=subprocess.PIPE, text=True,
            )
            for name in ("viele", "viele")
        ]  # fmt: skip
        ended = [harvest.communicate(timeout=120)[1] for harvest in harvests]
        codes = [harvest.returncode for harvest in harvests]
        assert sorted(codes) in ([0, 0], [0, 1]), ended
        assert 1 not in codes or any("is being harvested by another process" in text for text in ended)
        for address in (one, other):
            until(lambda address=address: b'"150"' in sparql(address, OF_MANY)[1])
            assert json.loads(get(address, "/health")[1])["status"] == "ok"
        assert get(one, "/digest")[1] == get(other, "/digest")[1]
        assert "uses the ledger" in said(orte(data, "restore", str(_backup(data))))
    sound(data)


@pytest.mark.parametrize("how", ["overwritten", "truncated"])
def test_damaged_pages_are_named_and_a_restore_mends_them(data: Path, how: str) -> None:
    """At random places of the file: a command works, or says what to do; the server always answers something proper."""
    copy = _backup(data)
    good = _digests(data)
    ledger = data / "ledger.sqlite"
    whole = ledger.read_bytes()
    chance = Random(f"damage {how}")
    named = 0
    for number in range(max(2, TIMES // 2)):
        spoiled = bytearray(whole)
        if how == "truncated":
            del spoiled[4096 * chance.randrange(2, len(whole) // 4096) + chance.randrange(4096) :]
        else:
            for _ in range(12):
                page = 4096 * chance.randrange(1, len(whole) // 4096)
                spoiled[page : page + 4096] = chance.randbytes(4096)
        for end in ("-wal", "-shm"):
            ledger.with_name(ledger.name + end).unlink(missing_ok=True)
        ledger.write_bytes(spoiled)
        for command in (("digest",), ("rebuild",), ("backup", str(data / "neu")))[: 3 if TIMES > 10 else 1]:
            done = orte(data, *command)
            assert "Traceback" not in done.stderr
            if done.returncode:
                assert command[0] == "backup" or "orte restore" in said(done)
                named += 1
        if number == 0:
            _serves_something_proper(data)
    assert named, "no damage was noticed"
    assert orte(data, "backup", str(data / "neu")).returncode == 1, "a damaged ledger was taken for a whole one"
    assert not (data / "neu").exists()
    done = orte(data, "restore", str(copy))
    assert done.returncode == 0, done.stderr
    assert _digests(data) == good


@pytest.mark.parametrize("how", ["overwritten", "truncated", "removed"])
def test_a_ledger_that_is_lost_under_a_server_is_said_by_all_that_watch_it(data: Path, how: str) -> None:
    ledger = data / "ledger.sqlite"
    with serving(data) as address:
        name = json.loads(get(address, "/networks")[1])["member"][0]["id"].removeprefix(BASE)
        assert get(address, name)[0] == get(address, name)[0] == 200  # it is kept from now on
        if how == "removed":
            ledger.unlink()
        else:
            with ledger.open("r+b") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(4096)
                file.write(Random(how).randbytes(size - 4096))
                file.truncate(size if how == "overwritten" else 8192)
        for path in ("/sites", name, f"{name}.ttl"):
            assert get(address, path)[0] in (200, 503), path
        assert get(address, "/health")[0] == get(address, "/health/ready")[0] == 503
        assert get(address, "/health/live")[0] == 200
        assert b"\norte_ledger_ready 0.0\n" in get(address, "/metrics")[1]
    assert "orte restore" in said(orte(data, "harvest", "studie"))


def _serves_something_proper(data: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "registry", "--data", str(data), "serve", "--port", "0"],
        cwd=ROOT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        while line and "open http" not in line and "orte:" not in line:
            line = process.stderr.readline()
        if "open http" not in line:
            assert "orte restore" in line
            assert process.wait(30) == 1
            return
        address = "http://" + line.split("http://")[-1].split()[0]
        for path in ("/", "/sites", "/networks?q=hub", "/sources", "/sitemap.xml", "/digest", "/health"):
            status, body, _ = get(address, path)
            assert status in (200, 503), (path, status, body[:300])
        assert get(address, "/health/live")[0] == 200
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


# what a killed harvest leaves


def test_a_server_started_after_a_killed_harvest_finishes_its_work(data: Path) -> None:
    """The records are committed, the catalogue knows nothing of them yet: as after a kill between the two."""
    with closing(Ledger.open(data / "ledger.sqlite", BASE)) as ledger, ledger.transaction():
        ledger.db.execute("DELETE FROM follower WHERE name IN ('unify', 'search')")
        ledger.db.execute("DELETE FROM search_entity")
    with serving(data) as address:
        until(lambda: json.loads(get(address, "/networks")[1])["totalItems"] == 9)


OF_MANY = 'SELECT (COUNT(*) AS ?n) { ?s <https://schema.org/name> ?name FILTER(STRSTARTS(?name, "Viele ")) }'
_LIFT = """
CONSTRUCT { ?it a orte:CooperationSite ; schema:name ?name }
WHERE { ?r a fx:root ; xyz:name ?n . BIND(fn:it(?r) AS ?it) BIND(STRLANG(?n, "de") AS ?name) }
"""


def many(folder: Path, number: int) -> None:
    """A source of so many places in a file beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lift.rq").write_text(_LIFT, encoding="utf-8")
    entries = [{"id": n, "name": f"Viele {n}"} for n in range(number)]
    (folder / "liste.json").write_text(json.dumps(entries), encoding="utf-8")
    (folder / "source.toml").write_text(
        'id = "viele"\ntitle = { de = "Viele", en = "Many" }\npublisher = "Verein"\nenabled = false\n'
        'licence = "https://creativecommons.org/publicdomain/zero/1.0/"\n'
        '[read]\nreader = "json"\nfile = "liste.json"\nkey = "id"\n',
        encoding="utf-8",
    )


def _digests(data: Path) -> list[list[str]]:
    return [line.split("\t")[:3] for line in orte(data, "digest").stdout.splitlines()]


def _backup(data: Path) -> Path:
    file = data.with_name("sicherung.sqlite")
    done = orte(data, "backup", str(file))
    assert done.returncode == 0, done.stderr
    return file
