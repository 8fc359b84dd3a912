"""/catalog and the dumps: what portals read, by their own shapes and through every door."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib

from registry.config import Config
from registry.dcat import announce
from registry.dcat.announcing import descriptions
from registry.dcat.catalog import Catalog
from registry.dcat.dumps import write_dumps
from registry.ledger import Ledger
from registry.record import parse
from tests.registry.api.conftest import Served
from tests.registry.api.test_feeds import getter
from tests.registry.conftest import BASE, Ground
from tests.registry.feed.reading import nodes

DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
DCT = rdflib.Namespace("http://purl.org/dc/terms/")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
HYDRA = rdflib.Namespace("http://www.w3.org/ns/hydra/core#")


@pytest.fixture(scope="module")
def dumped(served: Served) -> Served:
    config = Config(data=served.ground.folder, base_url=BASE)
    write_dumps(served.ground.ledger, config)
    announce(served.ground.ledger, config)
    return served


def graph(served: Served, address: str) -> rdflib.Graph:
    answer = served.get(address, "text/turtle")
    assert answer.status_code == 200, answer.text
    return rdflib.Graph().parse(data=answer.content, format="turtle")


@pytest.mark.parametrize(
    ("profile", "query"), [("ap3", "full=1"), ("ap3-recommended", "full=1"), ("de3", "full=1&profile=dcat-ap-de")]
)
def test_the_official_shapes_find_no_violation(
    dumped: Served, shared: Path, tmp_path: Path, profile: str, query: str
) -> None:
    file = tmp_path / "catalog.ttl"
    file.write_bytes(dumped.get(f"/catalog?{query}", "text/turtle").content)
    command = [sys.executable, str(shared / "conformance" / "validate_catalog.py"), "--profile", profile, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "triples=" in done.stdout


def test_the_feed_of_descriptions_conforms_to_dcat_ap_feeds(dumped: Served, shared: Path) -> None:
    data = rdflib.Graph()
    for _, quads in nodes(getter(dumped, "nq"), f"{BASE}/feed/dcat"):
        text = "".join(f"{quad.triple} .\n" for quad in quads)
        data.parse(data=text, format="nt")
    folder = shared / "conformance"
    shapes = (
        rdflib.Graph().parse(folder / "dcat-ap-feeds-shape.ttl").parse(folder / "dcat-ap-3.0.0" / "dcat-ap-SHACL.ttl")
    )
    vocabulary = rdflib.Graph().parse(folder / "vocab-offline.ttl")
    _, report, _ = pyshacl.validate(data + vocabulary, shacl_graph=shapes, do_owl_imports=False)
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    own = set(data.subjects()) - set(vocabulary.subjects())  # the EU's code lists are not ours to complete
    wrong = [
        (report.value(r, sh.focusNode), report.value(r, sh.resultPath), report.value(r, sh.resultMessage))
        for r in report.objects(None, sh.result)
        if report.value(r, sh.focusNode) in own and report.value(r, sh.resultSeverity) == sh.Violation
    ]
    assert wrong == []
    assert len(set(data.subjects(rdflib.RDF.type, rdflib.URIRef("https://www.w3.org/ns/activitystreams#Create")))) > 10


def test_everything_is_described_with_licence_and_a_way_to_get_it(dumped: Served) -> None:
    found = graph(dumped, "/catalog?full=1")
    datasets = set(found.subjects(rdflib.RDF.type, DCAT.Dataset))
    assert rdflib.URIRef(f"{BASE}/sources/liste") in datasets
    assert rdflib.URIRef(f"{BASE}/catalog/region-14729") in datasets
    assert len(datasets) == 1 + 1 + 9
    catalog = rdflib.URIRef(f"{BASE}/catalog")
    assert set(found.objects(catalog, DCAT.dataset)) == datasets
    for one in datasets:
        distributions = set(found.objects(one, DCAT.distribution))
        assert len(distributions) >= 3
        for distribution in distributions:
            assert found.value(distribution, DCT.license) or found.value(distribution, DCT.rights)
            assert found.value(distribution, DCAT.accessURL)
        for service in found.objects(catalog, DCAT.service):
            assert (service, DCAT.servesDataset, one) in found
    free = rdflib.URIRef("https://creativecommons.org/publicdomain/zero/1.0/")
    assert found.value(free, DCT.title) == rdflib.Literal("Creative Commons CCZero", "en")  # what CKAN looks for


def test_dumps_are_what_the_catalogue_says(dumped: Served) -> None:
    found = graph(dumped, "/catalog?full=1")
    checked = 0
    for checksum in found.subjects(rdflib.RDF.type, SPDX.Checksum):
        (distribution,) = found.subjects(SPDX.checksum, checksum)
        address = str(found.value(distribution, DCAT.downloadURL)).removeprefix(BASE)
        answer = dumped.get(address)
        assert answer.status_code == 200
        assert len(answer.content) == int(str(found.value(distribution, DCAT.byteSize)))
        assert hashlib.sha256(answer.content).hexdigest() == str(found.value(checksum, SPDX.checksumValue)).lower()
        checked += 1
    assert checked == 6 + 9 * 3 + 1
    quads = gzip.decompress(dumped.get("/dump/orte.nq.gz").content)
    assert len(list(ox.parse(quads, ox.RdfFormat.N_QUADS))) > 100
    places = json.loads(gzip.decompress(dumped.get("/dump/orte.geojson.gz").content))
    assert any(place["geometry"] for place in places["features"])


def test_a_dump_can_be_had_in_pieces_and_asked_again(dumped: Served) -> None:
    whole = dumped.get("/dump/orte.nq.gz")
    piece = dumped.get("/dump/orte.nq.gz", headers={"range": "bytes=10-19"})
    assert (piece.status_code, piece.content) == (206, whole.content[10:20])
    assert dumped.get("/dump/orte.nq.gz", headers={"if-none-match": whole.headers["etag"]}).status_code == 304
    for path in ("/dump/manifest.json", "/dump/../ledger.sqlite", "/dump/..%2Fledger.sqlite", "/dump/nix"):
        assert dumped.get(path).status_code == 404


def test_unchanged_content_keeps_its_file_and_its_time(ground: Ground) -> None:
    config = Config(data=ground.folder, base_url=BASE)
    ground.harvest([{"key": "a", "name": "A"}])
    first = write_dumps(ground.ledger, config)
    assert write_dumps(ground.ledger, config) == first
    ground.harvest([{"key": "a", "name": "Anders"}])
    second = write_dumps(ground.ledger, config)
    assert second.files["orte.nq.gz"] != first.files["orte.nq.gz"]
    assert second.files["regions/14729.csv.gz"] == first.files["regions/14729.csv.gz"], "nothing lies there"


@pytest.mark.parametrize(("suffix", "syntax"), [("ttl", "turtle"), ("rdf", "xml"), ("jsonld", "json-ld"), ("nt", "nt")])
def test_every_syntax_says_the_same(dumped: Served, suffix: str, syntax: str) -> None:
    answer = dumped.get(f"/catalog.{suffix}?full=1")
    found = rdflib.Graph().parse(data=answer.content, format=syntax)
    assert set(found) == set(graph(dumped, "/catalog?full=1"))


def test_portals_that_name_no_format_get_rdf_and_people_a_page(dumped: Served) -> None:
    assert dumped.get("/catalog", "*/*").headers["content-type"].startswith("text/turtle")
    assert dumped.client.head("/catalog").status_code == 200
    page = dumped.get("/catalog", "text/html").text
    assert "Landkreis Leipzig" in page
    assert 'href="/dump/orte.nq.gz"' in page
    assert "region-14729" in dumped.get("/catalog/region-14729", "text/html").text
    assert (None, None, None) in graph(dumped, "/catalog/sparql")
    assert dumped.get("/catalog/nix").status_code == 404


def test_pages_by_hydra_and_what_changed_since(dumped: Served) -> None:
    found = graph(dumped, "/catalog")
    (view,) = found.subjects(rdflib.RDF.type, HYDRA.PartialCollectionView)
    assert int(str(found.value(view, HYDRA.totalItems))) == 11
    assert found.value(view, HYDRA.lastPage) == found.value(view, HYDRA.last) != None  # noqa: E711
    assert found.value(view, HYDRA.next) is None
    assert dumped.get("/catalog?page=2").status_code == 404
    late = graph(dumped, "/catalog?full=1&modified_since=2099-01-01")
    assert not list(late.subjects(rdflib.RDF.type, DCAT.Dataset))
    assert dumped.get("/catalog?modified_since=gestern").status_code == 422
    early = graph(dumped, "/catalog?full=1&modified_since=0999-01-01")
    assert set(early.subjects(rdflib.RDF.type, DCAT.Dataset)) == set(
        graph(dumped, "/catalog?full=1").subjects(rdflib.RDF.type, DCAT.Dataset)
    )


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_moment_before_the_first_year_or_after_the_last_is_none(dumped: Served, moment: str) -> None:
    answer = dumped.get("/catalog", params={"modified_since": moment})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_a_dataset_is_announced_when_it_changes_and_only_then(ground: Ground) -> None:
    config = Config(data=ground.folder, base_url=BASE)
    ground.harvest([{"key": "a", "name": "A"}])
    first = announce(ground.ledger, config)
    assert first == len(descriptions(Catalog.read(ground.ledger, config))) == 1 + 3 + 11
    ground.harvest([{"key": "a", "name": "A"}])
    assert announce(ground.ledger, config) == 0, "an unchanged source costs nothing"
    ground.harvest([{"key": "a", "name": "B"}])
    assert announce(ground.ledger, config) > 0
    for payload in descriptions(Catalog.read(ground.ledger, config)).values():
        assert parse(payload)


def test_dumps_are_written_anew_when_the_same_sequence_says_something_else(ground: Ground) -> None:
    """As after a restore: the log is as far as it was, but went another way."""
    config = Config(data=ground.folder, base_url=BASE)
    ground.harvest([{"key": "a", "name": "Haus"}])
    backup = ground.folder / "backup.sqlite"
    ground.ledger.db.execute("VACUUM INTO ?", (str(backup),))
    ground.harvest([{"key": "a", "name": "Alt"}])
    old = write_dumps(ground.ledger, config)
    other = Ledger.open(backup, BASE, clock=ground.clock)
    ground.ledger.close()
    ground.ledger = other
    ground.harvest([{"key": "a", "name": "Neu"}])
    assert other.sequence() == old.sequence > 0
    write_dumps(other, config)
    text = gzip.decompress((ground.folder / "dump" / "orte.nq.gz").read_bytes()).decode()
    assert "Neu" in text
    assert "Alt" not in text
