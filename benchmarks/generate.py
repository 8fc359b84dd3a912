"""A realistic catalogue of any size, the same for the same seed, written straight into a ledger.

``python -m benchmarks.generate DATA 10000`` makes a data directory that `orte --data DATA serve` serves. Every
tenth site is listed by two sources; the ledger is what harvests would have left: records, entities, log and digests,
and what is published of them: comparisons, search, inferences and coverage. Otherwise a server that starts over it
would be busy with that.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harvesters.gazetteer import Gazetteer
from registry.identity.assign import slug
from registry.ledger import Ledger, runs
from registry.ledger.activities import pack
from registry.publishing import publish
from registry.record import shift
from registry.terms import CONCEPT, DCT, FOAF, GEO, ORTE, PROV, REGION, SCHEMA, TYPE, XSD

BASE = "http://127.0.0.1:8000"
NOW = "2026-11-01T12:00:00Z"
SOURCES = tuple(f"quelle-{number}" for number in range(10))
_LICENCES = ("https://creativecommons.org/publicdomain/zero/1.0/", "https://creativecommons.org/licenses/by/4.0/")
_DISTRICTS = {  # AGS: centre in degrees
    "14713": (51.34, 12.38),
    "14729": (51.20, 12.60),
    "14730": (51.50, 12.90),
    "15002": (51.48, 11.97),
    "15082": (51.72, 12.20),
    "15084": (51.05, 11.90),
    "15087": (51.50, 11.50),
    "15088": (51.35, 11.85),
    "16077": (50.98, 12.43),
}
_TOWNS = (
    "Grimma", "Wurzen", "Borna", "Zeitz", "Naumburg", "Weißenfels", "Merseburg", "Köthen", "Bitterfeld", "Torgau",
    "Altenburg", "Schmölln", "Eisleben", "Sangerhausen", "Delitzsch", "Oschatz", "Leipzig", "Halle",
)  # fmt: skip
_FIRST = ("Alte", "Neue", "Kleine", "Offene", "Grüne", "Gläserne", "Rote", "Weite")
_SECOND = (
    "Mühle", "Holzwerkstatt", "Gründerscheune", "Ideenfabrik", "Bahnhof", "Gießerei", "Schule", "Brauerei",
    "Dorfwerkstatt", "Käserei", "Spinnerei", "Molkerei", "Kreativwerkstatt", "Druckerei", "Schmiede",
)  # fmt: skip
_WORDS = (
    "Werkstatt", "Raum", "Dorf", "Arbeit", "Schreibtisch", "Garten", "Küche", "Gemeinschaft", "Gründung", "Handwerk",
    "Kultur", "Musik", "Holz", "Metall", "Kinder", "Bibliothek", "Veranstaltung", "Beratung", "Internet", "Drucker",
    "Café", "Laden", "Markt", "Verein", "Netzwerk",
)  # fmt: skip
_PHASES = ("operating",) * 6 + ("start-up", "building", "idea", "closed")
_THEMES = ("creative-industries", "digitalisation", "crafts", "food-agriculture", "education", "culture", "tourism")
_AUDIENCES = ("freelancers", "founders", "families", "commuters", "artists", "citizens", "associations")
_KINDS = ("desk", "meeting-room", "wood", "metal", "childcare", "event-space", "gastronomy", "3d-printing", "parcel")

Pairs = list[tuple[str, str, str]]


@dataclass
class _Thing:
    """One entity and the records it is made of: source, key, and what they say as (subject, predicate, object)."""

    kind: str
    name: str
    records: list[tuple[str, str, Pairs]]
    iri: str = ""
    links: list[tuple[str, _Thing]] = field(default_factory=list)
    overruled: set[tuple[str, str, str]] = field(default_factory=set)  # what a source of better rank says otherwise


def catalogue(ledger: Ledger, sites: int, seed: int = 1) -> int:
    """Fill an empty ledger with so many sites, their services, operators and networks; returns the entities."""
    dice = random.Random(seed)
    with ledger.transaction():
        for rank, source in enumerate(SOURCES):
            title = {"de": f"Quelle {rank}", "en": f"Source {rank}"}
            description = {"title": title, "homepage": f"https://{source}.example/", "publisher": f"Verein {rank}",
                           "licence": _LICENCES[rank % 2], "rank": 10 + rank}  # fmt: skip
            runs.describe(ledger.db, source, description)
            runs.begin(ledger.db, source, NOW)
        writer = _Writer(ledger)
        for thing in _things(dice, sites):
            writer.write(thing)
        writer.finish()
    return writer.entities


def _things(dice: random.Random, sites: int) -> Iterator[_Thing]:
    networks = [_network(dice, number) for number in range(max(8, sites // 500))]
    yield from networks
    operators: list[_Thing] = []
    for number in range(sites):
        if number % 10 == 0:
            operators.append(_operator(dice, number // 10))
            yield operators[-1]
        kinds = ("desk", "childcare") if number % 25 == 0 else (dice.choice(_KINDS),) if number % 5 == 0 else ()
        services = [_service(dice, number, kind) for kind in kinds]
        yield from services
        members = dice.sample(networks, 2 if number % 6 == 0 else 1)
        yield _site(dice, number, members, dice.choice(operators), services)


def _network(dice: random.Random, number: int) -> _Thing:
    name = f"Netzwerk {dice.choice(_SECOND)} {number}"
    ended = number % 7 == 3
    pairs = [
        ("", TYPE.value, f"<{ORTE}Network>"),
        ("", SCHEMA["name"].value, _text(name)),
        ("", SCHEMA["startDate"].value, f'"{2005 + number % 18}"^^<{XSD}gYear>'),
        ("", ORTE["status"].value, f"<{CONCEPT}status/{'ended' if ended else 'active'}>"),
    ]
    if ended:
        pairs.append(("", SCHEMA["endDate"].value, f'"2023"^^<{XSD}gYear>'))
    return _Thing("network", name, [(SOURCES[number % 10], f"netz-{number}", pairs)])


def _operator(dice: random.Random, number: int) -> _Thing:
    name = f"{dice.choice(_TOWNS)}er {dice.choice(_WORDS)}verein {number} e. V."
    kind = ("civil-society", "municipal", "company", "university")[number % 4]
    pairs = [
        ("", TYPE.value, f"<{ORTE}Organisation>"),
        ("", SCHEMA["name"].value, _text(name)),
        ("", ORTE["organisationKind"].value, f"<{CONCEPT}organisation/{kind}>"),
        ("", SCHEMA["url"].value, f"<https://traeger-{number}.example/>"),
    ]
    return _Thing("organisation", name, [(SOURCES[number % 10], f"traeger-{number}", pairs)])


def _service(dice: random.Random, number: int, kind: str) -> _Thing:
    name = f"Angebot {kind} {number}"
    pairs = [
        ("", TYPE.value, f"<{ORTE}Service>"),
        ("", SCHEMA["name"].value, _text(name)),
        ("", ORTE["serviceKind"].value, f"<{CONCEPT}service/{kind}>"),
        ("", SCHEMA["offers"].value, "#offer"),
        ("#offer", TYPE.value, f"<{SCHEMA}Offer>"),
        ("#offer", SCHEMA["price"].value, f'"{dice.randrange(5, 40)}.00"^^<{XSD}decimal>'),
        ("#offer", SCHEMA["priceCurrency"].value, '"EUR"'),
    ]
    return _Thing("service", name, [(SOURCES[number % 10], f"ort-{number}/service/{kind}", pairs)])


def _site(dice: random.Random, number: int, networks: list[_Thing], operator: _Thing, services: list[_Thing]) -> _Thing:
    name = f"{dice.choice(_FIRST)} {dice.choice(_SECOND)} {dice.choice(_TOWNS)} {number}"
    ags, (latitude, longitude) = dice.choice(list(_DISTRICTS.items()))
    latitude, longitude = round(dice.gauss(latitude, 0.12), 6), round(dice.gauss(longitude, 0.18), 6)
    town = dice.choice(_TOWNS)
    themes, audiences = (sorted(set(dice.choices(one, k=2))) for one in (_THEMES, _AUDIENCES))
    pairs = [
        ("", TYPE.value, f"<{ORTE}{'InnovationSite' if number % 8 == 0 else 'CooperationSite'}>"),
        ("", SCHEMA["name"].value, _text(name)),
        ("", SCHEMA["description"].value, _text(" ".join(dice.choices(_WORDS, k=40)) + ".")),
        ("", SCHEMA["abstract"].value, _text(" ".join(dice.choices(_WORDS, k=8)) + ".")),
        ("", SCHEMA["url"].value, f"<https://ort-{number}.example/>"),
        ("", SCHEMA["telephone"].value, f'"+49 341 {1000000 + number}"'),
        ("", SCHEMA["email"].value, f'"info@ort-{number}.example"'),
        ("", SCHEMA["openingHours"].value, '"Mo-Fr 08:00-18:00; Sa 10:00-14:00"'),
        ("", ORTE["region"].value, f"<{REGION}{ags}>"),
        ("", ORTE["phase"].value, f"<{CONCEPT}phase/{dice.choice(_PHASES)}>"),
        ("", ORTE["presence"].value, f"<{CONCEPT}presence/physical>"),
        *(("", ORTE["theme"].value, f"<{CONCEPT}theme/{theme}>") for theme in themes),
        *(("", ORTE["audience"].value, f"<{CONCEPT}audience/{one}>") for one in audiences),
        ("", SCHEMA["address"].value, "#address"),
        ("#address", TYPE.value, f"<{SCHEMA}PostalAddress>"),
        ("#address", SCHEMA["streetAddress"].value, f'"Hauptstraße {number % 200 + 1}"'),
        ("#address", SCHEMA["postalCode"].value, f'"0{4000 + number % 900}"'),
        ("#address", SCHEMA["addressLocality"].value, f'"{town}"'),
        ("#address", SCHEMA["addressCountry"].value, '"DE"'),
        ("", SCHEMA["geo"].value, "#geo"),
        ("#geo", TYPE.value, f"<{SCHEMA}GeoCoordinates>"),
        ("#geo", SCHEMA["latitude"].value, f'"{latitude}"^^<{XSD}decimal>'),
        ("#geo", SCHEMA["longitude"].value, f'"{longitude}"^^<{XSD}decimal>'),
        ("#geo", GEO["asWKT"].value, f'"POINT({longitude} {latitude})"^^<{GEO}wktLiteral>'),
    ]  # fmt: skip
    thing = _Thing("site", name, [(SOURCES[number % 10], f"ort-{number}", pairs)])
    if number % 10 == 9:  # another source knows a little, and another number
        number_there = ("", SCHEMA["telephone"].value, f'"+49 341 {2000000 + number}"')
        thing.records.append((SOURCES[0], f"ort-{number}", [pairs[0], pairs[1], pairs[4], number_there]))
        thing.overruled = {pairs[5]}
    thing.links = [(SCHEMA["memberOf"].value, network) for network in networks]
    thing.links += [(ORTE["operatedBy"].value, operator), *((ORTE["offers"].value, service) for service in services)]
    return thing


def _text(text: str) -> str:
    return f'"{text}"@de'


class _Writer:
    """Writes things into the tables of the ledger, with the log and its state digests."""

    def __init__(self, ledger: Ledger) -> None:
        self.db = ledger.db
        self.base = ledger.base
        self.records = self.entities = self.sequence = 0
        self.taken: set[str] = set()
        self.states: dict[tuple[str, str], tuple[bytes, int]] = {}
        self.ids: dict[str, int] = {}

    def write(self, thing: _Thing) -> None:
        iris = [f"{self.base}/sources/{source}/records/{key}" for source, key, _ in thing.records]
        thing.iri = self._mint(thing, iris[0])
        self.entities += 1
        merged = {f"<{thing.iri}> <{PROV['wasDerivedFrom'].value}> <{iri}> .\n" for iri in iris}
        targets = [(predicate, f"<{other.iri}>", other) for predicate, other in thing.links]
        merged |= {f"<{thing.iri}> <{predicate}> {other} .\n" for predicate, other, _ in targets}
        for (source, key, pairs), iri in zip(thing.records, iris, strict=True):
            first = iri == iris[0]
            lines = {
                f"<{iri}{s or '#it'}> <{p}> {f'<{iri}{o}>' if o[0] == '#' else o} <{iri}> .\n" for s, p, o in pairs
            }
            merged |= {
                f"<{thing.iri}{s}> <{p}> {f'<{thing.iri}{o}>' if o[0] == '#' else o} .\n"
                for s, p, o in pairs
                if (s, p, o) not in thing.overruled
            }
            spoken = [
                (p, f"{self.base}/sources/{o.records[0][0]}/records/{o.records[0][1]}#it") for p, o in thing.links
            ]
            lines |= {f"<{iri}#it> <{p}> <{target}> <{iri}> .\n" for p, target in spoken if first}
            number = SOURCES.index(source)
            licence, page = _LICENCES[number % 2], f"https://{source}.example/{key}"
            lines |= {
                f"<{iri}> <{FOAF}primaryTopic> <{iri}#it> <{iri}> .\n",
                f"<{iri}> <{DCT}source> <{self.base}/sources/{source}> <{iri}> .\n",
                f'<{iri}> <{DCT}identifier> "{key}" <{iri}> .\n',
                f"<{iri}> <{DCT}license> <{licence}> <{iri}> .\n",
                f"<{iri}> <{PROV}wasDerivedFrom> <{page}> <{iri}> .\n",
            }
            self._record(
                thing, iri, source, key, _joined(lines), page, licence, [t for _, t in spoken] if first else []
            )
        nquads = _joined(merged)
        digest = hashlib.sha256(nquads.encode()).digest()
        self._activity("entity", thing.iri, None, None, digest, nquads)
        self.db.execute(
            "INSERT INTO entity VALUES (?, ?, ?, 'live', NULL, ?, ?, ?, ?, ?)",
            (self.entities, thing.iri, thing.kind, pack(nquads), digest, NOW, NOW, self.sequence),
        )

    def _record(
        self,
        thing: _Thing,
        iri: str,
        source: str,
        key: str,
        nquads: str,
        page: str,
        licence: str,
        references: list[str],
    ) -> None:
        self.records += 1
        digest = hashlib.sha256(nquads.encode()).digest()
        run = SOURCES.index(source) + 1
        self.db.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, 'live', ?, ?, ?, ?, ?, ?, ?)",
            (self.records, iri, source, key, thing.kind, pack(nquads), digest, page, licence, self.entities, run, run),
        )
        self.db.executemany("INSERT INTO reference VALUES (?, ?)", [(one, self.records) for one in references])
        self._activity("record", iri, source, run, digest, nquads)

    def _activity(self, stream: str, iri: str, source: str | None, run: int | None, digest: bytes, nquads: str) -> None:
        self.sequence += 1
        state, live = self._shifted(stream, "", digest)
        own, own_live = self._shifted(stream, source, digest) if source else (None, None)
        self.db.execute(
            "INSERT INTO activity VALUES (?, ?, 'Create', ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?)",
            (self.sequence, stream, iri, source, run, NOW, digest, pack(nquads), state, live, own, own_live),
        )

    def _shifted(self, stream: str, source: str, digest: bytes) -> tuple[bytes, int]:
        state, live = self.states.get((stream, source), (bytes(32), 0))
        found = self.states[stream, source] = (shift(state, add=digest), live + 1)
        return found

    def _mint(self, thing: _Thing, origin: str) -> str:
        attempt = 0
        while True:  # as registry.ledger.entities.mint
            seed = hashlib.sha256(f"{origin} {thing.kind} {attempt}".encode()).digest()
            iri = f"{self.base}/{thing.kind}/{slug(thing.name)}-{base64.b32encode(seed).decode().lower()[:4]}"
            if iri not in self.taken:
                self.taken.add(iri)
                return iri
            attempt += 1

    def finish(self) -> None:
        for (stream, source), (state, live) in self.states.items():
            self.db.execute("INSERT INTO state VALUES (?, ?, ?, ?, ?)", (stream, source, state, live, self.sequence))
        self.db.execute("INSERT INTO follower VALUES ('unify', ?)", (self.sequence,))
        for number, source in enumerate(SOURCES, 1):
            live = self.states.get(("record", source), (b"", 0))[1]
            runs.finish(self.db, number, outcome="complete", reason=None, counts={"created": live}, now=NOW)


def _joined(lines: set[str]) -> str:
    return "".join(sorted(lines, key=str.encode))


def data(folder: Path, sites: int, seed: int = 1, base: str = BASE) -> Path:
    """A data directory with so many sites, published; kept when it is already there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "ledger.sqlite").exists():
        (folder / "registry.toml").write_text(f'base_url = "{base}"\n', encoding="utf-8")
        ledger = Ledger.open(folder / "ledger.sqlite", base)
        catalogue(ledger, sites, seed)
        written = ledger.digest("entity")
        publish(ledger, Gazetteer())
        assert ledger.digest("entity") == written, "the rules of identity and merging make other entities"
        ledger.close()
    return folder


def main() -> None:
    """Make a data directory and say how long that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sites", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.perf_counter()
    data(asked.folder, asked.sites, asked.seed)
    print(f"{asked.sites} sites in {asked.folder}: {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
