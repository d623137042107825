"""Telephone numbers as they are dialled from anywhere (E.164), from what people write down."""

from __future__ import annotations

import re

import phonenumbers

#: What may stand in a number that somebody typed. Letters are refused: they would be read as the
#: keys that bear them, and "22334455 (mor)" as a longer number.
_TYPED = re.compile(r"[+0-9 ()./\-\u00a0]{4,32}")
#: All Danish numbers of eight digits may be mobile ones: nobody can tell from the number.
_CAN_GET_TEXTS = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
}


def mobile_number(typed: str, region: str = "DK") -> str | None:
    """The number to send a text to, ``+4522334455``; None where it can be none.

    `region` (ISO 3166) is where a number without a country code belongs.
    """
    if not _TYPED.fullmatch(typed.strip()):
        return None
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    if phonenumbers.number_type(number) not in _CAN_GET_TEXTS:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
