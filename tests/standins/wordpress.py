"""A WordPress site with a list of places, which can be made to offer more or less of itself."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from html import escape
from math import ceil
from pathlib import Path
from typing import Any, Literal

from tests.standins.server import Reply, Request, StandIn

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

NAVIGATION = '<nav><a href="/">Start</a> <a href="/orte/">Orte</a> <a href="/mitmach-orte/">Mitmach-Orte</a></nav>'


def kreativorte() -> list[dict[str, Any]]:
    """The six known places of kreativorte-mitteldeutschland.de, modelled."""
    return list(tomllib.loads((FIXTURES / "kreativorte.toml").read_text(encoding="utf-8"))["place"])


class WordPress(StandIn):
    """Serves `places`; change them and the site changes.

    rest: whether the REST interface lists the type; sitemap: whether there are sitemaps.
    structured: which structured data a page carries; numbered: whether a page shows its post's number.
    full_content: whether a post's content has the line above the title, or only the theme's page has it.
    """

    rest = True
    sitemap = True
    structured: Literal["json-ld", "microdata", "rdfa"] | None = None
    numbered = True
    full_content = True

    def __init__(self, places: list[dict[str, Any]]) -> None:
        super().__init__()
        self.places = places
        self.route("/wp-json/wp/v2/types", self._types)
        self.route("/wp-json/wp/v2/orte", self._posts)
        self.route("/wp-sitemap.xml", self._index)
        self.route("/wp-sitemap-posts-orte-1.xml", self._sitemap)
        self.route("/orte/*", self._page)
        self.route("/orte/", self._overview)
        self.route("/", self._front)

    def place(self, slug: str) -> dict[str, Any]:
        return next(place for place in self.places if place["slug"] == slug)

    def link(self, place: Mapping[str, Any]) -> str:
        return self.url(f"/?p={place['id']}" if place.get("plain_link") else f"/orte/{place['slug']}/")

    def _types(self, request: Request) -> Reply:
        if not self.rest:
            return _no_route()
        return Reply({"post": {"slug": "post", "rest_base": "posts"}, "ort": {"slug": "ort", "rest_base": "orte"}})

    def _posts(self, request: Request) -> Reply:
        if not self.rest:
            return _no_route()
        after = request.query.get("modified_after", "")
        posts = sorted((p for p in self.places if p["modified"] > after), key=lambda place: int(place["id"]))
        size, number = int(request.query.get("per_page", 10)), int(request.query.get("page", 1))
        pages = ceil(len(posts) / size)
        if number > max(pages, 1):
            code = "rest_post_invalid_page_number"
            return Reply({"code": code, "message": "The page number is too large.", "data": {"status": 400}}, 400)
        headers = {"X-WP-Total": str(len(posts)), "X-WP-TotalPages": str(pages)}
        return Reply([self._post(place) for place in posts[(number - 1) * size : number * size]], 200, headers)

    def _post(self, place: Mapping[str, Any]) -> dict[str, Any]:
        term = {
            "id": 3,
            "taxonomy": "rubrik",
            "name": place["rubric"],
            "slug": place["rubric"].lower().replace(" ", "-"),
        }
        content = (self._line(place) if self.full_content else "") + (self._body(place) if self.full_content else "")
        return {
            "id": place["id"], "slug": place["slug"], "link": self.link(place), "type": "ort", "status": "publish",
            "modified_gmt": place["modified"], "title": {"rendered": escape(place["title"])},
            "content": {"rendered": content}, "excerpt": {"rendered": ""}, "_embedded": {"wp:term": [[term]]},
        }  # fmt: skip

    def _index(self, request: Request) -> Reply:
        if not self.sitemap:
            return Reply("<h1>Nichts gefunden</h1>", 404)
        location = self.url("/wp-sitemap-posts-orte-1.xml")
        return _xml(
            f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{location}</loc></sitemap></sitemapindex>'
        )

    def _sitemap(self, request: Request) -> Reply:
        urls = "".join(
            f"<url><loc>{escape(self.link(place))}</loc><lastmod>{place['modified']}+00:00</lastmod></url>"
            for place in self.places
        )
        return _xml(
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{self.url("/orte/")}</loc></url>{urls}</urlset>'
        )

    def _overview(self, request: Request) -> Reply:
        links = "".join(f'<li><a href="{escape(self.link(place))}">{place["title"]}</a></li>' for place in self.places)
        return Reply(f"<html><body>{NAVIGATION}<main><h1>Orte</h1><ul>{links}</ul></main></body></html>")

    def _front(self, request: Request) -> Reply:
        number = request.query.get("p")
        if number is None:
            return Reply(f"<html><body>{NAVIGATION}<main><h1>Kreativorte</h1></main></body></html>")
        return self._show(next((place for place in self.places if str(place["id"]) == number), None))

    def _page(self, request: Request) -> Reply:
        slug = request.path.strip("/").rpartition("/")[2]
        return self._show(next((place for place in self.places if place["slug"] == slug), None))

    def _show(self, place: Mapping[str, Any] | None) -> Reply:
        if place is None:
            return Reply("<h1>Nichts gefunden</h1>", 404)
        number = place["id"]
        shortlink = f'<link rel="shortlink" href="{self.url(f"/?p={number}")}">' if self.numbered else ""
        classes = f"single single-ort postid-{number}" if self.numbered else "single single-ort"
        rubric = place["rubric"].lower().replace(" ", "-")
        return Reply(f"""<!DOCTYPE html>
