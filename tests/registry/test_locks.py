"""Locks: one harvest of a source at a time, and whoever only asks keeps nobody from beginning."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from registry.locks import AlreadyHarvesting, alone, held


def test_only_one_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path, "liste"):
        assert held(tmp_path, "liste")
        with pytest.raises(AlreadyHarvesting, match="liste"), alone(tmp_path, "liste"):
            raise AssertionError
        with alone(tmp_path, "andere"):
            pass
    assert not held(tmp_path, "liste")


def test_a_harvest_waits_for_those_who_only_ask(tmp_path: Path) -> None:
    begun = threading.Event()

    def harvest() -> None:
        with alone(tmp_path, "liste"):
            begun.set()

    (tmp_path / "liste.lock").touch()
    with (tmp_path / "liste.lock").open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)  # in the middle of asking, for as long as it likes
        thread = threading.Thread(target=harvest)
        thread.start()
        assert not begun.wait(0.5), "who asks must not see it begin meanwhile"
    thread.join(30)
    assert begun.is_set(), "it was refused because somebody asked"


def test_who_has_patience_waits_for_the_other_to_end(tmp_path: Path) -> None:
    begun, end = threading.Event(), threading.Event()

    def other() -> None:
        with alone(tmp_path, "liste"):
            begun.set()
            end.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    assert begun.wait(30)
    threading.Timer(0.2, end.set).start()
    with alone(tmp_path, "liste", patience=30):
        assert end.is_set()
    thread.join(30)
