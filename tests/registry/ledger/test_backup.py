from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from registry.ledger import Ledger, LedgerError, migrate
from registry.ledger import backup as backup_module
from registry.ledger import ledger as ledger_module
from registry.ledger.backup import backup, examine, restore
from registry.ledger.integrity import faults
from tests.faults.killing import Acknowledge, live
from tests.registry.conftest import BASE, Ground
from tests.serving import ROOT, orte

PLACES = [{"key": f"ort-{n}", "name": f"Ort {n}", "text": "Ein Haus am Fluss. " * 20} for n in range(60)]


def test_a_backup_restores_the_very_state_it_was_taken_of(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:50])
    then = ground.ledger.digest("record"), ground.ledger.digest("entity")
    copy = backup(ground.path, tmp_path / "sicherung")
    assert (copy.records, copy.entities) == (then[0].hex, then[1].hex)
    ground.harvest(PLACES)
    assert ground.ledger.digest("record") != then[0]
    ground.ledger.close()
    _, kept = restore(tmp_path / "sicherung", ground.path, BASE)
    ground.ledger = Ledger.open(ground.path, BASE, clock=ground.clock)
    assert (ground.ledger.digest("record"), ground.ledger.digest("entity")) == then
    assert kept is not None
    assert Ledger.reader(kept).digest("record").live == 60, "what was there is kept, whole"
    ground.harvest(PLACES)
    assert ground.ledger.digest("record").live == 60, "and harvests go on from the backup"


def test_a_backup_during_a_harvest_is_one_moment_of_it(ground: Ground, tmp_path: Path) -> None:
    """Batches are committed while pages are copied; the copy holds whole batches only."""
    ground.harvest(PLACES[:5])
    stop = threading.Event()

    def write() -> None:
        other = Ledger.open(ground.path, BASE, clock=ground.clock)
        number = 0
        while not stop.is_set():
            number += 1
            with other.transaction():
                other.db.execute("INSERT OR REPLACE INTO meta VALUES ('a', ?), ('b', ?)", (number, number))
        other.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for attempt in range(5):
            backup(ground.path, tmp_path / f"{attempt}")
            with sqlite3.connect(tmp_path / f"{attempt}") as db:
                assert faults(db) == []
                values = [value for (value,) in db.execute("SELECT value FROM meta WHERE key IN ('a', 'b')")]
                assert len(set(values)) <= 1
    finally:
        stop.set()
        writer.join()


def test_nothing_is_restored_while_the_ledger_is_used(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:3])
    backup(ground.path, tmp_path / "sicherung")
    before = ground.ledger.digest("record")
    with pytest.raises(LedgerError, match="uses the ledger"):
        restore(tmp_path / "sicherung", ground.path, BASE)
    ground.ledger.close()
    reader = Ledger.reader(ground.path)
    with pytest.raises(LedgerError, match="uses the ledger"):
        restore(tmp_path / "sicherung", ground.path, BASE)
    assert reader.digest("record") == before


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE record SET nquads = (SELECT nquads FROM record WHERE id = 2) WHERE id = 1",
        "UPDATE entity SET digest = zeroblob(32) WHERE id = 1",
        "UPDATE state SET live = live + 1 WHERE stream = 'record' AND source = 'liste'",
        "DELETE FROM record WHERE id = 3",
    ],
)
def test_what_is_not_whole_is_neither_backed_up_nor_restored(ground: Ground, tmp_path: Path, spoil: str) -> None:
    ground.harvest(PLACES[:5])
    good = tmp_path / "gut"
    backup(ground.path, good)
    with sqlite3.connect(good) as db:
        db.execute(spoil)
    ground.ledger.close()
    before = ground.path.read_bytes()
    with pytest.raises(LedgerError, match="not a whole ledger"):
        restore(good, ground.path, BASE)
    assert ground.path.read_bytes() == before
    with pytest.raises(LedgerError, match="not a whole ledger"):
        backup(good, tmp_path / "kopie")
    assert not (tmp_path / "kopie").exists()
    assert not list(tmp_path.glob(".*partial"))


