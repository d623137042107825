"""PINs as an agency wants them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Refused
from circulation.kernel.set_up import set_up_changed
from circulation.patrons.pin_rules import pin_problems
from circulation.patrons.pin_settings import PIN_SETTINGS, USUAL
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.pins import hashed

HASH = hashed("2580")


def test_length_and_digits() -> None:
    rules = replace(USUAL, minimum_length=6, digits_only=True)
    assert pin_problems("2580", rules=rules) == ["a PIN has 6 to 32 characters"]
    assert pin_problems("hemmelig", rules=rules) == ["a PIN has digits only"]
    assert pin_problems("582947", rules=rules) == []
    assert pin_problems("hemmelig") == []


@pytest.mark.parametrize(
    ("said", "at_fault"),
    [
        ({"minimum_length": 3}, {"minimum_length"}),
        ({"digits_only": 1}, {"digits_only"}),
        ({"lock_minutes": 100_000}, {"lock_minutes"}),
        ({"tries_at_device": True}, {"tries_at_device"}),
        ({"tries_at_device": 10, "tries_in_all": 5}, {"tries_in_all"}),
        ({}, set()),
    ],
)
def test_settings_that_cannot_be(said: dict[str, Any], at_fault: set[str]) -> None:
    assert set(PIN_SETTINGS.model.problems(said)) == at_fault


def test_the_agency_says_how_many_tries_and_for_how_long(library: Library) -> None:
    def settings(transaction: Any) -> None:
        agency = library.main.agency_id
        PIN_SETTINGS.store(transaction, agency, {"tries_at_device": 3, "lock_minutes": 5})
        set_up_changed(transaction)

    library.write(settings)
    card, barcode = a_patron(library, pin_hash=HASH), an_item(library)

    def reasons(pin: str) -> tuple[Reason, ...]:
        answer = library.check_out(card, barcode, pin=pin)
        return answer.reasons if isinstance(answer, Refused) else ()

    assert [reasons(f"97{number}") for number in range(3)] == [(Reason.PIN_WRONG,)] * 3
    assert reasons("2580") == (Reason.PIN_LOCKED,)
    library.pass_time(minutes=6)
    assert isinstance(library.check_out(card, barcode, pin="2580"), CheckedOut)
