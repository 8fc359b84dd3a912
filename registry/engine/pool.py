"""Which worker runs which query: the client's side of the workers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection

from registry.engine.errors import EngineBusy, EngineError
from registry.engine.interface import EngineOptions
from registry.engine.link import Killed, Link


class Pool:
    """Workers that are idle, workers that run, and queries that wait for one, in order of arrival.

    At most ``options.workers`` queries run at once. Beyond those, ``options.spare`` idle workers are kept, so that a
    killed one is replaced before anyone misses it. When all run and somebody waits, the query that has run longest
    is stopped once it has had ``options.fair_seconds``: a handful of heavy queries cannot keep everybody else out.
    """

    def __init__(self, options: EngineOptions, ask_for_workers: Callable[[int], None]) -> None:
        self._options = options
        self._ask_for_workers = ask_for_workers
        self._idle: list[Link] = []
        self._running: dict[Link, float] = {}  # since when, in the order of starting
        self._waiting: deque[asyncio.Future[Link]] = deque()
        self._coming = 0
        self._relief: asyncio.TimerHandle | None = None
        self.generation = 0
        self.sequence = -1

    @property
    def has_workers(self) -> bool:
        return bool(self._idle or self._running)

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def acquire(self) -> Link:
        """A worker for one query; give it back by ``release``. Raises EngineBusy."""
        if not self._waiting and len(self._running) < self._options.workers:
            link = self._take()
            if link is not None:
                return link
        if len(self._waiting) >= self._options.queue:
            raise EngineBusy(
                f"{len(self._waiting)} queries are waiting already; please ask again in a moment.",
                retry_after=self._options.queue_seconds,
            )
        turn: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._relieve()
        try:
            async with asyncio.timeout(self._options.queue_seconds):
                return await self._turn(turn)
        except TimeoutError:
            raise EngineBusy(
                f"No worker became free within {self._options.queue_seconds:g} s; please ask again in a moment.",
                retry_after=self._options.queue_seconds,
            ) from None
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    async def _turn(self, turn: asyncio.Future[Link]) -> Link:
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.release(turn.result(), fit=True)  # handed out in the very moment of the cancellation
            raise

    def release(self, link: Link, *, fit: bool) -> None:
        """Give a worker back; one that is not fit, killed, or of an older generation, is not used again."""
        self._running.pop(link, None)
        if fit and link.killed is None and link.generation >= self.generation:
            self._idle.append(link)
        else:
            link.close()
        self._hand_out()

    def arrived(self, link: Link) -> None:
        """A new worker. The first of a new generation retires the idle ones of the old, and more follow unasked."""
        if link.generation <= self.generation:
            self._coming = max(0, self._coming - 1)
        else:
            self._coming = self._options.spare - 1
            self.generation, self.sequence = link.generation, link.sequence
            for old in self._idle:
                old.close()
            self._idle.clear()
        if link.generation < self.generation:
            link.close()
        else:
            self._idle.append(link)
        self._hand_out()

    def died(self, number: int) -> None:
        """A worker is dead. If it was idle, forget it; if it runs, whoever reads from it notices."""
        for link in self._idle:
            if link.number == number:
                self._idle.remove(link)
                link.close()
                break
        self._keep_spares()

    def ended(self, numbers: Collection[int]) -> None:
        """A host has ended, and with it these workers, of which some run."""
        for link in self._running:
            if link.number in numbers:
                link.kill(Killed.STOPPED)

    def abandon(self, error: EngineError) -> None:
        """The host that forks workers is gone: nobody who waits will get one."""
        for link in self._idle:
            link.close()
        self._idle.clear()
        for turn in self._waiting:
            if not turn.done():
                turn.set_exception(error)
        self._waiting.clear()
        self._coming = 0
        self.generation = 0

    def _take(self) -> Link | None:
        """An idle worker that is alive: one that has just died may not have been reported yet."""
        while self._idle:
            link = self._idle.pop()
            if link.alive:
                self._running[link] = asyncio.get_running_loop().time()
                self._keep_spares()
                return link
            link.close()
        self._keep_spares()
        return None

    def _hand_out(self) -> None:
        while self._waiting and self._idle and len(self._running) < self._options.workers:
            if self._waiting[0].done():
                self._waiting.popleft()
            elif (link := self._take()) is not None:
                self._waiting.popleft().set_result(link)
        self._keep_spares()
        self._relieve()

    def _keep_spares(self) -> None:
        if not self.generation:
            return
        missing = self._options.spare - len(self._idle) - self._coming
        if missing > 0:
            self._coming += missing
            self._ask_for_workers(missing)

    def _relieve(self) -> None:
        """While queries wait and all workers run, stop those that had their fair share, one for each that waits."""
        if self._relief is not None:
            self._relief.cancel()
            self._relief = None
        if not self._waiting or len(self._running) < self._options.workers:
            return
        loop = asyncio.get_running_loop()
        due = loop.time() - self._options.fair_seconds
        going = sum(link.killed is not None for link in self._running)
        for link, since in self._running.items():
            if link.killed is not None:
                continue
            if going >= len(self._waiting):
                return
            if since > due:
                self._relief = loop.call_at(since + self._options.fair_seconds, self._relieve)
                return
            link.kill(Killed.CROWDED_OUT)
            going += 1
