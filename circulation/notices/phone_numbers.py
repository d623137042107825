"""Telephone numbers as they are dialled from anywhere (E.164), from what people write down."""

from __future__ import annotations

import phonenumbers

from circulation.patrons.checking import dialled, telephone

#: All Danish numbers of eight digits may be mobile ones: nobody can tell from the number.
_CAN_GET_TEXTS = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
}


def mobile_number(typed: str, region: str = "DK") -> str | None:
    """The number to send a text to, ``+4522334455``; None where it can be none.

    `region` (ISO 3166) is where a number without a country code belongs.
    """
    number = telephone(typed, region)
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    if phonenumbers.number_type(number) not in _CAN_GET_TEXTS:
        return None
    return dialled(number)
