"""A registry served by a real process, as a visitor meets it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import ROOT


def orte(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "registry", "--data", str(data), *arguments],
        cwd=ROOT, text=True, capture_output=True, timeout=240, check=False,
    )  # fmt: skip


def _wait_until_ready(base: str) -> None:
    """On a busy machine the engine may load a moment longer than the server waits for it."""
    pause = threading.Event()
    for _ in range(600):
        if httpx.get(f"{base}/health").status_code == 200:
            return
        pause.wait(0.1)
    raise AssertionError("it never became ready")


@contextmanager
def serving(data: Path, command: str = "serve") -> Iterator[str]:
    """The address of a server over a data directory; it is interrupted as by Ctrl+C and must end in peace."""
    process = subprocess.Popen(
        [sys.executable, "-m", "registry", "--data", str(data), command, "--port", "0"],
        cwd=ROOT, text=True, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"open (http://127\.0\.0\.1:\d+)", line):
                _wait_until_ready(found[1])
                yield found[1]
                break
        else:
            raise AssertionError("it did not serve: " + "".join(said))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            process.kill()
            process.stderr.close()