def test_a_file_that_is_no_ledger_of_this_registry_is_refused(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:2])
    backup(ground.path, tmp_path / "sicherung")
    ground.ledger.close()
    with pytest.raises(LedgerError, match="addresses never change"):
        restore(tmp_path / "sicherung", ground.path, "https://other.example.org")
    (tmp_path / "text").write_text("kein Ledger" * 1000)
    with pytest.raises(LedgerError, match="not a ledger"):
        restore(tmp_path / "text", ground.path, BASE)
    with sqlite3.connect(tmp_path / "andere") as db:
        db.execute("CREATE TABLE meta (key, value)")
    with pytest.raises(LedgerError, match="not a ledger"):
        restore(tmp_path / "andere", ground.path, BASE)
    with pytest.raises(LedgerError, match="there is no"):
        restore(tmp_path / "fehlt", ground.path, BASE)


def test_a_backup_never_replaces_the_ledger_itself(ground: Ground) -> None:
    with pytest.raises(LedgerError, match="itself"):
        backup(ground.path, ground.path)


@pytest.mark.parametrize("name", ["{ledger}-wal", "{ledger}-shm", "{ledger}-journal", "{ledger}.lock", "registry.toml"])
def test_a_backup_never_replaces_what_is_no_backup(ground: Ground, name: str) -> None:
    """A mistyped name costs nobody the log of the ledger that is in use, or their settings."""
    ground.harvest(PLACES[:2])
    file = ground.path.with_name(name.format(ledger=ground.path.name))
    if not file.exists() and file.suffix == ".toml":
        file.write_text("publisher = 'Verein'\n")
    before = file.read_bytes() if file.exists() else None
    with pytest.raises(LedgerError, match="name another"):
        backup(ground.path, file)
    assert (file.read_bytes() if file.exists() else None) == before
    with pytest.raises(LedgerError, match="is a folder"):
        backup(ground.path, ground.path.parent)
    with pytest.raises(LedgerError, match="is a folder"):
        backup(ground.path, Path("/"))


def test_a_backup_never_replaces_a_device(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:2])
    os.mkfifo(tmp_path / "rohr")
    with pytest.raises(LedgerError, match="no backup"):
        backup(ground.path, tmp_path / "rohr")
    assert (tmp_path / "rohr").is_fifo()


def test_a_backup_replaces_an_older_one_and_an_empty_file_only(ground: Ground, tmp_path: Path) -> None:
    """Any SQLite file begins as a backup does: only the seal tells one from the database of another program."""
    ground.harvest(PLACES[:2])
    (tmp_path / "leer").touch()
    for name in ("leer", "leer", "neu", "neu"):
        assert examine(backup(ground.path, tmp_path / name).file).sequence == ground.ledger.sequence()
    other, changed = tmp_path / "andere.db", tmp_path / "neu"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE letters (text)")
    with sqlite3.connect(changed) as db:
        db.execute("INSERT INTO meta VALUES ('note', 'seen')")
    damaged = tmp_path / "leer"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    for file in (other, changed, damaged):
        before = file.read_bytes()
        with pytest.raises(LedgerError, match=r"no backup.*name another"):
            backup(ground.path, file)
        assert file.read_bytes() == before


@pytest.mark.parametrize("state", ["open", "closed", "restored", "log only"])
def test_a_backup_never_replaces_the_ledger_of_another_registry(ground: Ground, tmp_path: Path, state: str) -> None:
    ground.harvest(PLACES[:2])
    other = tmp_path / "andere" / "ledger.sqlite"
    ledger = Ledger.open(other, BASE)
    if state != "open":
        ledger.close()
    if state == "restored":
        restore(backup(ground.path, tmp_path / "sicherung").file, other, BASE)
    elif state == "log only":
        other.rename(other.with_name("ledger.sqlite-wal"))
        other.with_name("ledger.sqlite.lock").unlink()
    before = {file.name: file.read_bytes() for file in other.parent.iterdir()}
    with pytest.raises(LedgerError, match=r"ledger that is or was in use.*name another"):
        backup(ground.path, other)
    assert {file.name: file.read_bytes() for file in other.parent.iterdir()} == before
    ledger.close()


@pytest.mark.parametrize("older", [True, False])
def test_a_backup_follows_a_link(ground: Ground, tmp_path: Path, older: bool) -> None:
    ground.harvest(PLACES[:2])
    file, link = tmp_path / "platte" / "sicherung", tmp_path / "link"
    file.parent.mkdir()
    link.symlink_to(file)
    if older:
        backup(ground.path, file)
        ground.harvest(PLACES[:5])
    backup(ground.path, link)
    assert link.is_symlink()
    assert examine(file).sequence == ground.ledger.sequence()
    link.unlink()
    link.symlink_to(ground.path)
    with pytest.raises(LedgerError, match="itself"):
        backup(ground.path, link)
    link.unlink()
    link.symlink_to(link)
    with pytest.raises(LedgerError, match="leads nowhere"):
        backup(ground.path, link)
    assert link.is_symlink()


