"""How agencies are paid, in the text of a set-up."""

from __future__ import annotations

import pytest

from circulation.fees.payment_ways import PAYMENT_WAYS, PaymentWays
from circulation.kernel.results import UNATTENDED
from circulation.setting_up.applying import apply_set_up, plan
from circulation.setting_up.reading import read
from tests.builders.circulation import Library
from tests.circulation.setting_up.test_dunning import FLOWS, HEAD

PAID = """
[agencies.DK-900100.payment]
self_service = "https://bibliotek.example/betal"
"""
FEES = """
[[fees]]
compensation = "price"
replacement = 25_000
"""


def problems(text: str) -> list[str]:
    return [str(each) for each in read(text).problems]


def test_it_is_stored_changed_and_removed(library: Library) -> None:
    for text, ways in (
        (PAID, PaymentWays("https://bibliotek.example/betal")),
        (PAID + 'fik = "+73<+87654321<"\n', PaymentWays(PAID.split('"')[1], "", "+73<+87654321<")),
        ("", None),
    ):
        declared = read(HEAD + text)
        assert declared.problems == []
        changes = library.write(
            lambda transaction, declared=declared: apply_set_up(
                library.act(transaction, UNATTENDED), declared
            )
        )
        assert any("ways to pay DK-900100" in str(each) for each in changes)
        again = library.read(lambda transaction, declared=declared: plan(transaction, declared))
        assert (again.changes, again.problems) == ([], [])
        set_up = library.read(library.circulation.current_set_up)
        assert PAYMENT_WAYS.of(set_up).get(library.main.agency_id) == ways


def test_an_agency_that_is_paid_can_be_left_out(library: Library) -> None:
    another = PAID.replace("DK-900100", "DK-900300")
    another = '[agencies.DK-900300]\nname = "Nabokommunen"\n' + another
    for text in (another, ""):
        declared = read(HEAD + text)
        library.write(
            lambda transaction, declared=declared: apply_set_up(
                library.act(transaction, UNATTENDED), declared
            )
        )
    set_up = library.read(library.circulation.current_set_up)
    assert PAYMENT_WAYS.of(set_up) == {}


@pytest.mark.parametrize("at", ['at = "DK-900100"', 'at = "DK-900101"', 'category = "adult"'])
def test_bills_that_say_no_way_to_pay_are_a_problem(at: str) -> None:
    flows = FLOWS.replace('at = "DK-900100"', at)
    [problem] = problems(HEAD + FEES + flows)
    assert "would say no way to pay: [agencies.DK-900100.payment] is missing" in problem
    assert problems(HEAD + PAID + FEES + flows) == []
    assert problems(HEAD + flows) == []  # nothing is charged


def test_an_agency_with_a_flow_of_its_own_is_not_asked() -> None:
    everywhere = FLOWS.replace('at = "DK-900100"\n', "", 1)
    own = '\n[[dunning]]\nat = "DK-900100"\nsteps = []\n'
    assert problems(HEAD + FEES + everywhere + own) == []
    assert len(problems(HEAD + FEES + everywhere)) == 1


def test_what_is_no_way_to_pay_is_told_by_its_line() -> None:
    [problem] = problems(HEAD + PAID.replace("https://", "") + FEES)
    assert "self_service is an address that begins with https://" in problem
