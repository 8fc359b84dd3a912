"""Every line of "Dirt that real records carry" in SOURCES.md, with its sensible outcome.

Either a value (with a finding wherever somebody could disagree with the repair), or none and a finding that quotes
what was found. Never a silent guess.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harvesters.clean import FUNCTIONS, Finding


def clean(name: str, *values: str) -> tuple[Any, list[Finding]]:
    findings: list[Finding] = []
    return FUNCTIONS[name].function(*values, report=findings.append), findings


def refused(name: str, *values: str) -> str:
    """The reason, in English, why the value was not used; the finding quotes it."""
    value, findings = clean(name, *values)
    assert value is None
    assert len(findings) == 1
    assert findings[0].repaired_to is None
    assert findings[0].quote.replace(" ", "") in ", ".join(" ".join(one.split()) for one in values).replace(" ", "")
    return findings[0].message_en


def repaired(name: str, *values: str) -> Any:
    """The value after a repair that was reported."""
    value, findings = clean(name, *values)
    assert len(findings) == 1
    assert findings[0].found == values[0] or findings[0].parts == values
    assert findings[0].repaired_to is not None
    return value


def silent(name: str, *values: str) -> Any:
    """The value, where there was nothing to report."""
    value, findings = clean(name, *values)
    assert findings == []
    return value


# "7.000 km²" for 7,000 m²


def test_square_kilometres_that_must_be_square_metres() -> None:
    assert repaired("area", "7.000 km²") == Decimal(7000)


def test_square_kilometres_that_no_reading_makes_plausible() -> None:
    assert "not an area that a site can have" in refused("area", "9.000.000 km²")
    assert "not an area that a site can have" in refused("area", "7 km²")


def test_a_square_kilometre_that_a_site_can_have_is_one() -> None:
    assert silent("area", "1,5 km²") == Decimal(1_500_000)


# "??? %"


@pytest.mark.parametrize("name", ["area", "number", "integer", "text", "price"])
def test_question_marks_are_no_value(name: str) -> None:
    assert refused(name, "??? %" if name != "text" else "???")


def test_a_share_is_no_count() -> None:
    assert refused("integer", "50 %") == "a share, not an amount"


# "ca. 1301 qm"; areas inside sentences


def test_an_approximate_area_is_used_and_said_to_be_approximate() -> None:
    assert repaired("area", "ca. 1301 qm") == Decimal(1301)
    assert repaired("area", "über 420 qm") == Decimal(420)


def test_an_area_inside_a_sentence() -> None:
    assert repaired("find_area", "Die Halle bietet auf über 420 qm Platz für 3 Werkstätten.") == Decimal(420)
    assert silent("find_area", "Das Haus verfügt über 420 qm.") == Decimal(420)
    assert silent("find_area", "Auf 1.200 m² entsteht ein Dorfladen.") == Decimal(1200)
    assert silent("find_area", "Seit 1892 steht hier eine Brauerei.") is None


def test_which_of_two_areas_is_the_sites_nobody_can_tell() -> None:
    assert refused("find_area", "ein Saal mit 200 qm und eine Werkstatt mit 80 m²") == "the text names several areas"
    assert refused("area", "400–500 qm") == "more than one number"


# German thousands points


@pytest.mark.parametrize(
    ("found", "value"),
    [("1.301", "1301"), ("1.234.567", "1234567"), ("1.200,50", "1200.50"), ("1,5", "1.5"), ("0.125", "0.125")],
)
def test_german_numbers(found: str, value: str) -> None:
    assert silent("number", found) == Decimal(value)


def test_a_comma_before_three_digits_may_be_either_and_is_reported() -> None:
    assert repaired("number", "1,301") == Decimal("1.301")


def test_a_machines_number_is_not_read_the_german_way() -> None:
    assert silent("number", "1.301", "plain") == Decimal("1.301")


@pytest.mark.parametrize("found", ["NaN", "Infinity", "-INF"])
def test_what_is_not_finite_is_no_number(found: str) -> None:
    assert refused("number", found, "plain")
    assert refused("area", found, "plain")


def test_hectares() -> None:
    assert silent("area", "1,5 ha") == Decimal(15000)


# Paul-Rohland-Straße / Paul-Roland-Str.; Str., Strasse, Straße


def test_two_spellings_in_one_field() -> None:
    assert repaired("street", "Paul-Rohland-Straße / Paul-Roland-Str.") == "Paul-Rohland-Straße"


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("Paul-Roland-Str. 2", "Paul-Roland-Straße 2"),
        ("Paul-Roland-Strasse 2", "Paul-Roland-Straße 2"),
        ("Hauptstr.5", "Hauptstraße 5"),
        ("Hauptstrasse 5 a", "Hauptstraße 5a"),
        ("Strasse des Friedens 3", "Straße des Friedens 3"),
        ("Str. der Einheit 1", "Straße der Einheit 1"),
    ],
)
def test_one_spelling_of_street(found: str, value: str) -> None:
    assert silent("street", found) == value


def test_different_names_stay_different() -> None:
    assert silent("street", "Paul-Roland-Str.") != silent("street", "Paul-Rohland-Straße")


# double spaces and newlines in addresses


def test_white_space_in_addresses() -> None:
    assert silent("street", "Musterweg  3\n04668  Grimma") == "Musterweg 3"
    assert silent("locality", "Musterweg  3\r\n04668  Grimma") == "Grimma"
    assert silent("locality", " Bad \u00a0 Dürrenberg\n") == "Bad Dürrenberg"


# "04177 Lindenau"; "Brandis / OT Beucha"


def test_a_part_of_town_as_city_keeps_its_text_for_the_gazetteer() -> None:
    assert silent("locality", "04177 Lindenau") == "Lindenau"
    assert silent("postcode", "04177 Lindenau") == "04177"


@pytest.mark.parametrize("found", ["Brandis / OT Beucha", "Brandis, OT Beucha", "Brandis (Ortsteil Beucha)"])
def test_a_part_of_town_that_says_so_is_split_off(found: str) -> None:
    assert repaired("locality", found) == "Brandis"
    assert silent("suburb", found) == "Beucha"


# address ",  Halle (Saale)" with a placeholder name


def test_an_address_without_a_street() -> None:
    assert refused("street", ",  Halle (Saale)") == "there is no street in it"
    assert silent("locality", ",  Halle (Saale)") == "Halle (Saale)"


@pytest.mark.parametrize("found", ["Neuer Ort", "Testeintrag", "???", "n/a", "k. A.", "Lorem ipsum", "Name"])
def test_a_placeholder_is_no_name(found: str) -> None:
    assert "placeholder" in refused("name", found)


@pytest.mark.parametrize("found", ["Halle/Saale", "Halle an der Saale", "Halle a. d. Saale", "06108 Halle (Saale)"])
def test_halle_has_one_name(found: str) -> None:
    assert silent("locality", found) == "Halle (Saale)"


# a point in Mexico for a place in Halle; swapped, projected, zero, not finite


def test_a_point_in_mexico() -> None:
    assert refused("wkt", "19.4326", "-99.1332") == "does not lie in Germany"
    assert refused("lat", "19.4326", "-99.1332") == "does not lie in Germany"


def test_swapped_coordinates() -> None:
    assert repaired("wkt", "12.3731", "51.3397") == "POINT(12.3731 51.3397)"
    assert repaired("lat", "12.3731", "51.3397") == Decimal("51.3397")
    assert repaired("lon", "12.3731", "51.3397") == Decimal("12.3731")


@pytest.mark.parametrize(
    ("first", "second", "projection"),
    [
        ("5690000", "318000", "UTM"),
        ("318000.5", "5690000.25", "UTM"),
        ("4525000", "5690000", "Gauß-Krüger"),
        ("1377000", "6680000", "Web Mercator"),
    ],
)
def test_projected_coordinates_are_named_not_converted(first: str, second: str, projection: str) -> None:
    assert projection in refused("wkt", first, second)


@pytest.mark.parametrize(("first", "second"), [("0", "0"), ("0.0", "0.00"), ("NaN", "12.4"), ("51.3", "Infinity")])
def test_no_position(first: str, second: str) -> None:
    assert refused("wkt", first, second)


def test_spellings_of_positions() -> None:
    assert silent("wkt", "51,3397", "12,3731") == "POINT(12.3731 51.3397)"
    assert silent("wkt", "Point(12.3731 51.3397)") == "POINT(12.3731 51.3397)"
    assert silent("lat", "51°20′23″N", "12°22′23″O") == Decimal("51.3397222")
    assert silent("lat", "51.339712345678", "12.4") == Decimal("51.3397123")


# http/https, www, upper-case hosts, IDN hosts, tracking parameters


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("HTTPS://WWW.Kloster-Posa.DE", "https://www.kloster-posa.de/"),
        ("http://kloster-posa.de/", "http://kloster-posa.de/"),
        ("https://kloster-posa.de:443/Ort?b=2&utm_source=x&a=1&fbclid=y#", "https://kloster-posa.de/Ort?b=2&a=1"),
        ("http://kloster-posa.de:8080/", "http://kloster-posa.de:8080/"),
        ("https://Straße.de/Füße", "https://xn--strae-oqa.de/F%C3%BC%C3%9Fe"),
        ("https://xn--mller-kva.de/", "https://xn--mller-kva.de/"),
        ("https://x.de/%c3%bc?q=a%20b|c", "https://x.de/%C3%BC?q=a%20b%7Cc"),
    ],
)
def test_one_spelling_of_an_address(found: str, value: str) -> None:
    assert silent("url", found) == value


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("www.x.de", "https://www.x.de/"),
        ("x.de/ort", "https://x.de/ort"),
        ("http//x.de", "http://x.de/"),
        ("https:/x.de", "https://x.de/"),
        ("http://https://x.de", "https://x.de/"),
        ("siehe www.x.de", "https://www.x.de/"),
        ("www.x.de und www.y.de", "https://www.x.de/"),
    ],
)
def test_an_address_that_needs_repair(found: str, value: str) -> None:
    assert repaired("url", found) == value


@pytest.mark.parametrize(
    "found",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@x.de",
        "file:///etc/passwd",
        "ftp://x.de/",
        "http://localhost/",
        "http://127.0.0.1/",
        "http://169.254.169.254/",
        "http://[::1]/",
        "https://u:p@x.de/",
        "https://example.com/",
        "http://<script>.de/",
        "z.B",
        "keine",
    ],
)
def test_what_is_no_public_web_address(found: str) -> None:
    assert refused("url", found)


# a Facebook page or PDF as website


def test_a_profile_is_no_website() -> None:
    found = "https://m.facebook.com/KulturhausBeucha/?ref=page_internal"
    assert refused("url", found) == "a profile, not a website of its own"
    assert silent("social", found) == "https://www.facebook.com/KulturhausBeucha/"
    assert silent("social", "https://kulturhaus-beucha.de") is None


def test_a_document_is_no_website() -> None:
    found = "https://www.brandis.de/Download/Kulturhaus.PDF"
    assert refused("url", found) == "a document, not a website"
    assert silent("link", found) == found


# legal forms e.V / e.V. / e. V.


@pytest.mark.parametrize("found", ["Verein e.V", "Verein e.V.", "Verein e. V.", "Verein eV", "Verein E.V."])
def test_one_spelling_of_an_association(found: str) -> None:
    assert silent("name", found) == "Verein e. V."


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("CoworkLand e.G.", "CoworkLand eG"),
        ("Ort GMBH & Co.KG", "Ort GmbH & Co. KG"),
        ("Eva Every", "Eva Every"),
        ("EVA", "EVA"),
    ],
)
def test_other_legal_forms_and_none(found: str, value: str) -> None:
    assert silent("name", found) == value


# opening hours as prose


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("Montag bis Freitag 9:00 – 17:00 Uhr", "Mo-Fr 09:00-17:00"),
        ("Di, Do 14-18 Uhr, Sa 10-13 Uhr", "Tu,Th 14:00-18:00; Sa 10:00-13:00"),
        ("Mo-Fr 10.30 bis 18 Uhr, So geschlossen", "Mo-Fr 10:30-18:00; Su closed"),
        ("täglich von 9 bis 12 und 14 bis 18 Uhr", "Mo-Su 09:00-12:00,14:00-18:00"),
        ("nach Vereinbarung", '"nach Vereinbarung"'),
    ],
)
def test_opening_hours_in_words(found: str, value: str) -> None:
    assert repaired("hours", found) == value


@pytest.mark.parametrize("found", ["immer wenn Licht brennt", "Mo 10 Uhr", "wochentags, außer in den Ferien", "Mo-Fr"])
def test_opening_hours_that_cannot_be_told(found: str) -> None:
    if found == "Mo-Fr":
        assert silent("hours", found) == "Mo-Fr"  # valid in OSM: all day
    else:
        assert "prose" in refused("hours", found)


def test_opening_hours_in_osm_syntax_stay() -> None:
    assert silent("hours", "Mo-Fr 9:00-17:00; PH off") == "Mo-Fr 09:00-17:00; PH closed"
    assert silent("hours", "24/7") == "24/7"
    assert silent("hours", '"nach Vereinbarung"') == '"nach Vereinbarung"'


# one address with five places: the spellings of one address become one, so that matching can see it


def test_five_spellings_of_one_address() -> None:
    spellings = [
        "Paul-Zobel-Str. 12, 04824 Brandis",
        "Paul-Zobel-Strasse 12\n04824 Brandis",
        "Paul-Zobel-Straße  12,  04824  Brandis, Deutschland",
        "D-04824 Brandis, Paul-Zobel-Str. 12",
        "Kulturhaus Beucha, Paul-Zobel-Str.12, 04824 Brandis",
    ]
    assert {tuple(silent(name, one) for name in ("street", "postcode", "locality")) for one in spellings} == {
        ("Paul-Zobel-Straße 12", "04824", "Brandis")
    }


# two names for one place that only share a domain


def test_what_two_names_share_is_a_domain() -> None:
    assert silent("domain", "http://www.Beispielhaus-Zeitz.de/a") == silent("domain", "https://beispielhaus-zeitz.de")


# a bus and an association that are not places; events as categories


@pytest.mark.parametrize("found", ["Coworking-Bus Sachsen", "Fahrbarer Bücherbus", "FabMobil"])
def test_a_bus_is_no_place(found: str) -> None:
    value, findings = clean("is_place", found)
    assert value is False
    assert "on the move" in findings[0].message_en


@pytest.mark.parametrize(
    "found", ["Globus Immobilien", "Columbushaus", "Alter Bushof", "Wohnmobil-Stellplatz", "Automobilmuseum"]
)
def test_not_everything_with_bus_in_it_moves(found: str) -> None:
    assert silent("is_place", found, "", "Hauptstraße 1") is True


def test_an_association_without_an_address_is_no_place() -> None:
    value, findings = clean("is_place", "Förderverein Dorfleben e.V")
    assert value is False
    assert "association" in findings[0].message_en
    assert silent("is_place", "Förderverein Dorfleben e.V", "", "Hauptstraße 1") is True


@pytest.mark.parametrize("category", ["Veranstaltung", "Termine, Kultur", "c2dc278a2d6a4b9b8a50cb606fc017ed"])
def test_an_event_is_no_place(category: str) -> None:
    value, findings = clean("is_place", "Sommerfest", category)
    assert value is False
    assert "event" in findings[0].message_en
    assert silent("is_place", "Kulturhaus", "Veranstaltungsort") is True
