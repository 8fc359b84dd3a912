"""Text: one line, several paragraphs, a slug."""

from __future__ import annotations

import html as entities
import re
import unicodedata

from harvesters.clean.finding import Report, ignore, refuse, repair
from harvesters.clean.words import words

MAX_LINE = 2_000
"""Characters of a text on one line; longer ones are cut at a word."""
MAX_PROSE = 20_000
"""Characters of a description; longer ones are cut at a word."""
MAX_SLUG = 80

PLACEHOLDERS = words(
    """
    n/a | n.a | na | n.n | nn | k.a | ka | k. a | keine angabe | keine angaben | ohne angabe | keine |
    unbekannt | unknown | none | null | nan | undefined | tbd | tba | todo | folgt | folgt noch | in arbeit |
    test | testeintrag | xxx | xxxx | asdf | lorem ipsum | platzhalter | placeholder | bitte ausfüllen |
    bitte eintragen | -
    """
)
"""What people type where a form wants something and they have nothing to say; compared in lower case."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_MOJIBAKE = re.compile("Ã[\x80-\xbf\u0152-\u2122]|Â[\xa0-\xbf]|â€[\x80-\xbf\u0152-\u2122]")
_LINE = re.compile(r"\r\n|\r|\n|\x85|\u2028|\u2029")
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "&": " und "})


def text(value: str, language: str = "", *, report: Report = ignore) -> str | None:
    """A text on one line: white space collapsed, invisible characters dropped, entities and mojibake repaired.

    Tags are left alone (a hackerspace is really called `<name>space Gera`); for markup there is `html`.
    `language` is only looked at by those who make an RDF literal of it. None for empty texts and placeholders.
    """
    line = " ".join(_readable(value, "text", report).split())
    if not line or _is_placeholder(line, "text", value, report):
        return None
    return cut(line, MAX_LINE, "text", value, report)


def prose(value: str, language: str = "", *, report: Report = ignore) -> str | None:
    """A text of several paragraphs: like `text`, but line breaks stay, at most one empty line between paragraphs."""
    paragraphs = paragraphed(_readable(value, "prose", report))
    if not paragraphs or _is_placeholder(paragraphs, "prose", value, report):
        return None
    return cut(paragraphs, MAX_PROSE, "prose", value, report)


def slug(value: str) -> str | None:
    """A name as the last part of an address: lower case, a-z, 0-9 and hyphens, umlauts spelt out."""
    latin = unicodedata.normalize("NFC", value[: 8 * MAX_SLUG]).lower().translate(_GERMAN)
    latin = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode()
    words = _NOT_SLUG.sub("-", latin).strip("-")
    if len(words) > MAX_SLUG:
        words = (words[:MAX_SLUG].rpartition("-")[0] or words[:MAX_SLUG]).strip("-")
    return words or None


def language_tag(language: str) -> str | None:
    """A well-formed BCP 47 tag in its usual spelling (`de_DE` becomes `de-DE`), or None."""
    tag = language.strip().replace("_", "-")
    if not _TAG.fullmatch(tag):
        return None
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])


def visible(value: str) -> str:
    """The text in composed form (NFC), without control, bidi, zero-width and surrogate characters."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _LINE.sub("\n", value)))


def paragraphed(value: str) -> str:
    """Lines trimmed, white space in them collapsed, at most one empty line between them."""
    lines: list[str] = []
    for raw in _LINE.split(value):
        line = " ".join(raw.split())
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip()


def cut(value: str, limit: int, function: str, found: str, report: Report) -> str:
    """At most `limit` characters, ending with a word, and reported where something was cut off."""
    if len(value) <= limit:
        return value
    head = value[: limit - 1]
    space = max(head.rfind(" "), head.rfind("\n"))
    short = f"{head[:space] if space > limit // 2 else head}…"
    refusal = f"auf {limit} Zeichen gekürzt", f"cut to {limit} characters"
    return repair(report, function, found, short, *refusal)


def _readable(value: str, function: str, report: Report) -> str:
    plain = visible(value)
    if _MOJIBAKE.search(value) and (fixed := _MOJIBAKE.sub(_reencoded, value)) != value:
        reason = "UTF-8, das als Latin-1 gelesen wurde", "UTF-8 read as Latin-1"
        plain = repair(report, function, value, visible(fixed), *reason)
    if _ENTITY.search(plain):
        decoded = visible(entities.unescape(plain))
        if decoded != plain:
            plain = repair(report, function, value, decoded, "HTML-Zeichenkürzel aufgelöst", "HTML entities decoded")
    return plain


def _reencoded(match: re.Match[str]) -> str:
    for wrong in ("cp1252", "latin-1"):
        try:
            return match.group().encode(wrong).decode("utf-8")
        except UnicodeError:
            continue
    return match.group()


def _is_placeholder(line: str, function: str, found: str, report: Report) -> bool:
    if any(character.isalnum() for character in line[:200]):
        core = line[:80].casefold().strip(" .!?-–—_*()[]")
        if len(line) > 80 or core not in PLACEHOLDERS:
            return False
    elif len(line) > 200 or any(unicodedata.category(character)[0] == "S" for character in line):
        return False
    refuse(report, function, found, "ein Platzhalter, keine Angabe", "a placeholder, not a value")
    return True
