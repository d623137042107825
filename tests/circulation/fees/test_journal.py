"""What lateness, losses, debts and payments cost and write: every row, by whom, where and when.

The journals are under tests/transcripts/money. ``python -m tests.circulation.fees.test_journal``
writes them anew: then read what has changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.calendars.due_dates import end_of_day, start_of_day
from circulation.closures.closing import close_branch
from circulation.fees.compensation import bill_loan
from circulation.fees.debts import block_warned, debt_to_warn, debts_to_warn
from circulation.fees.expected import expected_fees
from circulation.fees.giving_up import GivingUp, give_up
from circulation.fees.paying import PaymentWish, account_currency, pay
from circulation.fees.receipts import return_receipt
from circulation.fees.warned import note_unwarned, note_warning
from circulation.holds.placing import place_holds
from circulation.kernel.act import Act
from circulation.kernel.organisation import change_agency
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED, Branch
from circulation.ledger.changes import Portion, change_charge
from circulation.ledger.money import ChargeKind
from circulation.ledger.orders import MoneyAct
from circulation.loans import lost
from circulation.loans.undo import cancel_check_in, cancel_check_out
from circulation.patrons.blocks import block_patron
from tests.builders import journal
from tests.builders.agencies import a_further_agency, a_school, agree, charge_at
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import charge, charges_of, danish_fees, fee_rule, number_of
from tests.builders.holds import title
from tests.builders.journal import Days, must_be_as_written, write_journals
from tests.circulation.loans.test_calendars_of_loans import close_weekends


class Journal(journal.Journal):
    """A journal in which the facts of charges can be read."""

    def _told(self, name: str, value: Any, kind: str = "") -> str:
        if name in ("facts", "told") and isinstance(value, str):
            value = json.loads(value)
        return super()._told(name, value, kind)


FOLDER = Path(__file__).parents[2] / "transcripts" / "money"


def late(library: Library) -> Journal:
    """What comes back late together, in sessions, by other tariffs, and what is taken back."""
    danish_fees(library, occasion="session")
    fee_rule(
        library,
        material_group="film",
        late_fees="per_item",
        rate=100,
        cap=1_000,
        price_cap=True,
        closed_days="skip",
        calendar="returning",
        grace_days=1,
    )
    fee_rule(library, material_group="tool", late_fees="per_item", period="hour", rate=50)
    fee_rule(library, material_group="map", group_date="renewal", occasion="day", calendar="home")
    library.policy(material_group="film", loan_days=7)
    library.policy(material_group="tool", loan_hours=4)
    close_weekends(library, **{"2026-12-03": ""})
    day, other = Journal(library), library.other
    a_patron(library, "Eva", birth_date=date(2020, 1, 1), given_name="Eva", family_name="Ek")
    day.items("B1", "B2", "B3", "B4", "B5")
    day.items("F1", "F2", "F3", material_group="film", price=800, currency="DKK")
    day.items("F4", material_group="film", price=300, currency="SEK")
    day.items("T1", material_group="tool")
    day.items("M1", "M2", material_group="map")
    for barcode in ("B1", "B2", "B3", "F1", "F2", "F4", "T1", "M1"):
        library.check_out("Ida", barcode)
    library.check_out("Eva", "B4")
    library.check_out("Bo", "B5", at=other)
    library.check_out("Bo", "F3", at=other)
    library.pass_time(days=1)
    library.check_out("Ida", "M2")
    library.renew("Ida", "M1")
    library.pass_time(days=-1)
    day.skip()

    def expect(*cards: str) -> None:
        for card in cards:
            see(
                day, f"expected of {card}", partial(expected_fees, library.circulation), patron=card
            )

    day.do("T1 is not quite an hour late", lambda: library.check_in("T1"), hours=4, minutes=59)
    expect("Ida")
    library.pass_time(days=12)
    expect("Ida", "Bo", "nobody")
    day.do("F1 comes to the harbour", lambda: library.check_in("F1", at=other))
    day.do("F2 to the main library", lambda: library.check_in("F2"))
    library.pass_time(days=18)
    expect("Ida", "Eva", "Bo")
    day.do("F3 costs no more than its price", lambda: library.check_in("F3"))
    day.do("F4, with a price in kronor, no more than the rules say", lambda: library.check_in("F4"))
    day.do("B1 is first", lambda: library.check_in("B1"))
    day.do("B2 is of the same session", lambda: library.check_in("B2"), minutes=10)
    day.act("and was not read", cancel_check_in, item="B2")
    day.do("B2 comes too late for it then", lambda: library.check_in("B2"), minutes=9)
    day.do("B3 comes too late for it", lambda: library.check_in("B3"), minutes=16)
    day.do("M1 was lent with M2", lambda: library.check_in("M1"))
    day.do("and renewed as that was lent", lambda: library.check_in("M2"), hours=2)
    day.do("the card of Eva is a child's", lambda: library.check_in("B4"))
    day.do("B5 is renewed late", lambda: library.renew("Bo", "B5", at=other), days=3)
    day.do("B5 comes late once more", lambda: library.check_in("B5"), days=40)
    return day


def see(day: Journal, what: str, of: Callable[..., Any], **about: Any) -> Any:
    """Writes down what is only read, now."""
    library = day.library

    def work(transaction: Transaction) -> Any:
        return of(transaction, now=library.now, **about)

    return day.do(what, lambda: library.read(work))


def not_returned(library: Library) -> Journal:
    """Loans that are billed, claimed and lost: what stands, and what is given back."""
    danish_fees(
        library,
        compensation="price",
        replacement=15_000,
        handling=5_000,
        bill_fee="top",
        refund_days=10,
    )
    fee_rule(library, material_group="toy", compensation="fixed", handling=0, bill_fee="none")
    fee_rule(library, material_group="free", compensation="none", late_fees="none")
    day, other = Journal(library), library.other
    day.items("B1", "B2", "B3", "B4", "B5", price=20_000, currency="DKK")
    day.items("B6", price=9_900, currency="SEK")
    day.items("T1", material_group="toy", price=20_000, currency="DKK")
    day.items("X1", material_group="free", price=20_000, currency="DKK")
    for number in range(1, 7):
        library.check_out("Ida", f"B{number}", at=other)
    for barcode in ("T1", "X1"):
        library.check_out("Bo", barcode)
    day.skip()
    nowhere = library.desk()._replace(branch_id=999)
    day.act("nobody knows it", bill_loan, item="nothing")
    day.act("at a desk of no branch", bill_loan, item="B1", at=nowhere)
    day.act("B1 is not late yet", bill_loan, item="B1")
    day.act("B2 is lost", lost.declare_lost, item="B2")
    day.act("and billed already", bill_loan, item="B2")
    library.now = end_of_day(date(2026, 12, 23), "Europe/Copenhagen") - timedelta(minutes=1)
    day.act("nor in the last second", bill_loan, item="B1")
    library.pass_time(hours=12, minutes=5)
    expected = partial(expected_fees, library.circulation)
    see(day, "expected of Ida", expected, patron="Ida")
    day.act("B1 is billed", bill_loan, item="B1")
    day.act("and once more", bill_loan, item="B1")
    see(day, "expected of Ida", expected, patron="Ida")
    day.act("B3 was returned, Ida says", lost.claim_returned, item="B3")
    day.act("and is not billed", bill_loan, item="B3")
    until = library.today + timedelta(days=5)
    day.act("B4 stands still", lost.suspend, item="B4", until=until)
    day.act("and is not billed", bill_loan, item="B4")
    day.act("B6 has a price in kronor", bill_loan, item="B6")
    day.act("a toy costs what the rules say", bill_loan, item="T1")
    day.act("what costs nothing", bill_loan, item="X1")
    day.do("B1 comes back", lambda: library.check_in("B1"), days=9)
    day.act("and was not read", cancel_check_in, item="B1")
    day.act("Ida pays for B2", partial(paying, amount=25_000), at=other)
    day.act("and finds it in time", lost.find, item="B2", moved={"days": 10})
    day.act("and loses it", lost.declare_lost, item="B2")
    day.act("and pays", partial(paying, amount=25_000), at=other)
    library.pass_time(days=5)
    lost_book = charges_of(library, "Ida", only_open=False)[0].charge.id
    day.act("B2 was not worth as much", less, charge_id=lost_book)
    library.pass_time(days=-5)
    day.do("B2 comes too late to be paid back", lambda: library.check_in("B2"), days=11)
    day.do("B3 was here after all", lambda: library.check_in("B3"))
    day.do("T1 is renewed", lambda: library.renew("Bo", "T1"))
    day.do("B6 is renewed", lambda: library.renew("Ida", "B6", at=other))
    day.do("X1 comes back", lambda: library.check_in("X1"))
    day.act("B1 is lost", lost.declare_lost, item="B1")
    day.do("Bo brings it off line", lambda: library.check_out("Bo", "B1", no_block=True))
    day.act("which the machine takes back", cancel_check_out, item="B1")
    day.act("the receipt", return_receipt, patron="Ida")
    day.act("the receipt of the harbour", return_receipt, patron="Ida", at=other)
    day.act("nobody's", return_receipt, patron="nobody")
    day.act("at a desk of no branch", return_receipt, patron="Ida", at=nowhere)
    for what, verb in (("was not read", cancel_check_in), ("comes back", None)):
        if verb is None:
            day.do(f"B3 {what}", lambda: library.check_in("B3"))
        else:
            day.act(f"B3 {what}", verb, item="B3")
        day.act("the receipt", return_receipt, patron="Ida")
    library.now = start_of_day(library.today + timedelta(days=1), "Europe/Copenhagen")
    day.do("B4 comes back at midnight", lambda: library.check_in("B4"), seconds=0)
    day.act("it is on the receipt", return_receipt, patron="Ida")
    return day


def less(act: Act, charge_id: int) -> Any:
    """A krone of the charge was too much."""
    told = {"charge_id": charge_id, "reason": "it was old", "portion": Portion(100)}
    return change_charge(act, change=MoneyAct.REDUCTION, **told)


def paying(act: Act, amount: int, **options: Any) -> Any:
    """Ida pays, in Danish kroner if nothing else is said."""
    return pay(act, PaymentWish(amount, **{"currency": "DKK"} | options), patron="Ida")


def payments(library: Library) -> Journal:
    """What is paid and given up: which charges, how much, and why it is not taken."""
    fee_rule(library, overpayment="credit", currency="DKK")
    day, main = Journal(library), library.main
    school = a_school(library)
    agree(library, main, school, payments=True)
    made = {}
    for name, amount, kind, currency in (
        ("copies", 1_000, ChargeKind.SERVICE, "DKK"),
        ("lateness", 2_000, ChargeKind.LATE_FEE, "DKK"),
        ("damage", 4_000, ChargeKind.DAMAGE, "DKK"),
        ("ferry", 700, ChargeKind.OTHER, "SEK"),
        ("card", 3_000, ChargeKind.ADMINISTRATIVE, "DKK"),
    ):
        library.pass_time(minutes=1)
        made[name] = charge(library, "Ida", amount, kind, currency, note=name).id
    made["school"] = charge_at(library, school, "Ida", 900, ChargeKind.DAMAGE).id
    made["Bo's"] = charge(library, "Bo", 100).id
    day.skip()
    see(
        day,
        "in which currency",
        lambda each, now: [
            account_currency(library.act(each), patron_id=patron, category="adult", charge=one)
            for patron, one in (
                (number_of(library, "Ida"), made["ferry"]),
                (number_of(library, "Ida"), None),
                (number_of(library, "Rut"), None),
            )
        ],
    )
    tries: tuple[tuple[str, dict[str, Any]], ...] = (
        ("nothing", {"amount": 0}),
        ("less", {"amount": -5}),
        ("a part of the copies", {"amount": 400, "order_id": "a", "method": "cash"}),
        ("the same again", {"amount": 400, "order_id": "a", "method": "cash"}),
        ("more by that name", {"amount": 500, "order_id": "a"}),
        ("in Swedish money", {"amount": 100, "currency": "SEK"}),
        ("in a currency that is not owed", {"amount": 100, "currency": "EUR"}),
        ("the damage", {"amount": 1_000, "charge": made["damage"]}),
        ("two of them", {"amount": 2_600, "charge": (made["lateness"], made["copies"])}),
        ("what is settled", {"amount": 10, "charge": made["copies"]}),
        ("what Bo owes", {"amount": 100, "charge": made["Bo's"]}),
        ("one of two that is settled", {"amount": 9, "charge": (made["card"], made["copies"])}),
        ("the ferry in Danish money", {"amount": 10, "charge": made["ferry"]}),
        ("of a kind", {"amount": 500, "kind": ChargeKind.ADMINISTRATIVE}),
        ("of a kind that is not owed", {"amount": 9, "kind": ChargeKind.LOAN_FEE}),
        ("too much, which is not kept", {"amount": 9_000, "refuse_overpayment": True}),
        ("all, and more", {"amount": 7_000, "order_id": "b", "method": "card"}),
        ("that once more", {"amount": 7_000, "order_id": "b", "method": "card"}),
    )
    for what, options in tries:
        day.act(f"Ida pays {what}", partial(paying, **options))
    fee_rule(library, overpayment="refuse", partial_payment=False)
    made["more"] = charge(library, "Ida", 5_000, note="more").id
    made["still more"] = charge(library, "Ida", 6_000, note="still more").id
    day.skip()
    for what, amount in (("a part", 4_999), ("one and a part", 5_001), ("both", 11_001)):
        day.act(f"Ida may not pay {what}", partial(paying, amount=amount))
    giving = partial(GivingUp, currency="DKK", reason="goodwill")
    for what, wish in {
        "a part is given up": giving(100, order_id="c"),
        "that once more": giving(100, order_id="c"),
        "more by that name": giving(101, order_id="c"),
        "nothing": giving(0),
        "by mistake": giving(200, charge=made["still more"], act=MoneyAct.REDUCTION),
        "more than is owed": giving(90_000),
    }.items():
        day.act(what, give_up_wish, wish=wish)
    nowhere = library.desk()._replace(branch_id=999)
    day.act("at a desk of no branch", give_up_wish, wish=giving(100), at=nowhere)
    day.act("of nobody", partial(give_up, patron="nobody"), wish=giving(100))
    charge_at(library, school, "Ida", 300)
    agree(library, main, school)
    day.skip()
    day.act("Ida pays all there is here", partial(paying, amount=10_091))
    day.act("the rest is owed elsewhere", partial(paying, amount=300))
    day.act("and is paid there", partial(paying, amount=300), at=school)
    return day


def paid_elsewhere(library: Library) -> Journal:
    """What is owed to agencies that the desk does not collect for, and to those it does."""
    fee_rule(library, overpayment="refuse", currency="DKK")
    day, main = Journal(library), library.main
    nowhere = library.desk()._replace(branch_id=999)
    school, third = a_school(library), a_further_agency(library)
    made = {}
    for name, at, amount, kind in (
        ("lamp", third, 100, ChargeKind.DAMAGE),
        ("card", school, 900, ChargeKind.ADMINISTRATIVE),
        ("book", school, 2_000, ChargeKind.DAMAGE),
        ("copies", school, 50, ChargeKind.SERVICE),
    ):
        library.pass_time(minutes=1)
        made[name] = charge_at(library, at, "Ida", amount, kind).id
    made["Bo's"] = charge_at(library, school, "Bo", 700).id
    day.skip()
    tries: dict[str, dict[str, Any]] = {
        "at a desk of no branch": {"at": nowhere},
        "what she can": {},
        "in euros": {"currency": "EUR"},
        "of a kind": {"kind": ChargeKind.DAMAGE},
        "of a kind that is owed nowhere": {"kind": ChargeKind.LOAN_FEE},
        "for the book": {"charge": made["book"]},
        "for the card and the lamp": {"charge": (made["card"], made["lamp"])},
        "for what Bo owes": {"charge": made["Bo's"]},
    }
    for what, options in tries.items():
        at = options.pop("at", main)
        day.act(f"Ida pays {what}", partial(paying, amount=100, **options), at=at)
    see(day, "in which currency a charge of the school is", lambda each, now: account_currency(
        library.act(each), patron_id=number_of(library, "Ida"), category="adult",
        charge=made["book"]))  # fmt: skip
    here = charge(library, "Ida", 300, ChargeKind.SERVICE).id
    day.skip()
    day.act("Ida pays too much here", partial(paying, amount=301))
    day.act("and for what is owed there", partial(paying, amount=100, charge=made["lamp"]))
    day.act("in euros", partial(paying, amount=100, currency="EUR"))
    day.act("for one of each", partial(paying, amount=100, charge=(here, made["lamp"])))
    day.act("for the same twice", partial(paying, amount=100, charge=(here, here)))
    agree(library, main, school, payments=True)
    day.skip()
    day.act("the desk collects for the school", partial(paying, amount=9_999))
    day.act("Ida pays all that she can", partial(paying, amount=3_150, order_id="all"))
    day.act("that once more", partial(paying, amount=3_150, order_id="all"))
    day.act("the lamp is left", partial(paying, amount=100))
    fee_rule(library, overpayment="credit")
    day.skip()
    day.act("Ida pays in advance", partial(paying, amount=500, order_id="more"))
    day.act("and once more", partial(paying, amount=500, order_id="more"))
    charge(library, "Ida", 400, ChargeKind.SERVICE)
    day.skip()
    day.act("Ida pays the rest of it", partial(paying, amount=400, order_id="rest"))
    for order_id in ("more", "rest"):
        amount = 500 if order_id == "more" else 400
        what = f"the order {order_id} is told again"
        day.act(what, partial(paying, amount=amount, order_id=order_id))
    return day


def give_up_wish(act: Act, wish: GivingUp) -> Any:
    """What Ida owes is given up."""
    return give_up(act, wish, patron="Ida")


def debts(library: Library) -> Journal:
    """Debts of two agencies: who is warned, blocked and let off, and when."""
    fee_rule(library, block_threshold=20_000, block_days=8)
    fee_rule(library, patron_category="child", block_threshold=5_000, block_days=3)
    day, main = Journal(library), library.main
    school = a_school(library)
    fee_rule(
        library,
        agency_id=school.agency_id,
        block_threshold=10_000,
        block_counts_compensation=True,
    )
    in_nuuk = {"kind": "school", "timezone": "America/Nuuk"}
    library.write(lambda each: change_agency(each, school.agency_id, "Nuuk", **in_nuuk))
    agree(library, main, school, debts=True)
    a_patron(library, "Eva", category="child", given_name="Eva", family_name="Ek")
    came: dict[int, datetime] = {}

    def reached(_: Transaction, notices: Sequence[int]) -> Mapping[int, datetime]:
        return {number: came[number] for number in notices if number in came}

    def to_warn(transaction: Transaction, **about: Any) -> Any:
        set_up = library.circulation.current_set_up(transaction)
        return debts_to_warn(transaction, set_up, **about)

    def warn(act: Act, patron: str, at: Branch, notice: int | None = None) -> None:
        set_up = library.circulation.current_set_up(act.transaction)
        patron_id = number_of(library, patron)
        debt = debt_to_warn(act.transaction, set_up, patron_id, at.agency_id, now=act.now)
        if debt is not None:
            note_warning(act, debt, notice_id=notice)

    def unwarned(act: Act) -> None:
        for debt in to_warn(act.transaction, now=act.now)[0]:
            note_unwarned(act.transaction, debt, now=act.now)

    def block(act: Act) -> Any:
        set_up = library.circulation.current_set_up(act.transaction)
        return block_warned(act, set_up, reached)

    def night(what: str, **moved: float) -> None:
        day.act(what, block, at=UNATTENDED, moved=moved or {"minutes": 1})

    charge(library, "Ida", 19_999)
    charge(library, "Bo", 9_999)
    charge(library, "Rut", 30_000, currency="SEK")
    charge(library, "Eva", 4_999)
    day.skip()
    see(day, "the school is the first to warn", to_warn)
    charge_at(library, school, "Ida", 1)
    charge_at(library, school, "Bo", 1)
    charge_at(library, main, "Rut", 20_000, ChargeKind.COMPENSATION)
    charge(library, "Eva", 1)
    day.skip()
    see(day, "all of them do, with what the school is owed", to_warn)
    see(day, "those behind Bo", to_warn, after=number_of(library, "Bo"))
    with pytest.MonkeyPatch.context() as three_at_once:
        three_at_once.setattr("circulation.fees.debts.BATCH", 3)
        _, after = see(day, "by three balances", to_warn)
        see(day, "and three more", to_warn, after=after)
    day.act("nobody can be told", unwarned)
    day.act("nor later", unwarned)
    day.act("Ida is sent a letter", partial(warn, patron="Ida", at=main, notice=1))
    day.act("and no other from the school", partial(warn, patron="Ida", at=school, notice=2))
    day.act("Bo is told at the school", partial(warn, patron="Bo", at=school), at=school)
    day.act("Rut is sent a letter by the school", partial(warn, patron="Rut", at=school, notice=3))
    day.act("Eva is told", partial(warn, patron="Eva", at=main))
    see(day, "who is to be told now", to_warn)
    night("nobody is blocked at once")
    with pytest.MonkeyPatch.context() as two_at_once:
        two_at_once.setattr("circulation.fees.debts.BATCH", 2)
        night("Eva has had her three days, but is not on the first page", days=3)
    night("but on the second")
    came[1] = library.now
    came[3] = library.now - timedelta(days=1)
    night("the letters have come")
    night("Bo has had his eight days", days=5)
    night("Rut has had seven", days=1)
    night("it is still the day before in Nuuk", hours=12)
    night("Rut has had eight", hours=12)
    night("Ida has had eight", days=1)
    del came[3]
    night("Rut's letter comes back")
    day.act("Ida pays one krone", partial(paying, amount=100))
    charge(library, "Ida", 100)
    day.skip()
    see(day, "she is to be told again", to_warn)
    day.act("Ida is told", partial(warn, patron="Ida", at=main))
    day.act("and blocked by hand", blocked_by_hand, patron_id=number_of(library, "Ida"))
    night("which stands alone", days=9)
    day.act("and stays when she pays", partial(paying, amount=10_000))
    agree(library, main, school)
    day.skip()
    night("what is owed to the other does not count any more", days=1)
    see(day, "who is to be told now", to_warn)
    fee_rule(library, patron_category="child", block_threshold=None, block_days=3)
    day.skip()
    night("children are blocked as all are")
    return day


def blocked_by_hand(act: Act, patron_id: int) -> None:
    """Staff block the patron of the act's agency for what they owe."""
    block_patron(act, patron_id, BlockReason.DEBT, agency_id=act.desk.agency_id)


