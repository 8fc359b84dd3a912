"""A partner joins with a table: checks it first, reads the report, mends one of three faults, and is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tests.serving import orte, serving
from tests.standins.server import StandIn

HEAD = "nr;name;breite;länge\n"
ROWS = {
    "1": "1;Alte Mühle;19.432;12.726\n",  # Mexico City
    "2": "2;Haus am Markt;51.369;112.74\n",  # a digit too many
    "3": "3;Kulturhaus;12.726;51.236\n",  # swapped
    "4": "4;Rösterei;51.236;12.726\n",
}
MENDED = "1;Alte Mühle;51.236;12.728\n"
LIFT = """
CONSTRUCT { ?it a orte:CooperationSite ; schema:name ?name ; schema:geo ?geo .
  ?geo a schema:GeoCoordinates ; schema:latitude ?lat ; schema:longitude ?lon }
WHERE {
  ?r a fx:root ; xyz:name ?n ; xyz:breite ?y ; xyz:l%C3%A4nge ?x .
  BIND(fn:it(?r) AS ?it) BIND(fn:node(?r, "geo") AS ?geo) BIND(STRLANG(?n, "de") AS ?name)
  BIND(xsd:decimal(?y) AS ?lat) BIND(xsd:decimal(?x) AS ?lon)
}
"""


def _source(data: Path, server: StandIn) -> None:
    folder = data / "sources" / "tabelle"
    folder.mkdir(parents=True)
    (data / "registry.toml").write_text(
        f'[fetch]\nallow_private_hosts = ["{server.host}"]\ndelay = 0\nretries = 0\n', encoding="utf-8"
    )
    (folder / "source.toml").write_text(
        'id = "tabelle"\ntitle = { de = "Tabelle", en = "Table" }\npublisher = "Verein"\n'
        f'licence = "http://creativecommons.org/licenses/by/4.0/"\n[read]\nreader = "csv"\nkey = "nr"\n'
        f'url = "{server.url("/orte.csv")}"\n',
        encoding="utf-8",
    )
    (folder / "lift.rq").write_text(LIFT, encoding="utf-8")


def _get(address: str) -> Any:
    answer = httpx.get(address, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_whole_way(tmp_path: Path) -> None:
    with StandIn() as server:
        server.route("/orte.csv", HEAD + "".join(ROWS.values()))
        _source(tmp_path, server)
        assert orte(tmp_path, "init").returncode == 0
        with serving(tmp_path) as base:
            # before joining: the same table, as its source reads it
            checked = httpx.post(
                f"{base}/validate?source=tabelle", content=(HEAD + "".join(ROWS.values())).encode(),
                headers={"content-type": "text/csv", "accept": "application/json"}, timeout=120,
            ).json()  # fmt: skip
            before = {line["key"] for line in checked["lines"] if line["severity"] == "violation"}
            assert before == {"1", "2", "3"}
            assert httpx.get(f"{base}/sources/tabelle").status_code == 404, "nothing was stored"

            (first,) = json.loads(orte(tmp_path, "harvest", "tabelle", "--json").stdout)
            assert (first["counts"]["created"], first["counts"]["quarantined"]) == (1, 3)
            report = _get(f"{base}/sources/tabelle/report.json?severity=violation")
            pages = {line["key"]: line["page"] for line in report["lines"]}
            assert pages == {key: f"{server.url('/orte.csv')}#nr={key}" for key in "123"}
            assert httpx.get(f"{base}/sources/tabelle/records/1").status_code == 404

            server.route("/orte.csv", HEAD + MENDED + "".join(ROWS[key] for key in "234"))
            orte(tmp_path, "harvest", "tabelle")
            assert _get(f"{base}/sources/tabelle/report.json?new=1&severity=violation")["lines"] == []
            after = _get(f"{base}/sources/tabelle/report.json?severity=violation")
            assert {line["key"] for line in after["lines"]} == {"2", "3"}
            assert {line["key"] for line in after["fixed_lines"] if line["severity"] == "violation"} == {"1"}
            page = httpx.get(f"{base}/sources/tabelle/report", headers={"accept": "text/html"}).text
            assert f"behoben: {after['fixed']}" in page
            record = httpx.get(f"{base}/sources/tabelle/records/1", headers={"accept": "application/ld+json"})
            assert record.json()["primaryTopic"]["name"] == {"de": "Alte Mühle"}
