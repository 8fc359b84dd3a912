"""Places that do not exist, listed by several sources with the dirt of real records, and the truth about them.

Names, towns, streets and domains are put together from syllables, so that they are as much alike as German ones are;
the same seed gives the same places.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


SOURCES = tuple(f"quelle-{number}" for number in range(8))
_START = _words("""
    Wald, Stein, Buch, Linden, Eich, Mühl, Ober, Nieder, Alt, Neu, Hohen, Birken, Schön, Grün, Falken, Raben, Wolfs,
    Bären, Königs, Kloster, Salz, Kupfer, Eisen, Silber, Rosen, Brunn, Langen, Breiten, Winkel, Haar, Treb, Naun,
    Grim, Col, Wurz, Schmöl, Lützsch, Zwen, Peg, Born
""")
_END = _words("""
    au, bach, berg, burg, dorf, hain, leben, rode, stedt, thal, walde, witz, itz, hausen, feld, see, ow, nitz, born,
    roda, furt, kirchen, heim, ditz, grün, mark, brück, wehr, sen, ma
""")
_BRAND = _words("""
    lu, mi, ra, ko, ta, ne, vo, si, pa, du, ga, fe, zi, ho, ku, bra, sto, fli, gru, kle
""")
_HOUSES = _words("""
    Kulturhaus, Bürgerhaus, Dorfgemeinschaftshaus, Alte Brauerei, Alte Schule, Schloss, Rittergut, Gutshof, Bahnhof,
    Alte Mühle, Kulturscheune, Pfarrhaus, Gasthof, Jugendhaus, Mehrgenerationenhaus, Alte Ziegelei,
    Vereinshaus, Alte Molkerei, Begegnungszentrum
""")
_USES = _words("""
    Coworking, Café, Offene Werkstatt, Makerspace, Atelier, Dorfladen, Galerie, Repair Café, Bibliothek
