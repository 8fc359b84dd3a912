"""One source for every reader: how its stand-in comes to say what it should, and how it is read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import openpyxl

from tests.registry.sourced import Sourced
from tests.standins import Reply, StandIn
from tests.standins.openfairdb import OpenFairDB
from tests.standins.wordpress import WordPress

Places = Mapping[int, str]

BEFORE: Places = {number: f"Haus {number}" for number in range(1, 7)}
AFTER: Places = {number: f"Haus {number}" for number in range(2, 6)} | {6: "Haus am Markt", 7: "Haus 7"}
"""One gone, one changed, one new, four as they were."""


@dataclass(frozen=True)
class Case:
    """A source: its stand-in, how that comes to say what it should, and how it is read.

    `options` are of `[read]`, where `@` stands for the stand-in's address; `place` is the path to the name in a raw
    record; `key` is what the record of a place is called.
    """

    id: str
    publish: Callable[[Any, Places], None]
    options: Mapping[str, Any]
    reader: str = ""
    place: str = "xyz:name"
    key: Callable[[int], str] = str
    standin: Callable[[], StandIn] = field(default=StandIn)


def _json(site: StandIn, places: Places) -> None:
    site.route("/orte", [{"id": number, "name": name} for number, name in places.items()])


def _paged(site: StandIn, places: Places) -> None:
    entries = [{"id": number, "name": name} for number, name in places.items()]
    pages = [entries[start : start + 2] for start in range(0, len(entries), 2)] + [[]]
    site.route("/orte", lambda request: {"data": pages[int(request.query["page"]) - 1], "total": len(entries)})


def _csv(site: StandIn, places: Places, path: str = "/orte") -> None:
    rows = "".join(f'"{name}";{number}\r\n' for number, name in places.items())
    site.route(path, f"Stand: heute\r\n\r\nname;nr\r\n{rows}".encode("cp1252"))


def _xlsx(site: StandIn, places: Places) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [["nr", "name"], *([number, name] for number, name in places.items())]:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    site.route("/orte", out.getvalue())


def _geojson(site: StandIn, places: Places) -> None:
    features = [
        {
            "type": "Feature", "id": number, "properties": {"name": name},
            "geometry": {"type": "Point", "coordinates": [12.4 + number / 100, 51.3]},
        }
        for number, name in places.items()
    ]  # fmt: skip
    site.route("/orte", {"type": "FeatureCollection", "features": features})


def _pages(site: WordPress, places: Places, *, rest: bool) -> None:
    site.rest = rest
    site.places = [
        {
            "id": number, "slug": f"haus-{number}", "title": name, "rubric": "Orte", "teaser": "Ein Haus.",
            "location": "Zeitz, Sachsen-Anhalt, Burgenlandkreis", "sections": [["Das Objekt", "Alt und schön."]],
            "modified": "2026-11-20T10:00:00" if BEFORE.get(number) == name else "2026-11-22T10:00:00",
        }
        for number, name in places.items()
    ]  # fmt: skip


def _script(site: StandIn, places: Places) -> None:
    entries = json.dumps([{"uid": number, "name": name} for number, name in places.items()])
    site.route("/orte", f"<html><script>var a = [1];</script><script>var places = {entries};</script></html>")


def _overpass(site: StandIn, places: Places) -> None:
    elements = [
        {
            "type": "node", "id": number, "lat": 51.3, "lon": 12.4, "version": 1, "user": "someone", "uid": 4711,
            "tags": {"amenity": "coworking_space", "name": name},
        }
        for number, name in places.items()
    ]  # fmt: skip
    header = {"timestamp_osm_base": "2026-11-22T00:00:00Z", "copyright": "ODbL"}
    site.route("/orte", {"version": 0.6, "osm3s": header, "elements": elements})


def _sparql(site: StandIn, places: Places) -> None:
    def term(value: str, kind: str = "literal") -> dict[str, str]:
        return {"type": kind, "value": value}

    rows = [
        {"ort": term(f"http://www.wikidata.org/entity/Q{number}", "uri"), "name": term(name), "kind": term(kind)}
        for number, name in places.items()
        for kind in ("coworking", "café")
    ]
    body = json.dumps({"head": {"vars": ["ort", "name", "kind"]}, "results": {"bindings": rows}})
    site.route("/orte", Reply(body.encode(), headers={"Content-Type": "application/sparql-results+json"}))


def _rdf(site: StandIn, places: Places) -> None:
    things = "".join(
        f'<#ort-{number}> a s:Place ; s:name "{name}" ; s:address [ s:addressLocality "Zeitz" ] .\n'
        for number, name in places.items()
    )
    site.route(
        "/orte", b"@prefix s: <http://schema.org/> .\n" + things.encode(), headers={"Content-Type": "text/turtle"}
    )


def _dcat(site: StandIn, places: Places) -> None:
    _csv(site, places, f"/stand-{len(site.requests)}.csv")
    site.route(
        "/orte",
        f"""@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
        <orte#alle> a dcat:Dataset ; dcat:distribution [
          dct:format "CSV" ; dcat:downloadURL <stand-{len(site.requests)}.csv> ;
          dct:license <https://creativecommons.org/licenses/by/4.0/> ] .""".encode(),
        headers={"Content-Type": "text/turtle"},
    )


