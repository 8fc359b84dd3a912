"""What words say about a district: its name, a city, a Land. Known without any gazetteer.

An answer is the set of what may be meant: AGS of the nine districts, or `OUTSIDE`. The empty set says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from harvesters.clean.words import words

OUTSIDE = "outside"
"""In none of the nine districts."""

DISTRICTS = {
    "14713": "Leipzig (Stadt)",
    "14729": "Landkreis Leipzig",
    "14730": "Nordsachsen",
    "15002": "Halle (Saale)",
    "15082": "Anhalt-Bitterfeld",
    "15084": "Burgenlandkreis",
    "15087": "Mansfeld-Südharz",
    "15088": "Saalekreis",
    "16077": "Altenburger Land",
}
"""The nine districts of the region by AGS, as `ontology/regions.ttl` names them."""

_RURAL = {
    "14729": "leipzig | leipziger land | muldental | muldentalkreis",
    "14730": "nordsachsen | torgau-oschatz | delitzsch",
    "15082": "anhalt-bitterfeld | bitterfeld | köthen | köthen/anhalt",
    "15084": "burgenland | burgenlandkreis | weißenfels",
    "15087": "mansfeld-südharz | mansfelder land | sangerhausen",
    "15088": "saalekreis | saalkreis | merseburg-querfurt",
    "16077": "altenburger land",
}
"""Names of the seven Landkreise, and of the former ones that went into them (2007/08), after "Landkreis"."""
_BARE_RURAL = words(
    """
    nordsachsen | anhalt-bitterfeld | burgenland | burgenlandkreis | mansfeld-südharz | saalekreis | altenburger land |
    muldentalkreis | muldental | leipziger land | torgau-oschatz | mansfelder land | saalkreis | merseburg-querfurt
    """
)
"""Those that mean a district even without that word; "Weißenfels" alone is a town."""
_CITIES = {
    "14713": "leipzig",
    "15002": "halle (saale) | halle/saale | halle saale | halle an der saale | halle a.d. saale | halle a. d. saale",
}
_OTHERS = words(
    """
    erzgebirgskreis | mittelsachsen | vogtlandkreis | zwickau | bautzen | görlitz | meißen | dresden | chemnitz |
    sächsische schweiz-osterzgebirge | altmarkkreis salzwedel | börde | bördekreis | harz | jerichower land |
    salzlandkreis | stendal | wittenberg | dessau | dessau-roßlau | magdeburg | eichsfeld | nordhausen | wartburgkreis |
    unstrut-hainich-kreis | kyffhäuserkreis | schmalkalden-meiningen | gotha | sömmerda | hildburghausen | ilm-kreis |
    weimarer land | sonneberg | saalfeld-rudolstadt | saale-holzland-kreis | saale-orla-kreis | greiz | erfurt | gera |
    jena | suhl | weimar | eisenach
    """
)
"""The other districts and district-free cities of Sachsen, Sachsen-Anhalt and Thüringen."""
_LAENDER = {
    "14": "sachsen | freistaat sachsen | sn | saxony",
    "15": "sachsen-anhalt | sachsen anhalt | land sachsen-anhalt | st | lsa | saxony-anhalt",
    "16": "thüringen | freistaat thüringen | th | thuringia",
}
_OTHER_LAENDER = words(
    """
    baden-württemberg | bayern | freistaat bayern | berlin | brandenburg | bremen | hamburg | hessen | niedersachsen |
    mecklenburg-vorpommern | nordrhein-westfalen | rheinland-pfalz | saarland | schleswig-holstein |
    österreich | schweiz
    """
)

_RURAL_WORD = re.compile(r"(?:landkreis|lkr|lk|kreis)\.?\s+(.+)|(.+?)\s*[(,]\s*(?:landkreis|lkr|lk|kreis)\.?\s*\)?")
_CITY_WORD = re.compile(
    r"(?:(?:kreisfreie )?stadt|landeshauptstadt)\s+(.+)"
    r"|(.+?)\s*[(,]\s*(?:kreisfreie stadt|landeshauptstadt|stadt)\s*\)?"
)


def named(text: str) -> frozenset[str]:
    """The districts that a text may name: "Landkreis Leipzig", "Saalekreis, Sachsen-Anhalt", "Stadt Leipzig".

    A bare "Leipzig" may be the city or the district. Of several parts, separated by commas, each narrows down the
    others; parts that name no district (the town before it) say nothing.
    """
    line = _folded(text)
    whole = _one(line)
    if whole or "," not in line:
        return whole
    return agreed(_one(part.strip()) or by_land(part) for part in line.split(","))


def by_land(text: str) -> frozenset[str]:
    """The districts of a Land, or what lies outside; another Land says that it lies outside."""
    land = _folded(text)
    for key, names in _LAENDER.items():
        if land in words(names):
            return frozenset(ags for ags in DISTRICTS if ags.startswith(key)) | {OUTSIDE}
    return frozenset((OUTSIDE,)) if land in _OTHER_LAENDER else frozenset()


def by_place(place: str) -> frozenset[str]:
    """What a town's name alone says: the two cities of the region, and large ones outside it."""
    name = _folded(place)
    for ags, names in _CITIES.items():
        if name in words(names):
            return frozenset((ags,))
    if name == "halle":
        return frozenset(("15002", OUTSIDE))
    return frozenset((OUTSIDE,)) if name in _BIG_CITIES else frozenset()


def by_postcode(postcode: str) -> frozenset[str]:
    """What a postal code alone says: those of the two cities; 06120 crosses their border; other leading digits lie
    outside (the region's begin with 04, 06, 07 or 39)."""
    if not re.fullmatch(r"\d{5}", postcode):
        return frozenset()
    if postcode.startswith(("041", "042", "043")):
        return frozenset(("14713",))
    if "06108" <= postcode <= "06132":
        return frozenset(("15002", "15088") if postcode == "06120" else ("15002",))
    return frozenset() if postcode.startswith(("04", "06", "07", "39")) else frozenset((OUTSIDE,))


def agreed(claims: Iterable[frozenset[str]]) -> frozenset[str]:
    """What all claims that say anything have in common."""
    common: frozenset[str] = frozenset()
    for claim in claims:
        if claim:
            common = common & claim if common else claim
            if not common:
                return common
    return common


_BIG_CITIES = words(
    """
    dresden | chemnitz | zwickau | dessau | dessau-roßlau | magdeburg | erfurt | gera | jena | weimar | berlin |
    hamburg | münchen | köln | frankfurt am main | stuttgart | hannover | nürnberg
    """
)


def _one(name: str) -> frozenset[str]:
    if name in _BARE_RURAL:
        return _rural(name)
    if match := _CITY_WORD.fullmatch(name):
        city = by_place(match.group(1) or match.group(2))
        return city - {OUTSIDE} or city if "kreisfreie" in name else city
    if match := _RURAL_WORD.fullmatch(name):
        return _rural(match.group(1) or match.group(2)) or frozenset((OUTSIDE,))
    if name == "leipzig":
        return frozenset(("14713", "14729"))
    return frozenset((OUTSIDE,)) if name in _OTHERS else by_place(name)


def _rural(name: str) -> frozenset[str]:
    return frozenset(ags for ags, names in _RURAL.items() if name in words(names))


def _folded(text: str) -> str:
    return " ".join(text[:300].split()).strip(" ,;.").lower()
