"""One dataset as DCAT-AP describes it: what it is, whose it is, where to get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from registry.dcat.codes import (
    AVAILABLE,
    EU,
    FORMATS,
    GOVDATA,
    IANA,
    LANGUAGE,
    PUBLIC,
    THEMES,
    govdata_licence,
    licence_title,
)
from registry.dcat.manifest import DumpFile
from registry.terms import DCAT, DCATAP, DCATDE, DCT, FOAF, GEO, RDFS, SPDX, TYPE, XSD

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Box:
    """The extent of what lies in a dataset, in degrees WGS 84."""

    west: float
    south: float
    east: float
    north: float

    @property
    def wkt(self) -> str:
        w, s, e, n = self.west, self.south, self.east, self.north
        return f"POLYGON(({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))"


@dataclass(frozen=True)
class Live:
    """A way to get the dataset from the API, always as it is now."""

    name: str
    title: Texts
    access: str
    suffix: str
    download: str | None = None
    service: str | None = None
    conforms: str | None = None


@dataclass(frozen=True)
class Dataset:
    """What is said about one dataset. `licence` is an IRI, None where none is stated; times are UTC, ISO 8601."""

    iri: str
    identifier: str
    title: Texts
    description: Texts
    landing: str
    publisher: str
    publisher_name: str
    licence: str | None
    attribution: str | None
    frequency: str
    issued: str
    modified: str
    keywords: Mapping[str, Sequence[str]]
    provenance: Texts
    nuts: Sequence[str]
    districts: Sequence[str]
    box: Box | None
    dumps: Sequence[DumpFile]
    live: Sequence[Live]
    sources: Sequence[str] = field(default=())
    homepage: str | None = None


class Statements(list[ox.Triple]):
    """Triples, added one property at a time."""

    def say(self, subject: str, predicate: ox.NamedNode, *values: ox.NamedNode | ox.Literal) -> None:
        node = ox.NamedNode(subject)
        self.extend(ox.Triple(node, predicate, value) for value in values)

    def texts(self, subject: str, predicate: ox.NamedNode, texts: Texts) -> None:
        self.say(subject, predicate, *(ox.Literal(text, language=language) for language, text in texts.items()))

    def document(self, subject: str, predicate: ox.NamedNode, address: str) -> None:
        """A link to a page for people."""
        self.say(subject, predicate, ox.NamedNode(address))
        self.say(address, TYPE, FOAF["Document"])

    def standard(self, subject: str, address: str) -> None:
        """What the subject conforms to."""
        self.say(subject, DCT["conformsTo"], ox.NamedNode(address))
        self.say(address, TYPE, DCT["Standard"])

    def licence(self, subject: str, address: str) -> None:
        """The licence of the subject, by address and, where it has one, by the name that portals look for."""
        self.say(subject, DCT["license"], ox.NamedNode(address))
        self.say(address, TYPE, DCT["LicenseDocument"])
        if title := licence_title(address):
            self.say(address, DCT["title"], ox.Literal(title, language="en"))


def describe(dataset: Dataset, base: str, contributor: str, de: bool) -> Statements:
    """The triples of one dataset with its distributions and nested nodes; `de` adds what GovData asks for."""
    say = Statements()
    iri = dataset.iri
    say.say(iri, TYPE, DCAT["Dataset"])
    say.texts(iri, DCT["title"], dataset.title)
    say.texts(iri, DCT["description"], dataset.description)
    for language, words in dataset.keywords.items():
        say.say(iri, DCAT["keyword"], *(ox.Literal(word, language=language) for word in words))
    say.say(iri, DCT["identifier"], ox.Literal(dataset.identifier))
    say.say(iri, DCAT["contactPoint"], ox.NamedNode(f"{base}/catalog#contact"))
    say.say(iri, DCT["publisher"], ox.NamedNode(dataset.publisher))
    agent(say, dataset.publisher, dataset.publisher_name, dataset.homepage)
    say.say(iri, DCAT["theme"], *map(ox.NamedNode, THEMES))
    say.say(iri, DCT["language"], ox.NamedNode(LANGUAGE))
    say.say(iri, DCT["accessRights"], ox.NamedNode(PUBLIC))
    say.say(iri, DCT["accrualPeriodicity"], ox.NamedNode(dataset.frequency))
    say.say(iri, DCT["issued"], moment(dataset.issued))
    say.say(iri, DCT["modified"], moment(dataset.modified))
    say.document(iri, DCAT["landingPage"], dataset.landing)
    say.say(iri, DCT["source"], *map(ox.NamedNode, dataset.sources))
    _space_and_time(say, dataset)
    say.say(iri, DCT["provenance"], ox.NamedNode(f"{iri}#provenance"))
    say.say(f"{iri}#provenance", TYPE, DCT["ProvenanceStatement"])
    say.texts(f"{iri}#provenance", RDFS["label"], dataset.provenance)
    if de:
        _german(say, dataset, contributor)
    for file in dataset.dumps:
        _dump(say, dataset, file, base, de)
    for one in dataset.live:
        _live(say, dataset, one, de)
    return say


def agent(say: Statements, iri: str, name: str, homepage: str | None) -> None:
    """Whoever publishes something."""
    say.say(iri, TYPE, FOAF["Agent"])
    say.say(iri, FOAF["name"], ox.Literal(name))
    if homepage:
        say.document(iri, FOAF["homepage"], homepage)


def moment(text: str) -> ox.Literal:
    return ox.Literal(text, datatype=XSD["dateTime"])


def _space_and_time(say: Statements, dataset: Dataset) -> None:
    for code in dataset.nuts:
        place = f"http://data.europa.eu/nuts/code/{code}"
        say.say(dataset.iri, DCT["spatial"], ox.NamedNode(place))
        say.say(place, TYPE, DCT["Location"])
    if dataset.box:
        area = f"{dataset.iri}#area"
        say.say(dataset.iri, DCT["spatial"], ox.NamedNode(area))
        say.say(area, TYPE, DCT["Location"])
        say.say(area, DCAT["bbox"], ox.Literal(dataset.box.wkt, datatype=GEO["wktLiteral"]))
    period = f"{dataset.iri}#period"
    say.say(dataset.iri, DCT["temporal"], ox.NamedNode(period))
    say.say(period, TYPE, DCT["PeriodOfTime"])
    say.say(period, DCAT["startDate"], ox.Literal(dataset.issued[:10], datatype=XSD["date"]))


def _german(say: Statements, dataset: Dataset, contributor: str) -> None:
    if contributor:
        say.say(dataset.iri, DCATDE["contributorID"], ox.NamedNode(f"{GOVDATA}contributors/{contributor}"))
    level = f"{GOVDATA}politicalGeocoding/Level/administrativeDistrict"
    say.say(dataset.iri, DCATDE["politicalGeocodingLevelURI"], ox.NamedNode(level))
    for ags in dataset.districts:
        key = f"{GOVDATA}politicalGeocoding/districtKey/{ags}"
        say.say(dataset.iri, DCATDE["politicalGeocodingURI"], ox.NamedNode(key))
    say.say(dataset.iri, DCATAP["availability"], ox.NamedNode(AVAILABLE))


def _distribution(say: Statements, dataset: Dataset, iri: str, suffix: str, de: bool) -> None:
    media, file_type = FORMATS[suffix]
    say.say(dataset.iri, DCAT["distribution"], ox.NamedNode(iri))
    say.say(iri, TYPE, DCAT["Distribution"])
    say.say(iri, DCT["format"], ox.NamedNode(f"{EU}file-type/{file_type}"))
    say.say(iri, DCAT["mediaType"], ox.NamedNode(IANA + media))
    say.say(iri, DCATAP["availability"], ox.NamedNode(AVAILABLE))
    say.say(iri, DCT["language"], ox.NamedNode(LANGUAGE))
    if de:
        say.say(iri, DCT["license"], ox.NamedNode(govdata_licence(dataset.licence)))
        if dataset.attribution:
            say.say(iri, DCATDE["licenseAttributionByText"], ox.Literal(dataset.attribution, language="de"))
    elif dataset.licence:
        say.licence(iri, dataset.licence)
    else:
        say.say(iri, DCT["rights"], ox.NamedNode(f"{dataset.iri}#rights"))
        say.say(f"{dataset.iri}#rights", TYPE, DCT["RightsStatement"])
        say.texts(f"{dataset.iri}#rights", RDFS["label"], NO_LICENCE)


SHA256 = "https://spdx.org/rdf/terms#checksumAlgorithm_sha256"
"""With https, as the shapes of DCAT-AP 3.0.1 want it, though the namespace itself is http."""

NO_LICENCE = {
    "de": "Die Quelle nennt keine Lizenz. Veröffentlicht sind nur Tatsachen: alles außer Texten und Bildern.",
    "en": "The source states no licence. Only facts are published: everything but texts and pictures.",
}


def _dump(say: Statements, dataset: Dataset, file: DumpFile, base: str, de: bool) -> None:
    iri = f"{dataset.iri}#dump-{file.suffix}"
    _distribution(say, dataset, iri, file.suffix, de)
    address = ox.NamedNode(f"{base}/dump/{file.name}")
    say.texts(iri, DCT["title"], {"de": f"Abzug als {file.name}", "en": f"Dump as {file.name}"})
    say.say(iri, DCAT["accessURL"], address)
    say.say(iri, DCAT["downloadURL"], address)
    say.say(iri, DCAT["compressFormat"], ox.NamedNode(f"{IANA}application/gzip"))
    say.say(iri, DCAT["byteSize"], ox.Literal(str(file.size), datatype=XSD["nonNegativeInteger"]))
    say.say(iri, DCT["issued"], moment(dataset.issued))
    say.say(iri, DCT["modified"], moment(file.modified))
    checksum = f"{iri}-checksum"
    say.say(iri, SPDX["checksum"], ox.NamedNode(checksum))
    say.say(checksum, TYPE, SPDX["Checksum"])
    say.say(checksum, SPDX["algorithm"], ox.NamedNode(SHA256))
    say.say(SHA256, TYPE, SPDX["ChecksumAlgorithm"])
    say.say(checksum, SPDX["checksumValue"], ox.Literal(file.sha256, datatype=XSD["hexBinary"]))


def _live(say: Statements, dataset: Dataset, live: Live, de: bool) -> None:
    iri = f"{dataset.iri}#{live.name}"
    _distribution(say, dataset, iri, live.suffix, de)
    say.texts(iri, DCT["title"], live.title)
    say.say(iri, DCAT["accessURL"], ox.NamedNode(live.access))
    if live.download:
        say.say(iri, DCAT["downloadURL"], ox.NamedNode(live.download))
    if live.service:
        say.say(iri, DCAT["accessService"], ox.NamedNode(live.service))
    if live.conforms:
        say.standard(iri, live.conforms)
    say.say(iri, DCT["issued"], moment(dataset.issued))
    say.say(iri, DCT["modified"], moment(dataset.modified))
