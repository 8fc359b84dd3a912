"""A worker: a fork of the host that answers one query after the other until its client hangs up.

It shares the store with the host as it was at the fork (copy-on-write), so it never sees half a batch. Where the
store is elsewhere, it asks there, and reads and writes the answer.
"""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from typing import Any, NoReturn

import orjson
from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
    Triple,
    serialize,
)

from registry.engine import formats, syntax
from registry.engine.confine import allow_computing
from registry.engine.frames import FrameReader, Kind, pack
from registry.engine.remote.asking import Asked
from registry.engine.remote.connection import NotEvaluated, RemoteError, TooSlow
from registry.engine.writing import LimitReached, RowTooLong, RowWriter

_SENT_AT_ONCE = 64 * 2**10


def serve(store: Store | Asked, connection: socket.socket, memory: int, prefixes: dict[str, str]) -> NoReturn:
    """Answer queries from ``connection`` until it is closed.

    A worker whose memory has grown by a quarter of ``memory`` (its budget in bytes) retires, so that what one query
    leaves behind is not missing to the next.
    """
    fullest = _peak() + memory // 4
    while True:
        request = _receive(connection)
        if request is None:
            os._exit(0)
        allow_computing(request["timeout"] + 1)
        if not _Answering(store, connection, request, prefixes, fullest).run():
            os._exit(0)


