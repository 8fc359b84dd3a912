"""Which district a page names, known without any gazetteer."""

from __future__ import annotations

import re

from harvesters.clean.finding import Report, ignore, refuse

REGION = "https://w3id.org/orte/region/"

_LANDKREISE = {
    "14521": "Erzgebirgskreis",
    "14522": "Mittelsachsen",
    "14523": "Vogtlandkreis",
    "14524": "Zwickau",
    "14625": "Bautzen",
    "14626": "Görlitz",
    "14627": "Meißen",
    "14628": "Sächsische Schweiz-Osterzgebirge",
    "14729": "Leipzig",
    "14730": "Nordsachsen",
    "15081": "Altmarkkreis Salzwedel",
    "15082": "Anhalt-Bitterfeld",
    "15083": "Börde",
    "15084": "Burgenlandkreis",
    "15085": "Harz",
    "15086": "Jerichower Land",
    "15087": "Mansfeld-Südharz",
    "15088": "Saalekreis",
    "15089": "Salzlandkreis",
    "15090": "Stendal",
    "15091": "Wittenberg",
    "16061": "Eichsfeld",
    "16062": "Nordhausen",
    "16063": "Wartburgkreis",
    "16064": "Unstrut-Hainich-Kreis",
    "16065": "Kyffhäuserkreis",
    "16066": "Schmalkalden-Meiningen",
    "16067": "Gotha",
    "16068": "Sömmerda",
    "16069": "Hildburghausen",
    "16070": "Ilm-Kreis",
    "16071": "Weimarer Land",
    "16072": "Sonneberg",
    "16073": "Saalfeld-Rudolstadt",
    "16074": "Saale-Holzland-Kreis",
    "16075": "Saale-Orla-Kreis",
    "16076": "Greiz",
    "16077": "Altenburger Land",
}
_CITIES = {
    "14511": "Chemnitz",
    "14612": "Dresden",
    "14713": "Leipzig",
    "15001": "Dessau-Roßlau|Dessau",
    "15002": "Halle (Saale)|Halle an der Saale|Halle/Saale|Halle",
    "15003": "Magdeburg",
    "16051": "Erfurt",
    "16052": "Gera",
    "16053": "Jena",
    "16054": "Suhl",
    "16055": "Weimar",
}
"""Districts and cities without a district of Sachsen, Sachsen-Anhalt and Thüringen, by AGS (2021)."""

_LANDKREIS = re.compile(r"^(?:landkreis|lkr?\.?|kreis)\s+|\s*[(,]\s*(?:landkreis|lk|kreis)\s*\)?$")
_CITY = re.compile(
    r"^(?:(?:kreisfreie\s+)?stadt|landeshauptstadt)\s+|\s*[(,]\s*(?:kreisfreie\s+stadt|landeshauptstadt|stadt)\s*\)?$"
)


def district(
    kreis: str, postcode: str = "", locality: str = "", lat: str = "", lon: str = "", *, report: Report = ignore
) -> str | None:
    """The region's IRI for the district that a page names: "Landkreis Leipzig", "Burgenlandkreis", "Stadt Leipzig".

    A bare "Leipzig" could be the city or the district: None, with a finding. Postal code, place and position are not
    looked at here; a registry with a gazetteer puts a function of the same name in this one's stead that does.
    """
    name = " ".join(kreis[:200].split()).casefold()
    if not name:
        return None
    rural, urban = _LANDKREIS.sub("", name), _CITY.sub("", name)
    found = {ags for ags in (_BY_LANDKREIS.get(rural) if urban == name else None,) if ags}
    found |= {ags for ags in (_BY_CITY.get(urban) if rural == name else None,) if ags}
    if len(found) == 1:
        return REGION + found.pop()
    if found:
        return refuse(
            report, "district", kreis, "Stadt oder Landkreis? Bitte dazuschreiben", "city or district? Please say which"
        )
    return refuse(report, "district", kreis, "kein bekannter Landkreis", "not a known district")


def _by_name(table: dict[str, str]) -> dict[str, str]:
    return {name.casefold(): ags for ags, names in table.items() for name in names.split("|")}


_BY_LANDKREIS = _by_name(_LANDKREISE)
_BY_CITY = _by_name(_CITIES)
