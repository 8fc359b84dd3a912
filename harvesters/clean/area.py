"""Floor areas, in square metres."""

from __future__ import annotations

import re
from decimal import Decimal

from harvesters.clean.finding import Report, ignore, refuse, repair
from harvesters.clean.number import MAX_LENGTH, Figure, figures, is_about, is_span, plain, without_about

SMALLEST, LARGEST = Decimal(2), Decimal(2_000_000)
"""Square metres a site can plausibly have. Larger "sites" are typing errors or districts."""
MISTYPED = Decimal(50)
"""From here on square kilometres must be square metres: 50 km² is a town, 50 m² a room."""
MAX_TEXT = 50_000

_UNITS = {
    "m2": Decimal(1),
    "ha": Decimal(10_000),
    "km2": Decimal(1_000_000),
}
_UNIT = re.compile(
    r"[\s\u00a0]*(?:(?P<km2>km\s?(?:²|\^?2(?!\d))|qkm|quadratkilometern?)|(?P<m2>m\s?(?:²|\^?2(?!\d))|qm|sqm|quadratmetern?|㎡)"
    r"|(?P<ha>ha|hektar))(?!\w)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"[\s:().,-]*(?:fläche|gesamtfläche|nutzfläche|größe|gesamt|nutzbar|nf|bgf|ngf)?[\s:().,-]*", re.IGNORECASE
)


def area(value: str, notation: str = "de", *, report: Report = ignore) -> Decimal | None:
    """An area in m². Knows m², qm, ha, km²; a number without a unit is taken as m², for the field is an area.

    "7.000 km²" is no site but an estate larger than a district: it is read as 7,000 m², with a finding.
    None where there is no number, more than one, or none that a site can have.
    """
    if not value.strip():
        return None
    if len(value) > MAX_LENGTH:
        return refuse(report, "area", value, "zu lang für eine Fläche", "too long for an area")
    if notation == "plain":
        amount = plain(value)
        if amount is None:
            return refuse(report, "area", value, "keine brauchbare Zahl", "not a usable number")
        return _plausible(amount, value, "area", report)
    numbers = figures(value)
    if len(numbers) != 1:
        reason = ("mehrere Zahlen", "more than one number") if numbers else ("keine Zahl darin", "no number in it")
        return refuse(report, "area", value, *reason)
    figure = numbers[0]
    unit = _UNIT.match(value, figure.end)
    before, after = value[: figure.start], value[unit.end() if unit else figure.end :]
    if not _BARE.fullmatch(without_about(before)) or not _BARE.fullmatch(without_about(after)):
        return refuse(report, "area", value, "mehr als eine Fläche: Wörter dabei", "more than an area: words with it")
    return _square_metres(figure, unit, is_about(f"{before} {after}"), value, "area", report)


def find_area(value: str, *, report: Report = ignore) -> Decimal | None:
    """The one area in m² that a running text names ("auf über 420 qm"). Without any: None and no finding.

    Where a text names several different areas, nobody can tell which is the site's: None, with a finding.
    """
    text = value[:MAX_TEXT]
    named = [(figure, unit) for figure in figures(text) if (unit := _UNIT.match(text, figure.end))]
    if not named:
        return None
    if len({(figure.value, unit.lastgroup) for figure, unit in named}) > 1 or _spanned(text, named[0][0]):
        return refuse(report, "find_area", value, "der Text nennt mehrere Flächen", "the text names several areas")
    figure, unit = named[0]
    before = " ".join(text[max(0, figure.start - 40) : figure.start].split()[-2:])
    about = is_about(before) and not before.startswith("verfüg")  # "verfügt über 420 qm" is exact
    return _square_metres(figure, unit, about, value, "find_area", report)


def _spanned(text: str, figure: Figure) -> bool:
    earlier = figures(text[max(0, figure.start - 30) : figure.start])
    offset = max(0, figure.start - 30)
    return bool(earlier) and is_span(text[offset + earlier[-1].end : figure.start])


def _square_metres(
    figure: Figure, unit: re.Match[str] | None, about: bool, found: str, function: str, report: Report
) -> Decimal | None:
    name = (unit.lastgroup if unit else None) or "m2"
    amount = figure.value * _UNITS[name]
    if name == "km2" and amount > LARGEST and MISTYPED <= figure.value <= LARGEST:
        de = "so viele Quadratkilometer hat kein Ort; als Quadratmeter gelesen"
        en = "no site has that many square kilometres; read as square metres"
        return repair(report, function, found, figure.value, de, en)
    plausible = _plausible(amount, found, function, report)
    if plausible is not None and about:
        return repair(report, function, found, plausible, "die Angabe ist ungefähr", "the figure is approximate")
    if plausible is not None and figure.other is not None:
        de = f"das Komma als Dezimalzeichen gelesen; {figure.other} wäre auch möglich"
        en = f"comma read as decimal sign; {figure.other} would be possible too"
        return repair(report, function, found, plausible, de, en)
    return plausible


def _plausible(amount: Decimal, found: str, function: str, report: Report) -> Decimal | None:
    if amount.is_finite() and SMALLEST <= amount <= LARGEST:
        return Decimal(format(amount.quantize(Decimal("0.01")), "f").rstrip("0").rstrip("."))
    de = f"keine Fläche, die ein Ort haben kann ({SMALLEST} bis {LARGEST} m²)"
    en = f"not an area that a site can have ({SMALLEST} to {LARGEST} m²)"
    return refuse(report, function, found, de, en)
