"""A query put to an engine elsewhere, with the dataset it sees here; answers come as pyoxigraph's own store gives them.

So a worker writes them in any format and cuts them at any limit, whatever the engine itself can write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, cast

import requests
import urllib3
from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)

from registry.engine.remote.connection import (
    RESULTS,
    STATEMENTS,
    Connection,
    NotEvaluated,
    RemoteError,
    TooSlow,
    Unreachable,
)
from registry.engine.remote.dialect import Dialect
from registry.engine.remote.mark import MARK, read_mark
from registry.engine.remote.rewriting import based, hiding, without_dataset

_NOTHING = "urn:orte:nothing"  # a graph that is nowhere
_PARAMETERS = ("default-graph-uri", "named-graph-uri")
_EXCLUDE = "define input:default-graph-exclude"  # Virtuoso's, the one engine without a default graph of its own
_UNREADABLE = "The SPARQL engine gave an answer that cannot be read"
_LATE = "The SPARQL engine stopped the query, as it took too long"
_PIECE = 64 * 2**10
_GRACE = 1.0  # seconds that the engine has longer than we wait
_INTERRUPTED = "S1TAT"  # Virtuoso: what follows is only part of the answer


class Asked:
    """Like a pyoxigraph Store that can only be queried, one query at a time."""

    def __init__(self, connection: Connection, catalogue: str, term: str = "") -> None:
        """``catalogue`` is the graph that stands for the default graph.

        Nothing is answered unless the store is full and in this ``term`` of office (any, when empty): one that came
        back empty, or is being filled anew, would answer too, and wrongly.
        """
        self._connection = connection
        self._catalogue = catalogue
        self._term = term
        self._hidden = [MARK, *connection.dialect.system_graphs]
        self._empty = Store()
        self._stream: _Stream | None = None
        self._seconds = 60.0
        self.most_rows: int | None = None  # that the engine gives out, when it says so

    @contextmanager
    def answering(self, seconds: float) -> Iterator[None]:
        """While one query is asked and its answer is read, for which there are so many seconds.

        Raises RemoteError when the answer breaks off or cannot be read.
        """
        self._seconds = seconds
        try:
            yield
        except BrokenPipeError:  # the one who wanted our answer has gone
            raise
        except (SyntaxError, ValueError, OSError):
            if self._stream is None:  # the query was not even asked
                raise
            raise self._stream.failure or Unreachable(_UNREADABLE) from None
        finally:
            self.close()

    def query(
        self,
        query: str,
        *,
        base_iri: str | None = None,
        default_graph: Sequence[NamedNode] = (),
        named_graphs: Sequence[NamedNode] = (),
        use_default_graph_as_union: bool = False,
    ) -> QuerySolutions | QueryBoolean | QueryTriples | Iterator[Triple]:
        """As Store.query. Our own parser reads the query first, over an empty store: what it refuses (extensions of
        an engine, pragmas, functions we do not know) is not passed on, and refusals are the same everywhere.

        Raises:
            SyntaxError, ValueError: as Store.query.
            NotEvaluated, Unreachable, TooSlow, RemoteError: what the engine has to say.
        """
        form = self._form(query, base_iri)
        dataset = [("default-graph-uri", node.value) for node in default_graph]
        dataset += [("named-graph-uri", node.value) for node in named_graphs]
        prologue, text, parameters = self._prepared(query, dataset, union=use_default_graph_as_union)
        text = prologue + based(text, base_iri)
        stream = self._ask(text, parameters, STATEMENTS if form is QueryTriples else RESULTS)
        if form is QueryTriples:
            return (quad.triple for quad in parse(_file(stream), RdfFormat.N_TRIPLES, lenient=True))
        try:
            results = parse_query_results(_file(stream), QueryResultsFormat.JSON)
            return _truth(results) if form is QueryBoolean else results
        except (SyntaxError, ValueError, OSError):
            raise stream.failure or Unreachable(_UNREADABLE) from None

    def _form(self, query: str, base_iri: str | None) -> type:
        """What a query gives, once our own parser has taken it and knows its functions."""
        return type(self._empty.query(query, base_iri=base_iri))

    def _ask(self, text: str, parameters: list[tuple[str, str]], accept: str) -> _Stream:
        dialect = self._connection.dialect
        if dialect.timeout_ms:
            parameters.append((dialect.timeout_ms, str(round((self._seconds + _GRACE) * 1000))))
        self.close()
        response = self._connection.ask(text, accept, parameters, seconds=self._seconds + _GRACE)
        self._stream = _Stream(response, dialect)
        if self._term:
            self._check_mark()
        if response.headers.get("X-SQL-State") == _INTERRUPTED:
            raise TooSlow(_LATE)
        most = response.headers.get("X-SPARQL-MaxRows", "")
        self.most_rows = max(1, int(most) - 1) if most.isdigit() else None
        return self._stream

    def _check_mark(self) -> None:
        """Look, once there is an answer, whether it comes from what we know: a millisecond or two."""
        mark = read_mark(self._connection)
        if mark is None or mark.position is None or mark.term != self._term:
            raise Unreachable("The SPARQL engine is being filled")

    def close(self) -> None:
        """Give up what has not been read of the last answer."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _prepared(
        self, query: str, dataset: list[tuple[str, str]], *, union: bool
    ) -> tuple[str, str, list[tuple[str, str]]]:
        """Prologue, query, and the parameters that give it the dataset it would see in our own store."""
        dialect = self._connection.dialect
        bare = without_dataset(query)
        if dataset:
            return dialect.prologue, bare, dataset if dialect.own_default_graph else _complete(dataset)
        if bare != query:  # it names its dataset; Virtuoso takes all graphs for named when none is
            return dialect.prologue, query, [] if dialect.own_default_graph else [("named-graph-uri", _NOTHING)]
        hidden = self._hidden
        if union:
            if dialect.union is None:
                raise NotEvaluated("it cannot unite all graphs; name those you want")
            excluded = "" if dialect.own_default_graph else "".join(f"{_EXCLUDE} <{graph}> " for graph in hidden)
            return dialect.prologue + excluded, hiding(query, hidden), list(dialect.union)
        if dialect.own_default_graph:
            return dialect.prologue, hiding(query, hidden), []
        return dialect.prologue, hiding(query, [*hidden, self._catalogue]), [(_PARAMETERS[0], self._catalogue)]


