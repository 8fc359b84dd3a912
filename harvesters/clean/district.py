"""In which of the nine districts a place lies: weighing what its position, postal code, town and words say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harvesters.clean.district_names import DISTRICTS, OUTSIDE, by_land, by_place, by_postcode, named
from harvesters.clean.finding import Finding, Report, ignore

REGION = "https://w3id.org/orte/region/"

POSTAL, TEXT, POSITION, POSTCODE, PLACE, LAND = 3.0, 2.0, 1.5, 1.0, 0.9, 0.2
"""How much a witness counts. A postal code and a town that confirm each other count most, for two fields are rarely
wrong in the same way; then the district as the source names it; then the position, which is often a geocoder's guess;
a postal code or a town alone count less. Two witnesses together outweigh any single one."""

_GERMAN = {
    "position": "die Position", "postcode": "die Postleitzahl", "place": "der Ortsname", "text": "der genannte Kreis",
    "postcode+place": "Postleitzahl und Ort", "land": "das Bundesland",
}  # fmt: skip
_ENGLISH = {"text": "the district named", "land": "the Land", "postcode+place": "postal code and town"}


@dataclass(frozen=True)
class Witness:
    """What one piece of data says: a weight for each AGS, or `OUTSIDE`, that it may mean."""

    name: str
    says: Mapping[str, float]

    @classmethod
    def of(cls, name: str, claim: Iterable[str], weight: float) -> Witness:
        return cls(name, dict.fromkeys(claim, weight))


@dataclass(frozen=True)
class Assignment:
    """The district found: `ags`, or None. `outside` is True where the place certainly lies in none of the nine;
    with neither it is not known. `by` are the witnesses that agree with the result."""

    ags: str | None = None
    outside: bool = False
    by: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def region(self) -> str | None:
        """The IRI of the region."""
        return f"{REGION}{self.ags}" if self.ags else None


def district(
    text: str,
    postcode: str = "",
    place: str = "",
    lat: str = "",
    lon: str = "",
    land: str = "",
    *,
    report: Report = ignore,
) -> str | None:
    """The IRI of the region that a place lies in, by the words alone; None for outside and for unknown.

    `text` is the district as the source names it. Position and most postal codes say nothing here: a registry with a
    gazetteer puts a function of the same name in this one's stead.
    """
    found = by_words(text, postcode, place, land)
    for finding in found.findings:
        report(finding)
    return found.region


def outside(
    text: str,
    postcode: str = "",
    place: str = "",
    lat: str = "",
    lon: str = "",
    land: str = "",
    *,
    report: Report = ignore,
) -> bool | None:
    """True where the place certainly lies in none of the nine districts, else None. Its findings are `district`'s."""
    return by_words(text, postcode, place, land).outside or None


def municipality(postcode: str, place: str = "", *, report: Report = ignore) -> str | None:
    """The town that a postal code belongs to where it belongs to one of the two cities: "04177 Lindenau" is Leipzig."""
    claim = by_postcode(postcode.strip())
    if len(claim) != 1 or OUTSIDE in claim:
        return None
    name = {"14713": "Leipzig", "15002": "Halle (Saale)"}[next(iter(claim))]
    if place.strip() and name not in place:
        report(moved(place, name))
    return name


def moved(place: str, town: str) -> Finding:
    """The finding that a part of a town stood where the town should."""
    de, en = f"»{place.strip()}« gehört zu {town}", f"'{place.strip()}' belongs to {town}"
    return Finding("municipality", place, de, en, town)


def by_words(text: str, postcode: str, place: str, land: str) -> Assignment:
    """The district by words and by the few postal codes that need no gazetteer."""
    witnesses = [
        Witness.of("text", named(text), TEXT),
        Witness.of("postcode", by_postcode(postcode.strip()), POSTCODE),
        Witness.of("place", by_place(place), PLACE),
        land_witness(land),
    ]
    found = decide(witnesses, (text, postcode, place, land))
    return Assignment(found.ags, found.outside, found.by, (*found.findings, *unknown_name(text)))


def unknown_name(text: str) -> Iterator[Finding]:
    """The finding that what should name a district names none that is known."""
    if text.strip() and not named(text):
        yield Finding("district", text, "kein bekannter Kreis", "not a known district")


def land_witness(land: str) -> Witness:
    """Another Land lies outside; one of the three only decides between what else is open."""
    claim = by_land(land)
    return Witness.of("land", claim, PLACE if claim == {OUTSIDE} else LAND)


def decide(witnesses: Iterable[Witness], given: Sequence[str]) -> Assignment:
    """Weigh the witnesses. Those that contradict the result, and a result that stays open, are reported.

    Args:
        given: the values that were judged, for the findings.
    """
    heard = [witness for witness in witnesses if witness.says]
    scores: dict[str, float] = defaultdict(float)
    for witness in heard:
        for code, weight in witness.says.items():
            scores[code] += weight
    best = max(scores.values(), default=0.0)
    leading = sorted(code for code, score in scores.items() if best - score < 1e-9)
    if best < PLACE:
        return Assignment()
    if len(leading) > 1:
        names = [_german(code) for code in leading]
        english = [_english(code) for code in leading]
        de, en = f"nicht zu entscheiden zwischen {', '.join(names)}", f"undecided between {', '.join(english)}"
        return Assignment(findings=(_finding(given, de, en, None),))
    result = leading[0]
    against = [witness for witness in heard if result not in witness.says]
    findings = tuple(_contradiction(witness, result, given) for witness in against)
    agreeing = tuple(witness.name for witness in heard if result in witness.says)
    return Assignment(None if result == OUTSIDE else result, result == OUTSIDE, agreeing, findings)


def _contradiction(witness: Witness, result: str, given: Sequence[str]) -> Finding:
    claims = sorted(witness.says)
    german = " oder ".join(map(_german, claims))
    english = " or ".join(map(_english, claims))
    who = _ENGLISH.get(witness.name, f"the {witness.name}")
    de = f"{_GERMAN[witness.name]} spricht für {german}; genommen: {_german(result)}"
    return _finding(given, de, f"{who} says {english}; taken: {_english(result)}", result)


def _finding(given: Sequence[str], de: str, en: str, result: str | None) -> Finding:
    parts = tuple(value for value in given if value.strip())
    return Finding("district", ", ".join(part.strip() for part in parts), de, en, result, parts)


def _german(code: str) -> str:
    return DISTRICTS.get(code, "außerhalb der Region")


def _english(code: str) -> str:
    return DISTRICTS.get(code, "outside the region")
