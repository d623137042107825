"""Where a person is reached on a channel."""

from __future__ import annotations

from datetime import date

from circulation.notices.channels import AddressKind
from circulation.notices.persons import Person
from circulation.notices.phone_numbers import mobile_number
from circulation.patrons.addresses import address_on
from circulation.patrons.checking import is_email
from circulation.patrons.kinds import ContactKind

_CONTACTS = {
    AddressKind.EMAIL: ContactKind.EMAIL,
    AddressKind.MOBILE: ContactKind.PHONE,
    AddressKind.DIGITAL_POST: ContactKind.DIGITAL_POST,
}


def address_of(
    person: Person,
    kind: AddressKind,
    *,
    day: date,
    verified: bool,
    region: str,
    card: str | None = None,
) -> str | None:
    """The address of that kind; None where there is none that may be used.

    Addresses that the person wants no messages at are left out, and with `verified` those not
    shown to be theirs; of several a verified one goes first. A letter goes to where they live on
    that `day`, whether they have shown it or not. `region` is where numbers without a country code
    belong, `card` what an app knows the person by.
    """
    if kind is AddressKind.CARD:
        return card
    if kind is AddressKind.POSTAL:
        address = address_on([each for each in person.addresses if each.notices], day)
        return None if address is None else address.text
    wanted = _CONTACTS[kind]
    contacts = [each for each in person.contacts if each.kind is wanted]
    if kind is AddressKind.DIGITAL_POST:
        # The number itself is for the channel alone; where a contact says no, none is used.
        return person.post_number if all(each.notices for each in contacts) else None
    refused = {each.value for each in contacts if not each.notices}
    usable = [each for each in contacts if each.notices]
    usable.sort(key=lambda each: each.verified is None)
    values = [each.value for each in usable if each.verified is not None or not verified]
    if not verified:
        registered = {AddressKind.EMAIL: person.email, AddressKind.MOBILE: person.phone}
        values.append(registered.get(kind, ""))
    for value in values:
        if value in refused:
            continue
        found = _written(kind, value.strip(), region)
        if found:
            return found
    return None


def _written(kind: AddressKind, value: str, region: str) -> str | None:
    if kind is AddressKind.MOBILE:
        return mobile_number(value, region)
    if kind is AddressKind.EMAIL:
        return value if is_email(value) else None
    return value or None
