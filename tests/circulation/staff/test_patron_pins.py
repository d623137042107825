"""A PIN that is chosen is one that nobody reads off what they know of the patron."""

from __future__ import annotations

from datetime import date

import pytest

from circulation.patrons.checking import PatronUnfit
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, add_identifier
from circulation.staff.patron_pins import choose_pin
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import number_of


def choose(library: Library, card: str, pin: str) -> None:
    number = number_of(library, card)
    library.write(lambda transaction: choose_pin(library.act(transaction), number, pin))


def test_the_end_of_a_national_number_is_refused_though_only_its_hash_is_kept(
    library: Library,
) -> None:
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"k" * 16))
    card = a_patron(library, birth_date=date(1948, 5, 12))
    number = number_of(library, card)
    library.write(
        lambda transaction: add_identifier(
            library.act(transaction), number, "120548-7391", "national_id"
        )
    )
    with pytest.raises(PatronUnfit, match="national number"):
        choose(library, card, "7391")
    choose(library, card, "7392")


def test_it_is_not_the_end_of_a_card_or_a_telephone_number(library: Library) -> None:
    card = a_patron(library, "P0007391", phone="22334855")
    for pin in ("7391", "4855"):
        with pytest.raises(PatronUnfit):
            choose(library, card, pin)
