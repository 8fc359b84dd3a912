"""One record out of one page: habits of the text, selectors, structured data."""

from __future__ import annotations

from typing import Any

import pytest

from harvesters.readers.page import PageRules, UnreadablePage, extract
from harvesters.reading import SourceFailed

ADDRESS = "https://orte.example/orte/haus/"
RULES = PageRules.of(
    {
        "headings": ["Das Objekt", "Die Lage"],
        "lines": {"location": "[^,]+, Sachsen, [^,]+"},
        "links": {"website": "zur Website"},
        "marks": {"mitmach": "mitmach-?ort"},
    }
)


def found(body: str, head: str = "", **more: Any) -> dict[str, Any]:
    return extract(f"<html><head>{head}</head><body>{body}</body></html>", ADDRESS, RULES, **more)


WHOLE = """
<nav>Mitmach-Orte</nav><main><p>Grimma, Sachsen, Landkreis Leipzig</p><h1>Haus</h1><p>Erster Satz.<br>Zweiter.</p>
<a href="/out?x=1">zur Website</a><h2>Das Objekt</h2><p>Ein Haus.</p><p>Alt.</p><h2>Die Lage:</h2><p>Zentral.</p>
<h2>Weitere Orte</h2><p>Nicht von hier.</p></main><footer><h2>Die Lage</h2>Fuß</footer>"""


def test_the_parts_of_a_page_are_taken_in_their_order() -> None:
    assert found(WHOLE) == {
        "location": "Grimma, Sachsen, Landkreis Leipzig",
        "title": "Haus",
        "teaser": "Erster Satz.\nZweiter.",
        "website": "https://orte.example/out?x=1",
        "sections": [
            {"heading": "Das Objekt", "text": "Ein Haus.\nAlt."},
            {"heading": "Die Lage:", "text": "Zentral."},
        ],
    }


def test_the_title_may_stand_above_the_line_or_be_no_heading_at_all() -> None:
    above = "<main><h1>Haus</h1><p>Grimma, Sachsen, Landkreis Leipzig</p><p>Text.</p></main>"
    plain = "<div>Grimma, Sachsen, Landkreis Leipzig</div><div>Haus</div><div>Text.</div>"
    wanted = {"location": "Grimma, Sachsen, Landkreis Leipzig", "title": "Haus", "teaser": "Text."}
    assert found(above) == wanted
    assert found(plain) == wanted


def test_a_known_title_is_not_searched_for() -> None:
    body = "<p>Grimma, Sachsen, Landkreis Leipzig</p><p>Text.</p>"
    assert found(body, title="Haus")["teaser"] == "Text."


@pytest.mark.parametrize(
    "glued", ["<p><a href='/w'>zur Website</a>Das Objekt</p>", "<p><a href='/w'>zur Website</a><b> Das Objekt</b></p>"]
)
def test_a_link_glued_to_the_next_heading_is_taken_apart(glued: str) -> None:
    data = found(f"<h1>Haus</h1><p>Text.</p>{glued}<p>Ein Haus.</p>")
    assert data["website"] == "https://orte.example/w"
    assert data["teaser"] == "Text."
    assert data["sections"] == [{"heading": "Das Objekt", "text": "Ein Haus."}]


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Haus – Die Orte</title>", "Haus"),
        ("<title>Haus am See | Die Orte</title>", "Haus am See"),
        ('<meta property="og:title" content="Haus"><title>Anders</title>', "Haus"),
    ],
)
def test_a_page_without_headings_is_called_what_its_head_says(head: str, title: str) -> None:
    assert found("<p></p>", head)["title"] == title


@pytest.mark.parametrize(
    "body",
    [
        "<article class='ort rubrik-mitmach-orte'><h1>Haus</h1></article>",
        "<p>Mitmach-Ort</p><h1>Haus</h1>",
        "<h1>Haus</h1><a rel='tag'>Mitmach-Orte</a>",
    ],
)
def test_a_mark_is_seen_in_classes_terms_and_above_the_title(body: str) -> None:
    assert found(f"<main>{body}</main>")["marks"] == ["mitmach"]


def test_a_mark_in_navigation_or_prose_says_nothing_of_this_page() -> None:
    body = (
        "<nav>Mitmach-Orte</nav><main><h1>Haus</h1><p>Früher ein Mitmach-Ort.</p></main><footer>Mitmach-Orte</footer>"
    )
    assert "marks" not in found(body)


def test_selectors_give_texts_and_attributes() -> None:
    rules = PageRules.of({"select": {"phone": ".tel", "photo": "img.haus@src", "none": ".nothing"}})
    body = '<h1>Haus</h1><p class="tel"> 03437 <b>1</b></p><img class="haus" src="/b.jpg">'
    data = extract(body, ADDRESS, rules)
    assert (data["phone"], data["photo"]) == ("03437 1", "https://orte.example/b.jpg")
    assert "none" not in data


def test_a_broken_selector_fails_the_source() -> None:
    with pytest.raises(SourceFailed, match="'<<' is not a CSS selector"):
        extract("<p>x</p>", ADDRESS, PageRules.of({"select": {"x": "<<"}}))


PLACE = PageRules.of({"types": ["Place"]})
WANTED = {"type": ["Place"], "name": "Haus", "geo": {"type": ["GeoCoordinates"], "latitude": "51.2"}}


@pytest.mark.parametrize(
    "markup",
    [
        """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
        {"@type": "WebPage", "name": "x"}, {"@type": ["Place"], "name": "Haus", "geo": {"@id": "#g"}},
        {"@id": "#g", "@type": "GeoCoordinates", "latitude": "51.2"}]}</script>""",
        """<div itemscope itemtype="https://schema.org/Place"><b itemprop="name">Haus</b><i itemprop="geo" itemscope
        itemtype="https://schema.org/GeoCoordinates"><meta itemprop="latitude" content="51.2"></i></div>""",
        """<div vocab="https://schema.org/" typeof="Place"><b property="name">Haus</b>
        <i property="geo" typeof="GeoCoordinates"><meta property="latitude" content="51.2"></i></div>""",
    ],
)
def test_structured_data_have_one_shape_whatever_their_syntax(markup: str) -> None:
    assert extract(f"<html><body>{markup}</body></html>", ADDRESS, PLACE)["place"] == WANTED


def test_structured_data_about_the_page_itself_are_not_the_place() -> None:
    scripts = ['{"@type": "WebPage", "name": "x"}', "{broken"]
    markup = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    assert "place" not in extract(markup, ADDRESS, PLACE)


def test_structured_data_that_go_in_circles_end() -> None:
    circle = '{"@graph": [{"@type": "Place", "@id": "#a", "name": "x", "geo": {"@id": "#a"}}]}'
    assert extract(f'<script type="application/ld+json">{circle}</script>', ADDRESS, PLACE)["place"]["name"] == "x"


def test_markup_nested_without_end_is_refused() -> None:
    with pytest.raises(UnreadablePage, match="nested too deeply"):
        extract("<div>" * 100_000, ADDRESS, RULES)
