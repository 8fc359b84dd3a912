"""Files and pages that others write, given anything: entries or a proper refusal, never an error nobody foresaw."""

from __future__ import annotations

from contextlib import suppress

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harvesters.fetch import Fetcher, FetchError, FetchSettings
from harvesters.ldes.node import Unreadable, take_apart
from harvesters.readers import READERS
from harvesters.reading import Context, SourceFailed
from registry.api.answers import matches
from registry.api.problems import Problem
from registry.api.profiles import _preferred
from registry.config import ConfigError
from registry.config import load as load_config
from registry.identity.sssom import SssomError
from registry.identity.sssom import read as read_sssom
from tests.security.test_fuzz import ANY, FEW, HTTP, MANY, _pieces

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
TABLE = [
    *"subject_id predicate_id object_id mapping_justification author_label mapping_date comment".split(),
    *"predicate_modifier a:1 a:2 skos:exactMatch orte:partOf Not 2026-11-22 http://a/sources/x/records/1".split(),
    *("\t", "\n", "\r", "\u2028", "\x00", '"', "#", "#curie_map:\n", "#  a: http://a/sources/x/records/\n"),
]
TOML = [
    *'base_url = "http://a.example" [limits] [server] [fetch] [feed] [sources] [sources.a] [[feed]] port [ ]'.split(),
    *"query_seconds notify publisher licence = 1 -1 1e999 nan true [] {} 2026-11-22 allow_private_hosts".split(),
    *("\n", '""', '"\\u0000"', "'x'", '"""'),
]
TREE = "https://w3id.org/tree#"
LDES = "https://w3id.org/ldes#"


@MANY
@given(_pieces(TABLE, 40) | ANY)
@example("subject_id\tpredicate_id\tobject_id\tmapping_justification\n" + "x" * 200_000)
def test_judgements_as_sssom(text: str) -> None:
    with suppress(SssomError):
        for row in read_sssom(text, "Gremium"):
            assert row.subject != row.object
            assert row.author


@FEW
@given(_pieces(TOML, 20, " ") | ANY)
def test_settings(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("einstellungen")
    (folder / "registry.toml").write_text(text, encoding="utf-8")
    with suppress(ConfigError):
        load_config(folder)


@MANY
@given(HTTP | _pieces(["Sun", ",", " ", "22", "Nov", "2026", "99999999999", ":", "GMT", "-", "+9999", "(", '"', "W/"]))
def test_conditions_of_requests(text: str) -> None:
    assert matches(None, text, '"x"', "Sun, 22 Nov 2026 10:00:00 GMT") in (True, False)
    assert matches(text, None, '"x"', None) in (True, False)


@MANY
@given(HTTP | _pieces(["<", ">", "http://a", ";", "q=", "0.5", ",", '"', "\\", " "]))
def test_profiles(text: str) -> None:
    with suppress(Problem):
        _preferred(text)


@MANY
@given(st.data())
def test_pages_of_feeds(data: st.DataObject) -> None:
    """Statements about a stream in any combination: loops, nodes that are members, literals where nodes belong."""
    nodes = st.sampled_from([ox.NamedNode(f"http://a/{name}") for name in "fnmv"] + [ox.BlankNode("b")])
    names = [f"{TREE}{name}" for name in "member view relation node value path shape".split()]
    names += [f"{LDES}{name}" for name in "EventStream timestampPath versionOfPath immutable pollingInterval".split()]
    names.append("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    things = st.sampled_from([ox.NamedNode(name) for name in names])
    values = nodes | things | st.builds(ox.Literal, st.sampled_from(["", "true", "2026", "x"]))
    graphs = st.sampled_from([ox.DefaultGraph(), ox.NamedNode("http://a/m"), ox.BlankNode("g")])
    quads = data.draw(st.lists(st.builds(ox.Quad, nodes, things, values, graphs), max_size=14))
    with suppress(Unreadable):
        take_apart(quads, "http://a/f", None)


CSV = ["id", "name", ";", ",", "\t", '"', "\n", "\r", "\x00", "\ufeff", "=", "ä", "1", '"a;b"']
JSON = ["[", "]", "{", "}", '"id"', ":", ",", "1", "1e999", "-", '"', "\\u12", "NaN", "null", " "]
GEOJSON = [
    *('{"type":"FeatureCollection","features":[', '{"type":"Feature","properties":{"id":1},"geometry":'),
    *('{"type":"Point","coordinates":[', "null", "}", "]", "1e999", ",", "NaN", '"x"', "[", "{}"),
]
TURTLE = [*"<a#it> <#it> <a> a <b> @de ^^ . ; , [ ] ( _:b".split(), '"x"', "\n"]
FILES = {
    "csv": ({"key": "id"}, CSV),
    "json": ({"key": "id"}, JSON),
    "geojson": ({"key": "properties.id"}, GEOJSON),
    "records-file": ({}, TURTLE),
}


@QUICK
@given(st.data())
@pytest.mark.parametrize("reader", sorted(FILES))
def test_files(tmp_path_factory: pytest.TempPathFactory, reader: str, data: st.DataObject) -> None:
    options, pieces = FILES[reader]
    folder = tmp_path_factory.getbasetemp() / f"dateien-{reader}"
    folder.mkdir(exist_ok=True)
    text = data.draw(_pieces(list(pieces), 30) | ANY)
    (folder / "datei").write_bytes(
        data.draw(st.sampled_from([b"", b"\xff\xfe", b"\x1f\x8b", b"\xef\xbb\xbf"])) + text.encode()
    )
    with Fetcher(FetchSettings(delay=0)) as fetch, suppress(SourceFailed, FetchError):
        context = Context(fetch, None, (), lambda line: None)
        for _ in READERS[reader]({**options, "file": str(folder / "datei")}, context):
            pass
