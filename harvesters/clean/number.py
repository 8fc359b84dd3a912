"""Numbers as people in Germany write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from harvesters.clean.finding import Report, ignore, refuse, repair

MAX_DIGITS = 15
MAX_LENGTH = 300
"""Characters of a value that is meant to be a number; longer ones are prose."""

_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
_FIGURE = re.compile(r"(?<![^\W\d_])\d+(?:[.,'’\u00a0\u2009\u202f]\d+)*", re.ASCII)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:(?P<by>[.'’ ])\d{3})(?:(?P=by)\d{3})*(?:,\d+)?", re.ASCII)
_ENGLISH = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_GERMAN_DECIMAL = re.compile(r"\d+,\d+", re.ASCII)
_ABOUT = re.compile(
    r"(?<!\w)(?:ca|circa|zirka|etwa|rund|ungefähr|über|mehr als|mindestens|min|ab|fast|knapp|gut|bis zu|bis|max|maximal"
    r"|unter|weniger als|about|approx|approximately|over|up to|around|more than)\.?(?!\w)|[~≈>≥<≤±]",
    re.IGNORECASE,
)
_PER = re.compile(
    r"\s*(?:/|(?<!\w)(?:pro|je|per|am|im)(?!\w))\s*"
    r"(stunde|std\.?|h|halbtag|tag|woche|monat|jahr|person|platz|hour|day|week|month|year|m²|qm)\s*$",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\s*(?:-|–|—|bis|to|und|and|oder|or|/)\s*", re.IGNORECASE)
_UNIT_WORD = re.compile(
    r"\s*(?:personen|pers\.?|plätze|sitzplätze|arbeitsplätze|teilnehmer(?:innen)?|menschen|leute|gäste|stück|stk\.?|people|seats"
    r"|persons|places|desks|räume|betten|rooms|beds)?\s*\.?\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Figure:
    """One number found in a text: its value, where it stands, and whether it could be read in another way."""

    value: Decimal
    start: int
    end: int
    other: Decimal | None = None


def number(value: str, notation: str = "de", *, report: Report = ignore) -> Decimal | None:
    """A number. `notation` "de" reads "1.301" as 1301 and "1,5" as 1.5; "plain" reads a machine's "1.301" as 1.301.

    Words like "ca." and a word for what is counted are dropped, the former with a finding. None for several numbers,
    spans, percentages and anything with other words.
    """
    return _number(value, notation, "number", report)


def integer(value: str, notation: str = "de", *, report: Report = ignore) -> int | None:
    """A count: a `number` without a fraction and not negative."""
    amount = _number(value, notation, "integer", report)
    if amount is None:
        return None
    if amount != amount.to_integral_value() or amount < 0:
        return refuse(report, "integer", value, "keine ganze Anzahl", "not a whole, non-negative number")
    return int(amount)


def price(value: str, notation: str = "de", *, report: Report = ignore) -> Decimal | None:
    """A price in euro; "kostenlos" is 0. None where another currency or more than one price is named."""
    if re.search(r"[$£]|(?<!\w)(?:CHF|USD|GBP|Fr\.)(?!\w)", value[:MAX_LENGTH]):
        return refuse(report, "price", value, "nicht in Euro", "not in euro")
    amount_text = re.sub(r"€|(?<!\w)(?:euro?)(?!\w)|,-+|\.-+", " ", value[:MAX_LENGTH], flags=re.IGNORECASE)
    if per := _PER.search(amount_text):
        amount_text = amount_text[: per.start()]
    if re.fullmatch(r"\s*(?:kostenlos|kostenfrei|gratis|umsonst|frei|free)\W*", value[:MAX_LENGTH], re.IGNORECASE):
        return Decimal(0)
    if len(value) > MAX_LENGTH:
        amount_text = value
    amount = _number(amount_text, notation, "price", report, found=value)
    if amount is not None and amount < 0:
        return refuse(report, "price", value, "ein negativer Preis", "a negative price")
    if amount is not None and per:
        unit = per.group(1)
        return repair(report, "price", value, amount, f"ein Preis je {unit}", f"a price per {unit}")
    return amount


def figures(value: str) -> list[Figure]:
    """All numbers in a text, read the German way: point for thousands, comma for decimals."""
    found = []
    for match in _FIGURE.finditer(value):
        figure = _read(match)
        if figure is not None:
            found.append(figure)
    return found


def is_about(words: str) -> bool:
    """Whether words beside a number say that it is not exact: "ca.", "über", "~"."""
    return _ABOUT.search(words) is not None


def without_about(words: str) -> str:
    return _ABOUT.sub(" ", words)


def is_span(words: str) -> bool:
    """Whether the words between two numbers make them a span ("400 bis 500")."""
    return _SPAN.fullmatch(words) is not None


def plain(value: str) -> Decimal | None:
    """A number as machines write it, with a point for decimals; None for NaN, infinities and everything else."""
    short = value.strip()
    if len(short) > 40 or not _PLAIN.fullmatch(short):
        return None
    return Decimal(short)


def _number(value: str, notation: str, function: str, report: Report, found: str | None = None) -> Decimal | None:
    found = value if found is None else found
    if not found.strip():
        return None
    if len(value) > MAX_LENGTH:
        return refuse(report, function, found, "zu lang für eine Zahl", "too long for a number")
    if notation == "plain" or (value.strip().isascii() and value.strip().isdigit()):
        amount = plain(value)
        if amount is None or abs(amount.adjusted()) > MAX_DIGITS:
            return refuse(report, function, found, "keine brauchbare Zahl", "not a usable number")
        return amount
    numbers = figures(value)
    if not numbers:
        return refuse(report, function, found, "darin steht keine Zahl", "there is no number in it")
    if len(numbers) > 1:
        return refuse(report, function, found, "mehrere Zahlen", "more than one number")
    return _single(value, numbers[0], function, found, report)


def _single(value: str, figure: Figure, function: str, found: str, report: Report) -> Decimal | None:
    before, after = value[: figure.start], value[figure.end :]
    amount = figure.value
    if not amount.is_finite():
        return refuse(report, function, found, "zu groß", "too large")
    if re.match(r"\s*[%‰]|\s*Prozent", after):
        return refuse(report, function, found, "ein Anteil, keine Anzahl", "a share, not an amount")
    if before.rstrip().endswith(("-", "−")):
        before, amount = before.rstrip()[:-1], -amount
    if without_about(before).strip(" :(") or not _UNIT_WORD.fullmatch(without_about(after).strip(" )+")):
        return refuse(report, function, found, "mehr als eine Zahl: Wörter dabei", "more than a number: words with it")
    if is_about(before + " " + after) or "+" in after:
        return repair(report, function, found, amount, "die Angabe ist ungefähr", "the figure is approximate")
    if figure.other is not None:
        de, en = f"das Komma als Dezimalzeichen gelesen; {figure.other} wäre auch möglich", "comma read as decimal sign"
        return repair(report, function, found, amount, de, f"{en}; {figure.other} would be possible too")
    return amount


def _read(match: re.Match[str]) -> Figure | None:
    digits = match.group().replace("\u00a0", " ").replace("\u2009", " ").replace("\u202f", " ")
    start, end = match.span()
    if sum(character.isdigit() for character in digits) > MAX_DIGITS:
        return Figure(Decimal("Infinity"), start, end)
    if _GERMAN_DECIMAL.fullmatch(digits):
        other = Decimal(digits.replace(",", "")) if _ENGLISH.fullmatch(digits) else None
        return Figure(Decimal(digits.replace(",", ".")), start, end, other)
    if _GROUPED.fullmatch(digits):
        return Figure(Decimal(re.sub(r"[.'’ ]", "", digits).replace(",", ".")), start, end)
    if _ENGLISH.fullmatch(digits):
        return Figure(Decimal(digits.replace(",", "")), start, end)
    if _PLAIN.fullmatch(digits):
        return Figure(Decimal(digits), start, end)
    return None
