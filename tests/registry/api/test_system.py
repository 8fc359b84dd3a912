"""What every answer has, and the addresses for machines and for orientation."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from fastapi.testclient import TestClient

from registry.api import create_app
from registry.api.problems import KINDS
from registry.assets import ontology_dir, shapes_dir
from registry.config import Config
from registry.ledger import Ledger
from registry.vocabulary import vocabulary
from registry.web.texts import _TEXTS, LANGUAGES, preferred
from tests.conftest import ROOT
from tests.registry.api.conftest import Served
from tests.registry.api.test_entities import expanded
from tests.registry.conftest import BASE

PAGES = ["/", "/sites", "/networks", "/regions", "/region/14713", "/sources", "/sources/liste", "/sparql", "/ns",
         "/docs", "/sources/liste/records/haus", "/runs/1", "/nothing"]  # fmt: skip


def test_the_start_page(served: Served) -> None:
    page = served.get("/", "text/html")
    assert page.status_code == 200
    assert re.search(r"<strong>16</strong> Orte", page.text)
    assert '<html lang="de">' in page.text
    assert "Cooperation and innovation" in served.get("/?lang=en").text


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_pages_need_nothing_from_elsewhere(served: Served, path: str, language: str) -> None:
    answer = served.get(f"{path}?lang={language}", "text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    text = answer.text
    assert f'<html lang="{language}">' in text
    for source in re.findall(r'(?:src|<link rel="(?:stylesheet|icon)" href)="([^"]+)"', text):
        assert source.startswith("/static/")
        assert served.get(source).status_code == 200
    assert re.findall(r"<script(?![^>]* src=)", text) == []
    assert not re.search(r'\son\w+="|style="', text)
    for link in set(re.findall(r'href="(/[^"#]*)', text)):
        if not link.startswith("/nothing"):
            assert served.get(link.replace("&amp;", "&"), "text/html,*/*;q=0.5").status_code == 200


@pytest.mark.parametrize("path", ["/sites", "/nothing", "/health", "/context.jsonld", "/static/orte.css"])
def test_headers_of_every_answer(served: Served, path: str) -> None:
    answer = served.get(path)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_preflight(served: Served) -> None:
    asked = {"origin": "https://a.test", "access-control-request-method": "POST"}
    answer = served.client.options("/sparql", headers=asked)
    assert answer.status_code == 204
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "Content-Type" in answer.headers["access-control-allow-headers"]


def test_methods_that_are_not_there(served: Served) -> None:
    answer = served.client.delete("/sites")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.json()["type"] == f"{BASE}/docs#method-not-allowed"


def test_an_error_nobody_foresaw(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("registry.api.start.search.find", broken)
    answer = served.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "schiefgegangen" in served.get("/", "text/html").text


def test_ontology_context_and_shapes(served: Served) -> None:
    assert served.get("/context.jsonld").content == (ontology_dir() / "context.jsonld").read_bytes()
    turtle = served.get("/ns", "text/turtle").content
    assert len(set(ox.parse(turtle, ox.RdfFormat.TURTLE))) == len(set(map(str, vocabulary().triples)))
    assert expanded(served, served.get("/ns.jsonld").content)
    assert "Kooperationsort" in served.get("/ns", "text/html").text
    shapes = served.get("/shapes").content
    count = sum(1 for file in shapes_dir().glob("**/*.ttl") for _ in ox.parse(path=str(file)))
    assert sum(1 for _ in ox.parse(shapes, ox.RdfFormat.TURTLE)) == count > 100


@pytest.mark.parametrize("suffix", ["ttl", "jsonld", "nt", "rdf", "trig"])
def test_the_shapes_are_the_same_bytes_each_time(served: Served, suffix: str) -> None:
    first = served.get(f"/shapes.{suffix}")
    program = (
        "import sys; from registry.api.vocabulary import _written_shapes; from registry.formats import BY_NAME;"
        "sys.stdout.buffer.write(_written_shapes(BY_NAME[sys.argv[1]]))"
    )
    done = subprocess.run([sys.executable, "-c", program, suffix], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == first.content, "another process writes the same"
    tag = {"if-none-match": first.headers["etag"]}
    assert served.get(f"/shapes.{suffix}", headers=tag).status_code == 304


def test_health(served: Served) -> None:
    answer = served.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    parts = answer.json()["parts"]
    assert parts["ledger"]["sequence"] == parts["engine"]["sequence"] > 0
    assert served.get("/health/ready").status_code == served.get("/health/live").status_code == 200


def test_a_registry_without_anything_in_it(tmp_path: Path, served: Served) -> None:
    Ledger.open(tmp_path / "ledger.sqlite", BASE).close()
    engine = served.client.app.state.catalogue.engine  # type: ignore[attr-defined]
    client = TestClient(
        create_app(Config(data=tmp_path, base_url=BASE), engine), base_url=BASE
    )  # not entered: no start
    for path in (
        "/",
        "/sites",
        "/sites.ttl",
        "/sources",
        "/regions",
        "/region/14713",
        "/sitemap.xml",
        "/sitemap-0.xml",
    ):
        for accept in ("text/html", "*/*"):
            assert client.get(path, headers={"accept": accept}).status_code == 200
    assert client.get("/sites.jsonld").json()["totalItems"] == 0


def test_a_registry_whose_ledger_cannot_be_read(tmp_path: Path, served: Served) -> None:
    engine = served.client.app.state.catalogue.engine  # type: ignore[attr-defined]
    client = TestClient(create_app(Config(data=tmp_path, base_url=BASE), engine), base_url=BASE)
    answer = client.get("/sites")
    assert (answer.status_code, answer.json()["type"]) == (503, f"{BASE}/docs#unavailable")
    assert str(tmp_path) not in answer.text
    assert client.get("/health").status_code == 503


def test_robots_and_sitemap(served: Served) -> None:
    assert f"Sitemap: {BASE}/sitemap.xml" in served.get("/robots.txt").text
    index = ElementTree.fromstring(served.get("/sitemap.xml").content)
    (part,) = (element.text or "" for element in index.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc"))
    entries = ElementTree.fromstring(served.get(part.removeprefix(BASE)).content)
    addresses = {element.text for element in entries.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert BASE + served.at["haus"] in addresses
    assert BASE + served.withdrawn not in addresses
    assert served.get("/sitemap-99.xml").status_code == 404


def test_every_operation_and_problem_is_documented(served: Served) -> None:
    page = served.get("/docs?lang=en", "text/html").text
    for path in served.get("/openapi.json").json()["paths"]:
        assert path in page
    for kind in KINDS:
        assert f'id="{kind}"' in page


def test_the_openapi_document_is_whole(served: Served) -> None:
    text = served.get("/openapi.json").text
    document = json.loads(text)
    for reference in set(re.findall(r'"\$ref":\s*"#/([^"]+)"', text)):
        node = document
        for key in reference.split("/"):
            node = node[key]
        assert node
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert "HTTPValidationError" not in text


def test_texts_are_complete_in_both_languages() -> None:
    for section, texts in _TEXTS.items():
        for name, text in texts.items():
            assert set(text) == set(LANGUAGES), f"{section}.{name}"
            assert text["de"], f"{section}.{name}"
    assert set(KINDS) == set(_TEXTS["problems"])


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "de"), ("en", "en"), ("de-AT, en;q=0.9", "de"), ("fr, en;q=0.3", "en"), ("en;q=0.2, de;q=0.8", "de"),
     ("fr", "de"), ("en;q=x", "de"), ("*", "de")],
)  # fmt: skip
def test_the_language_of_a_visitor(header: str, language: str) -> None:
    assert preferred(header) == language
