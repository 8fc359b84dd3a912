"""Read records from a SPARQL endpoint: one SELECT, in pages, its rows gathered by the value of one variable."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from SPARQLWrapper import JSON, POST, SPARQLWrapper

from harvesters.fetch import BadContent, Fetcher, Response
from harvesters.readers.options import Options
from harvesters.reading import Context, Item, RawRecord, SourceFailed, Unreadable


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """One raw record per value of the key variable.

    Data: every variable of the query → list of its different values as text, in a fixed order; unbound ones are absent.

    Options:
        url: address of the endpoint.
        query: a SELECT; with `size` it must order its rows by the key, or the pages would not fit together.
        key: the variable that tells the records apart; `cut`: text cut from the beginning of its values.
        page: the variable that holds the address of the record's page; the key's own value unless given.
        modified: the variable with the modification date.
        size: rows per page (LIMIT and OFFSET are added); 0: all at once. max_pages: more is no result but a loop.
    """
    settings = Options("sparql", options)
    url = settings.needed("url", "the address of the endpoint")
    query = settings.needed("query", "the SELECT to be asked")
    key, cut = settings.needed("key", "the variable that tells the records apart"), settings.text("cut", "") or ""
    page, modified = settings.text("page", key) or key, settings.text("modified")
    size, max_pages = settings.whole("size", 0, least=0), settings.whole("max_pages", 200)
    settings.done()
    gathered: dict[str, dict[str, list[str]]] = {}
    for row in _rows(_Endpoint(url, context.fetch), query, size, max_pages):
        values = {name: term["value"] for name, term in row.items() if isinstance(term, Mapping) and "value" in term}
        if not values.get(key):
            yield Unreadable(
                None, f"a row has no value for ?{key}", str(row)[:200], f"eine Zeile hat keinen Wert für ?{key}"
            )
            continue
        record = gathered.setdefault(values[key], {})
        for name, value in values.items():
            if value not in (known := record.setdefault(name, [])):
                known.append(value)
    context.notes(f"{len(gathered)} records from {url}")
    for identity, record in gathered.items():
        data = {name: sorted(known) for name, known in record.items()}
        address = data.get(page, [None])[0]
        web = address if address and address.startswith(("http://", "https://")) else None
        yield RawRecord(
            identity.removeprefix(cut), data, page=web, modified=max(data[modified]) if modified in data else None
        )


class _Endpoint(SPARQLWrapper):
    """SPARQLWrapper, asking through our fetcher: polite, limited, and never into a private network."""

    def __init__(self, url: str, fetch: Fetcher) -> None:
        super().__init__(url, returnFormat=JSON)
        self.fetch = fetch
        self.setMethod(POST)  # a long query would not fit into an address

    def _query(self) -> tuple[Any, str]:
        request = self._createRequest()
        sent = {"Content-Type": str(request.get_header("Content-type"))}
        body = request.data if isinstance(request.data, bytes) else b""
        response = self.fetch.post(request.full_url, data=body, headers=sent, accept=self._getAcceptHeader())
        if "json" not in response.media_type:  # anything else SPARQLWrapper would parse in its own way, XML bombs too
            raise BadContent(
                request.full_url, f"answered {response.media_type or 'something'} instead of JSON results."
            )
        return _Answer(response), self.returnFormat


class _Answer(io.BytesIO):
    """A response as SPARQLWrapper wants it: a file with headers."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.content)
        self.response = response

    def info(self) -> Mapping[str, str]:
        return self.response.headers


def _rows(endpoint: _Endpoint, query: str, size: int, max_pages: int) -> Iterator[Mapping[str, Any]]:
    earlier: list[Any] = []
    for number in range(max_pages):
        endpoint.setQuery(f"{query}\nLIMIT {size} OFFSET {number * size}" if size else query)
        try:
            answer = endpoint.queryAndConvert()
        except (ValueError, TypeError, RecursionError) as error:  # a time-out may cut off an answer that began with 200
            raise BadContent(endpoint.endpoint, f"answered broken JSON ({error}); the result is incomplete.") from None
        rows = answer.get("results", {}).get("bindings") if isinstance(answer, Mapping) else None
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise SourceFailed(f"{endpoint.endpoint} did not answer with rows of a SELECT")
        if rows and rows == earlier:
            raise SourceFailed(f"{endpoint.endpoint} gives the same page again; it seems to ignore OFFSET")
        yield from rows
        if not size or len(rows) < size:
            return
        earlier = rows
    raise SourceFailed(f"{endpoint.endpoint} still has rows after {max_pages} pages of {size}")
