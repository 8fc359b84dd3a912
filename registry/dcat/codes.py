"""Codes of the EU's authority tables and of GovData, by what the registry calls the same thing."""

from __future__ import annotations

EU = "http://publications.europa.eu/resource/authority/"
GOVDATA = "http://dcat-ap.de/def/"
IANA = "https://www.iana.org/assignments/media-types/"

FORMATS: dict[str, tuple[str, str]] = {
    "nq": ("application/n-quads", "RDF_N_QUADS"),
    "nt": ("application/n-triples", "RDF_N_TRIPLES"),
    "trig": ("application/trig", "RDF_TRIG"),
    "ttl": ("text/turtle", "RDF_TURTLE"),
    "jsonld": ("application/ld+json", "JSON_LD"),
    "csv": ("text/csv", "CSV"),
    "geojson": ("application/geo+json", "GEOJSON"),
}
"""Media type and EU file type by suffix."""

THEMES = tuple(f"{EU}data-theme/{code}" for code in ("REGI", "ECON", "SOCI"))
LANGUAGE = f"{EU}language/DEU"
PUBLIC = f"{EU}access-right/PUBLIC"
AVAILABLE = f"{EU}planned-availability/STABLE"

_HOUR = 3600
_FREQUENCIES = (
    (_HOUR, "HOURLY"),
    (24 * _HOUR, "DAILY"),
    (7 * 24 * _HOUR, "WEEKLY"),
    (31 * 24 * _HOUR, "MONTHLY"),
    (92 * 24 * _HOUR, "QUARTERLY"),
    (366 * 24 * _HOUR, "ANNUAL"),
)

_LICENCES = {
    "creativecommons.org/publicdomain/zero/1.0": "cc-zero",
    "creativecommons.org/licenses/by/4.0": "cc-by/4.0",
    "creativecommons.org/licenses/by-sa/4.0": "cc-by-sa/4.0",
    "creativecommons.org/licenses/by/3.0/de": "cc-by-de/3.0",
    "creativecommons.org/licenses/by-sa/3.0/de": "cc-by-sa-de/3.0",
    "creativecommons.org/licenses/by-nc/4.0": "cc-by-nc/4.0",
    "creativecommons.org/licenses/by-nd/4.0": "cc-by-nd/4.0",
    "opendatacommons.org/licenses/odbl/1-0": "odbl",
    "opendatacommons.org/licenses/by/1-0": "odby",
    "www.govdata.de/dl-de/by-2-0": "dl-by-de/2.0",
    "www.govdata.de/dl-de/zero-2-0": "dl-zero-de/2.0",
}

_LICENCE_TITLES = {
    "creativecommons.org/publicdomain/zero": "Creative Commons CCZero",
    "creativecommons.org/licenses/by": "Creative Commons Attribution",
    "creativecommons.org/licenses/by-sa": "Creative Commons Attribution Share-Alike",
    "creativecommons.org/licenses/by-nc": "Creative Commons Non-Commercial (Any)",
    "opendatacommons.org/licenses/odbl": "Open Data Commons Open Database License (ODbL)",
    "opendatacommons.org/licenses/by": "Open Data Commons Attribution License",
}
"""As the Open Definition's register names them: CKAN knows a licence by that title, not by its address."""


def frequency(seconds: int) -> str:
    """The code for something that is read every so many seconds."""
    return next((f"{EU}frequency/{code}" for limit, code in _FREQUENCIES if seconds <= limit), f"{EU}frequency/IRREG")


def govdata_licence(licence: str | None) -> str:
    """GovData's code of a licence; one that is not stated is not open."""
    if licence is None:
        return f"{GOVDATA}licenses/other-closed"
    known = _LICENCES.get(licence.partition("://")[2].rstrip("/"))
    return f"{GOVDATA}licenses/{known or 'other-open'}"


def licence_title(licence: str) -> str | None:
    """The name by which portals know a licence, whatever its version."""
    address = licence.partition("://")[2]
    return next((title for start, title in _LICENCE_TITLES.items() if address.startswith(f"{start}/")), None)
