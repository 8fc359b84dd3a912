"""Keeps a host process running: another one when it dies, hangs or fails, a fresh one beside it when it is worn."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import os
import socket
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from registry.engine.errors import EngineStarting
from registry.engine.interface import EngineOptions
from registry.engine.link import Link
from registry.engine.process import HostProcess

_log = logging.getLogger("registry.engine")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0  # seconds between two starts; doubles with every failure
_FIRST_GUESS = 2.0  # seconds a load takes, when nothing is known
_RENEWAL_PAUSE, _LONGEST_RENEWAL_PAUSE = 600.0, 86_400.0  # seconds after a renewal that failed; doubles likewise
_RETIREMENT = 60.0  # seconds beyond the time limit of a query, for those who read their answers slowly


class Supervisor:
    """Keeps one host answering between ``start`` and ``stop``.

    Calls back: ``on_worker(link)``, ``on_death(number, signal)``, ``on_end(numbers)`` when a host has taken its workers
    with it, and ``on_loss()`` when it was the one to ask. Numbers of workers and generations go on from one host to the
    next.

    A host that says it is worn is renewed: its successor loads beside it, and takes over as soon as it has workers
    that see all that the old one's do. The old one then ends with its last worker, so nobody's query is disturbed; at
    the latest when a query has had its time and a minute was left to read the answer.
    """

    def __init__(
        self,
        follower: str,
        arguments: Mapping[str, Any],
        options: EngineOptions,
        *,
        on_worker: Callable[[Link], None],
        on_death: Callable[[int, int], None],
        on_end: Callable[[Collection[int]], None],
        on_loss: Callable[[], None],
    ) -> None:
        self._make: Callable[[], HostProcess] = lambda: HostProcess(follower, arguments, options, self._understand)
        self._on_worker = on_worker
        self._on_death = on_death
        self._on_end = on_end
        self._on_loss = on_loss
        self._spare = options.spare
        self._retirement = options.timeout + _RETIREMENT
        self._host: HostProcess | None = None
        self._successor: HostProcess | None = None
        self._attending: set[asyncio.Task[None]] = set()  # one for each host, the retired ones, too
        self._vacant = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._started = 0.0
        self._lived_well = False  # the host that was lost last
        self._load_seconds: float | None = None
        self._numbers = itertools.count(1)
        self._seen: tuple[HostProcess, int] | None = (
            None  # what the generation that we count last is called by its host
        )
        self._generation = 0
        self._sequence = -1
        self._renewal_pause = _RENEWAL_PAUSE
        self._renewal_due = 0.0
        self.problem: str | None = None
        self.restarts = 0
        self.renewals = 0

    @property
    def pid(self) -> int:
        """Of the host that forks the workers, 0 while there is none."""
        return self._host.pid if self._host else 0

    def estimate(self) -> float:
        """Seconds until a host will be ready: what the last load took, or as long again as this one has taken."""
        if self._task is None:
            return _FIRST_GUESS
        elapsed = time.monotonic() - self._started
        if self._load_seconds is not None and self._load_seconds > elapsed:
            return max(1.0, self._load_seconds - elapsed)
        return min(60.0, max(_FIRST_GUESS, elapsed))

    def start(self) -> None:
        self._started, self._renewal_due = time.monotonic(), 0.0
        self._task = asyncio.create_task(self._keep_running(), name="engine supervisor")

    async def stop(self) -> None:
        if self._task is not None:
            self._successor = None  # it does not fail, and takes nobody's place
            self._renewal_due = math.inf  # hosts may be heard once more before the tasks below learn of their end
            tasks = [self._task, *self._attending]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._task = self._host = None

    def starting(self) -> EngineStarting:
        """What to tell somebody who asks while no host is ready."""
        seconds = self.estimate()
        return EngineStarting(f"The engine is loading; please ask again in {seconds:.0f} s.", retry_after=seconds)

    def ask_for_workers(self, number: int) -> None:
        if self._host is not None:
            self._host.say({"fork": number})

    async def _keep_running(self) -> None:
        """Start a host whenever there is none."""
        pause = _FIRST_PAUSE / 2
        while True:
            self._vacant.clear()
            self._take(self._attended())
            await self._vacant.wait()
            pause = _FIRST_PAUSE if self._lived_well else min(_LONGEST_PAUSE, pause * 2)
            await asyncio.sleep(pause)
            self.restarts += 1

    def _attended(self) -> HostProcess:
        """A new host that is looked after."""
        host = self._make()
        task = asyncio.create_task(self._attend(host), name="engine host")
        self._attending.add(task)
        task.add_done_callback(self._attending.discard)
        return host

    async def _attend(self, host: HostProcess) -> None:
        """Look after one host from its start to its end."""
        try:
            host.spawn()
            if host is self._successor:
                host.give_way(first=True)
            await host.watch()
        except OSError as error:  # no memory, no descriptors, no processes: all of them may pass
            host.problem = f"The engine host could not be started: {error}"
        finally:
            self._lose(host)
            await host.end()
            if self._host is None:
                self._vacant.set()

    def _take(self, host: HostProcess) -> None:
        """This is the host from now on."""
        self._host, self._started = host, host.started

    def _promote(self, successor: HostProcess) -> None:
        successor.give_way(first=False)
        self._take(successor)
        self._successor = None

    def _lose(self, host: HostProcess) -> None:
        """A host is gone, or stuck. A successor that loads at this time takes its place at once."""
        host.hang_up()
        self._on_end(set(host.workers.values()))
        if host is self._host:
            self.problem = host.problem or self.problem
            self._lived_well = host.forked and time.monotonic() - host.started > _LONGEST_PAUSE
            self._host = None
            if (successor := self._successor) is not None:
                self._promote(successor)
                self.restarts += 1
                if successor.forked:  # workers that were sent away, as they did not see enough: they do now
                    successor.say({"fork": self._spare})
            self._on_loss()
        elif host is self._successor:
            self._successor = None
            self._renewal_due = time.monotonic() + self._renewal_pause
            self._renewal_pause = min(_LONGEST_RENEWAL_PAUSE, self._renewal_pause * 2)
            _log.warning("The engine host goes on worn, as a fresh one did not come up: %s", host.problem or "it died")

    def _renew(self) -> None:
        if self._successor is None and time.monotonic() >= self._renewal_due:
            self._successor = self._attended()

    def _succeed(self) -> None:
        """The successor takes over; the old host ends with its last worker."""
        assert self._host is not None
        assert self._successor is not None
        self._host.say({"retire": True})
        asyncio.get_running_loop().call_later(self._retirement, self._host.expire)
        self._promote(self._successor)
        self._renewal_pause = _RENEWAL_PAUSE
        self.renewals += 1

    def _understand(self, host: HostProcess, message: dict[str, Any], descriptors: list[int]) -> None:
        if "worker" in message and len(descriptors) < 2:  # we have no room for more; without its other end it ends
            for descriptor in descriptors:
                os.close(descriptor)
        elif "worker" in message:
            self._on_arrival(host, message, socket.socket(fileno=descriptors[0]), descriptors[1])
        elif "died" in message:
            if number := host.workers.pop(message["died"], None):
                self._on_death(number, message["signal"])
        elif "failed" in message:
            host.problem = message["failed"]
        elif message["state"] == "worn" and host is self._host:
            self._renew()

    def _on_arrival(self, host: HostProcess, message: dict[str, Any], connection: socket.socket, pidfd: int) -> None:
        if host is self._successor and message["sequence"] >= self._sequence:
            self._succeed()
        if host is self._host:
            if self._seen != (host, message["generation"]):
                self._seen = host, message["generation"]
                self._generation += 1
            self._sequence = message["sequence"]
            if not host.forked:
                self._load_seconds = time.monotonic() - host.started
            self.problem = None
        host.forked = True
        number = host.workers[message["worker"]] = next(self._numbers)
        link = Link(number, self._generation, message["sequence"], connection, pidfd)
        if host is self._host:
            self._on_worker(link)
        else:  # a successor that is not as far yet, or one of the last of a host that retires
            link.close()
