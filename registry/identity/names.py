"""Names of places, taken apart and compared: what two names say for and against meaning one and the same place.

A name is a row of words of different weight. "Kulturhaus Beucha" is a plain word and a place; "Alte Brauerei" says
little; "Posa" says which. What the words are is in words.toml.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from registry.identity.words import WORDS, fold

_LEGAL = re.compile(
    r"(?<!\w)(?:e\s?\.?\s?v\.?|g?gmbh(?:\s?&\s?co\.?\s?kg)?|mbh|g?ug|haftungsbeschr(?:ae|a)nkt|gbr|ag|kgaa|ohg|e\s?\.?\s?g\.?"
    r"|(?:eingetragene )?genossenschaft$|e\s?\.?\s?k\.?|partg(?:mbb)?"
    r"|i\s?\.\s?g(?:r)?\.?|in gr(?:ue|u)ndung|ltd|inc|llc|kd?oe?r|aoer)(?!\w)\.?"
)
_HALL = re.compile(r"\bhalle (?=\d|[a-z]\b)")
_APOSTROPHE = re.compile(r"['’`´]s?\b")
_DESIGNATOR = re.compile(r"\d+[a-z]?|[a-z]|i{2,3}|iv|vi{0,3}|ix")
_BEFORE = re.compile(
    r"[\s(,;:–|/-]+(?:heute|jetzt|nunmehr|inzwischen|fr(?:ü|ue)her|ehemals|vormals|ehem\.|vorm\.|einst|alias|a\.k\.a\.|aka"
    r"|formerly)\b[\s:]*",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(
    r"\b(\w{3,})- (?:und|oder|/) (\w{3,}?)(haus|zentrum|staette|werkstatt|hof|raum|laden|verein|fabrik|scheune|cafe)\b"
)
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_QUOTED = re.compile(r"[»„“‚‘\"](\w[^»«„“”‚‘’\"]{2,})[«“”’‘\"]")
_WORD = re.compile(r"\w+|[()\[\]|/:;,–—@]|(?<=\s)-(?=\s)")
_CUT = frozenset("()[]|/:;,–—-")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name. ``role`` is its class in words.toml, ``family`` that of its use."""

    text: str
    role: str
    weight: float
    family: int = -1


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart. ``parts`` are the stretches between dashes, commas and brackets."""

    text: str
    words: tuple[Word, ...]
    parts: tuple[tuple[Word, ...], ...]
    content: tuple[Word, ...]  # the words that say something
    quoted: bool = False  # whether the first part stood in quotation marks: Stadtteilladen »Komm-Haus«


@lru_cache(maxsize=100_000)
def parse(text: str) -> Name:
    """Take a name apart. What stands in quotation marks is what it is called, the rest says what it is."""
    quoted = _QUOTED.search(text)
    if quoted and _QUOTED.sub(" ", text).strip(" .,;:–-"):
        inner, rest = parse(quoted[1]), parse(_QUOTED.sub(" ", text, count=1))
        if inner.words and rest.words:
            words = rest.words + inner.words if quoted.start() else inner.words + rest.words
            return _name(text, words, (inner.words, *rest.parts), quoted=True)
    line = _LEGAL.sub(" ", _APOSTROPHE.sub("", fold(text)))
    line = " ".join(line.replace("&", " und ").replace("+", " und ").replace(".", " ").split())
    line = WORDS.spell(_HALL.sub("hallenbau ", _ELLIPSIS.sub(r"\1\3 und \2\3", line)))
    parts: list[list[Word]] = [[]]
    for piece in _WORD.findall(line.replace("_", " ")):
        if piece in _CUT:
            parts.append([])
        else:
            parts[-1].append(_word("at" if piece == "@" else piece))
    kept = tuple(tuple(part) for part in parts if part)
    return _name(text, tuple(word for part in kept for word in part), kept)


def _name(text: str, words: tuple[Word, ...], parts: tuple[tuple[Word, ...], ...], *, quoted: bool = False) -> Name:
    return Name(text, words, parts, tuple(word for word in words if word.role != "stop"), quoted)


@lru_cache(maxsize=50_000)
def aliases(text: str) -> tuple[str, ...]:
    """The names within a name: "Klubhaus, heute Kulturforum" is two, "Kulturforum (ehemals Klubhaus)" too."""
    pieces = [piece.strip(" ,;:()[]–-|/") for piece in _BEFORE.split(text)]
    kept = [piece for piece in pieces if len(piece) > 2]
    return (*kept, text) if len(kept) > 1 else (text,)


def without(text: str, street: str) -> str:
    """A name without the address in it: "Peterskirchhof 4 (Stadtlabor)"; as it is where it is nothing but that."""
    if len(street) < 6 or street.lower() not in text.lower():
        return text
    at = text.lower().index(street.lower())
    rest = f"{text[:at]} {text[at + len(street) :]}".strip(" ,;:()[]–-|/")
    return rest if sum(char.isalpha() for char in rest) >= 3 else text


@lru_cache(maxsize=100_000)
def _word(text: str) -> Word:
    if _DESIGNATOR.fullmatch(text):
        text = _ROMAN.get(text, text.lstrip("0") or "0")
        return Word(text, "number", WORDS.weight["number"])
    role, family = WORDS.role(text)
    plain = role not in ("use", "house", "building") or family != -2
    return Word(text, role, WORDS.weight[role if plain else "compound"], family)


def says_which(words: Sequence[Word], places: frozenset[str]) -> bool:
    """Whether a name has more than places and labels: "Röcknitz" and "Kreativort Röcknitz" have not."""
    return any(word.role != "label" and word.text not in places for word in words)
