"""Take one record out of one web page: by structured data, CSS selectors, and the habits of its text.

Many small sites say everything in prose under fixed headings. What such a page has in order is a line that says where
the place is, a title, a teaser, a link, and sections. Nothing of its markup is relied on but the text of the headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from harvesters.clean.html import MAX_DEPTH, depth, html
from harvesters.readers.site import joined
from harvesters.readers.structured import structured
from harvesters.reading import SourceFailed

Data = dict[str, Any]

_CHROME = "script, style, template, noscript, nav, footer, form, aside, [aria-hidden=true], .screen-reader-text"
_TITLE_TAIL = re.compile(r"\s+[|–—·»-]\s+[^|–—·»]{1,80}$")


class UnreadablePage(SourceFailed):
    """A page that no record can be taken from; the text says why."""


def parsed(markup: str) -> LexborHTMLParser:
    """The page as a tree.

    Raises:
        UnreadablePage: where it is nested so deeply that parsing alone would take minutes.
    """
    if depth(markup) > MAX_DEPTH:
        raise UnreadablePage("its markup is nested too deeply")
    return LexborHTMLParser(markup)


@dataclass(frozen=True)
class PageRules:
    """What to look for in a page.

    main: CSS selector of the part that holds the record; the first that matches.
    select: name → CSS selector of a text, or `selector@attribute`.
    lines: name → regular expression; the first line of text that matches it wholly.
    links: name → text of a link; the address it leads to.
    headings: texts of the headings that begin a section.
    marks: name → regular expression searched in the page's classes, terms, address and the lines above its title.
    types: schema.org types of structured data that describe the record.
    """

    main: str = "main, [role=main], article, #content, body"
    select: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    headings: tuple[str, ...] = ()
    marks: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    types: frozenset[str] = frozenset()

    @classmethod
    def of(cls, table: object) -> PageRules:
        """Rules from a `[read.page]` table."""
        if not isinstance(table, Mapping):
            raise SourceFailed("the option 'page' must be a table, [read.page]")
        if unknown := table.keys() - set(cls.__dataclass_fields__):
            known = ", ".join(cls.__dataclass_fields__)
            raise SourceFailed(f"[read.page] has no option '{min(unknown)}'; it knows {known}")
        try:
            compiled = {
                name: {key: re.compile(pattern, re.IGNORECASE) for key, pattern in table.get(name, {}).items()}
                for name in ("lines", "marks")
            }
        except (re.error, AttributeError, TypeError) as error:
            raise SourceFailed(f"[read.page] has a regular expression that cannot be used: {error}") from None
        rules = {
            **table,
            **compiled,
            "headings": tuple(table.get("headings", ())),
            "types": frozenset(table.get("types", ())),
        }
        return cls(**rules)


def extract(
    markup: str, address: str, rules: PageRules, *, title: str | None = None, hints: Iterable[str] = ()
) -> Data:
    """What the rules find in a page, absent keys left out.

    `title`, where it is already known, is not searched for; `hints` are further texts in which `marks` are searched.
    Keys beside those named by the rules: `title`, `teaser`, `sections` (list of `heading` and `text`), `marks` (list of
    names), `place` (structured data with schema.org's keys).

    Raises:
        UnreadablePage: as `parsed` does.
    """
    tree = parsed(markup)
    data: Data = {}
    if rules.types and (place := structured(markup, address, rules.types)):
        data["place"] = place
    main = tree.css_first(rules.main) or tree.body
    if main is None:
        return data
    data |= _selected(tree, address, rules)
    hints = [*hints, address, *_classes(tree)]
    for node in main.css(_CHROME):
        node.decompose()
    data |= _linked(main, address, rules)
    lines = [line for line in (html(main.html or "") or "").split("\n") if line.strip()]
    stated = title or data.get("place", {}).get("name") or _page_title(tree)
    return data | _read_lines(lines, _headings(main), rules, stated, title is not None, hints)


def _selected(tree: LexborHTMLParser, address: str, rules: PageRules) -> Data:
    found: Data = {}
    for name, selector in rules.select.items():
        path, _, attribute = selector.partition("@")
        try:
            node = tree.css_first(path)
        except (SelectolaxError, ValueError):
            raise SourceFailed(f"[read.page.select] {name}: '{path}' is not a CSS selector") from None
        if node is None:
            continue
        value = node.attributes.get(attribute) if attribute else _text(node)
        if value and value.strip():
            found[name] = (joined(address, value) if attribute in ("href", "src") else None) or value.strip()
    return found


def _linked(main: LexborNode, address: str, rules: PageRules) -> Data:
    found: Data = {}
    for name, text in rules.links.items():
        for node in main.css("a[href]"):
            if _same(text) in _same(_text(node)) and (href := (node.attributes.get("href") or "").strip()):
                found[name] = joined(address, href) or href
                break
    return found


def _read_lines(
    lines: list[str], headings: list[str], rules: PageRules, title: str | None, certain: bool, hints: list[str]
) -> Data:
    """The text in its order: named lines, title, teaser, sections."""
    data: Data = {}
    lines = list(_unglued(lines, rules))
    body = next((index for index, line in enumerate(lines) if _same(line) in _all_same(rules.headings)), len(lines))
    last = -1  # of the lines that come before the teaser
    for name, pattern in rules.lines.items():
        for index, line in enumerate(lines[:body]):
            if pattern.fullmatch(line.strip()):
                data[name], last = line.strip(), max(last, index)
                break
    special = {_same(str(value)) for value in data.values()}
    if not certain:
        shown = next((text for text in headings if _same(text) not in special | _all_same(rules.headings)), None)
        after = lines[last + 1] if rules.lines and 0 <= last < body - 1 else None
        title = shown or after or title
    if title:
        data["title"] = title
        for index, line in enumerate(lines[:body]):
            if _same(line) == _same(title):
                last = max(last, index)
                break
    links = _all_same(rules.links.values())
    teaser = [line for line in lines[last + 1 : body] if _same(line) not in links | special]
    if last >= 0 and teaser:
        data["teaser"] = "\n".join(teaser)
    if sections := _sections(lines[body:], headings, rules):
        data["sections"] = sections
    seen = "\n".join([*hints, *lines[: max(last, 0)]])
    if marks := [name for name, pattern in rules.marks.items() if pattern.search(seen)]:
        data["marks"] = marks
    return data


def _unglued(lines: list[str], rules: PageRules) -> Iterable[str]:
    """Lines in which a link and the heading after it run together ("zur WebsiteDas Objekt") are taken apart."""
    for line in lines:
        rest = line.strip()
        for text in rules.links.values():
            if rest.casefold().startswith(text.casefold()) and _same(rest[len(text) :]) in _all_same(rules.headings):
                yield rest[: len(text)]
                rest = rest[len(text) :].strip()
        yield rest


def _sections(lines: list[str], headings: list[str], rules: PageRules) -> list[Data]:
    """Text under each of the fixed headings; any other heading ends a section."""
    fixed, other = _all_same(rules.headings), _all_same(headings) - _all_same(rules.headings)
    sections: list[tuple[str, list[str]]] = []
    inside = False
    for line in lines:
        if _same(line) in fixed:
            sections.append((line.strip(), []))
            inside = True
        elif _same(line) in other:
            inside = False
        elif inside:
            sections[-1][1].append(line)
    return [{"heading": heading, "text": "\n".join(text)} for heading, text in sections if text]


def _headings(main: LexborNode) -> list[str]:
    """Texts of headings, the highest level first."""
    found = [(node.tag or "", _text(node)) for node in main.css("h1, h2, h3, h4")]
    return [text for _, text in sorted(found, key=lambda one: one[0]) if text]


def _page_title(tree: LexborHTMLParser) -> str | None:
    """What the page calls itself in its head, without the name of the site."""
    meta = tree.css_first("meta[property='og:title']")
    text = meta.attributes.get("content") if meta is not None else None
    if not text:
        node = tree.css_first("title")
        text = _text(node) if node is not None else ""
    return _TITLE_TAIL.sub("", text.strip()) or None


def _classes(tree: LexborHTMLParser) -> list[str]:
    """Classes of the page and its article, and the terms it links to: where WordPress themes say the category."""
    nodes = tree.css("body, main, article")
    return [*(node.attributes.get("class") or "" for node in nodes), *(_text(node) for node in tree.css("a[rel~=tag]"))]


def _text(node: LexborNode) -> str:
    return " ".join(node.text().split())


def _same(text: str) -> str:
    return " ".join(text.split()).casefold().strip(" :.→»>")


def _all_same(texts: Iterable[str]) -> set[str]:
    return {_same(text) for text in texts}
