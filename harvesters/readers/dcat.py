"""Read the data that a DCAT catalogue leads to: choose datasets, choose a distribution of each, read its records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urldefrag

from harvesters.readers.dcat_catalogue import Catalogue, Distribution, folded
from harvesters.readers.options import Options
from harvesters.readers.rdf_documents import Documents
from harvesters.readers.resources import Resources
from harvesters.reading import Context, Item, Partial, RawRecord, SourceFailed, Unreadable, Withdrawn

HYDRA = "http://www.w3.org/ns/hydra/core#"

NEXT = (f"{HYDRA}next", f"{HYDRA}nextPage", "header:Link")
"""How catalogues link to their next page: Hydra as it is, Hydra as it was (CKAN), and HTTP."""

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

READS: Mapping[str, tuple[str, ...]] = {
    "csv": ("text/csv", "csv", "text/tab-separated-values", "tsv", _XLSX, "xlsx"),
    "json": ("application/json", "json"),
    "geojson": ("application/geo+json", "application/vnd.geo+json", "geojson"),
    "rdf": (
        *("application/n-triples", "rdf_n_triples", "nt", "text/turtle", "rdf_turtle", "turtle", "ttl"),
        *("application/n-quads", "rdf_n_quads", "application/trig", "rdf_trig"),
        *("application/ld+json", "json_ld", "jsonld", "application/rdf+xml", "rdf_xml", "rdf"),
    ),
}
"""Readers of distributions, and the media types and formats that each one takes, the one wanted most first."""


def read(options: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """The records of one distribution of each chosen dataset, as the reader of the distribution makes them.

    A record has the distribution's licence, else the dataset's, where it states none itself. Where its page would be
    the download, it is the dataset's page: addresses of downloads change with every version.

    Options:
        url or file, headers, robots, syntax, base, contexts, max_pages: the catalogue, as of the reader `rdf`; its
            pages are followed by Hydra or by the Link header.
        dataset: IRIs of the datasets; or title: regular expression searched in their titles; without either all.
        media_type, format: what a distribution must state, the one wanted most first, such as `text/csv` or `CSV`;
            whatever suits the reader unless given.
        distribution_title: regular expression searched in the titles of distributions.
        prefix: true puts the dataset's identifier before each key, where keys of several datasets would collide.
        distribution: table with `reader` (csv, json, geojson or rdf) and the options of that reader but `url`.
    """
    settings = Options("dcat", options)
    wanted = _Wanted.of(settings)
    documents = Documents.of(settings, context, next=NEXT)
    settings.done()
    catalogue = Catalogue(documents, Resources())
    yield from catalogue.read()
    chosen = catalogue.chosen(wanted.datasets, wanted.title)
    context.notes(f"{len(chosen)} datasets of {catalogue.start} are wanted")
    failures: list[SourceFailed] = []
    finished = 0
    for dataset in chosen:
        try:
            distribution = catalogue.distribution(dataset, wanted.kinds, wanted.distribution_title)
            if distribution is None:
                lacking = f"dataset {dataset} has no distribution as {' or '.join(wanted.kinds[:3])}"
                if wanted.datasets:
                    raise SourceFailed(lacking)
                context.notes(lacking)
                continue
            yield from _records(distribution, wanted, context)
            finished += 1
        except SourceFailed as failure:  # the other datasets are read all the same
            failures.append(failure)
    if not finished:
        lacking = f"no dataset of {catalogue.start} has a distribution as {' or '.join(wanted.kinds[:3])}"
        raise failures[0] if failures else SourceFailed(lacking)
    for doubt in [*catalogue.doubts, *map(str, failures)]:
        yield Partial(doubt)


@dataclass(frozen=True)
class _Wanted:
    """Which datasets, which distribution of each, and how it is read."""

    datasets: tuple[str, ...]
    title: re.Pattern[str] | None
    kinds: tuple[str, ...]
    distribution_title: re.Pattern[str] | None
    prefix: bool
    reader: str
    options: Mapping[str, Any]

    @classmethod
    def of(cls, settings: Options) -> _Wanted:
        options = dict(settings.mapping("distribution"))
        reader = options.pop("reader", None)
        if reader not in READS:
            raise settings.wrong("distribution", f'needs reader = "…", one of {", ".join(READS)}')
        stated = (*settings.texts("media_type"), *settings.texts("format"))
        return cls(
            datasets=settings.texts("dataset"),
            title=_pattern(settings, "title"),
            kinds=tuple(map(folded, stated)) or READS[reader],
            distribution_title=_pattern(settings, "distribution_title"),
            prefix=settings.flag("prefix", False),
            reader=reader,
            options=options,
        )


def _records(distribution: Distribution, wanted: _Wanted, context: Context) -> Iterator[Item]:
    from harvesters.readers import READERS

    context.notes(f"reading {distribution.address}")
    before = f"{distribution.identifier}/" if wanted.prefix else ""
    for item in READERS[wanted.reader]({**wanted.options, "url": distribution.address}, context):
        match item:
            case RawRecord():
                licence = item.licence or distribution.licence
                yield replace(item, key=before + item.key, page=_page(item.page, distribution), licence=licence)
            case Withdrawn(key):
                yield Withdrawn(before + key)
            case Unreadable(key):
                yield item if key is None else replace(item, key=before + key)
            case Partial():
                yield item


def _page(page: str | None, distribution: Distribution) -> str | None:
    """The record's own page; for a place in the download, the dataset's page with what says which place."""
    address, place = urldefrag(page or "")
    if address and address != urldefrag(distribution.address).url:
        return page
    lasting = distribution.page or page
    return f"{urldefrag(lasting).url}#{place}" if lasting and place else lasting


def _pattern(settings: Options, name: str) -> re.Pattern[str] | None:
    text = settings.text(name)
    try:
        return re.compile(text, re.IGNORECASE) if text else None
    except re.error as error:
        raise settings.wrong(name, f"is not a regular expression: {error}") from None
