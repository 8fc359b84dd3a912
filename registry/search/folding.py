"""Fold German text so that people find it however they type it: Käse, Kaese, Kase and KÄSE alike."""

from __future__ import annotations

import re
import unicodedata

_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Lower case with ä→ae, ö→oe, ü→ue, ß→ss, and no other diacritics: the form that queries are put into."""
    return _plain(unicodedata.normalize("NFC", text).casefold().translate(_TWO_LETTERS))


def sort_key(text: str) -> str:
    """Lower case with ä→a, ö→o, ü→u, ß→ss: the order of German dictionaries (DIN 5007-1)."""
    return " ".join(_WORD.findall(_plain(text.casefold())))


def searchable(text: str) -> str:
    """The text folded, and each word with an umlaut once more in its short form (``kaese kase``)."""
    long = fold(text)
    short = {b for a, b in zip(_WORD.findall(long), _WORD.findall(_plain(text.casefold())), strict=False) if a != b}
    return " ".join([long, *sorted(short)])


def words(query: str) -> list[str]:
    """The words of a query, folded; at most sixteen, so that no query can be made expensive."""
    return _WORD.findall(fold(query))[:16]


def _plain(text: str) -> str:
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text)
    for mark in {char for char in set(plain) if unicodedata.combining(char)}:  # few: faster than char by char
        plain = plain.replace(mark, "")
    return plain
