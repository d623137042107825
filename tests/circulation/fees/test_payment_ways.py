"""How an agency is paid: what is sound, to the check digit, and what is told of what is not."""

from __future__ import annotations

import pytest

from catalogue.database import Transaction
from circulation.fees.payment_ways import PAYMENT_SETTINGS, PaymentWays
from tests.builders.circulation import Library


@pytest.mark.parametrize(
    ("name", "value", "is_sound"),
    [
        ("account", "DK5000400440116243", True),
        ("account", "DK50 0040 0440 1162 43", True),
        ("account", "DK5000400440116244", False),
        ("account", "GB82 WEST 1234 5698 7654 32", True),
        ("account", "dk5000400440116243", False),
        ("account", "", False),
        ("self_service", "http://bibliotek.example/betal", False),
        ("self_service", "https://bibliotek.example/betal", True),
        ("self_service", "x https://bibliotek.example/betal", False),
        ("fik", "+73<+87654321<", True),
        ("fik", "+73<+8765432<", True),
        ("fik", "+73<+876543<", False),
        ("fik", "+71<123456789012347+87654321<", True),
        ("fik", "+71<123456789012346+87654321<", False),
        ("fik", "+71<12345678901234+87654321<", False),
        ("fik", "+75<1234567890123452+87654321<", True),
        ("fik", "+75<1234567890123450+87654321<", False),
        ("fik", "+72<+87654321<", False),
        ("fik", "x+73<+87654321<", False),
    ],
)
def test_a_way_to_pay(name: str, value: str, is_sound: bool) -> None:
    assert (PAYMENT_SETTINGS.model.problems({name: value}) == {}) is is_sound


def test_what_is_wrong_with_each_is_told() -> None:
    assert PAYMENT_SETTINGS.model.problems({"self_service": 5, "account": 5, "fik": 5}) == {
        "self_service": "self_service is an address that begins with https://, not 5",
        "account": (
            "account is a registration and account number, or an IBAN with its check digits, not 5"
        ),
        "fik": (
            'fik is the line of a payment slip, such as "+73<+87654321<", with its check digit, '
            "not 5"
        ),
    }


def test_the_ways_of_an_agency_take_the_place_of_those_it_had(sqlite_library: Library) -> None:
    library, agency = sqlite_library, sqlite_library.main.agency_id

    def said(**ways: str) -> dict[int, PaymentWays]:
        def work(transaction: Transaction) -> dict[int, PaymentWays]:
            PAYMENT_SETTINGS.store(transaction, agency, ways)
            return PAYMENT_SETTINGS.read(transaction)

        return library.write(work)

    site, card = "https://bibliotek.example", "+73<+87654321<"
    assert said(self_service=site) == {agency: PaymentWays(site, "", "")}
    assert said(fik=card, account="DK5000400440116243") == {
        agency: PaymentWays("", "DK5000400440116243", card)
    }
    with pytest.raises(ValueError, match=r"account is .*; fik is "):
        said(account="5", fik="5")
    assert said() == {}
