"""What people do: find a place, go there, look where it comes from; with keyboard, phone, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import HOSTILE, Visitor
from tests.standins.server import StandIn

Visit = Callable[..., Visitor]
PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True}


def test_coworking_near_grimma_is_found_and_had_as_turtle_in_two_clicks(visitor: Visit) -> None:
    someone = visitor()
    page = someone.go("/")
    page.get_by_role("searchbox").or_(page.get_by_role("combobox")).fill("Coworking bei Grimma")
    page.keyboard.press("Enter")
    expect(page.locator(".found [role=status]")).to_have_text("1 Eintrag")
    expect(page.get_by_text("im Umkreis von Grimma")).to_be_visible()
    someone.keep("found")
    page.get_by_role("link", name="Alte Rösterei").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Alte Rösterei")
    expect(page.get_by_text("jetzt geöffnet")).to_be_visible()
    expect(page.get_by_role("link", name="Buchen")).to_have_attribute("href", "https://roesterei.example/book")
    origin = page.get_by_role("region", name="Woher das stammt")
    expect(origin.locator("tbody tr")).to_have_count(3)
    for source, licence in (("Liste", "CC BY 4.0"), ("werkstaetten", "CC0 1.0"), ("karte", "ODbL 1.0")):
        row = origin.locator("tbody tr").filter(has=page.get_by_role("link", name=source, exact=True))
        expect(row.get_by_role("link", name=licence)).to_be_visible()
    expect(page.get_by_text("Kandidat für einen Innovationsort")).to_be_visible()
    someone.keep("site")
    with page.expect_response(re.compile(r"\.ttl$")) as answer:
        page.get_by_role("link", name="Turtle").click()
    assert "text/turtle" in answer.value.headers["content-type"]
    assert "Alte Rösterei" in answer.value.text()
    assert someone.elsewhere == []


def test_the_map_shows_clusters_that_open_and_sites_that_lead_on(visitor: Visit) -> None:
    someone = visitor()
    page = someone.go("/")
    expect(page.locator("#map[data-state=ready]")).to_be_visible()
    cluster = page.locator(".cluster").first
    expect(cluster).to_have_attribute("aria-label", re.compile(r"\d+ Orte: näher heran"))
    expect(page.locator("#map path.leaflet-interactive, #map path").first).to_be_attached()
    someone.keep("start")
    page = someone.go("/sites?q=Naunhof")
    marker = page.locator(".point").first
    marker.focus()
    page.keyboard.press("Enter")
    page.locator(".leaflet-popup-content a", has_text="Mühle Naunhof").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mühle Naunhof")
    assert someone.errors == []


def test_suggestions_by_keyboard(visitor: Visit) -> None:
    someone = visitor()
    page = someone.go("/")
    field = page.get_by_role("combobox")
    field.focus()
    page.keyboard.type("Röst", delay=20)
    expect(page.get_by_role("option").first).to_contain_text("Alte Rösterei")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "q-suggestions-0")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.type("e", delay=20)
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Alte Rösterei")


def test_the_first_key_leads_past_the_menu(visitor: Visit) -> None:
    page = visitor().go("/sites")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Zum Inhalt springen")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("main :focus")).to_have_count(1)


def test_near_me(visitor: Visit) -> None:
    here = {"latitude": 51.2, "longitude": 12.7}
    someone = visitor(geolocation=here, permissions=["geolocation"])
    page = someone.go("/sites")
    page.get_by_role("button", name="In meiner Nähe").click()
    page.wait_for_url(re.compile(r"near=51\.200%2C12\.700"))
    expect(page.locator(".entries h3").first).to_have_text("Alte Rösterei")
    assert someone.elsewhere == []


def test_without_scripts_there_are_the_same_list_and_filters(visitor: Visit) -> None:
    page = visitor(java_script_enabled=False).go("/")
    expect(page.locator("#map")).to_be_hidden()
    expect(page.get_by_role("button", name="In meiner Nähe")).to_be_hidden()
    page.get_by_role("link", name="Landkreis Leipzig").first.click()
    expect(page.locator(".entries h3")).to_have_count(2)
    page.locator("input[name=q]").fill("Mühle")
    page.get_by_role("button", name="Suchen").click()
    expect(page.locator(".entries h3")).to_have_text(["Mühle Naunhof"])


def test_hostile_names_stay_text_everywhere(visitor: Visit) -> None:
    someone = visitor()
    page = someone.go("/sites?q=onerror")
    expect(page.locator(".entries h3")).to_have_text([HOSTILE])
    page.locator(".point").first.click()
    expect(page.locator(".leaflet-popup-content a")).to_have_text(HOSTILE)
    page.get_by_role("combobox").fill("onerror")
    expect(page.get_by_role("option").first).to_contain_text(HOSTILE)
    page.locator(".entries a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    assert page.title().startswith("<img")
    assert page.locator("img[onerror]").count() == 0
    assert someone.errors == []


def test_the_language_is_remembered(visitor: Visit) -> None:
    page = visitor().go("/sites")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sites")
    page.goto(page.url.partition("/sites")[0] + "/sources")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")


def test_in_print_there_is_the_text_and_no_menu(visitor: Visit) -> None:
    someone = visitor()
    page = someone.go("/sites?q=Naunhof")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator(".entries h3")).to_be_visible()
    someone.keep("print")


def test_a_partner_shows_a_map_of_its_network(visitor: Visit) -> None:
    someone = visitor()
    page = someone.page
    with StandIn() as partner:
        partner.route(
            "/orte",
            f'<!doctype html><script type="module" src="{someone.base}/embed.js"></script>'
            '<orte-map district="14729" q="Rösterei"></orte-map>',
        )
        partner.route("/copy", f'<!doctype html><iframe src="{someone.base}/sites"></iframe>')
        page.goto(partner.url("/orte"))
        frame = page.frame_locator("orte-map iframe")
        expect(frame.locator("[role=status]")).to_have_text("1 Eintrag")
        expect(frame.locator(".point")).to_have_attribute("aria-label", "Alte Rösterei")
        someone.keep("embedded")
        page.goto(partner.url("/copy"))
        expect(page.frame_locator("iframe").locator("main")).to_have_count(0)  # only what is made for it can be framed
