"""Feeds as files: read by the same follower from a plain web server, and updated without rewriting what is full."""

from __future__ import annotations

import functools
import threading
import urllib.request
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyoxigraph as ox
import pytest

from registry.feed import export
from tests.registry.conftest import Ground
from tests.registry.feed.reading import read
from tests.registry.feed.test_book import places, settings


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "www"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def get(address: str) -> list[ox.Quad]:
    with urllib.request.urlopen(address) as answer:
        return list(ox.parse(answer.read(), ox.RdfFormat.TRIG, base_iri=address))


@pytest.mark.parametrize(
    ("name", "stream"), [("records", "record"), ("catalogue", "entity"), ("records/liste", "record")]
)
def test_files_are_the_same_feed(ground: Ground, files: tuple[Path, str], name: str, stream: str) -> None:
    folder, url = files
    ground.harvest(places(260))
    export(ground.ledger, settings(ground), folder)
    found = read(get, f"{url}/{name}.trig", graph_is_object=stream == "record")
    assert found.state.hex() == found.told == ground.ledger.digest(stream).hex
    assert [count for count in found.pages.values() if count] == [250, 10]
    assert all(page.startswith(url) for page in found.pages)


def test_writing_again_touches_only_what_changed(ground: Ground, files: tuple[Path, str]) -> None:
    folder, url = files
    ground.harvest(places(260))
    assert export(ground.ledger, settings(ground), folder) == 3 * 4 + 3 + 1
    assert export(ground.ledger, settings(ground), folder) == 0
    ground.harvest([*places(259), {"key": "ort-259", "name": "Anders"}])
    assert export(ground.ledger, settings(ground), folder) == 4 * 3, "last page, index and root of four feeds"
    assert read(get, f"{url}/records.trig", graph_is_object=True).state == ground.ledger.digest().digest
