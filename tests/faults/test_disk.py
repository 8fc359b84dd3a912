"""A disk that is really full: the data directory lies on a file system of a few megabytes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from registry.ledger import Ledger
from tests.faults.test_server import many, said, sound
from tests.registry.conftest import BASE
from tests.serving import orte, serving


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 24 MB; where nobody may mount one, test_server limits the size of files instead."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system; a full disk is tried with RLIMIT_FSIZE, too")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_registry_on_a_full_disk_reads_on_and_goes_on_when_there_is_room(small: Path) -> None:
    data = small / "data"
    assert orte(data, "harvest", "studie").returncode == 0
    with closing(Ledger.open(data / "ledger.sqlite", BASE)) as ledger:
        ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = orte(data, "digest").stdout
    many(data / "sources" / "viele", 500)
    ballast = small / "ballast"
    ballast.write_bytes(b"")
    with ballast.open("r+b") as file:
        free = shutil.disk_usage(small).free
        for _ in range(max(0, free - 200_000) // 4096):
            file.write(b"\0" * 4096)
    failed = orte(data, "harvest", "viele")
    assert "disk" in said(failed)
    assert failed.returncode != 0
    with serving(data) as address:  # reading needs no room
        listed = subprocess.run(["curl", "-sf", f"{address}/sites"], capture_output=True, check=True)
        assert listed.stdout
    ballast.unlink()
    assert orte(data, "digest").stdout.splitlines()[1] == before.splitlines()[1], "the catalogue is as it was"
    assert orte(data, "harvest", "viele").returncode == 0
    sound(data)
