"""A registry with places, hostile names among them, in a real server, and a real Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from registry.check import Checker
from registry.publishing import publish
from tests.conftest import ROOT
from tests.registry.conftest import Ground
from tests.registry.identity.catalogue import Catalogue
from tests.registry.test_coverage import POSTAL, TOWNS
from tests.serving import serving

ARTEFACTS = ROOT / "tests" / "artefacts"
HOSTILE = '<img src=x onerror="document.title=`hacked`">'
OUTLINES = """{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"AGS": "14729"},
"geometry": {"type": "Polygon", "coordinates": [[[12.5, 51], [13, 51], [13, 51.4], [12.5, 51.4], [12.5, 51]]]}}]}"""
LIFT = """
CONSTRUCT {
  ?it a ?class ; schema:name ?name ; schema:description ?text ; schema:telephone ?phone ; schema:url ?web ;
    schema:openingHours ?hours ; schema:address ?address ; schema:geo ?geo ; orte:region ?region ; orte:phase ?phase ;
    orte:theme ?theme ; schema:memberOf ?network ; orte:offers ?service ; orte:audience ?audience .
  ?address a schema:PostalAddress ; schema:addressLocality ?town ; schema:postalCode ?code .
  ?geo a schema:GeoCoordinates ; schema:latitude ?lat ; schema:longitude ?lon .
  ?service a orte:Service ; schema:name ?serviceName ; orte:serviceKind ?kind ; schema:potentialAction ?action .
  ?action a schema:ReserveAction ; schema:target ?book .
} WHERE {
  ?r a fx:root ; xyz:name ?n ; xyz:class ?c .
  BIND(fn:it(?r) AS ?it) BIND(STRLANG(?n, "de") AS ?name)
  BIND(IRI(CONCAT("https://w3id.org/orte/ns#", ?c)) AS ?class)
  OPTIONAL { ?r xyz:text ?t BIND(STRLANG(?t, "de") AS ?text) }
  OPTIONAL { ?r xyz:phone ?p BIND(fn:phone(?p) AS ?phone) }
  OPTIONAL { ?r xyz:web ?w BIND(IRI(?w) AS ?web) }
  OPTIONAL { ?r xyz:hours ?hours }
  OPTIONAL { ?r xyz:town ?town ; xyz:code ?code BIND(fn:node(?r, "address") AS ?address) }
  OPTIONAL {
    ?r xyz:lat ?y ; xyz:lon ?x
    BIND(fn:node(?r, "geo") AS ?geo) BIND(xsd:decimal(?y) AS ?lat) BIND(xsd:decimal(?x) AS ?lon)
  }
  OPTIONAL { ?r xyz:region ?ags BIND(IRI(CONCAT("https://w3id.org/orte/region/", ?ags)) AS ?region) }
  OPTIONAL { ?r xyz:phase ?f BIND(IRI(CONCAT("https://w3id.org/orte/concept/phase/", ?f)) AS ?phase) }
  OPTIONAL { ?r xyz:theme ?h BIND(IRI(CONCAT("https://w3id.org/orte/concept/theme/", ?h)) AS ?theme) }
  OPTIONAL { ?r xyz:audience ?a BIND(IRI(CONCAT("https://w3id.org/orte/concept/audience/", ?a)) AS ?audience) }
  OPTIONAL { ?r xyz:network ?k BIND(fn:record("liste", ?k) AS ?network) }
  OPTIONAL {
    ?r xyz:book ?b BIND(fn:it(?r, "service/desk") AS ?service) BIND(fn:node(?service, "action") AS ?action)
    BIND("Arbeitsplatz"@de AS ?serviceName) BIND(IRI(?b) AS ?book)
    BIND(<https://w3id.org/orte/concept/service/desk> AS ?kind)
  }
}
"""
GRIMMA = {"town": "Grimma", "code": "04668", "region": "14729"}
PLACES: list[dict[str, Any]] = [
    {"key": "roesterei", "name": "Alte Rösterei", "class": "CooperationSite", "lat": 51.2001, "lon": 12.7001,
     "text": "Ein Haus mit Schreibtischen, Werkstatt und Café.", "phone": "0341 1234567", "hours": "Mo-Su 00:00-24:00",
     "web": "https://roesterei.example/", "phase": "operating", "theme": "crafts", "audience": "companies",
     "network": "netz", "book": "https://roesterei.example/book", **GRIMMA},
    {"key": "muehle", "name": "Mühle Naunhof", "class": "CooperationSite", "lat": 51.22, "lon": 12.7,
     "phase": "building", "town": "Naunhof", "code": "04683", "region": "14729"},
    {"key": "boese", "name": HOSTILE, "class": "CooperationSite", "text": f"</p>{HOSTILE}", "lat": 51.56, "lon": 13.0,
     "town": HOSTILE, "code": "04860", "region": "14730"},
    {"key": "netz", "name": "Netzwerk Muldental", "class": "Network", "text": "Ein Netzwerk."},
    *({"key": f"ort-{n}", "name": f"Ort {n:02d}", "class": "InnovationSite", "lat": 51.4 + n / 1000, "lon": 12.4,
       "town": "Leipzig", "code": "04109", "region": "14713"} for n in range(30)),
]  # fmt: skip
ROESTEREI = {"name": "Alte Rösterei", "at": ("51.2001", "12.7001"), "url": "https://roesterei.example/",
             "postcode": "04668", "locality": "Grimma"}  # fmt: skip
ROESTEREI_ELSEWHERE = [
    ("werkstaetten", "17", {**ROESTEREI, "licence": "https://creativecommons.org/publicdomain/zero/1.0/"}),
    ("karte", "node-4", {**ROESTEREI, "licence": "https://opendatacommons.org/licenses/odbl/1-0/"}),
]
"""The same house as two more sources tell of it, each under a licence of its own."""


def _absent(reason: str) -> None:
    """What CI provides must be there in CI; elsewhere the tests that need it are left out."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, though CI provides it")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over the places."""
    data = tmp_path_factory.mktemp("browser")
    for name, text in (("plz.csv", POSTAL), ("towns.csv", TOWNS), ("districts.geojson", OUTLINES)):
        (data / name).write_text(text, encoding="utf-8")
    (data / "registry.toml").write_text(
        '[gazetteer]\npostal_codes = "plz.csv"\nmunicipalities = "towns.csv"\noutlines = "districts.geojson"\n',
        encoding="utf-8",
    )
    ground = Ground(data, Checker())
    ground.clock.now = datetime.now(UTC)
    ground.configure(lift=LIFT)
    ground.harvest(PLACES)
    ground.ledger.close()
    others = Catalogue(data / "ledger.sqlite")
    others.clock.now = datetime.now(UTC)
    others.put(ROESTEREI_ELSEWHERE)
    publish(others.ledger)
    others.ledger.close()
    with serving(data) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of this module alone: while Playwright is at work, no other test could start an event loop."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        _absent("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core; `.ci/run` says where it has put it."""
    file = os.environ.get("AXE_CORE", "")
    if not file or not Path(file).is_file():
        _absent("AXE_CORE names no axe.min.js (npm package axe-core)")
    return Path(file).read_text(encoding="utf-8")


@dataclass
class Visitor:
    """Somebody with a browser; what it asked for and complained about is written down."""

    page: Page
    base: str
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def keep(self, name: str) -> None:
        """A screenshot, kept with the run."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)

    @property
    def elsewhere(self) -> list[str]:
        """Requests to anybody but us."""
        return [url for url in self.asked if not url.startswith((self.base, "data:", "blob:"))]


@pytest.fixture
def visitor(browser: Browser, base: str) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors; options are those of a browser context."""
    contexts: list[BrowserContext] = []

    def visit(**options: Any) -> Visitor:
        context = browser.new_context(**{"locale": "de-DE", "viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        someone = Visitor(context.new_page(), base)
        someone.page.on("request", lambda request: someone.asked.append(request.url))
        someone.page.on("pageerror", lambda error: someone.errors.append(str(error)))
        someone.page.on("console", lambda line: someone.errors.append(line.text) if line.type == "error" else None)
        return someone

    yield visit
    for context in contexts:
        context.close()
