"""The readers by name: each turns one kind of source into raw records.

A reader is one file with one function `read(options, context)`; `options` is the `[read]` table of
`source.toml` without `reader`. A reader is imported when it is first asked for, so that a broken or heavy
one costs nobody else anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from harvesters.reading import Reader

# name in source.toml → module that has `read`
_MODULES = {
    "csv": "harvesters.readers.csv",
    "dcat": "harvesters.readers.dcat",
    "feed": "harvesters.readers.feed",
    "first-of": "harvesters.readers.first_of",
    "geojson": "harvesters.readers.geojson",
    "json": "harvesters.readers.json",
    "openfairdb": "harvesters.readers.openfairdb",
    "overpass": "harvesters.readers.overpass",
    "push": "harvesters.readers.push",
    "rdf": "harvesters.readers.rdf",
    "records-file": "harvesters.readers.records_file",
    "script-json": "harvesters.readers.script_json",
    "sitemap-html": "harvesters.readers.sitemap_html",
    "spaceapi": "harvesters.readers.spaceapi",
    "sparql": "harvesters.readers.sparql",
    "wordpress": "harvesters.readers.wordpress",
}


class _Readers(Mapping[str, Reader]):
    def __getitem__(self, name: str) -> Reader:
        reader: Reader = import_module(_MODULES[name]).read
        return reader

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


READERS: Mapping[str, Reader] = _Readers()