<html lang="de"><head><title>{escape(place["title"])} – Kreativorte Mitteldeutschland</title>{shortlink}
<link rel="canonical" href="{escape(self.link(place))}">{self._json_ld(place)}
<style>main {{ color: black }}</style></head>
<body class="{classes}">{NAVIGATION}
<main><article class="ort rubrik-{rubric}"{self._scope()}>{self._line(place)}
<h1{self._property("name")}>{escape(place["title"])}</h1>
{self._body(place)}{self._geo(place)}</article><aside>Weitere Orte</aside></main>
<footer>Impressum, Mitmach-Orte, zur Website</footer><script>var x = "</main>";</script></body></html>""")

    def _line(self, place: Mapping[str, Any]) -> str:
        return f'<p class="lage">{escape(place["location"])}</p>'

    def _body(self, place: Mapping[str, Any]) -> str:
        link = f'<a href="{escape(place["website"])}">zur Website</a>' if "website" in place else ""
        sections = "".join(f"<h2>{heading}</h2><p>{escape(text)}</p>" for heading, text in place["sections"])
        if place.get("glued"):  # the link and the next heading run together
            first = place["sections"][0][0]
            link, sections = f"<div>{link}<span>{first}</span></div>", sections.replace(f"<h2>{first}</h2>", "", 1)
        return f"<p{self._property('description')}>{escape(place['teaser'])}</p>{link}{sections}"

    def _json_ld(self, place: Mapping[str, Any]) -> str:
        if self.structured != "json-ld":
            return ""
        locality, land, _ = place["location"].split(", ")
        address = {"@type": "PostalAddress", "addressLocality": locality, "addressRegion": land, "addressCountry": "DE"}
        item = {"@type": "Place", "name": place["title"], "description": place["teaser"], "address": address}
        geo = {"geo": {"@type": "GeoCoordinates", "latitude": 51.2, "longitude": "12.7"}}
        page = {"@type": "WebPage", "@id": self.link(place), "name": place["title"]}
        graph = {"@context": "https://schema.org", "@graph": [page, {**item, **geo}]}
        return f'<script type="application/ld+json">{json.dumps(graph, ensure_ascii=False)}</script>'

    def _scope(self) -> str:
        if self.structured == "microdata":
            return ' itemscope itemtype="https://schema.org/Place"'
        return ' vocab="https://schema.org/" typeof="Place"' if self.structured == "rdfa" else ""

    def _property(self, name: str) -> str:
        attribute = {"microdata": "itemprop", "rdfa": "property"}.get(self.structured or "")
        return f' {attribute}="{name}"' if attribute else ""

    def _geo(self, place: Mapping[str, Any]) -> str:
        if self.structured == "microdata":
            scope = 'itemprop="geo" itemscope itemtype="https://schema.org/GeoCoordinates"'
        elif self.structured == "rdfa":
            scope = 'property="geo" typeof="GeoCoordinates"'
        else:
            return ""
        lat, lon = self._property("latitude"), self._property("longitude")
        return f'<div {scope}><meta{lat} content="51.2"><meta{lon} content="12.7"></div>'


def _no_route() -> Reply:
    return Reply({"code": "rest_no_route", "message": "No route was found.", "data": {"status": 404}}, 404)


def _xml(content: str) -> Reply:
    declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return Reply(declaration + content, headers={"Content-Type": "application/xml; charset=UTF-8"})
