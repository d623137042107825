"""The flow day by day: what is told when, what stops it, and what it never does twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalogue.database import Transaction
from circulation.calendars.rows import Owner, store_week
from circulation.closures.closing import close_branch
from circulation.dunning.steps import flow_problems
from circulation.jobs.running import try_job
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED, CheckedOut
from circulation.kernel.set_up import set_up_changed
from circulation.ledger.money import ChargeKind
from circulation.loans.lost import claim_returned, declare_lost, suspend, withdraw_claim
from circulation.patrons.blocks import block_patron
from circulation.patrons.guardians import add_guardian
from circulation.patrons.kinds import PatronKind
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.dunning import (
    DANISH,
    changed,
    charge_acts,
    claims,
    danish,
    days_told,
    flow,
    kinds,
    loan_acts,
    run_day,
    run_days,
    told,
)
from tests.builders.fees import (
    amounts,
    charges_of,
    fee_rule,
    hand_in,
    lend,
    number_of,
    paid,
    renewed,
)

#: Loans of the builders are due after 28 days.
DUE = 28


def mark(library: Library, verb: object, barcode: str, **options: object) -> None:
    library.write(
        lambda transaction: verb(  # type: ignore[operator]
            library.act(transaction), item=barcode, **options
        )
    )


def loan_of(library: Library, card: str, barcode: str) -> int:
    answer = library.check_out(card, barcode)
    assert isinstance(answer, CheckedOut)
    return answer.loan.id


def open_on_mondays_and_wednesdays(library: Library) -> None:
    def work(transaction: Transaction) -> None:
        store_week(transaction, Owner(None, library.main.id), {0: "10-18", 2: "10-18"})
        set_up_changed(transaction)

    library.write(work)


def test_the_whole_flow(either_library: Library) -> None:
    library = either_library
    danish(library)
    card = a_patron(library)
    lend(library, card, price=30_000, currency="DKK")
    run_days(library, DUE + 31 + 14 + 21 + 10)
    assert days_told(library, card) == [
        ("due_soon", DUE - 3),
        ("overdue", DUE + 1),
        ("overdue", DUE + 8),
        ("recall", DUE + 15),
        ("bill", DUE + 31),
        ("reminder", DUE + 45),
        ("collection", DUE + 66),
    ]
    assert amounts(library, card) == [38_000, 23_000]
    bill = told(library, card)[4]
    assert bill.facts["block_warning"]["amount"] == 23_000
    assert len(bill.cause["charges"]) == 2
    assert [(claim.kind.value, claim.amount) for claim, _ in claims(library, card)] == [
        ("compensation_unreturned", 38_000),
        ("fee", 23_000),
    ]


def test_nothing_is_told_twice_however_often_it_is_run(either_library: Library) -> None:
    library = either_library
    danish(library)
    card = a_patron(library)
    lend(library, card)
    first = library.today
    run_days(library, DUE + 50)
    once = told(library, card)
    for days in range(DUE + 50):
        assert run_day(library, first + timedelta(days)) == {}
    assert told(library, card) == once


def test_days_that_were_missed_are_caught_up_with_the_latest_step_alone(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    loan = loan_of(library, card, an_item(library))
    library.pass_time(days=DUE + 10)
    assert run_day(library) == {"steps overdue-2": 1, "steps passed over": 2}
    assert kinds(library, card) == ["overdue"]
    assert [(act.step, act.is_passed) for act in loan_acts(library, loan)] == [
        ("due-soon", True),
        ("overdue-1", True),
        ("overdue-2", False),
    ]


def test_nobody_is_billed_unwarned(library: Library) -> None:
    """After a long pause the last warning comes first, and the bill as long after it as usual."""
    danish(library)
    card = a_patron(library)
    lend(library, card)
    library.pass_time(days=DUE + 100)
    run_day(library)
    assert kinds(library, card) == ["recall"]
    run_days(library, 15)
    assert kinds(library, card) == ["recall"]
    run_days(library, 1)
    assert kinds(library, card) == ["recall", "bill"]
    run_days(library, 13)
    assert kinds(library, card) == ["recall", "bill"]
    library.pass_time(days=100)
    run_day(library)
    assert kinds(library, card)[2:] == ["reminder"]  # nor handed over without a reminder
    run_days(library, 21)
    assert kinds(library, card)[3:] == ["collection"]


def test_what_came_back_is_followed_no_further(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    [book] = lend(library, card)
    run_days(library, DUE + 9)
    hand_in(library, book)
    before = kinds(library, card)
    run_days(library, 10)
    assert kinds(library, card) == before


def test_a_return_after_the_bill_cancels_the_compensation_and_the_fee_stands(
    either_library: Library,
) -> None:
    library = either_library
    danish(library)
    card = a_patron(library)
    [book] = lend(library, card)
    run_days(library, DUE + 32)
    hand_in(library, book)
    assert amounts(library, card) == [23_000]
    run_days(library, 50)
    assert kinds(library, card)[-2:] == ["reminder", "collection"]  # for the fee
    [(claim, _)] = claims(library, card)
    assert (claim.kind.value, claim.amount) == ("fee", 23_000)


def test_a_renewal_begins_anew(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    [book] = lend(library, card)
    run_days(library, DUE + 2)
    renewed(library, card, book)
    run_days(library, DUE + 2)
    of_loans = [kind for kind in kinds(library, card) if kind != "reminder"]
    assert of_loans == ["due_soon", "overdue"] * 2


def test_a_claim_stops_the_flow_until_it_is_withdrawn(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    [book] = lend(library, card)
    run_days(library, DUE + 2)
    mark(library, claim_returned, book)
    run_days(library, 20)
    assert kinds(library, card) == ["due_soon", "overdue"]
    mark(library, withdraw_claim, book)
    run_days(library, 1)
    assert kinds(library, card) == ["due_soon", "overdue", "recall"]


def test_a_claim_stops_what_the_bill_has_charged_too(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    [book] = lend(library, card)
    run_days(library, DUE + 32)
    mark(library, claim_returned, book)
    run_days(library, 60)
    assert kinds(library, card)[-1] == "bill"
    mark(library, withdraw_claim, book)
    run_days(library, 1)
    assert kinds(library, card)[-1] == "reminder"


def test_a_suspended_loan_goes_on_where_it_was(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    [book] = lend(library, card)
    run_days(library, DUE + 5)
    mark(library, suspend, book, until=(library.now + timedelta(days=10)).date())
    run_days(library, 10)
    assert kinds(library, card) == ["due_soon", "overdue"]
    run_days(library, 3)
    assert days_told(library, card)[2:] == [("overdue", DUE + 10 + 8)]


def test_what_is_declared_lost_is_billed_at_once_and_told(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    [book] = lend(library, card)
    mark(library, declare_lost, book)
    run_days(library, 1)
    [bill] = told(library, card)
    [line] = charges_of(library, card)
    assert (bill.kind, bill.cause["charges"]) == ("bill", [line.charge.id])
    assert line.charge.kind is ChargeKind.COMPENSATION
    run_days(library, 14)
    assert kinds(library, card) == ["bill", "reminder"]
    assert [act.step for act in charge_acts(library, line.charge.id)] == ["bill", "reminder"]


def test_an_emergency_closure_moves_the_steps(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    lend(library, card)
    first = (library.now + timedelta(days=DUE)).date()
    library.write(
        lambda transaction: close_branch(
            library.act(transaction),
            branch="DK-900101",
            first=first,
            last=first + timedelta(days=9),
            reason="water",
        )
    )
    run_days(library, DUE + 12)
    steps = [("due_soon", DUE + 10 - 3), ("overdue", DUE + 10 + 1)]
    assert days_told(library, card) == [("dates_moved", 0), *steps]


def test_a_loan_of_a_day_is_not_said_to_be_due_soon(library: Library) -> None:
    danish(library)
    library.policy(material_group="quick", loan_days=2)
    card = a_patron(library)
    lend(library, card, material_group="quick")
    run_days(library, 3)
    assert kinds(library, card) == ["overdue"]


def test_steps_by_the_calendar_of_the_branch(library: Library) -> None:
    danish(library, steps=changed("overdue-1", closed_days="push"))
    # Due on Wednesday 23 December: the branch opens on Wednesdays and Mondays only.
    open_on_mondays_and_wednesdays(library)
    card = a_patron(library)
    lend(library, card)
    run_days(library, DUE + 7)
    assert days_told(library, card)[1:] == [("overdue", DUE + 5)]


def test_open_days_alone_can_be_counted(library: Library) -> None:
    danish(library, steps=changed("overdue-1", closed_days="skip", days=2))
    open_on_mondays_and_wednesdays(library)
    card = a_patron(library)
    lend(library, card)
    run_days(library, DUE + 7)
    assert days_told(library, card)[1:] == [("overdue", DUE + 7)]  # Monday, Wednesday


def test_institutions_are_told_and_charged_nothing_where_the_rules_say_so(
    library: Library,
) -> None:
    danish(library)
    fee_rule(
        library,
        patron_category="institution",
        late_fees="none",
        compensation="none",
        bill_fee="none",
    )
    card = a_patron(library, category="institution", kind=PatronKind.GROUP)
    lend(library, card)
    run_days(library, DUE + 100)
    assert kinds(library, card) == ["due_soon", "overdue", "overdue", "recall"]
    assert amounts(library, card) == []


def test_a_flow_without_steps_tells_nobody(library: Library) -> None:
    danish(library)
    flow(library, patron_category="school")
    card = a_patron(library, category="school")
    lend(library, card)
    run_days(library, DUE + 60)
    assert kinds(library, card) == []


def test_the_dead_are_told_nothing(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    lend(library, card)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), number_of(library, card), BlockReason.DECEASED
        )
    )
    run_days(library, DUE + 60)
    assert kinds(library, card) == []
    assert amounts(library, card) == []


@pytest.mark.parametrize("asks", ["never", "guardian"])
def test_children_are_never_collected_from(library: Library, asks: str) -> None:
    danish(library, steps=changed("collection", children=asks))
    born = (library.now - timedelta(days=10 * 365)).date()
    card, parent = a_patron(library, birth_date=born), a_patron(library)
    library.write(
        lambda transaction: add_guardian(
            library.act(transaction, UNATTENDED),
            number_of(library, card),
            number_of(library, parent),
            today=library.today,
        )
    )
    lend(library, card)
    run_days(library, DUE + 31 + 14 + 21)
    found = [claim.debtor_id for claim, _ in claims(library, card)]
    assert found == ([number_of(library, parent)] * 2 if asks == "guardian" else [])
    assert kinds(library, card).count("collection") == bool(found)
    assert run_day(library) == {}


def test_small_debts_are_left_alone(library: Library) -> None:
    danish(library, steps=changed("reminder", minimum=5_000))
    card = a_patron(library)
    [book] = lend(library, card)
    library.pass_time(days=DUE + 3)
    hand_in(library, book)
    run_days(library, 60)
    assert kinds(library, card) == []
    assert amounts(library, card) == [2_000]


def test_a_debt_that_no_bill_made_is_reminded_of_too(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    [book] = lend(library, card)
    library.pass_time(days=DUE + 3)
    hand_in(library, book)
    run_days(library, 40)
    assert days_told(library, card) == [("reminder", DUE + 3 + 14)]  # and too little to collect


def test_a_reminder_may_cost_a_fee_once_for_all_that_it_reminds_of(library: Library) -> None:
    danish(library, steps=changed("reminder", fee=10_000))
    card = a_patron(library)
    lend(library, card, 3)
    run_days(library, DUE + 31 + 14)
    assert amounts(library, card)[-1:] == [10_000]
    assert len(amounts(library, card)) == 5
    run_days(library, 60)
    assert len(amounts(library, card)) == 5
    reminder = next(each for each in told(library, card) if each.kind == "reminder")
    assert (reminder.facts["step_fee"], len(reminder.cause["charges"])) == (10_000, 5)
    assert len(claims(library, card)) == 5


def test_one_bill_for_all_that_one_patron_kept(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    lend(library, card, 10)
    run_days(library, DUE + 31)
    bills = [each for each in told(library, card) if each.kind == "bill"]
    assert [len(each.cause["charges"]) for each in bills] == [11]
    assert amounts(library, card) == [33_000, 23_000] + [33_000] * 9


def test_what_was_paid_is_not_reminded_of(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    lend(library, card)
    run_days(library, DUE + 32)
    paid(library, card, 56_000)
    run_days(library, 100)
    assert kinds(library, card)[-1] == "bill"


def test_a_dry_run_tells_who_and_why_and_does_nothing(either_library: Library) -> None:
    library = either_library
    danish(library)
    card = a_patron(library)
    [book] = lend(library, card)
    library.pass_time(days=DUE + 1)

    def dry() -> object:
        return try_job(
            library.circulation,
            library.database,
            "dunning",
            day=library.today,
            now=library.now,
        )

    first = dry()
    assert first == dry()
    [line] = first.told  # type: ignore[attr-defined]
    assert line == {
        "step": "overdue-1",
        "does": "notice",
        "patron_id": number_of(library, card),
        "about": book,
        "why": "due 2026-12-23, overdue-1 on 2026-12-24",
    }
    assert kinds(library, card) == []
    run_day(library)
    assert kinds(library, card) == ["overdue"]


def test_pages_follow_each_other(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    danish(library)
    cards = [a_patron(library) for _ in range(3)]
    for card in cards:
        lend(library, card, 3)
    for module in ("loan_steps", "debt_steps"):
        monkeypatch.setattr(f"circulation.dunning.{module}.BATCH", 2)
    run_days(library, DUE + 31 + 14)
    for card in cards:
        assert {kind: kinds(library, card).count(kind) for kind in ("overdue", "reminder")} == {
            "overdue": 6,
            "reminder": pytest.approx(2, abs=2),
        }
        acts = [
            act
            for line in charges_of(library, card)
            for act in charge_acts(library, line.charge.id)
            if act.step == "reminder"
        ]
        assert len(acts) == 4


def test_the_steps_of_the_danish_flow_are_sound() -> None:
    assert flow_problems(DANISH) == {}