class _Stream:
    """The body of an answer as pyoxigraph reads it: a file. Keeps what went wrong, which the parser would not tell."""

    def __init__(self, response: requests.Response, dialect: Dialect) -> None:
        self._response = response
        self._dialect = dialect
        self._lines = memoryview(b"")
        self._rest = b""
        self.failure: RemoteError | None = None

    def read(self, size: int = -1) -> bytes:
        """The next bytes, never more than ``size``; the parser reads in small pieces."""
        if not self._lines:
            self._lines = memoryview(self._more())
        piece = self._lines[:size] if size > 0 else self._lines
        self._lines = self._lines[len(piece) :]
        return bytes(piece)

    def _more(self) -> bytes:
        """What has come, in whole lines if the dialect wants to read them; nothing at the end."""
        piece = self._received()
        if self._dialect.keeps_literals:
            return piece
        found = [self._rest, piece]
        while piece and b"\n" not in piece:
            piece = self._received()
            found.append(piece)
        whole = b"".join(found)
        end = whole.rfind(b"\n") + 1 if piece else len(whole)
        self._rest = whole[end:]
        return self._dialect.decoded(whole[:end])

    def _received(self) -> bytes:
        try:
            piece: bytes = self._response.raw.read(_PIECE)
        except (urllib3.exceptions.TimeoutError, TimeoutError):
            self.failure = TooSlow(_LATE)
        except (OSError, urllib3.exceptions.HTTPError):
            self.failure = Unreachable("The SPARQL engine hung up in the middle of its answer")
        else:
            return piece
        raise OSError(str(self.failure)) from None

    def close(self) -> None:
        self._response.close()


def _file(stream: _Stream) -> IO[bytes]:
    """Of a file pyoxigraph needs no more than ``read``."""
    return cast(IO[bytes], stream)


def _complete(dataset: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A dataset in which what is not named is empty, where an engine would take everything instead."""
    named = {key for key, _ in dataset}
    return [*dataset, *((key, _NOTHING) for key in _PARAMETERS if key not in named)]


def _truth(results: QuerySolutions | QueryBoolean) -> QueryBoolean:
    """The answer to ASK, which Virtuoso gives as one row."""
    if isinstance(results, QuerySolutions):
        row = next(results, None)  # none at all where a condition failed
        text = b"true" if row is not None and getattr(row[0], "value", "") in ("1", "true") else b"false"
        results = parse_query_results(b'{"head":{},"boolean":%s}' % text, QueryResultsFormat.JSON)
    assert isinstance(results, QueryBoolean)
    return results
