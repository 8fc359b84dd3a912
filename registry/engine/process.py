"""One host process, from its start to its end, as the client sees it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from registry.engine.interface import CREDENTIAL, EngineOptions

_MESSAGE = 64 * 2**10
_GIVES_WAY = 500  # of 1000; workers have all of it, see `confine`
_TUNING = "glibc.malloc.hugetlb=1"
"""Has glibc ask for huge pages where the system gives them to who asks (`madvise`, the usual setting): a store of
gigabytes loads sooner, and a worker is forked and warm in a fraction of the time, as the kernel has 512 times fewer
pages to look after."""


class HostProcess:
    """A host process and the socket to talk with it.

    ``hear(host, message, descriptors)`` is called with whatever it says, see :mod:`registry.engine.host`.
    """

    def __init__(
        self,
        follower: str,
        arguments: Mapping[str, Any],
        options: EngineOptions,
        hear: Callable[[HostProcess, dict[str, Any], list[int]], None],
    ) -> None:
        self._follower = follower
        self._arguments = json.dumps(dict(arguments))
        self._silence = options.silence_seconds
        self._shown = asdict(options)  # in the list of processes, where a password has no place
        self._secret = {CREDENTIAL: options.remote.password} if options.remote else {}
        if options.remote:
            del self._shown["remote"]["password"]
        self._hear = hear
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ended = asyncio.Event()
        self._heard = 0.0
        self.started = time.monotonic()
        self.forked = False  # it has, or had, workers
        self.problem: str | None = None
        self.workers: dict[int, int] = {}  # the host's number of a living worker → ours

    @property
    def pid(self) -> int:
        """0 while there is none."""
        return self._process.pid if self._process else 0

    def spawn(self) -> None:
        """Raises OSError: without memory, descriptors or processes to spare."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self.started = self._heard = time.monotonic()
        with theirs:
            command = [sys.executable, "-P", "-m", "registry.engine.host"]
            command += ["--control", str(theirs.fileno()), "--parent", str(os.getpid())]
            command += ["--follower", self._follower, "--arguments", self._arguments]
            command += ["--options", json.dumps(self._shown)]
            # our own module path, so that host and client are the same code
            path = os.pathsep.join(os.path.abspath(place) for place in sys.path)
            tuned = {"GLIBC_TUNABLES": os.environ.get("GLIBC_TUNABLES", _TUNING)}
            environment = {**os.environ, **self._secret, **tuned, "PYTHONPATH": path}
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment,
            )
        ours.setblocking(False)
        asyncio.get_running_loop().add_reader(ours.fileno(), self._listen)

    def say(self, message: Mapping[str, Any]) -> None:
        """Nothing happens when it is dying, which shows elsewhere."""
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(json.dumps(message).encode())

    def give_way(self, *, first: bool) -> None:
        """Whether the kernel should take this process before ourselves when the system runs out of memory."""
        with contextlib.suppress(OSError):
            with open("/proc/self/oom_score_adj", encoding="ascii") as score:
                ours = int(score.read())
            with open(f"/proc/{self.pid}/oom_score_adj", "w", encoding="ascii") as score:
                score.write(str(max(ours, _GIVES_WAY) if first else ours))

    async def watch(self) -> None:
        """Returns when the host has hung up, or is stuck: silent, and not computing either."""
        computed = -1
        while not self._ended.is_set():
            # not wait_for: before Python 3.12 it loses a cancellation that comes together with the event
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._silence / 4):
                    await self._ended.wait()
                return
            if time.monotonic() - self._heard < self._silence:
                computed = -1
            elif (now := self._computed()) == computed:
                self.problem = f"The engine host said nothing for {self._silence:g} s and was replaced."
                return
            else:
                computed = now

    def _computed(self) -> int:
        """Clock ticks of computing time that the host has used."""
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            return 0
        return int(fields[11]) + int(fields[12])

    def expire(self) -> None:
        """Have `watch` return, as if the host had hung up."""
        self._ended.set()

    def hang_up(self) -> None:
        """Hear nothing more of it, which ends it unless it is stuck."""
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None

    async def end(self) -> None:
        """Leave no trace of it."""
        self.hang_up()
        process, self._process = self._process, None
        if process is not None:
            process.kill()  # holds nothing worth an orderly end, and its workers die with it
            await asyncio.shield(asyncio.to_thread(process.wait))

    def _listen(self) -> None:
        while self._control is not None and not self._ended.is_set():
            try:
                data, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE, 2, socket.MSG_CMSG_CLOEXEC)
            except BlockingIOError:
                return
            except OSError:
                data, descriptors = b"", []
            if not data:
                self._ended.set()
                asyncio.get_running_loop().remove_reader(self._control.fileno())
                return
            self._heard = time.monotonic()
            self._hear(self, json.loads(data), descriptors)