def closed_afterwards(library: Library) -> Journal:
    """Closures that are announced when lateness was charged already: what costs less."""
    danish_fees(library, bill_fee="top", compensation="price")
    fee_rule(
        library,
        material_group="film",
        late_fees="per_item",
        rate=100,
        closed_days="skip",
        calendar="returning",
    )
    day, main, other = Journal(library), library.main, library.other
    day.items("B1", "B2", "B3", "B4", price=20_000, currency="DKK")
    day.items("F1", "F2", material_group="film")
    for barcode in ("B1", "B2", "F1"):
        library.check_out("Ida", barcode)
    library.check_out("Bo", "B3", at=other)
    library.check_out("Bo", "F2", at=other)
    library.check_out("Rut", "B4")
    library.pass_time(days=28 + 9)
    for barcode in ("B1", "B3", "F1", "F2"):
        library.check_in(barcode)
    library.pass_time(hours=1)
    library.check_in("B2", at=other)
    library.write(lambda each: bill_loan(library.act(each), item="B4"))
    day.skip()

    def close(what: str, branch: Branch, first: int, last: int) -> None:
        day.act(
            f"{branch.name} was closed {what}",
            close_branch,
            branch=branch.isil,
            first=library.today - timedelta(days=first),
            last=library.today - timedelta(days=last),
            reason="water",
        )

    close("long before", main, 30, 20)
    close("for two days in the middle", main, 4, 3)
    close("there as well", other, 4, 3)
    close("on the due date and the day after", main, 9, 8)
    close("for all of it", main, 9, 0)
    day.act("B2 is taken back", cancel_check_in, item="B2", at=other)
    close("again", other, 9, 0)
    return day


