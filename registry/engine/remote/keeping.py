"""Keeps a store elsewhere in step with the ledger: fills it, catches up, notices what it lost."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Mapping
from typing import Any

from registry.engine.errors import TryAgain
from registry.engine.interface import Follower, Remote
from registry.engine.remote.connection import Connection, RemoteError, TooSlow
from registry.engine.remote.mark import Mark
from registry.engine.remote.store import RemoteStore
from registry.engine.target import Target

HOME = "home"


class OutOfStep(RemoteError):
    """The store is not where we left it; the next host finds out whether to catch up or to fill it anew."""


def refill(follower: Follower, remote: Remote) -> bool:
    """Have a store elsewhere filled anew: by us, or by the process that keeps it in step; False when that one does.

    Raises RemoteError.
    """
    store = RemoteStore(Connection(remote))
    store.disown()
    keeper = Keeper(follower, store, remote)
    try:
        keeper.load(store)
    except OutOfStep:
        return False
    finally:
        keeper.close()
    return True


class Keeper:
    """A Follower around another one, for a store that outlives us.

    Only the process that holds the lock of its registry writes; others wait until the store is filled and then ask
    how far it has come. Any exception but TryAgain ends the host, and the next one begins with ``load``.
    """

    def __init__(self, follower: Follower, store: RemoteStore, remote: Remote) -> None:
        self._follower = follower
        self._store = store
        self._remote = remote
        self._lock = os.open(remote.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._writing = False
        self._mark: Mark | None = None
        self._checked = 0.0

    def load(self, store: Target) -> int:
        """Bring a store that may hold anything to where the ledger is; returns the sequence. Raises RemoteError."""
        self._writing = self._locked()
        mark = self._store.mark()
        if mark is not None and mark.position is not None and mark.position.get(HOME) != self._remote.home:
            raise RemoteError(
                f"{self._remote.url} holds the data of {mark.position.get(HOME)}; give this registry a store of its own"
            )
        if not self._writing:
            return self._watched(mark)
        if mark is not None:
            mark = self._store.take_over()
        elif not self._store.is_empty():
            raise RemoteError(
                f"{self._remote.url} holds data that are not ours; give the registry a store of its own, and empty"
            )
        if mark is None or mark.position is None or not self._resumed(store, mark.position):
            self._store.clear()
            self._store.check()
            sequence = self._follower.load(store)
            self._commit()
            return sequence
        self._mark = mark
        return int(mark.position["sequence"])

    def follow(self, store: Target) -> int | None:
        """As a Follower. Also looks at times whether the store is still what we made it."""
        if not self._writing:
            return self._look()
        if time.monotonic() - self._checked >= self._remote.check_seconds:
            try:
                if self._store.mark() != self._mark:
                    raise OutOfStep(f"{self._remote.url} has lost what was written, or somebody else has written")
            except TooSlow as error:  # busy with a query; everything else ends this host
                raise TryAgain(str(error)) from None
            self._checked = time.monotonic()
        sequence = self._follower.follow(store)
        if sequence is not None:
            self._commit()
        return sequence

    def close(self) -> None:
        """Let another process keep the store in step."""
        os.close(self._lock)

    def position(self) -> Mapping[str, Any]:
        return {**self._follower.position(), HOME: self._remote.home}

    def resume(self, store: Target, position: Mapping[str, Any]) -> bool:
        return self._follower.resume(store, position)

    def _resumed(self, store: Target, position: Mapping[str, Any]) -> bool:
        try:
            return self.resume(store, position)
        except (KeyError, TypeError, ValueError):  # written by another edition
            return False

    def _commit(self) -> None:
        self._mark = self._store.commit(self.position())
        self._checked = time.monotonic()

    def _look(self) -> int | None:
        """Without the lock: how far the store has come. With it, as its holder has ended: take its place."""
        if time.monotonic() - self._checked < self._remote.check_seconds:
            return None
        if self._locked():
            raise OutOfStep("the process that kept the engine in step has ended; taking its place")
        before = self._mark
        sequence = self._watched(self._store.mark())
        return None if before == self._mark else sequence

    def _watched(self, mark: Mark | None) -> int:
        if mark is None or mark.position is None:
            raise OutOfStep("another process of this registry is filling the engine")
        self._mark, self._checked = mark, time.monotonic()
        return int(mark.position["sequence"])

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
