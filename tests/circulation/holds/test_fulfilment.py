"""What loans and renewals mean for those who wait."""

from __future__ import annotations

from datetime import timedelta

from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Refused, Renewed
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import (
    a_copy,
    a_hold,
    cancel,
    clear,
    goes_to,
    outcome_of,
)


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


def test_a_loan_that_another_waits_for_is_not_renewed(library: Library) -> None:
    ida, ole = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=ida)
    library.pass_time(days=20)
    hold = a_hold(library, ole, barcode).hold
    assert reasons(library.renew(ida, barcode)) == (Reason.WANTED_BY_ANOTHER,)
    spare = a_copy(library, barcode)
    assert isinstance(library.renew(ida, barcode), Renewed)  # the spare copy can serve
    library.check_in(spare)
    cancel(library, ole, hold)
    library.pass_time(days=1)
    assert isinstance(library.renew(ida, barcode), Renewed)


def test_ones_own_hold_hinders_no_renewal(library: Library) -> None:
    library.policy(loan_days=28, renewals=2, hold_while_on_loan=True)
    ida = a_patron(library)
    barcode = an_item(library, on_loan_to=ida)
    library.pass_time(days=20)
    a_hold(library, ida, barcode)
    assert isinstance(library.renew(ida, barcode), Renewed)


def test_a_paused_hold_hinders_no_renewal(library: Library) -> None:
    ida, ole = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=ida)
    library.pass_time(days=20)
    a_hold(library, ole, barcode, activates=library.today + timedelta(days=30))
    assert isinstance(library.renew(ida, barcode), Renewed)


def test_who_takes_another_copy_needs_the_first_no_more(library: Library) -> None:
    mine = an_item(library)
    other = a_copy(library, mine)
    ida, ole = a_patron(library), a_patron(library)
    hold = a_hold(library, ida, mine).hold
    second = a_hold(library, ole, mine).hold
    assert goes_to(library, mine)[1] == hold.id
    assert isinstance(library.check_out(ida, other), CheckedOut)
    assert outcome_of(library, hold) == "fulfilled"
    (passed,) = clear(library)
    assert passed.held_for is not None
    assert passed.held_for.hold_id == second.id
