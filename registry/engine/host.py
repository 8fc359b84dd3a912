"""The engine host: ``python -m registry.engine.host``, started by the client and by nobody else.

One single-threaded process that holds the store, follows the ledger and forks workers. It talks with its client over
a socket that keeps message boundaries; every message is a JSON object, and a new worker travels as two descriptors:
the client's end of its connection, and a pidfd to kill it by (a process number could be somebody else's by then).

host → client   {"state": "loading" | "alive" | "worn"}   {"failed": sentence}
                {"worker": n, "generation": g, "sequence": s} + descriptors   {"died": n, "signal": n}
client → host   {"fork": n}   {"retire": true}

Oxigraph's memory keeps the places and texts of what was removed, and has to step over them. So a host with much of
that says that it is worn; when a fresh one has taken over it is told to retire, and ends with its last worker.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from typing import Any, NoReturn

from pyoxigraph import Store

from registry.engine.confine import close_all_but, confine, die_with_parent, give_back_memory
from registry.engine.errors import TryAgain
from registry.engine.interface import CREDENTIAL, EngineOptions, Follower, Remote
from registry.engine.remote.connection import Connection, RemoteError
from registry.engine.remote.keeping import Keeper
from registry.engine.remote.store import RemoteStore
from registry.engine.target import InMemory, Target
from registry.engine.worker import serve

_MESSAGE = 64 * 2**10
_HEARTBEAT = 2.0  # seconds
_NOT_CONFINED = 3  # exit code of a worker
_DESCRIPTORS = 16  # of a worker that has to ask elsewhere: a connection, and what it takes to find a host by its name
_SHARE_OF_FORKING = 0.1  # of the host's time at most, so that a busy ledger does not turn into nothing but forks


class Host:
    """The store, its follower, and the workers forked from it."""

    def __init__(self, control: socket.socket, follower: Follower, options: EngineOptions) -> None:
        self._control = control
        self._follower = follower
        self._options = options
        self._store = Store()
        self._memory = InMemory(self._store)
        self._target: Target = self._memory
        if options.remote:
            self._target = RemoteStore(Connection(options.remote))
            self._follower = Keeper(follower, self._target, options.remote)
        self._selector = selectors.DefaultSelector()
        self._workers: dict[int, tuple[int, int]] = {}  # number → pid, pidfd
        self._owed = 0  # workers that could not be forked yet
        self._last_number = 0
        self._generation = 0
        self._sequence = -1
        self._dead = 0  # places in the store of what is no more there
        self._worn_at = options.renew_least
        self._worn = self._retired = False

    def run(self) -> None:
        """Load, then follow and fork until the client hangs up, or until the last worker has ended after `retire`."""
        self._tell({"state": "loading"})
        self._sequence = self._follower.load(self._target)
        with contextlib.suppress(TryAgain):  # what came while it loaded, and may have left the sequence as it was
            sequence = self._follower.follow(self._target)
            self._sequence = self._sequence if sequence is None else sequence
        self._memory.forgotten()  # a store is new when it has loaded
        self._selector.register(self._control, selectors.EVENT_READ)
        pause = self._fork_generation()
        next_poll = time.monotonic() + pause
        next_heartbeat = 0.0
        while self._workers or not self._retired:
            now = time.monotonic()
            if now >= next_heartbeat:
                self._tell({"state": "worn" if self._worn else "alive"})
                next_heartbeat = now + _HEARTBEAT
            if now >= next_poll and not self._retired:
                next_poll = self._follow() + time.monotonic()
                self._fork(0)
            next_task = next_heartbeat if self._retired else next_poll
            for key, _ in self._selector.select(max(0.0, next_task - time.monotonic())):
                if key.fileobj is self._control:
                    if not self._obey():
                        return
                else:
                    self._bury(key.data)

    def _follow(self) -> float:
        """Apply what is new. Returns the seconds to wait before asking again."""
        try:
            sequence = self._follower.follow(self._target)
        except TryAgain:
            return self._options.poll_seconds
        if sequence is None:
            return self._options.poll_seconds
        self._sequence = sequence
        self._look_for_wear()
        return self._fork_generation()

    def _look_for_wear(self) -> None:
        """Compare what is dead with what is there. The size of a store is counted, so this is not done often."""
        self._dead += self._memory.forgotten()
        if not self._worn and self._dead >= self._worn_at:
            self._worn_at = max(self._options.renew_least, round(self._options.renew_share * len(self._store)))
            self._worn = self._dead >= self._worn_at

    def _fork_generation(self) -> float:
        """Fork the first workers of a new generation. Returns the seconds to wait before the next."""
        started = time.monotonic()
        self._generation += 1
        gc.collect()
        gc.freeze()  # no collection in a worker touches, and thereby copies, what it shares with the host
        give_back_memory()
        self._owed = 0  # what was owed to the old generation
        self._fork(self._options.spare)
        return max(self._options.poll_seconds, (time.monotonic() - started) / _SHARE_OF_FORKING)

    def _fork(self, number: int) -> None:
        """Fork so many workers, and those still owed. Without memory or processes to spare, owe them."""
        self._owed += number
        while self._owed:
            try:
                self._fork_one()
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE):
                    raise
                print(f"engine host: no worker could be forked: {error}", file=sys.stderr)
                return
            self._owed -= 1

    def _fork_one(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            parent = os.getpid()
            pid = os.fork()
            if pid == 0:
                self._become_worker(theirs, parent)
            pidfd = os.pidfd_open(pid)
            self._last_number += 1
            self._workers[self._last_number] = pid, pidfd
            self._selector.register(pidfd, selectors.EVENT_READ, self._last_number)
            self._tell(
                {"worker": self._last_number, "generation": self._generation, "sequence": self._sequence},
                ours.fileno(),
                pidfd,
            )

    def _become_worker(self, connection: socket.socket, parent: int) -> NoReturn:
        code = _NOT_CONFINED
        try:
            die_with_parent(parent)
            close_all_but(connection.fileno())
            asked = self._target.asked() if isinstance(self._target, RemoteStore) else self._store
            confine(self._options.memory_bytes, descriptors=_DESCRIPTORS if self._options.remote else 0)
            code = 1
            serve(asked, connection, self._options.memory_bytes, self._options.prefixes)
        finally:  # whatever happens, never run the host's code in a second process
            os._exit(code)

    def _bury(self, number: int) -> None:
        """A worker has died: say of what."""
        pid, pidfd = self._workers.pop(number)
        self._selector.unregister(pidfd)
        os.close(pidfd)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == _NOT_CONFINED:  # the next would not be either: do not fork for ever
            raise RuntimeError(
                "a worker could not give up its rights, or has no memory left;"
                " the engine needs Linux with /proc and prlimit, and room within `ulimit -v`"
            )
        self._tell({"died": number, "signal": -code if code < 0 else 0})

    def _obey(self) -> bool:
        """Do what the client says; False when it has hung up."""
        try:
            message = self._control.recv(_MESSAGE)
        except ConnectionError:
            return False
        if not message:
            return False
        said = json.loads(message)
        if "retire" in said:
            self._retired = True
        elif not self._retired:
            self._fork(said["fork"])
        return True

    def _tell(self, message: dict[str, Any], *descriptors: int) -> None:
        socket.send_fds(self._control, [json.dumps(message).encode()], list(descriptors))


def main() -> int:
    parser = argparse.ArgumentParser(prog="registry.engine.host")
    parser.add_argument("--control", type=int, required=True, help="descriptor of the socket to the client")
    parser.add_argument("--parent", type=int, required=True, help="process number of the client")
    parser.add_argument("--follower", required=True, help="import path, package.module:Class")
    parser.add_argument("--arguments", type=json.loads, required=True, help="JSON object of its arguments")
    parser.add_argument("--options", type=json.loads, required=True, help="JSON object of EngineOptions")
    given = parser.parse_args()
    die_with_parent(given.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the client tells us when to end
    control = socket.socket(fileno=given.control)
    control.set_inheritable(False)
    try:
        module, _, name = given.follower.partition(":")
        follower = getattr(importlib.import_module(module), name)(**given.arguments)
        Host(control, follower, _options(given.options)).run()
    except (BrokenPipeError, ConnectionResetError):
        return 0  # the client is gone
    except Exception as error:
        reason = str(error) if isinstance(error, RemoteError) else f"{type(error).__name__}: {error}"
        socket.send_fds(control, [json.dumps({"failed": reason[:2000]}).encode()], [])
        print(f"engine host: {reason}", file=sys.stderr)
        return 1
    return 0


def _options(given: dict[str, Any]) -> EngineOptions:
    """As given, with the password, which is in no list of processes."""
    if remote := given.pop("remote"):
        given["remote"] = Remote(**remote | {"password": os.environ.pop(CREDENTIAL, "")})
    return EngineOptions(**given)


if __name__ == "__main__":
    sys.exit(main())
