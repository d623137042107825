"""A copy that is to be fetched for a hold is lent to no other patron without a word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from circulation.holds.pick_list import pick_list
from circulation.holds.results import HoldKind
from circulation.kernel.overriding import Override
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Desk, Destination, Refused, Renewed
from circulation.notices.kinds import NoticeKind
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_copy, a_hold, ask, goes_to, hold_now, outcome_of, pause, title
from tests.builders.notices import EMAIL, gathered, rule, sent, states

KEPT, WANTED = Reason.COPY_KEPT_FOR_HOLD, Reason.COPY_WANTED
AGREED = Override(frozenset({WANTED}), "the other patron agreed")


def kiosk(library: Library) -> Desk:
    return library.desk()._replace(is_machine=True)


def reasons(answer: object) -> tuple[Reason, ...]:
    return answer.reasons if isinstance(answer, Refused) else ()


def at_kiosk(library: Library, card: str, barcode: str) -> tuple[Reason, ...]:
    return reasons(library.check_out(card, barcode, at=kiosk(library)))  # type: ignore[arg-type]


def test_only_the_patron_of_the_hold_gets_the_copy_at_a_kiosk(library: Library) -> None:
    barcode, ida, ole = an_item(library), a_patron(library), a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    assert at_kiosk(library, ole, barcode) == (KEPT,)
    assert reasons(library.check_out(ole, barcode)) == (WANTED,)
    assert goes_to(library, barcode) == (Destination.HOLD_SHELF_HERE, hold.id)
    assert at_kiosk(library, ole, barcode) == (Reason.ON_HOLD_FOR_ANOTHER,)
    assert at_kiosk(library, ida, barcode) == ()
    assert outcome_of(library, hold) == "fulfilled"


def test_the_patron_of_the_hold_may_take_it_from_the_open_shelf(library: Library) -> None:
    barcode, ida = an_item(library), a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    assert at_kiosk(library, ida, barcode) == ()
    assert outcome_of(library, hold) == "fulfilled"


@pytest.mark.parametrize(
    ("said", "machine", "desk"),
    [
        ({"machines": "ask"}, (WANTED,), (WANTED,)),
        ({"desk": "refuse"}, (KEPT,), (KEPT,)),
        ({"machines": "allow", "desk": "ask"}, (), (WANTED,)),
    ],
)
def test_the_rules_say_what_machines_and_the_desk_do(
    library: Library,
    said: dict[str, str],
    machine: tuple[Reason, ...],
    desk: tuple[Reason, ...],
) -> None:
    library.policy(material_group="game", loan_days=14, lend_wanted_copies=said)
    ole = a_patron(library)
    for expected, at in ((machine, kiosk(library)), (desk, library.desk())):
        barcode = an_item(library, material_group="game")
        a_hold(library, a_patron(library), barcode)
        answer = library.check_out(ole, barcode, at=at)  # type: ignore[arg-type]
        assert reasons(answer) == expected
        if expected == (KEPT,):
            again = library.check_out(ole, barcode, overriding=AGREED)
            assert reasons(again) == (KEPT,)


def test_another_free_copy_of_the_branch_serves_the_hold(library: Library) -> None:
    first = an_item(library)
    second, elsewhere = a_copy(library, first), a_copy(library, first, home=library.other)
    hold = a_hold(library, a_patron(library), first).hold
    assert at_kiosk(library, a_patron(library), first) == ()
    assert at_kiosk(library, a_patron(library), second) == (KEPT,)
    assert at_kiosk(library, a_patron(library), elsewhere) == ()
    assert goes_to(library, second)[1] == hold.id


def test_the_order_of_the_queue_decides(library: Library) -> None:
    barcode, ida, ole = an_item(library), a_patron(library), a_patron(library)
    first = a_hold(library, ida, barcode).hold
    a_hold(library, ole, barcode)
    assert at_kiosk(library, ole, barcode) == (KEPT,)
    assert at_kiosk(library, ida, barcode) == ()
    assert outcome_of(library, first) == "fulfilled"


def test_a_hold_that_is_not_to_be_served_today_keeps_nothing(library: Library) -> None:
    paused, later = an_item(library), an_item(library)
    ida = a_patron(library)
    hold = a_hold(library, ida, paused).hold
    pause(library, ida, hold, library.today, None)
    ask(library, ida, title(library, later), activates=library.today + timedelta(days=9))
    for barcode in (paused, later):
        assert at_kiosk(library, a_patron(library), barcode) == ()


def test_a_hold_on_one_item_keeps_that_item(library: Library) -> None:
    wanted = an_item(library)
    other = a_copy(library, wanted)
    a_hold(library, a_patron(library), wanted, only_item=True)
    assert at_kiosk(library, a_patron(library), wanted) == (KEPT,)
    assert at_kiosk(library, a_patron(library), other) == ()


def test_of_a_set_the_copy_of_one_title_is_enough(library: Library) -> None:
    ida, barcodes = a_patron(library), [an_item(library) for _ in range(2)]
    wanted = [title(library, each) for each in barcodes]
    ask(library, ida, *wanted, kind=HoldKind.PARALLEL)
    answers = [at_kiosk(library, a_patron(library), each) for each in barcodes]
    assert answers == [(), (KEPT,)]


def test_what_has_happened_is_accepted_and_noted(library: Library) -> None:
    barcode, later = an_item(library), an_item(library)
    a_hold(library, a_patron(library), barcode)
    library.pass_time(hours=1)
    a_hold(library, a_patron(library), later)
    lent = {"no_block": True, "happened": library.now - timedelta(minutes=30)}
    answers = [library.check_out(a_patron(library), each, **lent) for each in (barcode, later)]
    overridden = [each.overridden for each in answers if isinstance(each, CheckedOut)]
    assert [[refusal.reason for refusal in each] for each in overridden] == [[WANTED], []]


def test_of_sixteen_at_once_as_many_are_lent_as_are_free(library: Library) -> None:
    first = an_item(library)
    copies = [first, *(a_copy(library, first) for _ in range(3))]
    for _ in range(2):
        a_hold(library, a_patron(library), first)
    cards = [a_patron(library) for _ in range(16)]

    def take(number: int) -> tuple[Reason, ...] | None:
        answer = library.check_out(cards[number], copies[number % 4], at=kiosk(library))  # type: ignore[arg-type]
        return None if isinstance(answer, CheckedOut) else answer.reasons

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(take, range(16)))
    assert answers.count(None) == 2
    listed = library.read(
        lambda transaction: pick_list(transaction, branch_id=library.main.id, now=library.now)
    )
    assert len(listed) == 2


def test_of_sixteen_at_once_only_the_patron_of_the_hold_gets_the_last_copy(
    library: Library,
) -> None:
    barcode, ida = an_item(library), a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    cards = [ida, *(a_patron(library) for _ in range(15))]

    def take(card: str) -> tuple[Reason, ...] | None:
        answer = library.check_out(card, barcode, at=kiosk(library))  # type: ignore[arg-type]
        return None if isinstance(answer, CheckedOut) else answer.reasons

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(take, cards))
    assert answers[0] is None
    assert set(answers[1:]) <= {(KEPT,), (Reason.ON_LOAN_TO_ANOTHER,)}
    assert outcome_of(library, hold) == "fulfilled"


def test_renewals_are_left_to_the_rule_of_holds(library: Library) -> None:
    """A free copy serves the hold: the other loan is renewed, at a kiosk too."""
    library.policy(loan_days=28, renewals=2)
    lent, ole = an_item(library), a_patron(library)
    assert isinstance(library.check_out(ole, lent), CheckedOut)
    a_copy(library, lent)
    a_hold(library, a_patron(library), lent)
    library.pass_time(days=3)
    assert isinstance(library.renew(ole, lent, at=kiosk(library)), Renewed)  # type: ignore[arg-type]


def test_the_patron_of_the_hold_is_told_of_a_longer_wait_once(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.HOLD_DELAYED)
    barcode = an_item(library)
    ida = a_patron(library, email=EMAIL, language="en")
    hold = a_hold(library, ida, barcode)
    assert hold.days == 1
    assert isinstance(library.check_out(a_patron(library), barcode, overriding=AGREED), CheckedOut)
    gathered(library)
    [message] = sent(library)
    left = hold_now(library, ida, hold.hold)
    assert left is not None
    assert left.days is not None
    expected = library.today + timedelta(days=left.days)
    assert expected > date(2026, 12, 20)
    assert f"* Peters jul (Krohn, Johan), now expected about {expected.day} " in message.body
    gathered(library)
    assert sent(library) == []


def test_nobody_is_told_where_the_copy_is_back_or_the_wait_is_short(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.HOLD_DELAYED)
    library.policy(material_group="game", loan_days=2, lend_wanted_copies={"desk": "allow"})
    ida = a_patron(library, email=EMAIL)
    barcode, short = an_item(library), an_item(library, material_group="game")
    for each in (barcode, short):
        a_hold(library, ida, each)
    ole = a_patron(library)
    for each in (barcode, short):
        assert isinstance(library.check_out(ole, each, overriding=AGREED), CheckedOut)
    library.check_in(barcode)
    gathered(library)
    assert sent(library) == []
    assert states(library, ida) == [("hold_delayed", "", "withdrawn")]
