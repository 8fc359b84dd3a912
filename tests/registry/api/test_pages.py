"""Pages for people: finding, visiting, trusting, in two languages, whatever sources say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from harvesters.gazetteer import Gazetteer
from registry.api.headers import Headers
from registry.ledger import SourceState
from registry.web.freshness import freshness
from registry.web.phrases import understand
from registry.web.visit import ZONE, today
from tests.registry.api.conftest import Served
from tests.registry.conftest import BASE

PAGE = "text/html"


def test_the_start_page_has_map_list_and_filters_without_any_script(served: Served) -> None:
    page = served.get("/", PAGE).text
    assert 'id="map"' in page
    assert page.count("<h3><a") == 10
    assert f"{served.get('/sites.json').json()['totalItems']} Einträge" in page
    assert "/sites?source=liste" in page or "/sites?service=desk" in page
    assert f'<link rel="canonical" href="{BASE}/">' in page


def test_a_page_says_its_language_its_translations_and_itself_to_networks(served: Served) -> None:
    page = served.get(served.at["haus"], PAGE).text
    iri = BASE + served.at["haus"]
    assert f'<link rel="canonical" href="{iri}">' in page
    for tongue in ("de", "en"):
        assert f'<link rel="alternate" hreflang="{tongue}" href="{iri}?lang={tongue}">' in page
    assert '<meta property="og:title" content="Käsehaus Grimma' in page
    assert '<meta property="og:description" content="Ein Haus für alle.">' in page
    part = ElementTree.fromstring(served.get("/sitemap-0.xml").content)
    links = {link.get("href") for link in part.iter("{http://www.w3.org/1999/xhtml}link")}
    assert f"{iri}?lang=en" in links


def test_a_visitor_sees_what_is_offered_whom_to_ask_and_where_to_correct(served: Served) -> None:
    page = served.get(served.at["haus"], PAGE).text
    assert "Schreibtisch</a>" in page
    assert 'href="tel:+493411234567"' in page
    assert 'href="https://liste.example/haus"' in page[page.index("Stimmt hier etwas nicht?") :]
    assert "aufgenommen" in page[page.index("Änderungen") :]
    assert "51.236" in page


def test_hours_of_the_day() -> None:
    monday = datetime(2026, 11, 23, 12, 0, tzinfo=ZONE)
    week = "Mo-Fr 09:00-12:30,13:00-18:00; Sa off"
    found = today(week, monday)
    assert found is not None
    assert (found.spans, found.now) == (("09:00–12:30", "13:00–18:00"), True)
    assert today(week, datetime(2026, 11, 23, 7, 59, tzinfo=UTC)) == type(found)(found.spans, False)
    assert today(week, datetime(2026, 11, 28, 12, 0, tzinfo=ZONE)) == type(found)((), False)
    assert today("nach Absprache, meistens", monday) is None
    always = today("24/7", monday)
    assert always is not None
    assert always.spans == ("00:00–24:00",)


def test_suggestions_name_services_districts_and_entities(served: Served) -> None:
    def labels(q: str, language: str = "de") -> list[str]:
        return [one["label"] for one in served.get("/suggest", params={"q": q, "lang": language}).json()]

    assert "Käsehaus Grimma" in labels("käse")
    assert labels("cowork")[0] == "Arbeitsplatz"
    assert labels("cowork", "en")[0] == "Desk"
    assert "Landkreis Leipzig" in labels("landkreis l")
    assert labels("") == labels("xyzxyz") == []
    (district,) = [one for one in served.get("/suggest?q=burgen").json() if one["kind"] == "region"]
    assert served.get(district["href"], PAGE).status_code == 200


def test_points_follow_the_filters_and_come_as_one_where_dense(served: Served) -> None:
    near = served.get("/map?zoom=15").json()
    assert sorted(point["name"] for point in near) == ["Holzwerkstatt Zeitz", "Käsehaus Grimma"]
    (far,) = served.get("/map?zoom=3").json()
    assert (far["count"], far["name"], far["href"]) == (2, None, None)
    assert far["box"] == [12.138, 51.047, 12.728, 51.236]
    (one,) = served.get("/map?zoom=3&q=Zeitz").json()
    assert (one["at"], one["href"]) == ([51.047, 12.138], served.at["werkstatt"])
    assert served.get("/map?zoom=99").status_code == 422


def test_an_empty_list_helps(served: Served) -> None:
    page = served.get("/sites?q=Quarkfabrik&region=14713&near=51,12&radius=1km", PAGE).text
    empty = page[page.index('class="empty"') :]
    ways = [parse_qs(urlsplit(href.replace("&amp;", "&")).query) for href in re.findall(r'href="(/sites[^"]*)"', empty)]
    assert {"q": ["Quarkfabrik"]} in ways
    assert any("q" not in way and way.get("region") == ["14713"] for way in ways)
    assert any(way.get("radius") == ["50km"] and way.get("q") == ["Quarkfabrik"] for way in ways)


@pytest.mark.parametrize(
    ("typed", "words", "place"),
    [
        ("Coworking bei Grimma", "Coworking", "Grimma"),
        ("coworking near grimma", "coworking", "grimma"),
        ("bei Grimma", "", "Grimma"),
        ("Werkstatt in der Nähe von Grimma", "Werkstatt", "Grimma"),
        ("Werkstatt bei Atlantis", "Werkstatt Atlantis", None),
        ("Bei der Post", "der Post", None),
        ("Umbau Beispiel", "Umbau Beispiel", None),
    ],
)
def test_words_that_name_a_place(tmp_path: Path, typed: str, words: str, place: str | None) -> None:
    (tmp_path / "plz.csv").write_text(
        "zipcode,place,community_code,latitude,longitude\n04668,Grimma,14729,51.2366,12.7252\n", encoding="utf-8"
    )
    found = understand(typed, Gazetteer.load(tmp_path / "plz.csv"))
    assert (found.words, found.place) == (words, place)
    assert (found.position == (51.2366, 12.7252)) is (place is not None)


def test_near_an_unknown_place_is_searched_as_words(served: Served) -> None:
    answer = served.get("/sites?q=K%C3%A4sehaus+bei+Grimma", PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sites?q=K%C3%A4sehaus+Grimma")
    assert served.get("/sites.json?q=K%C3%A4sehaus+bei+Grimma").status_code == 200  # programs mean what they write


def test_the_language_is_remembered(served: Served) -> None:
    served.client.cookies.clear()
    headers = {"accept": PAGE, "accept-language": "de"}
    chosen = served.client.get("/sites?lang=en", headers=headers)
    assert "lang=en" in chosen.headers["set-cookie"]
    assert "Cookie" in chosen.headers["vary"]
    assert '<html lang="en">' in served.client.get("/sites", headers=headers).text
    assert '<html lang="de">' in served.client.get("/sites?lang=de", headers=headers).text
    assert '<html lang="de">' in served.client.get("/sites", headers=headers).text
    served.client.cookies.clear()
    assert "set-cookie" not in served.client.get("/sites", headers=headers).headers


def test_an_address_may_begin_with_the_language(served: Served) -> None:
    for asked, led in (
        ("/en", "/?lang=en"),
        ("/en/sites?q=R%C3%B6sterei&lang=de", "/sites?q=R%C3%B6sterei&lang=en"),
        ("/de//elsewhere.example/x", "/elsewhere.example/x?lang=de"),
        ("/de/a%20b%0d", "/a%20b%0D?lang=de"),
    ):
        answer = served.client.get(asked, headers={"accept": PAGE}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, led)
        assert "set-cookie" not in answer.headers


def test_nothing_is_run_that_a_source_wrote(served: Served) -> None:
    page = served.get(served.nasty, PAGE).text
    for live in ("<script>alert", "<img src=x", 'href="javascript:', 'href="data:', 'onmouseover="'):
        assert live not in page
    for path in ("/", "/sites?q=script", "/suggest?q=alert"):
        assert "<script>alert" not in served.get(path, PAGE).text or "json" in served.get(path).headers["content-type"]


def test_only_tiles_come_from_elsewhere() -> None:
    async def nothing(*_: object) -> None: ...

    def policy(tiles: str) -> str:
        headers = dict(Headers(nothing, nothing, nothing, tiles)._page)  # type: ignore[arg-type]
        return headers[b"content-security-policy"].decode()

    assert "img-src 'self' data: ;" in policy("")
    assert "img-src 'self' data: https://*.tile.example:8080;" in policy(
        "https://{s}.tile.example:8080/{z}/{x}/{y}.png"
    )
    assert "unsafe" not in policy("")


def test_leaflet_is_served_from_here_and_small(served: Served) -> None:
    asked = {"accept-encoding": "gzip"}
    with served.client.stream("GET", "/static/leaflet/leaflet.js", headers=asked) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert sum(map(len, answer.iter_raw())) < 50_000


def test_a_source_is_stale_after_two_of_its_intervals() -> None:
    def source(confirmed: str | None) -> SourceState:
        return SourceState("a", {"every": 86_400}, "ok", None, None, confirmed, 1, b"")

    now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert freshness(source("2026-11-20T12:00:00Z"), now).state == "fresh"
    late = freshness(source("2026-11-20T11:59:59Z"), now)
    assert (late.state, late.days, late.stale) == ("stale", 2, True)
    assert freshness(source(None), now).state == "never"


def test_only_the_page_made_for_it_can_be_framed(served: Served) -> None:
    frame = served.get("/embed?q=Zeitz", PAGE)
    assert "frame-ancestors *" in frame.headers["content-security-policy"]
    assert "x-frame-options" not in frame.headers
    assert "orte-embeddable" not in frame.headers
    assert "Holzwerkstatt Zeitz" in frame.text
    other = served.get("/sites?q=Zeitz", PAGE)
    assert "frame-ancestors 'none'" in other.headers["content-security-policy"]
    module = served.get("/embed.js")
    assert module.headers["access-control-allow-origin"] == "*"
    assert module.headers["content-type"].startswith("text/javascript")


def test_sources_show_how_they_are(served: Served) -> None:
    page = served.get("/sources", PAGE).text
    row = page[page.index("Liste</a>") :].partition("</tr>")[0]
    for said in ("vollständig gelesen", "überfällig", "Tagen", "1 zurückgezogen", "Warnungen", "CC BY 4.0", "/report"):
        assert said in row, said
    assert "Veraltet" in served.get(served.at["haus"], PAGE).text


def test_a_region_lists_its_sites_and_names_them(served: Served) -> None:
    page = served.get("/region/14729", PAGE)
    assert page.status_code == 200
    assert "Landkreis Leipzig" in page.text