""")
_STREETS = (
    "Haupt", "Bahnhof", "Dorf", "Schul", "Kirch", "Garten", "Linden", "Goethe", "Schiller", "Berg", "Leipziger ",
    "Hallesche ", "Karl-Marx-", "August-Bebel-", "Rosa-Luxemburg-",
    "Mühl", "Feld", "Wald", "Ring", "Fabrik",
)  # fmt: skip

_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True)
class Listed:
    """One record: who lists it, under which key, what it says, and which place it really is."""

    source: str
    key: str
    fields: dict[str, Any]
    place: int


def listed(records: int, seed: int = 1, duplicates: float = 0.2) -> Iterator[Listed]:
    """So many records, of which this share are further listings of a place that another source lists already."""
    dice = random.Random(seed)
    towns = _towns(dice, max(40, records // 60))
    place = made = 0
    known: set[tuple[str, str]] = set()
    while made < records:
        fields, what = _place(dice, towns, place)
        while (what, fields["locality"]) in known:  # two of one name in one town are no places anyone could tell apart
            fields, what = _place(dice, towns, place)
        known.add((what, fields["locality"]))
        sources = dice.sample(SOURCES, 3)
        yield Listed(sources[0], f"{place}", fields, place)
        made += 1
        copies = (dice.random() < duplicates * 1.1) + (dice.random() < duplicates * 0.15)
        for copy in range(min(copies, records - made)):
            yield Listed(sources[copy + 1], f"{place}", _dirty(dice, fields), place)
            made += 1
        place += 1


def _towns(dice: random.Random, number: int) -> list[dict[str, Any]]:
    names: dict[str, None] = {}
    while len(names) < number:
        names[
            dice.choice(_START)
            + dice.choice(_END)
            + ("" if dice.random() < 0.6 else dice.choice((" am See", " OT Mitte", "-West", "-Ost", " (Saale)")))
        ] = None
        if len(names) >= len(_START) * len(_END) * 0.9:
            names[dice.choice(_START) + dice.choice(_START).lower() + dice.choice(_END)] = None
    return [
        {"name": name, "postcode": f"0{4000 + number % 5000}",
         "at": (50.8 + dice.random() * 1.2, 11.0 + dice.random() * 2.2),
         "region": dice.choice(("14713", "14729", "14730", "15002", "15082", "15084", "15087", "15088", "16077"))}
        for number, name in enumerate(names)
    ]  # fmt: skip


def _place(dice: random.Random, towns: list[dict[str, Any]], number: int) -> tuple[dict[str, Any], str]:
    """A place, and the word of its name that tells it from others in its town."""
    town = (
        dice.choice(towns) if dice.random() < 0.7 else towns[min(int(dice.expovariate(8 / len(towns))), len(towns) - 1)]
    )
    brand = "".join(dice.choice(_BRAND) for _ in range(dice.choice((2, 3, 3)))).capitalize()
    style = dice.random()
    plain, what = town["name"].split(" ")[0], brand
    if style < 0.3:
        what = dice.choice(_HOUSES)
        name = f"{what} {plain}"
    elif style < 0.5:
        name = f"{dice.choice(_HOUSES)} {brand}"
    elif style < 0.75:
        name = f"{dice.choice(_USES)} {brand}"
    elif style < 0.85:
        name = f"{brand} {plain}"
    else:
        name = f"{brand}{dice.choice(('', ' e. V.', ' GmbH', 'werk', 'haus'))}"
    latitude, longitude = town["at"]
    fields: dict[str, Any] = {
        "name": name,
        "locality": town["name"],
        "region": town["region"],
        "at": (round(latitude + dice.gauss(0, 0.006), 6), round(longitude + dice.gauss(0, 0.009), 6)),
    }
    if dice.random() < 0.7:
        street = dice.choice(_STREETS)
        fields |= {
            "street": f"{street}{'Straße' if street[-1] in ' -' else 'straße'} {dice.randint(1, 120)}",
            "postcode": town["postcode"],
        }
    if dice.random() < 0.5:
        fields["tel"] = f"+4934{dice.randint(1000000, 9999999)}"
    if dice.random() < 0.55:
        host = brand.lower() + "-" + plain.lower().translate(_SPELLED)
        fields["url"] = (
            f"https://www.{host}.example/"
            if dice.random() < 0.85
            else f"https://netz{number % 30}.example/orte/{number}"
        )
    if dice.random() < 0.3:
        fields["mail"] = f"info@{brand.lower()}{number}.example"
    return fields, what


def _dirty(dice: random.Random, fields: dict[str, Any]) -> dict[str, Any]:
    """The same place as another source has it."""
    found = dict(fields)
    found["name"] = _renamed(dice, found)
    if "street" in found and dice.random() < 0.5:
        found["street"] = found["street"].replace("straße", "str.").replace("Straße", "Str.")
    if "street" in found and dice.random() < 0.25:
        del found["street"]
    latitude, longitude = found["at"]
    if dice.random() < 0.3:
        del found["at"]
    elif dice.random() < 0.04:
        found["at"] = (round(latitude + 0.02, 3), round(longitude + 0.03, 3))
    else:
        found["at"] = (round(latitude + dice.gauss(0, 0.0003), 6), round(longitude + dice.gauss(0, 0.0004), 6))
    for field, share in (("tel", 0.4), ("url", 0.3), ("mail", 0.5), ("postcode", 0.3), ("region", 0.3)):
        if field in found and dice.random() < share:
            del found[field]
    if "url" in found and dice.random() < 0.5:
        found["url"] = found["url"].replace("https://www.", "http://").rstrip("/")
    return found


def _renamed(dice: random.Random, fields: dict[str, Any]) -> str:
    name, town = str(fields["name"]), str(fields["locality"]).split(" ")[0]
    change = dice.random()
    if change < 0.3:
        return name
    if change < 0.45:
        return name.removesuffix(f" {town}") if name != town else name
    if change < 0.6:
        return name if town in name else f"{name} {town}"
    if change < 0.7:
        return name.translate(_SPELLED)
    if change < 0.78:
        return f"{name} e.V." if not name.endswith(("V.", "GmbH")) else name.rsplit(" e", 1)[0]
    if change < 0.86 and len(name) > 6:
        at = dice.randint(2, len(name) - 3)
        return name[:at] + name[at + 1 :]
    if change < 0.93:
        return (
            f"{name} – {dice.choice(('Kultur und Begegnung', 'Raum für Ideen', 'Haus für alle', 'Ort der Kreativen'))}"
        )
    if change < 0.98:
        return f"{dice.choice(('Kreativort', 'Kulturort', 'Zukunftsort'))} {name}"
    return name.upper()
