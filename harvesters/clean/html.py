"""Markup to plain text."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from harvesters.clean.finding import Report, ignore, refuse, repair
from harvesters.clean.text import MAX_PROSE, cut, paragraphed, visible
from harvesters.clean.words import words

MAX_MARKUP = 200_000
"""Characters of markup that are looked at."""
MAX_DEPTH = 400
"""Elements open at once. HTML5 parsing is quadratic in the depth: 100,000 nested `div` (500 kB) took 16 s."""

_DROPPED = words(
    """
    script | style | template | noscript | iframe | object | embed | svg | math | canvas | audio | video |
    head | title | select | button
    """
)
_BLOCKS = words(
    """
    address | article | aside | blockquote | body | br | dd | details | div | dl | dt | fieldset | figcaption |
    figure | footer | form | h1 | h2 | h3 | h4 | h5 | h6 | header | hr | li | main | nav | ol | p | pre |
    section | summary | table | tbody | tfoot | thead | tr | ul
    """
)
_PARAGRAPHS = words("p | h1 | h2 | h3 | h4 | h5 | h6 | blockquote | ul | ol | table")
_CELLS = frozenset(("td", "th"))
_VOID = words(
    """
    area | base | br | col | embed | hr | img | input | link | meta | source | track | wbr | p | li | dt | dd |
    tr | td | th | option
    """
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})")
_SHORTCODE = re.compile(
    r"\[/?(?:vc|et_pb|fusion|av|gallery|caption|embed|contact-form)[\w-]{0,60}(?:\s[^\[\]]{0,2000})?\]"
)


def html(value: str, language: str = "", *, report: Report = ignore) -> str | None:
    """The text of markup as a reader sees it: paragraphs and lists as lines; scripts, styles and comments dropped.

    At most `MAX_PROSE` characters. None where the markup shows no text.
    """
    if not value.strip():
        return None
    markup = value
    if len(markup) > MAX_MARKUP:
        shortened = f"nur die ersten {MAX_MARKUP} Zeichen gelesen", f"only the first {MAX_MARKUP} characters were read"
        markup = repair(report, "html", value, value[:MAX_MARKUP], *shortened)
    if depth(markup) > MAX_DEPTH:
        return refuse(report, "html", value, "zu tief verschachtelte Auszeichnung", "markup nested too deeply")
    body = LexborHTMLParser(visible(markup)).body
    shown = paragraphed(_SHORTCODE.sub(" ", "".join(_pieces(body)))) if body is not None else ""
    if not shown:
        return refuse(report, "html", value, "kein sichtbarer Text", "no visible text")
    return cut(shown, MAX_PROSE, "html", value, report)


def depth(markup: str) -> int:
    """How many elements are open at once at most, end tags that may be left out not counted."""
    open_now = deepest = 0
    for closing, tag in _TAG.findall(markup):
        if tag.lower() not in _VOID:
            open_now += -1 if closing else 1
            deepest = max(deepest, open_now)
            open_now = max(open_now, 0)
    return deepest


def _pieces(body: LexborNode) -> list[str]:
    """Texts and breaks in document order; a loop, because real pages nest deeper than Python recurses."""
    pieces: list[str] = []
    node: LexborNode | None = body
    while node is not None:
        tag = node.tag or ""
        if tag == "-text":
            pieces.append((node.text_content or "").replace("\n", " "))
        elif tag in _BLOCKS and not (pieces and pieces[-1].endswith("\n")):
            pieces.append("\n")
        down = node.child if tag not in _DROPPED else None
        if down is not None:
            node = down
            continue
        while node is not None and node.next is None:
            node = _close(node.parent, pieces)
            if node is None or node.mem_id == body.mem_id:
                return pieces
        node = node.next if node is not None else None
    return pieces


def _close(node: LexborNode | None, pieces: list[str]) -> LexborNode | None:
    if node is not None:
        tag = node.tag or ""
        if tag in _PARAGRAPHS:
            pieces.append("\n\n")
        elif tag in _BLOCKS and not pieces[-1].endswith("\n"):
            pieces.append("\n")
        elif tag in _CELLS:
            pieces.append(" ")
    return node
