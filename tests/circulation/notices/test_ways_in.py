"""Every type of message has something that has it sent.

`WAYS` says what for each type. A type without a way in is a promise that nobody keeps.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from circulation.dunning.steps import Does, Step
from circulation.interlending.asking import Wish, answered, ask
from circulation.interlending.rows import InterlibraryLoan
from circulation.kernel.results import UNATTENDED, Renewed
from circulation.loans.auto_renewals import renew_automatically
from circulation.loans.undo import cancel_check_in
from circulation.notices.kinds import NoticeKind
from circulation.notices.writing import BY_STAFF, Words, write_to
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.dunning import flow, run_day
from tests.builders.fees import charge, total
from tests.builders.holds import a_hold
from tests.builders.interlending import a_partner
from tests.builders.notices import EMAIL, MOBILE, patron_id, rule, sent, write
from tests.circulation.notices.ways import WAYS, a_copy_back, job, late, renewed_by_itself, told


def test_every_type_has_a_way_in() -> None:
    assert set(WAYS) == set(NoticeKind)


@pytest.mark.parametrize("kind", NoticeKind, ids=lambda kind: kind.value)
def test_what_has_a_message_sent(library: Library, kind: NoticeKind) -> None:
    rule(library, "email")
    card = a_patron(library, email=EMAIL, phone=MOBILE)
    WAYS[kind](library, card)
    messages = told(library, card, kind)
    assert messages, kind
    assert messages[0].body


def test_only_words_of_the_staff_are_written_by_staff(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    for kind in set(NoticeKind) - set(BY_STAFF):
        with pytest.raises(ValueError, match="not a message that staff write"):
            write(
                library,
                lambda transaction, kind=kind: write_to(
                    library.act(transaction, UNATTENDED),
                    Words(text="x"),
                    patron_id=patron_id(library, card),
                    kind=kind,
                    actor="bo",
                ),
            )


def test_a_step_of_dunning_sends_a_statement_by_itself(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.BALANCE)
    flow(library, Step("statement", Does.REMIND, 14, "previous", message="balance"))
    card = a_patron(library, email=EMAIL)
    charge(library, card, 5_000)
    charge(library, card, 2_550)
    library.pass_time(days=13)
    run_day(library)
    assert sent(library) == []
    library.pass_time(days=1)
    run_day(library)
    (message,) = sent(library)
    assert message.kind is NoticeKind.BALANCE
    assert "I alt 75,50 kr." in message.body


def test_who_is_not_renewed_is_told_why_and_once(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.NOT_RENEWED)
    library.policy(loan_days=28, renewals=1, auto_renew=True)
    card = a_patron(library, email=EMAIL)
    wanted = an_item(library, title="Et", on_loan_to=card)
    used_up = an_item(library, title="To", on_loan_to=card)
    library.pass_time(days=14)
    assert isinstance(library.renew(card, used_up), Renewed)
    a_hold(library, a_patron(library), wanted)
    library.pass_time(days=14)
    for _ in range(2):
        job(library, "renewals")
    (message,) = sent(library)
    assert "* Et (Krohn, Johan), afleveres senest" in message.body
    assert "(andre venter)" in message.body
    library.pass_time(days=14)
    for _ in range(2):
        job(library, "renewals")
    (message,) = sent(library)  # of the other one they know
    assert "* To" in message.body
    assert "(kan ikke fornyes flere gange)" in message.body
    assert "* Et" not in message.body


def test_a_renewal_that_will_be_tried_again_is_no_failure(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", kind=NoticeKind.NOT_RENEWED)
    library.policy(loan_days=28, renewals=1, auto_renew=True, renewal_window_days=0)
    an_item(library, on_loan_to=a_patron(library, email=EMAIL))
    library.pass_time(days=26, hours=12)
    done = library.write(
        lambda each: renew_automatically(library.act(each, UNATTENDED), within=timedelta(days=2))
    )
    assert len(done.refused) == 1
    assert sent(library) == []


def test_what_was_returned_meanwhile_is_not_asked_back(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.NOT_RENEWED)
    card = a_patron(library, email=EMAIL)
    renewed_by_itself(library, card, renewals=0)
    (loan,) = [each for each in library.events_of("I0000002") if each.loan_id]
    library.check_in("I0000002")
    assert loan.patron_id is not None
    assert sent(library) == []


def test_nobody_lends_what_was_asked_for(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.CANNOT_BE_OBTAINED)
    a_partner(library)
    card = a_patron(library, email=EMAIL)
    loan = write(
        library,
        lambda transaction: ask(
            library.act(transaction), patron=card, wish=Wish(title="Njals saga", author="Ukendt")
        ),
    )
    assert isinstance(loan, InterlibraryLoan)
    for _ in range(2):  # told again, it changes nothing
        write(
            library,
            lambda transaction: answered(
                library.act(transaction, UNATTENDED), loan.id, will_lend=False
            ),
        )
    (message,) = sent(library)
    assert "* Njals saga (Ukendt)" in message.body


def test_a_return_after_the_bill_is_told_and_the_fee_stands(library: Library) -> None:
    card = a_patron(library, email=EMAIL)
    late(library, card, 28, 15, 16)
    library.check_in("I0000002")
    (message,) = told(library, card, NoticeKind.COMPENSATION_CANCELLED)
    assert "200,00 kr." in message.body  # the price and the handling
    assert total(library, card) == 23_000
    assert told(library, card, NoticeKind.COMPENSATION_CANCELLED) == []


def test_a_return_that_was_taken_back_cancels_nothing(library: Library) -> None:
    card = a_patron(library, email=EMAIL)
    late(library, card, 28, 15, 16)
    library.check_in("I0000002")
    write(
        library,
        lambda transaction: cancel_check_in(library.act(transaction), item="I0000002"),
    )
    assert told(library, card, NoticeKind.COMPENSATION_CANCELLED) == []


def test_the_borrower_reads_why_a_booking_is_refused(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", kind=NoticeKind.BOOKING_REFUSED)
    card = a_patron(library, email=EMAIL)
    WAYS[NoticeKind.BOOKING_REFUSED](library, card)
    (message,) = told(library, card, NoticeKind.BOOKING_REFUSED)
    assert "Sættet er gået i stykker." in message.body
    assert "Peters jul" in message.body


def test_without_a_rule_for_the_desk_it_is_told_as_ready(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.HOLD_READY, at_desk=["game"])
    card = a_patron(library, email=EMAIL)
    a_copy_back(library, card, material_group="game")
    (message,) = told(library, card, NoticeKind.HOLD_READY)
    assert message.kind is NoticeKind.HOLD_READY