class Stream(StandIn):
    """An event stream of one page; `log` are its events in their order, `now` what they add up to."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []
        self.now: dict[int, str] = {}


def _feed(site: Stream, places: Places) -> None:
    for number in sorted(site.now.keys() | places.keys()):
        name = places.get(number)
        if name == site.now.get(number):
            continue
        moment, kind = len(site.log), "Delete" if name is None else "Update" if number in site.now else "Create"
        site.log.append(
            f"<#s> tree:member <#{moment}> . <#{moment}> a as:{kind} ; as:object </o/{number}> ;"
            f' as:published "2026-11-22T10:{moment:02}:00Z"^^xsd:dateTime .\n'
            + (f'<#{moment}> {{ </o/{number}> a s:Place ; s:name "{name}" }}\n' if name else "")
        )
    site.now = dict(places)
    prefixes = """
        @prefix ldes: <https://w3id.org/ldes#> . @prefix tree: <https://w3id.org/tree#> .
        @prefix as: <https://www.w3.org/ns/activitystreams#> . @prefix s: <https://schema.org/> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        <#s> a ldes:EventStream ; tree:view </orte> ; ldes:timestampPath as:published ; ldes:versionOfPath as:object .
        </orte> a tree:Node .
    """
    body = (prefixes + "".join(site.log)).encode()
    site.route("/orte", body, headers={"Content-Type": "application/trig"})


def _spaceapi(site: StandIn, places: Places) -> None:
    site.route("/orte", {f"space-{number}": site.url(f"/spaces/{number}") for number in places})
    for number, name in places.items():
        version = {"api": "0.13"} if number % 2 else {"api_compatibility": ["14", "15"]}
        hourly = {"state": {"open": len(site.requests) % 2 == 0, "lastchange": len(site.requests)}}
        site.route(f"/spaces/{number}", {**version, "space": name, "url": "https://a.example/", **hourly})


def _openfairdb(site: OpenFairDB, places: Places) -> None:
    for key in list(site.places):
        if int(key) not in places and site.places[key].get("status") != "archived":
            site.touch(key, status="archived")
    for number, name in places.items():
        place = {"id": str(number), "lat": 51.3, "lng": 12.4, "title": name, "categories": [], "tags": [" coworking"]}
        known = site.places.setdefault(str(number), {})
        if (known.get("title"), known.get("status")) != (name, "confirmed"):
            site.touch(str(number), **place, license="CC0-1.0", status="confirmed")


CASES = [
    Case("json", _json, {"url": "@/orte", "key": "id"}),
    Case(
        "json in pages", _paged, reader="json",
        options={
            "url": "@/orte", "key": "id", "records": "$.data[*]",
            "paging": {"kind": "page", "parameter": "page", "total": "$.total"},
        },
    ),
    Case("csv", _csv, {"url": "@/orte", "key": "nr"}),
    Case("xlsx", _xlsx, {"url": "@/orte", "key": "nr"}, reader="csv"),
    Case("geojson", _geojson, {"url": "@/orte"}, place="xyz:properties/xyz:name"),
    Case(
        "wordpress", partial(_pages, rest=True), {"url": "@/", "type": "ort"}, place="xyz:title",
        standin=lambda: WordPress([]),
    ),
    Case(
        "sitemap-html", partial(_pages, rest=False), {"url": "@/", "pages": "^/orte/[^/]+/?$"}, place="xyz:title",
        key=lambda number: f"orte/haus-{number}", standin=lambda: WordPress([]),
    ),
    Case(
        "first-of", partial(_pages, rest=False), place="xyz:title", standin=lambda: WordPress([]),
        options={
            "url": "@/",
            "try": [
                {"reader": "wordpress", "type": "ort"},
                {"reader": "sitemap-html", "pages": "^/orte/[^/]+/?$", "key": "wordpress"},
            ],
        },
    ),
    Case("script-json", _script, {"url": "@/orte", "script": "places", "key": "uid", "after": "places ="}),
    Case(
        "overpass", _overpass, place="xyz:tags/xyz:name", key=lambda number: f"node/{number}",
        options={"url": "@/orte", "filters": ['["amenity"="coworking_space"]'], "boxes": [[51.0, 12.0, 52.0, 13.0]]},
    ),
    Case(
        "sparql", _sparql, place="xyz:name/fx:item", key=lambda number: f"Q{number}",
        options={
            "url": "@/orte", "query": "SELECT * { ?ort ?p ?name }", "key": "ort",
            "cut": "http://www.wikidata.org/entity/",
        },
    ),
    Case(
        "rdf", _rdf, {"url": "@/orte", "classes": ["https://schema.org/Place"], "key_prefix": "@/orte#"},
        place="xyz:https%3A%2F%2Fschema.org%2Fname/fx:item/xyz:%40value", key=lambda number: f"ort-{number}",
    ),
    Case("dcat", _dcat, {"url": "@/orte", "distribution": {"reader": "csv", "key": "nr"}}),
    Case(
        "feed", _feed, {"url": "@/orte", "key_prefix": "@/o/", "modified": ""}, standin=Stream,
        place="xyz:https%3A%2F%2Fschema.org%2Fname/fx:item/xyz:%40value",
    ),
    Case("spaceapi", _spaceapi, {"url": "@/orte"}, place="xyz:space", key=lambda number: f"space-{number}"),
    Case(
        "openfairdb", _openfairdb, {"url": "@/v0/", "boxes": [[51.0, 12.0, 52.0, 13.0]]}, place="xyz:title",
        standin=lambda: OpenFairDB([]),
    ),
]  # fmt: skip


def _aimed(options: Any, site: StandIn) -> Any:
    """The options with the stand-in's address in them."""
    if isinstance(options, Mapping):
        return {name: _aimed(value, site) for name, value in options.items()}
    if isinstance(options, list):
        return [_aimed(value, site) for value in options]
    return options.replace("@/", site.url("/")) if isinstance(options, str) else options


def describe(registry: Sourced, case: Case, site: StandIn, **more: Any) -> None:
    options = {"reader": case.reader or case.id, **_aimed(case.options, site), **more}
    registry.describe("ort", options, place=case.place)


def expected(case: Case, places: Places) -> dict[str, str]:
    return {case.key(number): name for number, name in places.items()}


def case_of(name: str) -> Case:
    return next(case for case in CASES if case.id == name)