def test_two_backups_of_one_name_do_not_disturb_each_other(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:5])
    file, inner = tmp_path / "ziel" / "sicherung", []
    file.parent.mkdir()

    def meanwhile(done: int, total: int) -> None:
        if not inner:
            inner.append(None)
            inner[0] = backup(ground.path, file)

    outer = backup(ground.path, file, meanwhile)
    assert inner == [outer]
    assert examine(file) == outer
    assert [found.name for found in file.parent.iterdir()] == ["sicherung"]


def test_what_killed_backups_left_is_removed_by_the_next(ground: Ground, tmp_path: Path) -> None:
    """Not what belongs to a process that runs, or that may run on another machine."""
    ground.harvest(PLACES[:2])
    folder, here = tmp_path / "ziel", os.uname().nodename
    folder.mkdir()
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    kept = {f".orte-{here}-{os.getpid()}-00000000.partial", f".orte-{here}x-{ended.pid}-00000000.partial", "a.partial"}
    for name in (
        *kept,
        f".orte-{here}-{ended.pid}-00000000.partial",
        f".orte-{here}-{ended.pid}-00000000.partial-journal",
    ):
        (folder / name).touch()
    backup(ground.path, folder / "sicherung")
    assert {file.name for file in folder.iterdir()} == {*kept, "sicherung"}


def test_a_backup_and_a_restored_ledger_are_read_by_those_who_could_read_the_ledger(
    ground: Ground, tmp_path: Path
) -> None:
    ground.harvest(PLACES[:2])
    file = tmp_path / "sicherung"
    seen: set[int] = set()
    for mode in (0o600, 0o640, 0o644):
        ground.path.chmod(mode)
        backup(ground.path, file, lambda *_: seen.update(_mode(part) for part in tmp_path.glob(".*.partial*")))
        assert _mode(file) == mode
    assert seen == {0o600}, "and nobody else reads it before"
    ground.ledger.close()
    ground.path.chmod(0o660)
    _, kept = restore(file, ground.path, BASE)
    assert kept is not None
    assert _mode(ground.path) == _mode(kept) == 0o660, "as the ledger that was there"
    file.chmod(0o440)
    restore(file, tmp_path / "neu" / "ledger.sqlite", BASE)
    assert _mode(tmp_path / "neu" / "ledger.sqlite") == 0o640, "else as the backup; whoever owns it writes it"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_ledger_that_root_restores_stays_with_its_owner(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:2])
    backup(ground.path, tmp_path / "sicherung")
    ground.ledger.close()
    os.chown(ground.path, 4711, 4712)
    restore(tmp_path / "sicherung", ground.path, BASE)
    assert (ground.path.stat().st_uid, ground.path.stat().st_gid) == (4711, 4712)


def _mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nicht/da", "the folder {}/nicht does not exist; make it, or name a file in another one"),
        ("sicherung/x", "{}/sicherung is no folder; name a file in one"),
        ("n" * 248, "the name of {}/" + "n" * 248 + " is too long; name a file of a shorter one"),
        ("n" * 300, "the name of {}/" + "n" * 300 + " is too long; name a file of a shorter one"),
        ("rohr", "{}/rohr is no backup but a pipe or a device; name another file"),
    ],
)
def test_where_no_backup_can_be_is_said(ground: Ground, tmp_path: Path, name: str, sentence: str) -> None:
    backup(ground.path, tmp_path / "sicherung")
    os.mkfifo(tmp_path / "rohr")
    with pytest.raises(LedgerError) as refused:
        backup(ground.path, tmp_path / name)
    assert str(refused.value) == sentence.format(tmp_path)
    assert examine(backup(ground.path, tmp_path / ("n" * 247)).file).base == BASE


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (".", "is a folder; name a backup in it"),
        ("rohr", "is no file but a pipe or a device; copy the backup into a file, and name that"),
        ("fehlt", "there is no file"),
        ("n" * 300, "cannot be read: File name too long"),
    ],
)
def test_what_no_backup_can_be_read_from_is_said(ground: Ground, tmp_path: Path, name: str, sentence: str) -> None:
    ground.ledger.close()
    os.mkfifo(tmp_path / "rohr")
    with pytest.raises(LedgerError, match=sentence):
        restore(tmp_path / name, ground.path, BASE)


