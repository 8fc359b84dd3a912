"""Starts the host process, listens to it, and starts another one when it dies, hangs or fails."""

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

from registry.engine.errors import EngineStarting
from registry.engine.interface import CREDENTIAL, EngineOptions
from registry.engine.link import Link

_MESSAGE = 64 * 2**10
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0  # seconds between two starts; doubles with every failure
_FIRST_GUESS = 2.0  # seconds a load takes, when nothing is known
_TUNING = "glibc.malloc.hugetlb=1"
"""Has glibc ask for huge pages where the system gives them to who asks (`madvise`, the usual setting): a store of
gigabytes loads sooner, and a worker is forked and warm in a fraction of the time, as the kernel has 512 times fewer
pages to look after."""


class Supervisor:
    """Keeps one host process running between ``start`` and ``stop``.

    Calls back: ``on_worker(link)``, ``on_death(number, signal)`` and, once per host, ``on_loss()``.
    """

    def __init__(
        self,
        follower: str,
        arguments: Mapping[str, Any],
        options: EngineOptions,
        *,
        on_worker: Callable[[Link], None],
        on_death: Callable[[int, int], None],
        on_loss: Callable[[], None],
    ) -> None:
        self._follower = follower
        self._arguments = json.dumps(dict(arguments))
        self._options = options
        self._shown = asdict(options)  # in the list of processes, where a password has no place
        self._secret = {CREDENTIAL: options.remote.password} if options.remote else {}
        if options.remote:
            del self._shown["remote"]["password"]
        self._on_worker = on_worker
        self._on_death = on_death
        self._on_loss = on_loss
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._task: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self._started = self._heard = 0.0
        self._load_seconds: float | None = None
        self._loaded = False
        self.problem: str | None = None
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def estimate(self) -> float:
        """Seconds until a host will be ready: what the last load took, or as long again as this one has taken."""
        if self._task is None:
            return _FIRST_GUESS
        elapsed = time.monotonic() - self._started
        if self._load_seconds is not None and self._load_seconds > elapsed:
            return max(1.0, self._load_seconds - elapsed)
        return min(60.0, max(_FIRST_GUESS, elapsed))

    def start(self) -> None:
        self._started = time.monotonic()
        self._task = asyncio.create_task(self._keep_running(), name="engine supervisor")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def starting(self) -> EngineStarting:
        """What to tell somebody who asks while no host is ready."""
        seconds = self.estimate()
        return EngineStarting(f"The engine is loading; please ask again in {seconds:.0f} s.", retry_after=seconds)

    def ask_for_workers(self, number: int) -> None:
        if self._control is not None:
            with contextlib.suppress(OSError):  # it is dying, which shows elsewhere
                self._control.send(json.dumps({"fork": number}).encode())

    async def _keep_running(self) -> None:
        pause = _FIRST_PAUSE / 2
        while True:
            try:
                self._spawn()
                await self._watch()
            except OSError as error:  # no memory, no descriptors, no processes: all of them may pass
                self.problem = f"The engine host could not be started: {error}"
            finally:
                await self._end()
            lived = time.monotonic() - self._started
            pause = _FIRST_PAUSE if self._loaded and lived > _LONGEST_PAUSE else min(_LONGEST_PAUSE, pause * 2)
            await asyncio.sleep(pause)
            self.restarts += 1

    def _spawn(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._ended.clear()
        self._started = self._heard = time.monotonic()
        self._loaded = False
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

    async def _watch(self) -> None:
        """Returns when the host has hung up, or is stuck: silent, and not computing either."""
        computed = -1
        while not self._ended.is_set():
            # not wait_for: before Python 3.12 it loses a cancellation that comes together with the event
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._options.silence_seconds / 4):
                    await self._ended.wait()
                return
            if time.monotonic() - self._heard < self._options.silence_seconds:
                computed = -1
            elif (now := self._computed()) == computed:
                self.problem = f"The engine host said nothing for {self._options.silence_seconds:g} s and was replaced."
                return
            else:
                computed = now

    def _computed(self) -> int:
        """Clock ticks of computing time that the host has used."""
        assert self._process is not None
        try:
            with open(f"/proc/{self._process.pid}/stat", encoding="ascii", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            return 0
        return int(fields[11]) + int(fields[12])

    async def _end(self) -> None:
        """Leave no trace of the current host. Closing the control socket ends it; a stuck one is killed."""
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None
        self._on_loss()
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
            self._understand(json.loads(data), descriptors)

    def _understand(self, message: dict[str, Any], descriptors: list[int]) -> None:
        if "worker" in message:
            connection = socket.socket(fileno=descriptors[0])
            link = Link(message["worker"], message["generation"], message["sequence"], connection, descriptors[1])
            if not self._loaded:
                self._loaded, self.problem = True, None
                self._load_seconds = time.monotonic() - self._started
            self._on_worker(link)
        elif "died" in message:
            self._on_death(message["died"], message["signal"])
        elif "failed" in message:
            self.problem = message["failed"]
