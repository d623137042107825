"""Acts that begin while another one is done and not committed: what was read before counts not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest

from catalogue.database import Transaction, open_database
from catalogue.database.postgresql import PostgresqlDatabase
from circulation.booking.bookings import BookingWish, place_booking
from circulation.booking.changes import cancel_booking
from circulation.booking.delivering import deliver_booking
from circulation.booking.preparing import set_aside
from circulation.booking.results import Booking
from circulation.closures.closing import close_branch
from circulation.dunning.claim_lists import claims_of_patron
from circulation.dunning.claims import (
    Claim,
    follow_charges,
    open_claim,
    withdraw_from_collection,
)
from circulation.dunning.collection_files import export_claims, files_of_agency
from circulation.dunning.debt_facts import debts_by_id
from circulation.fees.paying import PaymentWish, pay
from circulation.holds.placing import place_holds
from circulation.holds.results import Wanted
from circulation.holds.wishes import HoldWish
from circulation.interlending.lending import lent_to_partner
from circulation.interlending.lists import tell_overdue
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import UNATTENDED, CheckedOut, Refused
from circulation.kernel.rights import Reach, Right
from circulation.ledger.changes import Portion, change_charge
from circulation.ledger.charges import open_charge, set_amount
from circulation.ledger.money import Paid
from circulation.ledger.orders import MoneyAct
from circulation.loans.auto_renewals import renew_automatically
from circulation.loans.lending import check_out
from circulation.loans.renewals import renew, renew_all
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish, RenewalWish
from circulation.notices.causes import Cause
from circulation.notices.claiming import claim
from circulation.notices.kinds import NoticeKind
from circulation.notices.log import NotPossible, withdraw
from circulation.patrons.blocks import block_patron
from circulation.patrons.kinds import PatronKind
from circulation.stock.inventory import (
    ANY_SHELF,
    Inventory,
    begin_inventory,
    declare_not_seen_missing,
    scan_item,
)
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.dunning import claims
from tests.builders.fees import charge, charges_of, number_of, total
from tests.builders.holds import holds_of, record_of
from tests.builders.interlending import INSTITUTION, a_lending_request, a_partner
from tests.builders.notices import POST, ask_for, rule
from tests.conftest import a_postgresql
from tests.protocols.api.stage import a_stage as an_api_stage
from tests.protocols.fbs.stage import a_stage as an_fbs_stage

T = TypeVar("T")

#: Seconds for which somebody is waited for who has to wait for a lock.
_PATIENCE_SECONDS = 20.0
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def url(postgresql_template: tuple[str, str]) -> Iterator[str]:
    with a_postgresql(postgresql_template) as url:
        yield url


@pytest.fixture
def library(url: str) -> Iterator[Library]:
    database = open_database(url)
    yield a_library(database, recall_days=7, recall_notice_days=3)
    database.close()


def meanwhile(library: Library, first: Callable[[Transaction], Any], ask: Callable[[], T]) -> T:
    """Return what `ask` answers, which begins when `first` is done and not committed; that is
    committed as soon as `ask` waits for it."""
    database = library.database
    assert isinstance(database, PostgresqlDatabase)
    is_done = threading.Event()

    def work(transaction: Transaction) -> None:
        first(transaction)
        is_done.set()
        with psycopg.connect(database.url, autocommit=True) as connection:
            ends = time.monotonic() + _PATIENCE_SECONDS
            while time.monotonic() < ends:
                row = connection.execute(_WAITING).fetchone()
                if row is not None and row[0]:
                    return
                time.sleep(0.005)
        raise AssertionError("nobody waited for a lock")

    committed = database.write(work)
    assert is_done.wait(_PATIENCE_SECONDS)
    answer = ask()
    committed.result()
    return answer


def _pays(library: Library, card: str, amount: int) -> Callable[[Transaction], None]:
    def work(transaction: Transaction) -> None:
        paid = pay(library.act(transaction), PaymentWish(amount, "DKK"), patron=card)
        assert isinstance(paid, Paid)

    return work


@pytest.mark.parametrize("what", ["waivers", "write-offs"])
def test_a_payment_and_a_waiver_leave_no_credit(url: str, what: str) -> None:
    with an_api_stage(url) as stage:
        library, token = stage.library, stage.a_caller()
        card = a_patron(library)
        path = f"/charges/{charge(library, card, 5_000).id}/{what}"
        told = meanwhile(
            library,
            _pays(library, card, 5_000),
            lambda: stage.ask("POST", path, {"why": "agreed"}, token=token),
        )
        assert (told.status, told.body["errors"][0]["field"]) == (422, "amount")
        assert total(library, card) == 0
        [line] = charges_of(library, card, only_open=False)
        assert (line.charge.amount, line.charge.paid) == (5_000, 5_000)


def test_the_limit_of_a_waiver_counts_what_is_owed_when_it_is_done(url: str) -> None:
    """A charge that is raised meanwhile is not waived beyond the limit."""
    with an_api_stage(url) as stage:
        library = stage.library
        reach = Reach(agencies=frozenset({library.main.agency_id}), limit=2_000)
        token = stage.a_caller(grants={Right.WAIVE_FEES: reach, Right.VIEW_PATRONS: reach})
        card = a_patron(library)
        made = charge(library, card, 2_000)

        def raised(transaction: Transaction) -> None:
            account, before = open_charge(library.act(transaction), charge_id=made.id)
            set_amount(account, before, 9_000, "later still")

        told = meanwhile(
            library,
            raised,
            lambda: stage.ask(
                "POST", f"/charges/{made.id}/waivers", {"why": "agreed"}, token=token
            ),
        )
        assert (told.status, told.body["right"]) == (403, "fees.waive")
        assert total(library, card) == 9_000


def test_a_web_site_pays_what_is_left_of_a_fee(url: str, tmp_path: Path) -> None:
    with an_fbs_stage(url, tmp_path) as stage:
        library, card = stage.library, stage.a_patron()
        made = charge(library, card, 3_000)
        [fee] = stage.of_patron("GET", card, "{}/patron/{}/fees/v2").body

        def reduced(transaction: Transaction) -> None:
            change_charge(
                library.act(transaction),
                change=MoneyAct.REDUCTION,
                charge_id=made.id,
                reason="agreed",
                portion=Portion(1_000),
            )

        body = {"orderId": "W-1", "feeIds": [fee["feeId"]]}
        told = meanwhile(
            library,
            reduced,
            lambda: stage.of_patron("POST", card, "v1/{}/patron/{}/payment", body),
        )
        assert [each["paymentStatus"] for each in told.body] == ["paymentRegistered"]
        assert total(library, card) == 0


def test_a_recalled_loan_is_not_renewed(library: Library) -> None:
    borrower, waiting = a_patron(library), a_patron(library)
    item = an_item(library, on_loan_to=borrower)
    library.pass_time(days=10)
    wish = HoldWish(waiting, [Wanted(record_of(library, item))])
    told = meanwhile(
        library,
        lambda transaction: place_holds(library.act(transaction), wish),
        lambda: library.renew(borrower, item),
    )
    assert isinstance(told, Refused), told
    assert Reason.LOAN_RECALLED in told.reasons


def test_the_dead_keep_no_hold_that_was_placed_at_that_moment(library: Library) -> None:
    card, item = a_patron(library), an_item(library)
    wish = HoldWish(card, [Wanted(record_of(library, item))])
    dead = number_of(library, card)
    meanwhile(
        library,
        lambda transaction: place_holds(library.act(transaction), wish),
        lambda: library.write(
            lambda transaction: block_patron(library.act(transaction), dead, BlockReason.DECEASED)
        ),
    )
    assert holds_of(library, card) == []


def test_a_booking_that_is_cancelled_is_not_delivered(library: Library) -> None:
    library.policy(material_group="class-set", bookable=True)
    card, item = a_patron(library), an_item(library, material_group="class-set")

    def booked(transaction: Transaction) -> int:
        act, today = library.act(transaction), library.today
        booking = place_booking(act, BookingWish(card, today, today + timedelta(7), item=item))
        assert isinstance(booking, Booking), booking
        set_aside(act, booking_id=booking.id, barcodes=[item])
        return booking.id

    booking_id = library.write(booked)
    told = meanwhile(
        library,
        lambda transaction: cancel_booking(library.act(transaction), booking_id=booking_id),
        lambda: library.write(
            lambda transaction: deliver_booking(library.act(transaction), booking_id=booking_id)
        ),
    )
    assert isinstance(told, Refused), told
    assert Reason.BOOKING_UNKNOWN in told.reasons


def _a_claim(library: Library, amount: int = 20_000) -> Claim:
    """A debt that was handed over, of which no file tells yet."""
    card = a_patron(library)
    made = charge(library, card, amount)

    def work(transaction: Transaction) -> None:
        [debt] = debts_by_id(transaction, charge_ids=[made.id])
        open_claim(library.act(transaction), debt, number_of(library, card))

    library.write(work)
    [(claim, _)] = claims(library, card)
    return claim


def _lines(library: Library, claim: Claim) -> list[str]:
    assert claim.patron_id is not None
    patron_id = claim.patron_id
    found = library.read(lambda transaction: claims_of_patron(transaction, patron_id))
    return [line.action.value for _, lines in found for line in lines]


def _exports(library: Library) -> Callable[[Transaction], int | None]:
    return lambda transaction: export_claims(library.act(transaction))


def _calls_back(library: Library, claim: Claim) -> Callable[[Transaction], bool]:
    return lambda transaction: withdraw_from_collection(
        library.act(transaction), claim.id, reason="a mistake"
    )


def test_two_files_for_the_debtor_system_have_each_line_once(library: Library) -> None:
    _a_claim(library)
    told = meanwhile(library, _exports(library), lambda: library.write(_exports(library)))
    assert told is None
    agency_id = library.main.agency_id
    files = library.read(lambda transaction: files_of_agency(transaction, agency_id=agency_id))
    assert [each.lines for each in files] == [1]


def test_the_debtor_system_hears_that_a_claim_is_called_back(library: Library) -> None:
    """The file is written at the same moment: it tells of the claim."""
    claim = _a_claim(library)
    meanwhile(library, _exports(library), lambda: library.write(_calls_back(library, claim)))
    assert _lines(library, claim) == ["create", "withdraw"]


def test_a_claim_that_is_called_back_does_not_change(library: Library) -> None:
    claim = _a_claim(library)
    library.write(_exports(library))
    library.write(
        lambda transaction: change_charge(
            library.act(transaction),
            change=MoneyAct.REDUCTION,
            charge_id=claim.charge_id,
            reason="agreed",
            portion=Portion(1_000),
        )
    )
    told = meanwhile(
        library,
        _calls_back(library, claim),
        lambda: library.write(lambda transaction: follow_charges(library.act(transaction))),
    )
    assert told == (0, 0, None)
    assert _lines(library, claim) == ["create", "withdraw"]


def test_a_message_that_is_being_sent_is_not_withdrawn(library: Library) -> None:
    rule(library, "email")
    card = a_patron(library, email="ida@example.org")
    notice_id = ask_for(library, card, NoticeKind.STAFF, Cause(key="one"), facts={"text": "Hello"})
    assert notice_id is not None

    def withdraws(transaction: Transaction) -> None:
        withdraw(transaction, notice_id, actor="Ida", now=library.now)

    def claims_it(transaction: Transaction) -> None:
        assert len(claim(library.act(transaction, UNATTENDED), POST)[0]) == 1

    with pytest.raises(NotPossible, match="being sent"):
        meanwhile(library, claims_it, lambda: library.write(withdraws))


def _an_inventory(library: Library) -> Inventory:
    return library.write(
        lambda transaction: begin_inventory(library.act(transaction), "All", ANY_SHELF)
    )


def _declares_missing(library: Library, inventory: Inventory) -> int:
    return library.write(
        lambda transaction: declare_not_seen_missing(library.act(transaction), inventory)
    )


def test_what_is_lent_at_the_end_of_an_inventory_is_not_lost(library: Library) -> None:
    """Its patron would have to pay for it."""
    card, item = a_patron(library), an_item(library)
    inventory = _an_inventory(library)
    told = meanwhile(
        library,
        lambda transaction: check_out(library.act(transaction), LoanWish(card, item)),
        lambda: _declares_missing(library, inventory),
    )
    assert told == 0
    assert [each.kind for each in library.events_of(item)][-1] is EventKind.CHECKED_OUT


def test_what_is_scanned_at_the_end_of_an_inventory_is_not_missing(library: Library) -> None:
    item = an_item(library)
    inventory = _an_inventory(library)
    told = meanwhile(
        library,
        lambda transaction: scan_item(library.act(transaction), inventory, item),
        lambda: _declares_missing(library, inventory),
    )
    assert told == 0


def test_a_loan_that_its_patron_renews_is_not_renewed_by_itself_as_well(url: str) -> None:
    database = open_database(url)
    library = a_library(database, auto_renew=True)
    card = a_patron(library)
    item = an_item(library, on_loan_to=card)
    library.pass_time(days=27)
    done = meanwhile(
        library,
        lambda transaction: renew(library.act(transaction), RenewalWish(card, item)),
        lambda: library.write(
            lambda transaction: renew_automatically(
                library.act(transaction, UNATTENDED), within=timedelta(days=2)
            )
        ),
    )
    assert (done.renewed, done.refused) == ((), ())
    kinds = [each.kind for each in library.events_of(item)]
    assert kinds == [EventKind.CHECKED_OUT, EventKind.RENEWED]
    database.close()


def test_a_library_is_not_told_that_what_has_come_back_is_late(library: Library) -> None:
    a_partner(library, "broker", protocol="iso18626")
    item = an_item(library)
    loan = a_lending_request(library, item)
    assert isinstance(library.check_out(INSTITUTION, item), CheckedOut)
    lent = library.write(
        lambda transaction: lent_to_partner(
            library.act(transaction),
            partner="broker",
            actor="Broker",
            request_id=loan.request_id,
            user=INSTITUTION,
            item=item,
        )
    )
    assert lent is not None
    library.pass_time(days=90)
    told, _ = meanwhile(
        library,
        lambda transaction: check_in(library.act(transaction), item=item),
        lambda: library.write(
            lambda transaction: tell_overdue(library.act(transaction, UNATTENDED), library.now)
        ),
    )
    assert told == 0


def test_what_has_come_back_is_not_lent_to_a_library(library: Library) -> None:
    """Its partner would have it for ever."""
    a_patron(library, INSTITUTION, kind=PatronKind.LIBRARY)
    item = an_item(library, on_loan_to=INSTITUTION)
    told = meanwhile(
        library,
        lambda transaction: check_in(library.act(transaction), item=item),
        lambda: library.write(
            lambda transaction: lent_to_partner(
                library.act(transaction),
                partner="broker",
                actor="Broker",
                request_id="",
                user=INSTITUTION,
                item=item,
            )
        ),
    )
    assert told is None


def test_what_is_renewed_together_is_not_due_on_a_day_that_is_being_closed(
    library: Library,
) -> None:
    card = a_patron(library)
    item = an_item(library, on_loan_to=card)
    library.pass_time(days=30)
    first, last = library.today + timedelta(1), library.today + timedelta(60)
    meanwhile(
        library,
        lambda transaction: close_branch(
            library.act(transaction),
            branch=library.main.isil,
            first=first,
            last=last,
            reason="water",
        ),
        lambda: library.write(lambda transaction: renew_all(library.act(transaction), patron=card)),
    )
    [*_, renewed] = library.events_of(item)
    assert renewed.kind is EventKind.RENEWED
    assert datetime.fromisoformat(renewed.after["due"]).date() > last