class _Answering:
    """One query and the frames that answer it. Small answers go out in one system call."""

    def __init__(
        self,
        store: Store | Asked,
        connection: socket.socket,
        request: dict[str, Any],
        prefixes: dict[str, str],
        fullest: int,
    ) -> None:
        self._store = store
        self._connection = connection
        self._request = request
        self._prefixes = prefixes
        self._fullest = fullest
        self._unsent = b""
        self._truncated = False

    def run(self) -> bool:
        """Returns whether this worker is fit for another query."""
        try:
            self._answer()
        except BrokenPipeError:
            return False
        except MemoryError:
            return self._fail("expensive", "The query needs more memory than it may use here.", fit=False)
        except RowTooLong:
            return self._fail("expensive", "A single row of the answer is larger than an answer may be.")
        except RemoteError as error:
            return self._fail(*_remote(error, self._request["timeout"]))
        except SyntaxError as error:
            return self._fail("refused", *syntax.explain(self._request["query"], str(error)))
        except (ValueError, RuntimeError, OSError, TypeError) as error:
            return self._fail("refused", f"The query cannot be evaluated: {error}.")
        except BaseException as error:  # a panic inside the engine: the store may be in any state
            return self._fail("expensive", f"The engine gave up on this query: {error}.", fit=False)
        fit = _peak() < self._fullest
        end = {"truncated": self._truncated, "retire": not fit}
        self._connection.sendall(self._unsent + pack(Kind.END, orjson.dumps(end)))
        return fit

    def _fail(
        self, kind: str, message: str, line: int | None = None, column: int | None = None, *, fit: bool = True
    ) -> bool:
        error = {"kind": kind, "message": message, "line": line, "column": column, "retire": not fit}
        try:
            self._connection.sendall(self._unsent + pack(Kind.ERROR, orjson.dumps(error)))
        except OSError:
            return False
        return fit

    def _answer(self) -> None:
        request = self._request
        with self._store.answering(request["timeout"]) if isinstance(self._store, Asked) else nullcontext():
            self._write(self._query(request["query"]))

    def _write(self, results: QuerySolutions | QueryBoolean | Iterator[Triple]) -> None:
        request = self._request
        if not isinstance(results, QuerySolutions | QueryBoolean):
            form = formats.GRAPH.get(request["graph_format"], formats.GRAPH["turtle"])
            self._header("graph", form)
            self._graph(results, form)
            return
        form = formats.SELECT.get(request["select_format"], formats.SELECT["json"])
        if isinstance(results, QueryBoolean):
            self._header("ask", form)
            self._send(results.serialize(format=form.writer))  # type: ignore[arg-type]
            return
        self._header("select", form)
        self._rows(results, form)

    def _query(self, query: str) -> QuerySolutions | QueryBoolean | QueryTriples | Iterator[Triple]:
        request = self._request
        if request["default_graphs"] or request["named_graphs"]:  # what is not named is empty, not everything
            return self._store.query(
                query,
                base_iri=request["base_iri"],
                default_graph=[NamedNode(iri) for iri in request["default_graphs"]],
                named_graphs=[NamedNode(iri) for iri in request["named_graphs"]],
            )
        return self._store.query(
            query, base_iri=request["base_iri"], use_default_graph_as_union=request["union_default"]
        )

    def _rows(self, solutions: QuerySolutions, form: formats.Format) -> None:
        most = self._request["max_rows"]
        if isinstance(self._store, Asked) and self._store.most_rows is not None:
            most = min(most or self._store.most_rows, self._store.most_rows)
        writer = RowWriter(form, self._send, self._request["max_bytes"], most)
        try:
            solutions.serialize(writer, form.writer)  # type: ignore[arg-type]
            writer.close()
        except LimitReached:
            self._truncated = True

    def _graph(self, triples: Iterator[Triple], form: formats.Format) -> None:
        writer = RowWriter(form, self._send, self._request["max_bytes"], None)
        if self._request["describe"]:
            triples = self._described(triples)
        most = self._request["max_rows"]
        try:
            if isinstance(triples, QueryTriples) and most is None and not (self._prefixes and form.prefixed):
                triples.serialize(writer, form.writer)  # type: ignore[arg-type]  # an eighth faster than the other
            else:
                serialize(islice(triples, most), writer, form.writer, prefixes=self._prefixes)  # type: ignore[arg-type]
            writer.close()
        except LimitReached:
            self._truncated = True
        else:
            self._truncated = most is not None and next(triples, None) is not None

    def _described(self, triples: Iterator[Triple]) -> Iterator[Triple]:
        """A description with those of its parts: addresses, positions and offers are ``{entity}#…``, not blank nodes.

        Oxigraph's own DESCRIBE is the concise bounded description: the triples of a resource and of blank nodes below.
        """
        subjects: set[str] = set()
        parts: list[NamedNode] = []
        while True:
            for triple in triples:
                yield triple
                subject, part = triple.subject, triple.object
                if isinstance(subject, NamedNode):
                    subjects.add(subject.value)
                    if isinstance(part, NamedNode) and part.value.startswith(subject.value.partition("#")[0] + "#"):
                        parts.append(part)
            while parts and parts[-1].value in subjects:
                parts.pop()
            if not parts:
                return
            part = parts.pop()
            subjects.add(part.value)
            nested = self._query(f"DESCRIBE {part}")
            assert not isinstance(nested, QuerySolutions | QueryBoolean)
            triples = nested

    def _header(self, kind: str, form: formats.Format) -> None:
        self._unsent = pack(Kind.HEADER, orjson.dumps({"kind": kind, "media_type": form.media_type}))

    def _send(self, piece: bytes | memoryview) -> None:
        self._unsent += pack(Kind.DATA, piece)
        if len(self._unsent) >= _SENT_AT_ONCE:
            self._connection.sendall(self._unsent)
            self._unsent = b""


def _remote(error: RemoteError, timeout: float) -> tuple[str, str]:
    """What an engine elsewhere said, as kind and sentence for the one who asked."""
    if isinstance(error, NotEvaluated):
        return "refused", f"The SPARQL engine cannot evaluate the query: {error}."
    if isinstance(error, TooSlow):
        return "late", f"The query ran longer than {timeout:g} s and was stopped. Ask for less, or more precisely."
    return "away", "The SPARQL engine cannot be asked just now; please ask again later."


def _receive(connection: socket.socket) -> dict[str, Any] | None:
    """The next request, None when the client has hung up."""
    frames = FrameReader()
    while True:
        try:
            data = connection.recv(_SENT_AT_ONCE)
        except ConnectionError:
            return None
        if not data:
            return None
        for kind, payload in frames.feed(data):
            if kind is not Kind.REQUEST:
                return None
            request: dict[str, Any] = orjson.loads(payload)
            return request


def _peak() -> int:
    """The most memory this process ever held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
