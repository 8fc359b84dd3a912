"""Opening hours, in the syntax of OpenStreetMap's `opening_hours`."""

from __future__ import annotations

import re

from opening_hours import OpeningHours

from harvesters.clean.finding import Report, ignore, refuse, repair

MAX_LENGTH = 500

_DAYS = {
    "Mo": "montags?|mon(?:days?)?|mo",
    "Tu": "dienstags?|tue(?:sdays?)?|di|tu",
    "We": "mittwochs?|wed(?:nesdays?)?|mi|we",
    "Th": "donnerstags?|thu(?:rsdays?)?|do|th",
    "Fr": "freitags?|fri(?:days?)?|fr",
    "Sa": "samstags?|sonnabends?|sat(?:urdays?)?|sa",
    "Su": "sonntags?|sun(?:days?)?|so|su",
    "Mo-Su": "täglich|tgl|jeden tag|daily",
    "Sa,Su": "am wochenende|wochenende",
    "PH": "feiertags?|an feiertagen|feiertage",
}
_TOKEN = re.compile(
    r"(?P<space>\s+|\(|\)|:(?=\s)"
    r"|(?:uhr|h|von|am|ist|sind|geöffnet|offen|öffnungszeiten|open|opening hours|from)(?!\w))"
    + "".join(f"|(?P<day{index}>(?:{words})(?!\\w)\\.?)" for index, words in enumerate(_DAYS.values()))
    + r"|(?P<time>(?:[01]?\d|2[0-4])(?:[:.][0-5]\d)?(?![:.]?\d))"
    r"|(?P<to>-|–|—|−|(?:bis|to|until)(?!\w))|(?P<and>,|&|\+|/|(?:und|and|sowie)(?!\w))|(?P<end>;|\||\.)"
    r"|(?P<off>(?:geschlossen|zu|ruhetag|closed|off)(?!\w))",
    re.IGNORECASE,
)
_BY_APPOINTMENT = re.compile(
    r"(?:(?:nur |termine? |besuche? |geöffnet |öffnungszeiten:? )?(?:nach|auf) "
    r"(?:telefonischer |vorheriger |individueller )?"
    r"(?:vereinbarung|absprache|anfrage|anmeldung|verabredung|terminvereinbarung)"
    r"|by appointment(?: only)?|on (?:request|appointment))\.?",
    re.IGNORECASE,
)


def hours(value: str, *, report: Report = ignore) -> str | None:
    """Opening hours in OSM syntax. German and English prose of days and times is translated, with a finding.

    "nach Vereinbarung" becomes the comment `"nach Vereinbarung"`, which is valid OSM syntax. None for other prose.
    """
    line = " ".join(value[: MAX_LENGTH + 1].split())
    if not line:
        return None
    if len(line) > MAX_LENGTH or len(value) > 4 * MAX_LENGTH:
        return refuse(report, "hours", value, "zu lang für Öffnungszeiten", "too long for opening hours")
    if line.count('"') % 2 == 0 and (expression := _valid(line)):
        return expression
    if _BY_APPOINTMENT.fullmatch(line):
        spoken = line.rstrip(".")
        return repair(report, "hours", value, f'"{spoken}"', "als Kommentar übernommen", "kept as a comment")
    translated = _translate(value)
    expression = _valid(translated) if translated else None
    if expression is None:
        return refuse(
            report,
            "hours",
            value,
            "Öffnungszeiten als Text, nicht übersetzbar",
            "opening hours in prose, not translatable",
        )
    return repair(report, "hours", value, expression, "aus Text übersetzt", "translated from prose")


def _valid(expression: str) -> str | None:
    try:
        canonical = str(OpeningHours(expression))
    except Exception:  # the library's own ParserError derives from nothing narrower and is missing from its types
        return None
    if canonical.startswith("24/7 ") and not expression.startswith("24/7"):
        return expression  # the library spells out a comment on its own, which would then say "always open"
    return canonical


def _translate(prose: str) -> str | None:
    """Days and times in words as an OSM expression; None as soon as a word is neither."""
    rules: list[str] = []
    for line in prose.splitlines():
        if line.strip():
            found = _rules(line)
            if found is None:
                return None
            rules += found
    return "; ".join(rules) or None


def _rules(line: str) -> list[str] | None:
    """The rules of one line: a new one starts wherever days follow times."""
    rules: list[str] = []
    days, times, pending = "", "", ""
    for kind, word in _tokens(line):
        if kind == "unknown":
            return None
        if kind in ("to", "and"):
            pending = "-" if kind == "to" else ","
        elif kind == "end":
            pending = ""
        elif kind == "day":
            if times:
                rules.append(f"{days} {times}".strip())
                days, times, pending = "", "", ""
            days = f"{days}{pending or ','}{word}" if days else word
            pending = ""
        elif kind == "off":
            times, pending = "off", ""
        else:
            times = f"{times}{pending or ','}{word}" if times and times != "off" else word
            pending = ""
    if times:
        rules.append(f"{days} {times}".strip())
        days = ""
    return rules if rules and not (days and not times) and all(_paired(rule) for rule in rules) else None


def _tokens(line: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    names = list(_DAYS)
    while position < len(line):
        match = _TOKEN.match(line, position)
        if match is None:
            return [("unknown", line[position:])]
        position = match.end()
        kind = match.lastgroup or "unknown"
        if kind.startswith("day"):
            tokens.append(("day", names[int(kind[3:])]))
        elif kind == "time":
            hour, _, minute = match.group().replace(".", ":").partition(":")
            tokens.append(("time", f"{int(hour):02}:{minute or '00'}"))
        elif kind != "space":
            tokens.append((kind, match.group()))
    return tokens


def _paired(rule: str) -> bool:
    """Whether every time of a rule belongs to a span: "Mo 10:00" says when something begins, not when it is open."""
    times = rule.rpartition(" ")[2]
    return times == "off" or all(re.fullmatch(r"\d\d:\d\d-\d\d:\d\d", span) for span in times.split(","))