def prices(library: Library) -> Journal:
    """What lending, renewing and holding cost, agreed to or not."""
    fee_rule(library, loan_fee=500, renewal_fee=300, hold_fee=200)
    fee_rule(library, material_group="free", loan_fee=0, renewal_fee=0)
    fee_rule(library, branch_id=library.other.id, currency="SEK", loan_fee=700)
    day, other = Journal(library), library.other
    day.items("B1", "B2", "B3")
    day.items("X1", material_group="free")
    for agreed in (False, 499, 500):
        day.do(
            f"Ida agrees to {agreed}",
            partial(library.check_out, "Ida", "B1", fee_acknowledged=agreed),
        )
    day.act("the tag fails", cancel_check_out, item="B1")
    day.do("Ida borrows at the harbour", lambda: library.check_out("Ida", "B2", at=other))
    agreed = partial(library.check_out, "Ida", fee_acknowledged=True)
    day.do("and agrees", partial(agreed, "B2", at=other))
    day.do("what is free", lambda: library.check_out("Ida", "X1"))
    day.do("Ida renews", lambda: library.renew("Ida", "B2"), days=1)
    day.do("and agrees", lambda: library.renew("Ida", "B2", fee_acknowledged=300))
    day.do("what is free", lambda: library.renew("Ida", "X1"))
    day.do("all", lambda: library.renew_all("Ida", fee_acknowledged=True), days=1)
    wanted = [title(library, each) for each in ("B1", "B3")]
    for most in (False, 399, 400):
        told = {"patron": "Bo", "wanted": wanted, "fee_acknowledged": most}
        day.act(f"Bo agrees to {most} for two holds", place_holds, **told)
    day.do("Bo borrows off line", lambda: library.check_out("Bo", "B1", no_block=True))
    return day


DAYS: Days = {
    "late": late,
    "not-returned": not_returned,
    "payments": payments,
    "paid-elsewhere": paid_elsewhere,
    "debts": debts,
    "closed-afterwards": closed_afterwards,
    "prices": prices,
}


@pytest.mark.parametrize("name", DAYS)
def test_a_day_is_as_its_journal_has_it(library: Library, name: str) -> None:
    must_be_as_written(DAYS[name](library), FOLDER / f"{name}.txt")


if __name__ == "__main__":
    write_journals(DAYS, FOLDER)
