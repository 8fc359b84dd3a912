"""Names of places and organisations."""

from __future__ import annotations

import re

from harvesters.clean.finding import Finding, Report, ignore, refuse, repair
from harvesters.clean.text import text
from harvesters.clean.words import words

MAX_NAME = 300
_PLACEHOLDER_NAMES = words(
    """
    name | titel | title | unbenannt | ohne titel | ohne namen | untitled | no name | noname | neuer ort |
    neuer eintrag | neuer beitrag | new place | new entry | entwurf | draft | auto draft |
    automatisch gespeicherter entwurf | beispiel | beispielort | musterort | musterfirma | max mustermann |
    mustermann | demo | ort | place | hallo welt! | hallo welt | hello world! | hello world | name des ortes |
    name der einrichtung
    """
)
_FORMS = (
    (re.compile(r"(?<!\w)(?:[eE]\.\s{0,3}[vV]\.?+|eV\.?+)(?![\w])"), "e. V."),
    (re.compile(r"(?<!\w)e\.\s{0,3}G\.?+(?!\w)"), "eG"),
    (re.compile(r"(?<!\w)i\.\s{0,3}G\.?+(?!\w)"), "i. G."),
    (re.compile(r"(?<!\w)(?:GMBH|gmbh|Gmbh|G\.?m\.?b\.?H\.?)(?!\w)"), "GmbH"),
    (re.compile(r"(?<!\w)(?:GGMBH|ggmbh|gGMBH|GGmbH)(?!\w)"), "gGmbH"),
    (re.compile(r"(?<!\w)&\s{0,3}Co\.?\s{0,3}KG(?!\w)"), "& Co. KG"),
)


def name(value: str, language: str = "", *, report: Report = ignore) -> str | None:
    """The name of something: a `text` with legal forms in one spelling ("e.V" and "e.V." become "e. V.").

    None for placeholders ("Neuer Ort", "Testeintrag") and for what is too long to be a name.
    """
    line = text(value, report=_as_name(report))
    if line is None:
        return None
    if line.casefold().strip(" .-–—:") in _PLACEHOLDER_NAMES:
        return refuse(report, "name", value, "ein Platzhalter, kein Name", "a placeholder, not a name")
    if len(line) > MAX_NAME:
        return refuse(report, "name", value, "zu lang für einen Namen", "too long for a name")
    if line.endswith(" ,") or line.startswith(","):
        line = repair(
            report, "name", value, line.strip(" ,"), "Satzzeichen am Rand entfernt", "stray punctuation removed"
        )
    return legal_form(line) or None


def legal_form(line: str) -> str:
    """The text with every legal form in one spelling."""
    for pattern, spelling in _FORMS:
        line = pattern.sub(spelling, line)
    return line


def has_association_form(line: str) -> bool:
    """Whether a name ends in the legal form of an association (e. V.)."""
    return legal_form(line).rstrip(" )").endswith("e. V.")


def _as_name(report: Report) -> Report:
    def renamed(finding: Finding) -> None:
        report(
            Finding("name", finding.found, finding.message_de, finding.message_en, finding.repaired_to, finding.parts)
        )

    return renamed