def test_want_of_room_is_said_and_leaves_everything_as_it_was(ground: Ground, tmp_path: Path) -> None:
    """The size of files is limited here, which SQLite calls an I/O error."""
    ground.harvest(PLACES[:5])
    file = backup(ground.path, tmp_path / "sicherung").file
    ground.ledger.close()
    before, limits = _files(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(
            LedgerError, match=r"no room for .*sicherung: it takes \d+ bytes.* 100000; make room, or name"
        ):
            backup(ground.path, file)
        with pytest.raises(LedgerError, match=r"no room for a copy of .*100000; make room and call this again"):
            restore(file, ground.path, BASE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    after = _files(tmp_path)
    assert {name: after[name] for name in before} == before
    assert not [name for name in after if name.startswith(".")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody who may not")
def test_what_may_not_be_read_or_written_is_said(ground: Ground) -> None:
    ground.harvest(PLACES[:2])
    with TemporaryDirectory() as name:  # where others may look
        folder = Path(name)
        folder.chmod(0o755)
        file = backup(ground.path, folder / "sicherung").file
        shutil.copy(file, folder / "offen")
        (folder / "ledger").mkdir(mode=0o777)
        file.chmod(0o600)

        def nobody(_: Acknowledge) -> None:
            os.setuid(65534)
            with pytest.raises(LedgerError, match=r"sicherung cannot be read: Permission denied; name another"):
                restore(file, folder / "ledger" / "ledger.sqlite", BASE)
            with pytest.raises(LedgerError, match=r"the ledger .*sicherung cannot be read; call this as its owner"):
                backup(file, folder / "ledger" / "kopie")
            with pytest.raises(LedgerError, match=r"nothing can be written in the folder .*: Permission denied; check"):
                backup(folder / "offen", folder / "kopie")

        live(nobody)


_SLOW = """
import signal, sys, time
from registry.cli.app import main
from registry.ledger import backup

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # what a shell starts in the background is deaf to these
signal.signal(signal.SIGINT, signal.default_int_handler)

def slowly(file, to, progress=None, copy=backup._copy):
    copy(file, to, lambda done, total: (print("copying", flush=True), time.sleep(60)))

backup._copy, backup._PAGES = slowly, 20
main()
"""


@pytest.mark.parametrize("command", ["backup", "restore"])
@pytest.mark.parametrize("how", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_copy_that_is_ended_leaves_nothing_half_done(ground: Ground, tmp_path: Path, command: str, how: str) -> None:
    ground.harvest(PLACES[:5])
    backup(ground.path, tmp_path / "sicherung")
    ground.ledger.close()
    assert orte(tmp_path, "digest").returncode == 0  # makes what a command needs
    before = _files(tmp_path)
    arguments = ["--data", str(tmp_path), command, str(tmp_path / "sicherung")]
    with subprocess.Popen(
        [sys.executable, "-c", _SLOW, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "copying\n"
        assert _files(tmp_path) != before
        process.send_signal(signal.Signals[how])
        _, told = process.communicate(timeout=30)
    assert process.returncode == (130 if how == "SIGINT" else 1)
    assert how == "SIGINT" or told == f"orte: {how} ended this before it was done; call it again\n"
    assert _files(tmp_path) == before


def test_any_bit_that_is_not_as_it_was_is_noticed(ground: Ground, tmp_path: Path) -> None:
    """Most of a file is in no digest: dates, judgements, older versions, pages that are free."""
    ground.harvest(PLACES[:5])
    good = tmp_path / "gut"
    backup(ground.path, good)
    ground.ledger.close()
    before = ground.path.read_bytes()
    bytes_, chance = good.read_bytes(), Random("bits")
    for place in [60, 100, len(bytes_) - 1, *(chance.randrange(100, len(bytes_)) for _ in range(60))]:
        spoiled = bytearray(bytes_)
        spoiled[place] ^= 1 << chance.randrange(8)
        (tmp_path / "gekippt").write_bytes(spoiled)
        with pytest.raises(LedgerError, match=r"not a (whole )?ledger"):
            restore(tmp_path / "gekippt", ground.path, BASE)
    assert ground.path.read_bytes() == before


def test_a_restored_ledger_and_a_changed_copy_are_ledgers_like_any(ground: Ground, tmp_path: Path) -> None:
    """The seal is of a backup only; whoever writes into one through SQLite breaks it on purpose."""
    ground.harvest(PLACES[:5])
    backup(ground.path, tmp_path / "eins")
    with sqlite3.connect(tmp_path / "eins") as db:
        db.execute("INSERT INTO meta VALUES ('note', 'seen')")
    ground.ledger.close()
    restore(tmp_path / "eins", ground.path, BASE)
    ground.ledger = Ledger.open(ground.path, BASE, clock=ground.clock)
    ground.harvest(PLACES[:9])
    ground.ledger.close()
    shutil.copy(ground.path, tmp_path / "kopie")
    restore(tmp_path / "kopie", ground.path, BASE)
    ground.ledger = Ledger.open(ground.path, BASE, clock=ground.clock)
    assert ground.ledger.digest("record").live == 9


@pytest.mark.parametrize("part", ["meta", "source", "run", "raw", "finding", "follower", "source.reason"])
def test_a_backup_without_all_tables_replaces_nothing(ground: Ground, tmp_path: Path, part: str) -> None:
    ground.harvest(PLACES[:5])
    backup(ground.path, tmp_path / "gut")
    ground.ledger.close()
    table, _, column = part.partition(".")
    with sqlite3.connect(tmp_path / "gut") as db:
        db.execute(f"ALTER TABLE {table} DROP COLUMN {column}" if column else f"DROP TABLE {table}")
    before = _files(ground.folder)
    with pytest.raises(LedgerError, match=rf"not a.*ledger.* {column or table}"):
        restore(tmp_path / "gut", ground.path, BASE)
    assert _files(ground.folder) == before
    with pytest.raises(LedgerError, match=rf"not a.*ledger.* {column or table}"):
        backup(tmp_path / "gut", tmp_path / "kopie")


def test_a_backup_that_lacks_a_table_after_its_migration_replaces_nothing(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.harvest(PLACES[:5])
    good, bad = backup(ground.path, tmp_path / "gut").file, backup(ground.path, tmp_path / "schlecht").file
    ground.ledger.close()
    with sqlite3.connect(bad) as db:
        db.execute("DROP TABLE raw")
    monkeypatch.setattr(migrate, "STEPS", {2: lambda db: db.execute("CREATE TABLE colour (name)")})
    before = _files(ground.folder)
    with pytest.raises(LedgerError, match="schlecht is not a whole ledger: it has no table raw"):
        restore(bad, ground.path, BASE)
    assert _files(ground.folder) == before
    restore(good, ground.path, BASE)
    assert Ledger.reader(ground.path).db.execute("SELECT * FROM colour").fetchall() == []


def test_a_backup_of_a_newer_program_is_called_that(ground: Ground, tmp_path: Path) -> None:
    """Whatever its tables are; they are not those that we know."""
    ground.harvest(PLACES[:5])
    newer = backup(ground.path, tmp_path / "neuer").file
    ground.ledger.close()
    with sqlite3.connect(newer) as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
        db.execute("DROP TABLE activity")
    with pytest.raises(LedgerError, match=r"newer version.*schema version 99.*restore it with that version"):
        restore(newer, ground.path, BASE)
    with pytest.raises(LedgerError, match=r"schema version 99.*use the version of the program that wrote it"):
        backup(newer, tmp_path / "kopie")


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.mark.parametrize(
    "spoil",
    [
        "DELETE FROM meta WHERE key = 'base'",
        "UPDATE meta SET value = 'neu' WHERE key = 'schema'",
        "UPDATE meta SET value = '99' WHERE key = 'schema'",
        "UPDATE activity SET published = '2020' WHERE sequence = 3",
        "UPDATE activity SET payload = (SELECT payload FROM activity WHERE sequence = 1) WHERE sequence = 2",
        "UPDATE activity SET object = object || 'x' WHERE sequence = 4",
        "UPDATE activity SET live = 'x' WHERE sequence = 4",
    ],
)
def test_whatever_is_wrong_is_one_sentence(ground: Ground, tmp_path: Path, spoil: str) -> None:
    ground.harvest(PLACES[:5])
    backup(ground.path, tmp_path / "gut")
    with sqlite3.connect(tmp_path / "gut") as db:
        db.execute(spoil)
    ground.ledger.close()
    with pytest.raises(LedgerError):
        restore(tmp_path / "gut", ground.path, BASE)
    if "meta" in spoil:
        shutil.copy(tmp_path / "gut", ground.path)
        with pytest.raises(LedgerError):
            Ledger.reader(ground.path)
        with pytest.raises(LedgerError):
            Ledger.open(ground.path, BASE)


@pytest.mark.parametrize("cleared", [True, False])
def test_what_a_restore_keeps_can_be_restored_though_it_came_from_a_backup(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cleared: bool
) -> None:
    """Not cleared, it is as restores once left it: with a seal that is of the backup alone."""
    ground.harvest(PLACES[:5])
    with monkeypatch.context() as earlier:
        if not cleared:
            earlier.setattr(backup_module, "unseal", lambda db: None)
        backup(ground.path, tmp_path / "eins")
        ground.ledger.close()
        restore(tmp_path / "eins", ground.path, BASE)
    ground.ledger = Ledger.open(ground.path, BASE, clock=ground.clock)
    with ground.ledger.transaction():
        ground.ledger.move("test", 1)  # so small a change leaves the counter of changes as it is in the backup
    ground.ledger.close()
    _, kept = restore(tmp_path / "eins", ground.path, BASE)
    assert kept is not None
    restore(kept, ground.path, BASE)
    ground.ledger = Ledger.open(ground.path, BASE, clock=ground.clock)
    assert ground.ledger.position("test") == 1


def test_a_ledger_that_was_cut_to_nothing_is_not_begun_anew(ground: Ground, tmp_path: Path) -> None:
    """Or a harvest would fill it, with new addresses for what has gone, and nobody would miss the rest."""
    ground.harvest(PLACES[:5])
    backup(ground.path, tmp_path / "gut")
    ground.ledger.close()
    ground.path.write_bytes(b"")
    for use in (lambda: Ledger.open(ground.path, BASE), lambda: Ledger.reader(ground.path)):
        with pytest.raises(LedgerError, match=r"empty.*orte restore"):
            use()
    restore(tmp_path / "gut", ground.path, BASE)
    assert Ledger.reader(ground.path).digest("record").live == 5


def test_a_log_without_its_ledger_is_not_played_into_another_one(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:5])
    backup(ground.path, tmp_path / "gut")
    ground.harvest(PLACES[:30])
    folder = tmp_path / "absturz"  # as a process that was killed leaves it
    folder.mkdir()
    shutil.copy(f"{ground.path}-wal", folder / "ledger.sqlite-wal")
    assert (folder / "ledger.sqlite-wal").stat().st_size > 0
    with pytest.raises(LedgerError, match=r"gone.*orte restore"):
        Ledger.open(folder / "ledger.sqlite", BASE)
    _, kept = restore(tmp_path / "gut", folder / "ledger.sqlite", BASE)
    assert Ledger.reader(folder / "ledger.sqlite").digest("record").live == 5
    assert kept is not None
    assert kept.with_name(kept.name + "-wal").exists()


def test_what_is_still_in_the_log_of_a_copy_is_restored_with_it(ground: Ground, tmp_path: Path) -> None:
    ground.harvest(PLACES[:5])
    ground.ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ground.harvest(PLACES[:30])
    for end in ("", "-wal"):
        shutil.copy(f"{ground.path}{end}", tmp_path / f"kopie{end}")
    copy, _ = restore(tmp_path / "kopie", tmp_path / "neu" / "ledger.sqlite", BASE)
    restored = Ledger.reader(tmp_path / "neu" / "ledger.sqlite").digest("record")
    assert (restored.live, restored.hex) == (30, copy.records)


def test_many_begin_a_ledger_at_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with ThreadPoolExecutor(8) as threads:
        opened = list(threads.map(lambda _: Ledger.open(path, BASE), range(24)))
    assert {ledger.sequence() for ledger in opened} == {0}
    assert not [file for file in tmp_path.iterdir() if ".new-" in file.name]
    for ledger in opened:
        ledger.close()


def test_another_begins_the_ledger_in_the_same_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And writes into it, before the one who found none has looked what is beside it."""
    path, make, opened = tmp_path / "ledger.sqlite", ledger_module._make, []

    def late(path: Path, base: str) -> None:
        monkeypatch.undo()
        opened.append(Ledger.open(path, base))
        assert path.with_name("ledger.sqlite-wal").exists()
        make(path, base)

    monkeypatch.setattr(ledger_module, "_make", late)
    opened.append(Ledger.open(path, BASE))
    assert {ledger.sequence() for ledger in opened} == {0}
    assert len(opened) == 2
    for ledger in opened:
        ledger.close()
