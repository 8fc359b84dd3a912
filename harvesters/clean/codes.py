"""Countries and licences by their codes."""

from __future__ import annotations

import re

from harvesters.clean.finding import Report, ignore, refuse

_COUNTRIES = {
    "DE": "deutschland|germany|bundesrepublik deutschland|brd|d|deu|ger|allemagne|niemcy",
    "AT": "österreich|austria|a|aut",
    "CH": "schweiz|switzerland|suisse|svizzera|che",
    "CZ": "tschechien|czechia|czech republic|česko|tschechische republik|cze",
    "PL": "polen|poland|polska|pol",
    "FR": "frankreich|france|f|fra",
    "NL": "niederlande|netherlands|nederland|nld",
    "BE": "belgien|belgium|bel",
    "LU": "luxemburg|luxembourg|l|lux",
    "DK": "dänemark|denmark|danmark|dnk",
}
_BY_NAME = {name: code for code, names in _COUNTRIES.items() for name in names.split("|")}

_LICENCES = {
    "https://creativecommons.org/publicdomain/zero/1.0/": "cc0|cc0-1.0|cc-0|cc-zero|publicdomain/zero/1.0|cc0 1.0",
    "https://creativecommons.org/licenses/by/4.0/": "cc-by-4.0|cc by 4.0|cc-by 4.0|licenses/by/4.0",
    "https://creativecommons.org/licenses/by-sa/4.0/": "cc-by-sa-4.0|cc by-sa 4.0|cc by sa 4.0|licenses/by-sa/4.0",
    "https://creativecommons.org/licenses/by/3.0/": "cc-by-3.0|cc by 3.0|licenses/by/3.0",
    "https://creativecommons.org/licenses/by-sa/3.0/": "cc-by-sa-3.0|cc by-sa 3.0|licenses/by-sa/3.0",
    "https://opendatacommons.org/licenses/odbl/1-0/": (
        "odbl|odbl-1.0|odbl 1.0|licenses/odbl|licenses/odbl/1.0|licenses/odbl/1-0"
    ),
    "https://www.govdata.de/dl-de/by-2-0": (
        "dl-de/by-2-0|dl-de-by-2.0|dl-by-de/2.0|dl-de/by-2.0|datenlizenz deutschland namensnennung 2.0"
    ),
    "https://www.govdata.de/dl-de/zero-2-0": (
        "dl-de/zero-2-0|dl-de-zero-2.0|dl-zero-de/2.0|datenlizenz deutschland zero 2.0"
    ),
}
_BY_LICENCE = {name: iri for iri, names in _LICENCES.items() for name in names.split("|")}
_CARRIER = re.compile(r"https?://(?:www\.)?(?:creativecommons\.org|opendatacommons\.org|govdata\.de)/", re.IGNORECASE)


def country(value: str, *, report: Report = ignore) -> str | None:
    """A country's two-letter code (ISO 3166-1), from code or name."""
    word = " ".join(value[:100].split()).casefold()
    if not word:
        return None
    word = word.strip(".")
    code = _BY_NAME.get(word) or (word.upper() if word.upper() in _regions() else None)
    return code or refuse(report, "country", value, "kein bekanntes Land", "not a known country")


def _regions() -> set[str]:
    import phonenumbers  # loads slowly: only who meets a code pays

    return phonenumbers.SUPPORTED_REGIONS


def licence(value: str, *, report: Report = ignore) -> str | None:
    """The IRI of an open licence, from its code, name or any spelling of its address; other licences are refused."""
    word = " ".join(value[:200].split()).casefold()
    if not word:
        return None
    path = _CARRIER.sub("", word).removesuffix("/deed.de").removesuffix("/legalcode").strip("/ ")
    iri = _BY_LICENCE.get(path)
    return iri or refuse(report, "licence", value, "keine bekannte offene Lizenz", "not a known open licence")
