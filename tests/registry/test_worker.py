"""A process that answers questions, and what becomes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from registry.worker import Handler, Worker, WorkerFailed, WorkerTimedOut
from tests.conftest import ROOT


def echo() -> Handler:
    """The work of the processes in these tests: what the question says."""

    def handle(question: bytes) -> bytes:
        match question.split(b" "):
            case [b"hang"]:
                signal.pause()
            case [b"die"]:
                os.kill(os.getpid(), signal.SIGKILL)
            case [b"raise"]:
                raise ValueError("no")
            case [b"print"]:
                print("this is no answer")
            case [b"eat"]:
                return bytes(1 << 31)
            case [b"pid"]:
                return str(os.getpid()).encode()
        return question

    return handle


ECHO = "tests.registry.test_worker:echo"


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Worker(ECHO, memory=1024)


def test_large_questions_and_answers_pass(worker: Worker) -> None:
    with worker:
        assert worker.ask(b"x" * 3_000_000, 60) == b"x" * 3_000_000
        assert worker.ask(b"", 60) == b""


def test_one_that_hangs_is_killed_and_replaced(worker: Worker) -> None:
    with worker:
        first = int(worker.ask(b"pid", 60))
        with pytest.raises(WorkerTimedOut):
            worker.ask(b"hang", 0.2)
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
        assert worker.ask(b"still here?", 60) == b"still here?"


@pytest.mark.parametrize(("question", "reason"), [(b"die", "died"), (b"raise", "ValueError: no"), (b"eat", "memory")])
def test_what_goes_wrong_is_told_and_the_next_question_is_answered(
    worker: Worker, question: bytes, reason: str
) -> None:
    with worker:
        with pytest.raises(WorkerFailed, match=reason):
            worker.ask(question, 60)
        assert worker.ask(b"next", 60) == b"next"


def test_printing_spoils_no_answer(worker: Worker) -> None:
    with worker:
        assert worker.ask(b"print", 60) == b"print"


def test_none_is_left_when_the_caller_is_killed(tmp_path: Path) -> None:
    """Not even one that is in the middle of something."""
    script = (
        "import sys, signal\n"
        "from registry.worker import Worker\n"
        f"workers = [Worker({ECHO!r}) for _ in range(2)]\n"
        "print(*[int(worker.ask(b'pid')) for worker in workers], flush=True)\n"
        "workers[0].send(b'hang')\n"
        "print('ready', flush=True)\n"
        "signal.pause()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as caller:
        assert caller.stdout is not None
        pids = [int(word) for word in caller.stdout.readline().split()]
        assert caller.stdout.readline() == b"ready\n"
        caller.kill()
    deadline = time.monotonic() + 10
    while left := [pid for pid in pids if _runs(pid)]:
        assert time.monotonic() < deadline, left
        os.sched_yield()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
