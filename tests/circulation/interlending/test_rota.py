"""One library after the other is asked, until one lends it or none is left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from circulation.interlending.asking import Wish, answered, ask, declined
from circulation.interlending.borrowing import (
    Accepted,
    Agreement,
    Incoming,
    accept,
    cancel_borrowing,
    sent_all_the_same,
    shipped,
)
from circulation.interlending.cases import Case, Outcome, attempts_of, case_by_id
from circulation.interlending.notices import PartnerNotice, claim_notice, notice_sent
from circulation.interlending.ranking import Availability
from circulation.interlending.rota import ask_another, catalogues_said
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.rules import INTERLENDING_RULES
from circulation.interlending.silence import chase, remind
from circulation.interlending.states import BorrowingState, Obstacle
from circulation.kernel.act import Act
from circulation.kernel.set_up import set_up_changed
from circulation.notices.kinds import NoticeKind
from tests.builders.circulation import Library, a_patron
from tests.builders.interlending import a_borrowed_item, a_partner, again, partner_desk, told
from tests.builders.notices import rule, sent

TITLE = "Njals saga"


def the_rules(library: Library, **said: Any) -> None:
    def work(transaction: Any) -> None:
        INTERLENDING_RULES.store(transaction, **said)
        set_up_changed(transaction)

    library.write(work)


def wished(library: Library, card: str | None = None, **about: Any) -> InterlibraryLoan:
    card = card or a_patron(library, email="reader@example.org")
    found = library.write(
        lambda transaction: ask(
            library.act(transaction), patron=card, wish=Wish(title=TITLE), **about
        )
    )
    assert isinstance(found, InterlibraryLoan), found
    return found


def case_of(library: Library, loan: InterlibraryLoan) -> Case:
    found = library.write(lambda transaction: case_by_id(transaction, loan.case_id))
    assert found is not None
    return found


def attempts(library: Library, loan: InterlibraryLoan) -> list[InterlibraryLoan]:
    assert loan.case_id is not None
    case_id = loan.case_id
    return library.read(lambda transaction: attempts_of(transaction, case_id=case_id))


def last(library: Library, loan: InterlibraryLoan) -> InterlibraryLoan:
    return attempts(library, loan)[-1]


def refuse(library: Library, loan: InterlibraryLoan, why: str = "NotOnShelf") -> None:
    """Its library says no, whose own act that is."""
    library.write(
        lambda transaction: declined(
            Act(transaction, library.circulation, partner_desk(library), library.now), loan, why
        )
    )


def claimed(library: Library, partner: str) -> PartnerNotice | None:
    return library.write(lambda transaction: claim_notice(transaction, partner, library.now))


def chased(library: Library) -> tuple[int, int, int]:
    done, _ = library.write(lambda transaction: chase(library.act(transaction), library.now))
    return done.asked, done.silent, done.in_vain


def send(library: Library, loan: InterlibraryLoan, barcode: str) -> None:
    now = again(library, loan)
    came = library.write(
        lambda transaction: sent_all_the_same(
            library.act(transaction), now, barcode=barcode, due=None
        )
    )
    assert isinstance(came, InterlibraryLoan), came


def test_the_next_is_asked_and_in_the_end_the_patron_is_told(either_library: Library) -> None:
    library = either_library
    rule(library, "email", kind=NoticeKind.CANNOT_BE_OBTAINED)
    for name, days in (("FAR", 9), ("NEAR", 1), ("MIDDLE", 4)):
        a_partner(library, name, days=days)
    first = wished(library)
    assert first.partner == "near"
    refuse(library, first)
    second = last(library, first)
    assert (second.partner, second.state, second.user) == (
        "middle",
        BorrowingState.ASKED,
        first.user,
    )
    assert second.request_id != first.request_id
    assert told(library, second) == ["asked"]
    assert not sent(library)
    library.write(
        lambda transaction: answered(library.act(transaction), second.id, will_lend=False)
    )
    third = last(library, first)
    assert third.partner == "far"
    refuse(library, third)
    assert [each.partner for each in attempts(library, first)] == ["near", "middle", "far"]
    case = case_of(library, first)
    assert (case.outcome, case.patron_id, case.user) == (Outcome.UNOBTAINABLE.value, None, "")
    [message] = sent(library)
    assert TITLE in message.body
    refuse(library, third)
    assert len(attempts(library, first)) == 3


def test_no_more_libraries_are_asked_than_the_rules_say(library: Library) -> None:
    the_rules(library, libraries=2)
    for name in "ABC":
        a_partner(library, name)
    loan = wished(library)
    refuse(library, loan)
    refuse(library, last(library, loan))
    assert len(attempts(library, loan)) == 2
    assert case_of(library, loan).outcome == "unobtainable"


def test_the_same_wish_again_is_the_same_case_whoever_is_asked(library: Library) -> None:
    for name in "AB":
        a_partner(library, name)
    card = a_patron(library)
    first = wished(library, card)
    refuse(library, first)
    assert wished(library, card) == last(library, first)
    named = wished(library, card, partner="A")
    assert (named.partner, named.case_id == first.case_id) == ("a", False)
    refuse(library, named)
    assert case_of(library, named).outcome == "unobtainable"  # no other was to be asked


def test_the_load_is_shared(library: Library) -> None:
    for name in "AB":
        a_partner(library, name)
    partners = [wished(library, a_patron(library)).partner for _ in range(4)]
    assert partners == ["a", "b", "a", "b"]


def test_who_is_closed_for_orders_is_not_asked(library: Library) -> None:
    a_partner(library, "A", closed_for_orders=True)
    card = a_patron(library)
    outcome = library.write(
        lambda transaction: ask(library.act(transaction), patron=card, wish=Wish(title=TITLE))
    )
    assert outcome is Obstacle.NO_PARTNER
    a_partner(library, "B")
    assert wished(library).partner == "b"


def test_what_nobody_wants_any_more_goes_to_no_other(library: Library) -> None:
    for name in "AB":
        a_partner(library, name)
    loan = wished(library)
    library.write(lambda transaction: cancel_borrowing(library.act(transaction), loan))
    assert case_of(library, loan).outcome == "cancelled"
    assert told(library, loan) == ["asked", "cancelled"]
    assert len(attempts(library, loan)) == 1


def test_a_silent_library_is_given_up_and_the_next_is_asked(either_library: Library) -> None:
    library = either_library
    a_partner(library, "A", protocol="iso18626")
    a_partner(library, "B")
    loan = wished(library)
    notice = claimed(library, "a")
    assert notice is not None
    library.write(lambda transaction: notice_sent(transaction, notice, library.now))
    library.pass_time(days=2)
    assert chased(library) == (0, 0, 0)
    library.pass_time(days=1, hours=1)
    assert [chased(library), chased(library)] == [(1, 0, 0), (0, 0, 0)]
    assert told(library, loan) == ["asked", "status_asked"]
    library.pass_time(days=3)
    assert [chased(library), chased(library)] == [(0, 1, 0), (0, 0, 0)]
    assert again(library, loan).state is BorrowingState.CANCELLED
    assert told(library, loan)[-1] == "cancelled"
    assert last(library, loan).partner == "b"


def test_who_never_got_the_request_is_not_asked_how_far_it_is(library: Library) -> None:
    a_partner(library, "A", protocol="iso18626")
    a_partner(library, "B")
    loan = wished(library)
    library.pass_time(days=3, hours=1)
    assert chased(library) == (0, 1, 0)
    assert last(library, loan).partner == "b"


def test_what_comes_too_late_is_of_no_use(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.CANNOT_BE_OBTAINED)
    for name in "AB":
        a_partner(library, name)
    loan = wished(library, needed_before=library.now + timedelta(days=2))
    library.pass_time(days=2, hours=1)
    assert chased(library) == (0, 0, 1)
    assert case_of(library, loan).outcome == "unobtainable"
    assert len(attempts(library, loan)) == 1
    assert len(sent(library)) == 1


def test_what_is_sent_after_all_comes_for_the_patron_and_the_other_is_cancelled(
    either_library: Library,
) -> None:
    library = either_library
    for name in "AB":
        a_partner(library, name)
    loan = wished(library)
    refuse(library, loan)
    other = last(library, loan)
    send(library, loan, "FOREIGN-1")
    now = again(library, loan)
    assert (now.state, now.user) == (BorrowingState.SHIPPED, loan.user)
    assert again(library, other).state is BorrowingState.CANCELLED
    assert told(library, other) == ["asked", "cancelled"]
    assert case_of(library, loan).loan_id == loan.id
    # The other refuses too late to matter.
    refuse(library, again(library, other))
    assert len(attempts(library, loan)) == 2


def test_what_is_sent_after_another_has_sent_it_comes_for_nobody(library: Library) -> None:
    for name in "AB":
        a_partner(library, name)
    loan = wished(library)
    refuse(library, loan)
    other = last(library, loan)
    library.write(lambda transaction: shipped(library.act(transaction), other, barcode="B-1"))
    send(library, loan, "A-1")
    assert again(library, loan).user == ""
    assert again(library, other).user == loan.user


def test_catalogues_are_asked_before_the_request_goes_out(either_library: Library) -> None:
    library = either_library
    for name in "AB":
        a_partner(library, name, catalogue="sru+http://127.0.0.1:1/")
    loan = wished(library)
    assert (loan.partner, case_of(library, loan).look_at) == ("a", library.now)
    assert claimed(library, "a") is None  # not yet
    library.write(
        lambda transaction: catalogues_said(
            library.act(transaction),
            loan.case_id or 0,
            {"a": Availability.ON_LOAN, "b": Availability.ON_SHELF},
        )
    )
    assert claimed(library, "a") is None
    notice = claimed(library, "b")
    assert notice is not None
    assert (notice.loan_id, again(library, loan).partner) == (loan.id, "b")
    shown = case_of(library, loan).ranked
    assert [(each["partner"], each["availability"]) for each in shown] == [
        ("b", "on the shelf"),
        ("a", "on loan"),
    ]


def test_where_no_catalogue_answers_the_request_goes_out_all_the_same(library: Library) -> None:
    for name in "AB":
        a_partner(library, name, catalogue="sru+http://127.0.0.1:1/")
    loan = wished(library)
    library.pass_time(seconds=8)
    assert claimed(library, "a") is not None
    # What they say later changes nothing any more.
    library.write(
        lambda transaction: catalogues_said(
            library.act(transaction), loan.case_id or 0, {"b": Availability.ON_SHELF}
        )
    )
    assert again(library, loan).partner == "a"


@pytest.mark.parametrize("said", [{"look_seconds": 0}, {"order": ["load"]}])
def test_where_the_rules_do_not_ask_catalogues_nothing_waits(
    library: Library, said: dict[str, Any]
) -> None:
    the_rules(library, **said)
    for name in "AB":
        a_partner(library, name, catalogue="sru+http://127.0.0.1:1/")
    wished(library)
    assert claimed(library, "a") is not None


def test_staff_are_reminded_once_of_each_day_on_which_an_owner_wants_it_back(
    library: Library,
) -> None:
    a_borrowed_item(library, a_patron(library), due=library.now + timedelta(days=10))

    def reminded() -> int:
        return library.write(lambda transaction: remind(library.act(transaction), library.now))[0]

    assert reminded() == 0
    library.pass_time(days=8)
    assert [reminded(), reminded()] == [1, 0]


def test_what_a_library_that_was_given_up_has_us_accept_is_for_the_patron(
    either_library: Library,
) -> None:
    library = either_library
    for name in "AB":
        a_partner(library, name)
    loan = wished(library)
    refuse(library, loan)
    other = last(library, loan)

    def accepted() -> Any:
        return library.write(
            lambda transaction: accept(
                Act(transaction, library.circulation, partner_desk(library), library.now),
                agreement=Agreement("a", "Broker"),
                request_id=loan.request_id,
                patron=None,
                incoming=Incoming("FOREIGN-1"),
            )
        )

    first, second = accepted(), accepted()
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.loan.id, second.loan.id, first.loan.user) == (loan.id, loan.id, loan.user)
    assert again(library, other).state is BorrowingState.CANCELLED
    case = case_of(library, loan)
    assert (case.outcome, case.loan_id) == ("filled", loan.id)


def test_somebody_wants_another_library_asked(library: Library) -> None:
    for name in "AB":
        a_partner(library, name)
    first = wished(library)

    def another(loan: InterlibraryLoan) -> InterlibraryLoan | Obstacle:
        now = again(library, loan)
        return library.write(lambda transaction: ask_another(library.act(transaction), now))

    second = another(first)
    assert isinstance(second, InterlibraryLoan)
    assert (second.partner, second.state) == ("b", BorrowingState.ASKED)
    assert told(library, first) == ["asked", "cancelled"]
    assert another(first) is Obstacle.IS_OVER  # the second time nothing is done
    # Where nobody is left, the last goes on.
    assert another(second) is Obstacle.NOBODY_LEFT
    assert again(library, second).closed is None
    now = again(library, second)
    library.write(lambda transaction: shipped(library.act(transaction), now, due=None))
    assert another(second) is Obstacle.HERE_ALREADY
