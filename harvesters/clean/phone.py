"""Telephone numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harvesters.clean.finding import Report, ignore, refuse, repair

if TYPE_CHECKING:
    import phonenumbers

MAX_LENGTH = 200
_FAX = re.compile(r"(?:tele)?fax|(?<!\w)f:", re.IGNORECASE)
_TRUNK_ZERO = re.compile(r"(\+\s?49|0049)[\s./-]{0,3}\(\s?0\s?\)|(\+\s?49|0049)[\s./-]{1,3}0(?=[1-9])")


def phone(value: str, country: str = "DE", *, report: Report = ignore) -> str | None:
    """A telephone number in E.164 form (`+493437123456`). `country` is assumed where no prefix names one.

    Only numbers that the numbering plan allows. Of several the first is taken, with a finding. Fax numbers are refused.
    """
    import phonenumbers  # loads slowly: only who meets a number pays

    if not value.strip():
        return None
    if len(value) > MAX_LENGTH:
        return refuse(report, "phone", value, "zu lang für eine Telefonnummer", "too long for a telephone number")
    text = _TRUNK_ZERO.sub(lambda match: match.group(1) or match.group(2), value)
    if text.lower().startswith("tel:"):
        text = text[4:]
    region = country.upper() if country.upper() in phonenumbers.SUPPORTED_REGIONS else "DE"
    matches = list(phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.VALID))
    spoken = [match for match in matches if not _FAX.search(text[_previous_end(matches, match) : match.start])]
    if matches and not spoken:
        return refuse(report, "phone", value, "eine Faxnummer", "a fax number")
    numbers = list(dict.fromkeys(_e164(match.number) for match in spoken))
    if not numbers:
        number = _whole(text, region)
        if number is None:
            return refuse(report, "phone", value, "keine gültige Telefonnummer", "not a valid telephone number")
        return number
    if len(numbers) > 1:
        rest = ", ".join(numbers[1:])
        return repair(
            report,
            "phone",
            value,
            numbers[0],
            f"die erste genommen; außerdem {rest}",
            f"the first was taken; also {rest}",
        )
    return numbers[0]


def _previous_end(matches: list[phonenumbers.PhoneNumberMatch], match: phonenumbers.PhoneNumberMatch) -> int:
    ends = [other.end for other in matches if other.end <= match.start]
    return max(ends, default=0)


def _whole(text: str, region: str) -> str | None:
    """The whole value as one number, for spellings that the matcher in running text is too careful to take."""
    import phonenumbers

    if sum(character.isalpha() for character in text) > 12:
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return _e164(number) if phonenumbers.is_valid_number(number) else None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    import phonenumbers

    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
