"""A DCAT catalogue: its datasets, described in it or behind their own addresses, and their distributions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import pyoxigraph as ox

from harvesters.readers.rdf_documents import Documents
from harvesters.readers.resources import Resources
from harvesters.reading import Partial, SourceFailed
from harvesters.web_address import is_web_address

DCAT = "http://www.w3.org/ns/dcat#"
DCT = "http://purl.org/dc/terms/"
_HYDRA = "http://www.w3.org/ns/hydra/core#"
_LABELS = (
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#value",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    f"{DCT}identifier",
)
_MEMBERS = (f"{DCAT}dataset", f"{DCAT}service", f"{DCAT}catalog", f"{DCAT}resource", f"{_HYDRA}member")
_CLASSES = [f"{DCAT}{name}" for name in ("Dataset", "DatasetSeries", "DataService")]

_MOST_FOLLOWED = 200
"""Descriptions of single datasets and distributions that are fetched besides the catalogue itself."""


@dataclass(frozen=True)
class Distribution:
    """What is to be fetched, and what the catalogue says of it.

    `page` and `identifier` are the dataset's: the address for people, and what tells it from the others.
    """

    address: str
    page: str | None
    licence: str | None
    identifier: str


@dataclass
class Catalogue:
    """A catalogue as far as it was read; `doubts` say what may be missing from it."""

    documents: Documents
    resources: Resources
    doubts: list[str] = field(default_factory=list)
    _followed: set[str] = field(default_factory=set)

    def read(self) -> Iterator[Partial]:
        """Read every page; a `Partial` where the catalogue says it has more than it shows."""
        yield from self.documents.into(self.resources)
        if not self.datasets():
            raise SourceFailed(f"{self.start} lists no dcat:Dataset")
        members = {
            *self.resources.of_types(_CLASSES),
            *(one for place in _MEMBERS for one in self.resources.objects(place)),
        }
        claimed = max((_count(text) for text in self.resources.texts(f"{_HYDRA}totalItems")), default=0)
        if len(members) < claimed:
            yield Partial(f"{self.start} says it has {claimed} entries, but shows {len(members)}")

    @property
    def start(self) -> str:
        return self.documents.location.start

    def datasets(self) -> list[str]:
        """IRIs of all datasets that are described or listed, in order."""
        return sorted({*self.resources.of_types([f"{DCAT}Dataset"]), *self.resources.objects(f"{DCAT}dataset")})

    def chosen(self, wanted: Sequence[str], title: re.Pattern[str] | None) -> list[str]:
        """The datasets with these IRIs, or with such a title, or all. Raises SourceFailed when one is not there."""
        there = self.datasets()
        if wanted:
            if missing := sorted(set(wanted) - set(there)):
                shown = ", ".join(there[:3]) + (" …" if len(there) > 3 else "")
                raise SourceFailed(f"{self.start} has no dataset {missing[0]}; it has {shown}")
            return sorted(set(wanted))
        if title is None:
            return there
        chosen = []
        for dataset in there:
            try:
                self.describe(dataset)
            except SourceFailed as failure:
                self.doubts.append(str(failure))
            if any(map(title.search, self.texts(dataset, f"{DCT}title"))):
                chosen.append(dataset)
        if not chosen:
            raise SourceFailed(f"none of the {len(there)} datasets of {self.start} has a title like '{title.pattern}'")
        return chosen

    def distribution(self, dataset: str, kinds: Sequence[str], title: re.Pattern[str] | None) -> Distribution | None:
        """The dataset's distribution of the kind wanted most; None when it has none of these kinds.

        Raises SourceFailed when several would do equally well: a guess could change with every reading.
        """
        self.describe(dataset)
        ranked: dict[int, dict[str, str]] = {}
        for node in self.nodes(dataset, f"{DCAT}distribution"):
            self.describe(node)
            address = self.address(node)
            stated = self.kinds(node, address or "")
            fitting = [rank for rank, kind in enumerate(kinds) if kind in stated]
            titled = title is None or any(map(title.search, self.texts(node, f"{DCT}title")))
            packed = self.nodes(node, f"{DCAT}compressFormat") or self.nodes(node, f"{DCAT}packageFormat")
            if address and fitting and titled and not packed:
                ranked.setdefault(min(fitting), {})[address] = node
        if not ranked:
            return None
        best = ranked[min(ranked)]
        if len(best) > 1:
            shown = ", ".join(sorted(best)[:3])
            raise SourceFailed(
                f"dataset {dataset} has {len(best)} such distributions ({shown}); set distribution_title"
            )
        ((address, node),) = best.items()
        page = next(iter(self.web(dataset, f"{DCAT}landingPage")), dataset if is_web_address(dataset) else None)
        licences = [*self.web(node, f"{DCT}license"), *self.web(dataset, f"{DCT}license")]
        name = next(iter(self.texts(dataset, f"{DCT}identifier")), re.split(r"[/#]", dataset.rstrip("/#"))[-1])
        return Distribution(address, page, next(iter(licences), None), name)

    def describe(self, node: str) -> None:
        """See that a thing is described: the catalogue may only link to it."""
        if self.resources.statements(node) or not is_web_address(node) or node in self._followed:
            return
        if len(self._followed) >= _MOST_FOLLOWED:
            raise SourceFailed(
                f"{self.start} describes more than {_MOST_FOLLOWED} things elsewhere; {node} was not read"
            )
        self._followed.add(node)
        self.documents.also(node, self.resources, self.documents.max_pages + len(self._followed))
        if not self.resources.statements(node):
            raise SourceFailed(f"{node} is listed by {self.start}, but does not describe itself")

    def address(self, node: str) -> str | None:
        """Where a distribution is downloaded."""
        for place in (f"{DCAT}downloadURL", f"{DCAT}accessURL"):
            if found := self.texts(node, place):
                return urljoin(self.documents.location.url or "", found[0])
        return None

    def kinds(self, node: str, address: str) -> set[str]:
        """Media types and formats that a distribution states, else the ending of its address."""
        stated = set()
        for place in (f"{DCAT}mediaType", f"{DCT}format"):
            stated.update(self.texts(node, place))
            for kind in self.nodes(node, place):
                stated.update(text for label in _LABELS for text in self.texts(kind, label))
        return {folded(kind) for kind in stated} or {urlsplit(address).path.lower().rpartition(".")[2]}

    def nodes(self, node: str, predicate: str) -> list[str]:
        """The resources that a resource has as this property, as `Resources` names them."""
        values = self.resources.statements(node).get(predicate, ())
        return sorted(
            f"_:{value.value}" if isinstance(value, ox.BlankNode) else value.value
            for value in values
            if not isinstance(value, ox.Literal)
        )

    def texts(self, node: str, predicate: str) -> list[str]:
        """The texts and IRIs that a resource has as this property, in order."""
        values = self.resources.statements(node).get(predicate, ())
        return sorted(value.value for value in values if not isinstance(value, ox.BlankNode))

    def web(self, node: str, predicate: str) -> list[str]:
        return [text for text in self.texts(node, predicate) if is_web_address(text)]


def folded(kind: str) -> str:
    """One spelling of a media type or format: `text/csv`, `csv`, whether as a text or as an IRI of IANA or the EU."""
    text = kind.partition(";")[0].strip().lower()
    if "media-types/" in text:
        return text.rpartition("media-types/")[2]
    return re.split(r"[/#]", text)[-1] if "://" in text else text


def _count(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 0
