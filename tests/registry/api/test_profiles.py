"""Profiles: the vocabulary of a document; plain schema.org by itself and inside of pages."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from registry.api.schemas import KEYS
from tests.registry.api.conftest import Served
from tests.registry.conftest import BASE


def embedded(page: str) -> Any:
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found)


def test_plain_schema_org(served: Served) -> None:
    answer = served.get(served.at["haus"] + ".jsonld?profile=schema")
    assert answer.headers["content-type"] == "application/ld+json"
    assert '<https://schema.org/>; rel="profile"' in answer.headers["link"]
    found = answer.json()
    assert (found["@context"], found["@type"], found["name"]) == (
        "https://schema.org/",
        "LocalBusiness",
        "Käsehaus Grimma",
    )
    assert found["geo"] == {"@type": "GeoCoordinates", "latitude": 51.236, "longitude": 12.728}
    (offer,) = found["makesOffer"]
    assert (offer["@type"], offer["itemOffered"]["name"]) == ("Offer", "Schreibtisch")
    service = served.get(offer["itemOffered"]["@id"].removeprefix(BASE) + ".json?profile=schema").json()
    assert (service["@type"], service["serviceType"]) == ("Service", "Arbeitsplatz")


def test_no_word_that_schema_org_does_not_have(served: Served) -> None:
    text = served.get(served.at["werkstatt"] + ".jsonld?profile=schema").text
    assert "w3id.org/orte" not in text
    assert "null" not in text
    assert json.loads(text)["containedInPlace"] == {
        "@type": "Place",
        "@id": BASE + served.at["haus"],
        "name": "Käsehaus Grimma",
    }


def test_the_page_holds_the_same(served: Served) -> None:
    page = served.get(served.at["haus"], "text/html").text
    assert embedded(page) == served.get(served.at["haus"] + ".jsonld?profile=schema").json()


def test_nothing_closes_the_script(served: Served) -> None:
    page = served.get(served.nasty, "text/html").text
    found = embedded(page)
    assert found["name"] == "<script>alert(1)</script>"
    assert "url" not in found  # javascript: leads nowhere


@pytest.mark.parametrize(
    ("parameters", "header", "plain"),
    [
        ({"profile": "schema"}, None, True),
        ({"profile": "https://schema.org"}, None, True),
        ({"profile": "orte"}, "<https://schema.org/>", False),
        ({}, "<https://schema.org/>", True),
        ({}, "<https://example.org/other>, <https://schema.org/>;q=0.4", True),
        ({}, "<https://schema.org/>;q=0.5, <https://w3id.org/orte/ns>", False),
        ({}, "nonsense", False),
        ({}, None, False),
    ],
)
def test_how_a_profile_is_chosen(served: Served, parameters: dict[str, str], header: str | None, plain: bool) -> None:
    headers = {"accept-profile": header} if header else {}
    answer = served.get(served.at["haus"], "application/ld+json", params=parameters, headers=headers)
    assert (answer.json()["@context"] == "https://schema.org/") is plain
    assert answer.headers["vary"] == "Accept, Accept-Profile"


def test_a_profile_in_a_format_it_cannot_be_had_in(served: Served) -> None:
    path = served.at["haus"]
    refused = served.get(f"{path}.ttl?profile=schema")
    assert refused.status_code == 406
    assert {"media_type": "application/ld+json", "suffix": ".jsonld"} in refused.json()["available"]
    # A wish in a header gives way, a browser that follows a link to the profile gets it.
    assert served.get(f"{path}.ttl", headers={"accept-profile": "<https://schema.org/>"}).status_code == 200
    browser = served.get(f"{path}?profile=schema", "text/html,*/*;q=0.8")
    assert browser.json()["@context"] == "https://schema.org/"
    assert served.get(f"{path}?profile=dublin").status_code == 422


def test_profiles_are_linked(served: Served) -> None:
    links = served.get(served.at["haus"] + ".ttl").headers["link"]
    linked = re.search(r'<([^>]+profile=schema)>; rel="alternate"', links)
    assert linked
    assert served.get(linked[1].removeprefix(BASE)).json()["@context"] == "https://schema.org/"


def test_a_list_in_schema_org(served: Served) -> None:
    found = served.get("/sites.jsonld?q=Grimma&profile=schema").json()
    assert (found["@type"], found["numberOfItems"]) == ("ItemList", 1)
    assert found["itemListElement"][0]["item"]["name"] == "Käsehaus Grimma"
    assert served.get("/sites.csv?profile=schema").status_code == 406


def test_documents_fit_their_json_schema(served: Served) -> None:
    openapi = served.get("/openapi.json").json()
    schemas = openapi["components"]["schemas"]
    assert schemas.keys() >= {*KEYS, "Collection", "Problem"}

    def check(document: Any, name: str) -> None:
        jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", **openapi}).validate(document)

    for path in [*served.at.values(), served.nasty]:
        check(served.get(f"{path}.jsonld").json(), "Site")
    (service,) = served.get("/services.jsonld").json()["member"]
    check(service, "Service")
    for query in ("", "?near=51.2,12.7", "?count=0", "?fields=name"):
        check(served.get(f"/sites.jsonld{query}").json(), "Collection")
    check(served.get("/nothing").json(), "Problem")
    with pytest.raises(jsonschema.ValidationError):
        check({**served.get(f"{served.at['haus']}.jsonld").json(), "name": "Käsehaus"}, "Site")
