"""Postal addresses, in fields or in one free line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harvesters.clean.finding import Report, ignore, refuse, repair
from harvesters.clean.text import PLACEHOLDERS, visible

MAX_LENGTH = 300

_POSTCODE = re.compile(r"(?<![\w.,/])(?:DE?\s?[-–]\s?)?(\d{5})(?!\w|[.,]\d|\s?(?:m²|qm|€|Euro|km))", re.ASCII)
_FOUR = re.compile(r"[1-9]\d{3}", re.ASCII)
_EXCEL = re.compile(r"(\d{4,5})\.0", re.ASCII)
_SURELY_STREET = re.compile(
    r"stra(?:ß|ss)e(?!n?\w)|str\.|(?<=[a-zäöü])str(?=\s|$)|^(?:unter den|an der|auf de[rm]) ", re.IGNORECASE
)
_PERHAPS_STREET = re.compile(
    r"(?:weg|platz|allee|gasse|ring|ufer|damm|chaussee|markt|promenade|steig|anger|graben|zeile|pfad|winkel)$"
    r"|^(?:am|im|zum|zur) ",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\D*\s\d{1,4}\s?[a-zA-Z]?(?:\s?[-–/+]\s?\d{1,4}\s?[a-zA-Z]?)*", re.ASCII)
_STR = re.compile(r"(?<=\w)str(?:\.|(?=\s|$))|(?<=\w)strasse(?!\w)", re.IGNORECASE)
_STR_ALONE = re.compile(r"(?<![\w])Str(?:\.|(?=\s|$))|(?<!\w)Strasse(?!\w)")
_NUMBER_GAP = re.compile(r"(?<=\D)(\d{1,4})\s+([a-zA-Z])(?!\w)", re.ASCII)
_HALLE = re.compile(
    r"Halle\s{0,3}(?:/|an der|a\.?\s{0,2}d\.?|\()\s{0,3}(?:d\.\s?)?(?:Saale|S\.)\s{0,3}\)?", re.IGNORECASE
)
_PART = re.compile(r"\s*[/,(]?\s*\b(?:OT|Ortsteil|GT)\b\.?:?\s+(.{1,80}?)\)?\s*$", re.IGNORECASE)
_COUNTRY = re.compile(
    r"^(?:deutschland|germany|d|de|brd|sachsen|sachsen-anhalt|thüringen|freistaat sachsen|freistaat thüringen)$", re.I
)


@dataclass(frozen=True)
class Address:
    """What one free line says; None for what it does not."""

    street: str | None = None
    postcode: str | None = None
    locality: str | None = None


def street(value: str, form: str = "field", *, report: Report = ignore) -> str | None:
    """Street and house number, also out of a free line; "Str." and "Strasse" become "Straße".

    A value that is nothing but a name ("Rittergut") is taken as it is, for the field is a street; with `form` "line",
    for sources whose address is one free text, only what looks like a street is.
    """
    line = _line(value, "street", report)
    if line is None:
        return None
    found = split_address(line).street
    if found is None or (form == "line" and found == line and not _street_of([found])):
        return refuse(report, "street", value, "darin steht keine Straße", "there is no street in it")
    if " / " in found and all(_street_of([spelling]) for spelling in found.split(" / ")):
        first = _spelt(found.partition(" / ")[0])
        return repair(
            report, "street", value, first, "zwei Schreibweisen; die erste genommen", "two spellings; took the first"
        )
    return _spelt(found)


def postcode(value: str, country: str = "DE", *, report: Report = ignore) -> str | None:
    """A German postal code as five-digit text, also out of a free line.

    Four digits are a code whose leading zero a spreadsheet took (233 of the region's 236 begin with 0): repaired,
    with a finding. None for other countries' codes and where a line names several different ones.
    """
    line = _line(value, "postcode", report)
    if line is None:
        return None
    if country.strip().upper() not in ("DE", "D", "", "DEUTSCHLAND", "GERMANY"):
        return refuse(report, "postcode", value, "keine deutsche Postleitzahl", "not a German postal code")
    if excel := _EXCEL.fullmatch(line):
        line = str(excel.group(1))
    codes: list[str] = list(dict.fromkeys(_POSTCODE.findall(line)))
    if len(codes) > 1:
        return refuse(report, "postcode", value, "mehrere Postleitzahlen", "several postal codes")
    if not codes and _FOUR.fullmatch(line):
        return repair(report, "postcode", value, f"0{line}", "führende Null ergänzt", "leading zero restored")
    if not codes or not "01001" <= codes[0] <= "99998":
        return refuse(report, "postcode", value, "keine Postleitzahl", "not a postal code")
    return codes[0]


def locality(value: str, *, report: Report = ignore) -> str | None:
    """The municipality as written, also out of a free line: without postal code, country and "OT …" (see `suburb`).

    "Halle/Saale" and "Halle a. d. Saale" become "Halle (Saale)". Whether "Lindenau" is a city or a part of one is for
    the gazetteer to say.
    """
    line = _line(value, "locality", report)
    if line is None:
        return None
    found = split_address(line).locality
    if found is None:
        return refuse(report, "locality", value, "darin steht kein Ort", "there is no locality in it")
    if (
        line.count(",") + line.count(";") > found.count(",")
        and not _POSTCODE.search(line)
        and not _street_of(_parts(line))
    ):
        rest = line.strip(" ,;").removeprefix(found).strip(" ,;")
        if rest and not _COUNTRY.match(rest):
            found = repair(report, "locality", value, found, f"ohne »{rest}«", f"without '{rest}'")
    whole = _HALLE.sub("Halle (Saale)", found)
    part = _PART.search(whole)
    if part and (main := whole[: part.start()].strip(" ,/")):
        name = part.group(1).strip(" )")
        return repair(
            report, "locality", value, main, f"Ortsteil »{name}« abgetrennt", f"part of town '{name}' split off"
        )
    return whole


def suburb(value: str, *, report: Report = ignore) -> str | None:
    """The part of town that an address names after "OT" or "Ortsteil"; None without a finding where it names none."""
    part = _PART.search(" ".join(visible(value[:MAX_LENGTH]).split()))
    return part.group(1).strip(" )") or None if part else None


def split_address(line: str) -> Address:
    """One free line in parts. What stands before the postal code is street, what follows is locality."""
    short = " ".join(line[:MAX_LENGTH].split())
    code = _POSTCODE.search(short)
    if code:
        before, after = _parts(short[: code.start()], dashes=True), _parts(short[code.end() :])
        street = _street_of(before) or (before[-1] if before else None)
        if street is None and len(after) > 1 and (street := _street_of(after[1:])):
            after.remove(street)
        return Address(street, code.group(1), _first_place(after))
    parts = _parts(short)
    if short.startswith(","):
        return Address(None, None, _first_place(parts))
    if len(parts) == 1:
        surely = _NUMBERED.fullmatch(parts[0]) or _SURELY_STREET.search(parts[0])
        return Address(parts[0], None, None if surely else _first_place(parts))
    street = _street_of(parts)
    return Address(street, None, _first_place([part for part in parts if part != street]))


def _street_of(parts: list[str]) -> str | None:
    """The part that is most surely a street: by its number, else by its words."""
    for pattern in (_NUMBERED, _SURELY_STREET, _PERHAPS_STREET):
        for part in parts:
            if pattern.fullmatch(part) if pattern is _NUMBERED else pattern.search(part):
                return part
    return None


def _first_place(parts: list[str]) -> str | None:
    """The first part with letters, and an "OT …" that a comma had cut off from it."""
    for index, part in enumerate(parts):
        if any(character.isalpha() for character in part):
            following = parts[index + 1] if index + 1 < len(parts) else ""
            return f"{part}, {following}" if re.match(r"(?:OT|Ortsteil|GT)\b", following, re.IGNORECASE) else part
    return None


def _parts(text: str, *, dashes: bool = False) -> list[str]:
    pieces = re.split(r"[,;|]|\s[-–•·]\s" if dashes else r"[,;|]", text)
    return [part for piece in pieces if (part := piece.strip(" /")) and not _COUNTRY.match(part)]


def _spelt(street: str) -> str:
    spelt = _STR_ALONE.sub("Straße", _STR.sub("straße", street))
    spelt = re.sub(r"(?<=-)straße", "Straße", spelt)
    spelt = re.sub(r"(?<=straße)(?=\d)|(?<=Straße)(?=\d)", " ", spelt)
    return _NUMBER_GAP.sub(r"\1\2", " ".join(spelt.split()))


def _line(value: str, function: str, report: Report) -> str | None:
    if not value.strip():
        return None
    if len(value) > MAX_LENGTH:
        return refuse(report, function, value, "zu lang für eine Anschrift", "too long for an address")
    line = " ".join(re.sub(r"[\r\n]+", ", ", visible(value).strip()).split())
    if not any(character.isalnum() for character in line) or line.casefold().strip(" .,-") in PLACEHOLDERS:
        return refuse(report, function, value, "keine Angabe darin", "nothing in it")
    return line
