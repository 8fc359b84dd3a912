"""Lists: filters, pages, facets, formats."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest

from tests.registry.api.conftest import Served
from tests.registry.api.test_entities import expanded, triples
from tests.registry.conftest import BASE

HYDRA = "http://www.w3.org/ns/hydra/core#"


def names(answer: object) -> list[str]:
    return [member["name"]["de"] for member in answer.json()["member"]]  # type: ignore[attr-defined]


def test_a_list_in_json_ld(served: Served) -> None:
    answer = served.get("/sites", "application/ld+json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/ld+json"
    found = answer.json()
    assert found["@context"] == f"{BASE}/context.jsonld"
    assert (found["id"], found["type"], found["totalItems"]) == (f"{BASE}/sites", "Collection", 16)
    assert len(found["member"]) == 5
    haus = served.get("/sites.jsonld?q=Grimma").json()["member"][0]
    assert (haus["id"], haus["type"], haus["name"]["de"]) == (
        BASE + served.at["haus"],
        "CooperationSite",
        "Käsehaus Grimma",
    )


def test_every_syntax_of_a_list_says_the_same(served: Served) -> None:
    for query in ("", "?q=Ort&limit=3", "?near=51.2,12.7&radius=5km"):
        turtle = triples(served.get(f"/sites.ttl{query}").content, ox.RdfFormat.TURTLE)
        assert expanded(served, served.get(f"/sites.jsonld{query}").content) == turtle
        assert triples(served.get(f"/sites.rdf{query}").content, ox.RdfFormat.RDF_XML) == turtle


def test_pages_lead_to_each_other_and_end(served: Served) -> None:
    seen: list[str] = []
    path = "/sites.jsonld?source=liste&limit=4"
    for _ in range(10):
        answer = served.get(path)
        page = answer.json()
        seen += [member["id"] for member in page["member"]]
        assert page["id"] == f"{BASE}/sites?source=liste"  # the same collection on every page
        following = page["view"].get("next")
        linked = re.search(r'<([^>]+)>; rel="next"', answer.headers["link"])
        assert (linked and linked[1]) == following
        if following is None:
            break
        parts = urlsplit(following)
        path = f"{parts.path}.jsonld?{parts.query}"
    assert len(seen) == len(set(seen)) == page["totalItems"] == 15


def test_filters_of_a_list(served: Served) -> None:
    assert names(served.get("/sites.jsonld?q=kaesehaus")) == ["Käsehaus Grimma"]
    assert names(served.get("/sites.jsonld?service=desk")) == ["Käsehaus Grimma"]
    assert names(served.get("/sites.jsonld?bbox=12.0,51.0,12.2,51.1")) == ["Holzwerkstatt Zeitz"]
    assert served.get("/sites.jsonld?type=InnovationSite").json()["totalItems"] == 0
    near = served.get("/sites.jsonld?near=51.236,12.728&radius=80km").json()
    first, second = (member["distance"] for member in near["member"])
    assert first == 0
    assert 40_000 < second < 60_000


def test_facets_count(served: Served) -> None:
    facets = served.get("/sites.jsonld").json()["facets"]
    assert {"value": "liste", "count": 15} in facets["source"]
    assert {"value": "https://w3id.org/orte/concept/service/desk", "count": 1} in facets["service"]


def test_csv_and_geojson_of_a_list(served: Served) -> None:
    answer = served.get("/sites", "text/csv", params={"limit": "100"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    assert len(rows) == 16
    found = served.get("/sites.geojson?limit=2").json()
    assert (found["numberMatched"], found["numberReturned"], len(found["features"])) == (16, 2, 2)
    following = found["links"][0]["href"]
    assert following.startswith(f"{BASE}/sites.geojson?")
    assert served.get(following.removeprefix(BASE)).json()["features"][0]["id"] != found["features"][0]["id"]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("cursor=garbage", 400, "Start again"),
        ("limit=0", 422, "limit"),
        ("limit=many", 422, "limit"),
        ("limit=101", 422, "at most 100"),
        ("bbox=1,2,3", 422, "west,south,east,north"),
        ("bbox=0,52,1,51", 422, "south"),
        ("bbox=0,nan,1,2", 422, "bbox"),
        ("near=91,0", 422, "latitude"),
        ("near=51,12&radius=far", 422, "radius"),
        ("near=51,12&radius=0", 422, "radius"),
        ("modified_since=gestern", 422, "2026-11-22"),
        ("modified_since=0001-01-01T00:00:00%2B23:59", 422, "2026-11-22"),
        ("sort=distance", 422, "near="),
        ("sort=relevance", 422, "q="),
        ("sort=price", 422, "sort"),
        ("q=" + "x" * 201, 422, "q"),
    ],
)
def test_a_wrong_parameter_is_named(served: Served, query: str, status: int, said: str) -> None:
    answer = served.get(f"/sites?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    "query", ["q=%22", "q=%00", "q=a*%20OR", "theme=%27", "source=..%2F..", "region=14729&region=14730"]
)
def test_odd_values_find_nothing_and_break_nothing(served: Served, query: str) -> None:
    assert served.get(f"/sites.jsonld?{query}").status_code == 200


def test_modified_since_takes_dates_and_moments(served: Served) -> None:
    for moment, total in (
        ("2020-01-01", 16),
        ("0999-01-01", 16),
        ("2026-11-01T13:00:00Z", 16),
        ("2026-11-01T14:00:00+01:00", 16),
        ("2099-01-01", 0),
    ):
        answer = served.get("/sites.jsonld", params={"modified_since": moment})
        assert answer.json()["totalItems"] == total


def test_a_list_is_not_sent_twice(served: Served) -> None:
    tag = served.get("/sites.ttl?limit=3").headers["etag"]
    assert served.get("/sites.ttl?limit=3", headers={"if-none-match": tag}).status_code == 304
    assert served.get("/sites.ttl?limit=4", headers={"if-none-match": tag}).status_code == 200
    assert served.get("/sites.ttl?limit=3").headers["last-modified"].endswith("GMT")


def test_an_unknown_suffix_names_those_there_are(served: Served) -> None:
    answer = served.get("/sites.xlsx")
    assert answer.status_code == 404
    assert ".csv" in answer.json()["detail"]


def test_a_list_for_people(served: Served) -> None:
    page = served.get("/sites?q=Ort", "text/html").text
    assert "Ort 00" in page
    assert 'rel="next nofollow"' in page
    assert 'href="/sites.csv?q=Ort&amp;limit=5"' in page
    english = served.get("/sites", "text/html", headers={"accept-language": "en-GB,en;q=0.9"}).text
    assert '<html lang="en">' in english
    assert "Narrow down" in english
    assert "Nichts gefunden" in served.get("/sites?q=gibtesnicht", "text/html").text


def test_the_other_collections(served: Served) -> None:
    assert served.get("/services.jsonld").json()["totalItems"] == 1
    assert served.get("/networks.jsonld").json()["member"] == []
    assert served.get("/organisations", "text/html").status_code == 200
    regions = served.get("/regions.jsonld").json()
    assert regions["totalItems"] == 9
    assert {member["ags"] for member in regions["member"]} >= {"14713", "14729"}
    graph = triples(served.get("/regions.ttl").content, ox.RdfFormat.TURTLE)
    assert expanded(served, served.get("/regions.jsonld").content) == graph
    assert any(HYDRA in line for line in graph)


def test_a_region(served: Served) -> None:
    found = served.get("/region/14729.jsonld").json()
    assert (found["id"], found["ags"]) == ("https://w3id.org/orte/region/14729", "14729")
    assert "Landkreis Leipzig" in served.get("/region/14729", "text/html").text
    assert "14729" in served.get("/region/99999").json()["detail"]


def test_a_filter_with_a_typing_error_is_not_ignored(served: Served) -> None:
    answer = served.get("/sites.jsonld?regoin=14729")
    assert answer.status_code == 422
    assert "did you mean 'region'?" in answer.json()["detail"]
    assert served.get("/sites?utm_source=mail", "text/html").status_code == 200  # added by others to links for people


def test_only_some_fields(served: Served) -> None:
    (haus,) = served.get("/sites.jsonld?q=Grimma&fields=name,geo").json()["member"]
    assert haus.keys() == {"id", "type", "name", "geo"}
    assert haus["geo"]["latitude"] == "51.236"
    (haus,) = served.get("/sites.jsonld?q=Grimma&fields=latitude").json()["member"]
    assert haus["geo"].keys() == {"id", "type", "latitude"}
    for suffix in ("ttl", "jsonld"):
        content = served.get(f"/sites.{suffix}?fields=name").content
        found = triples(content, ox.RdfFormat.TURTLE) if suffix == "ttl" else expanded(served, content)
        assert any("schema.org/name" in line for line in found)
        assert not any("schema.org/telephone" in line or "schema.org/geo" in line for line in found)
    feature = served.get("/sites.geojson?q=Grimma&fields=name").json()["features"][0]
    assert feature["properties"].keys() == {"type", "name"}
    header = served.get("/sites.csv?fields=address,name").text.splitlines()[0]
    assert header == "id,type,name,streetAddress,postalCode,addressLocality"
    refused = served.get("/sites.jsonld?fields=nmae")
    assert refused.status_code == 422
    assert "alternateName" in refused.json()["detail"]


def test_a_list_without_counting(served: Served) -> None:
    found = served.get("/sites.jsonld?count=0&limit=4").json()
    assert not found.keys() & {"totalItems", "facets"}
    assert "count=0" in found["view"]["next"]
    assert found["id"] == f"{BASE}/sites"
    assert not any(
        "totalItems" in line for line in triples(served.get("/sites.nt?count=0").content, ox.RdfFormat.N_TRIPLES)
    )
    assert "numberMatched" not in served.get("/sites.geojson?count=0").json()


def test_csv_for_german_spreadsheets(served: Served) -> None:
    answer = served.get("/sites.csv", params={"sep": ";", "bom": "1", "q": "Grimma"})
    assert answer.content.startswith(b"\xef\xbb\xbfid;type;")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";")
    assert (row["name"], row["latitude"], row["telephone"]) == ("Käsehaus Grimma", "51,236", "+493411234567")
    assert served.get("/sites.csv?sep=tab").text.startswith("id\ttype\t")
    assert not served.get("/sites.csv").content.startswith(b"\xef\xbb\xbf")


def test_distances_in_every_format(served: Served) -> None:
    near = "near=51.047,12.138&radius=1km"
    (row,) = csv.DictReader(io.StringIO(served.get(f"/sites.csv?{near}").text, newline=""))
    assert (row["name"], float(row["distance"])) == ("Holzwerkstatt Zeitz", 0.0)
    answer = served.get(f"/sites.geojson?{near}")
    assert answer.json()["features"][0]["properties"]["distance"] == 0.0
    assert answer.headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    assert {link["rel"] for link in answer.json()["links"]} == {"self", "alternate"}
