"""Scenes: a patron, an item, holds and charges that two verbs act on at the same moment.

Each round of a pair has a scene of its own. They are built many at once, in a template database;
pairs use up the scenes of a copy of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from catalogue.database import Transaction
from catalogue.items import add_item, find_item
from circulation.booking.bookings import BookingWish, place_booking
from circulation.booking.preparing import set_aside
from circulation.booking.results import Booking
from circulation.dunning.claim_lists import claims_of_patron
from circulation.dunning.claims import open_claim
from circulation.dunning.collection_files import export_claims
from circulation.dunning.debt_facts import debts_by_id
from circulation.fees.paying import PaymentWish, pay
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.act import Act
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED, CheckedIn, CheckedOut, Refused
from circulation.ledger.changes import Changed, Portion, change_charge, charge_patron
from circulation.ledger.charges import NewCharge
from circulation.ledger.money import ChargeKind, Paid
from circulation.ledger.orders import MoneyAct
from circulation.loans.lending import check_out
from circulation.loans.lost import claim_returned, declare_lost
from circulation.loans.onward import lend_onward
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish
from circulation.patrons.blocks import block_patron
from circulation.patrons.contacts import ContactKind, add_contact
from circulation.patrons.groups import join_group
from circulation.patrons.kinds import PatronKind
from circulation.patrons.registering import NewPatron, register_patron
from circulation.stock.inventory import Shelf, begin_inventory
from tests.builders.circulation import Library
from tests.pairs.confining import confined
from tests.pairs.openings import FROM_PARTNERS, add_title, begin_more, begin_telling
from tests.pairs.states import ItemState, MoneyState, TellingState

#: What the charge of a scene comes to, in minor units.
AMOUNT: Final = 5_000
#: The material group of items that can be booked.
BOOKABLE: Final = "class-set"


class Scene(NamedTuple):
    """The rows that both verbs of a round act on. Numbers are 0 where the state has no such row."""

    number: int
    item_state: ItemState
    money_state: MoneyState
    telling_state: TellingState
    borrower: str
    waiting: str
    other: str
    borrower_id: int
    waiting_id: int
    other_id: int
    item: str
    copy: str
    item_id: int
    copy_id: int
    record_id: int
    hold_id: int
    second_hold_id: int
    charge_id: int
    payment_id: int
    contact_id: int
    group_id: int
    booking_id: int
    notice_id: int
    message_id: int
    claim_id: int
    twin_id: int
    placement_id: int
    case_id: int
    partners_loan_id: int
    inventory_id: int

    @property
    def states(self) -> tuple[ItemState, MoneyState, TellingState]:
        """How it begins."""
        return self.item_state, self.money_state, self.telling_state


def build_scene(
    library: Library,
    number: int,
    states: tuple[ItemState, MoneyState, TellingState],
    group_id: int,
) -> Callable[[Transaction], Scene]:
    """Return the work that writes the rows of a scene."""

    def work(transaction: Transaction) -> Scene:
        return _Builder(library, transaction, number, group_id).build(*states)

    return work


class _Builder:
    def __init__(
        self, library: Library, transaction: Transaction, number: int, group_id: int
    ) -> None:
        self._library, self._transaction = library, transaction
        self._number, self._group_id = number, group_id

    def act(self, days_ago: float = 0) -> Act:
        act = self._library.act(self._transaction)
        return act._replace(now=self._library.now - timedelta(days=days_ago))

    def build(
        self, item_state: ItemState, money_state: MoneyState, telling_state: TellingState
    ) -> Scene:
        cards = [f"P{self._number:06}{letter}" for letter in "ABC"]
        kinds = [PatronKind.PERSON, PatronKind.PERSON, PatronKind.PERSON]
        if item_state in (ItemState.DEMANDED, ItemState.LENT_OUT):
            kinds[1] = PatronKind.LIBRARY
        patrons = [self._register(card, kind) for card, kind in zip(cards, kinds, strict=True)]
        barcodes = [f"I{self._number:06}{letter}" for letter in "AB"]
        record_id = self._add_title("a")
        is_bookable = item_state in (ItemState.BOOKED, ItemState.ASIDE)
        is_ours = item_state not in FROM_PARTNERS
        items = [
            self._add_item(barcode, record_id, BOOKABLE if is_bookable else "")
            for barcode in barcodes[0 if is_ours else 1 :]
        ]
        charge_id, payment_id = self._charge(cards[0], patrons[0], money_state)
        claim_id = self._hand_over(patrons, charge_id, money_state)
        holds, booking_id = self._begin(item_state, cards, barcodes, record_id)
        more = begin_more(self._library, self.act, item_state, cards, barcodes, record_id)
        if not is_ours:
            items.insert(0, more.item_id)
        telling = begin_telling(self.act, patrons[0], self._number, telling_state)
        contact = add_contact(self.act(9), patrons[0], ContactKind.EMAIL, f"{cards[0]}@example.org")
        block_patron(self.act(9), patrons[2], BlockReason.OTHER)
        join_group(self.act(9), self._group_id, patrons[2])
        return Scene(
            self._number,
            item_state,
            money_state,
            telling_state,
            *cards,
            *patrons,
            *barcodes,
            *items,
            record_id,
            more.hold_id or holds[0],
            more.second_hold_id or holds[1],
            charge_id,
            payment_id,
            contact.id,
            self._group_id,
            booking_id,
            *telling,
            claim_id,
            more.twin_id,
            more.placement_id,
            more.case_id,
            more.partners_loan_id,
            self._begin_inventory(),
        )

    def _hand_over(self, patrons: list[int], charge_id: int, state: MoneyState) -> int:
        """Hand the charge over for collection, and write a file of it; return the claim."""
        if state not in (MoneyState.HANDED_OVER, MoneyState.FILED):
            return 0
        act = self.act(3)
        [debt] = debts_by_id(act.transaction, charge_ids=[charge_id])
        open_claim(act, debt, patrons[0])
        [(claim, _)] = claims_of_patron(act.transaction, patrons[0])
        if state is MoneyState.FILED:
            with confined(act.transaction, patrons, []):
                assert export_claims(act) is not None
        return claim.id

    def _begin_inventory(self) -> int:
        shelf = Shelf(location=f"L{self._number}")
        return begin_inventory(self.act(1), f"Shelf {self._number}", shelf).id

    def _add_title(self, letter: str) -> int:
        return add_title(self.act(90), f"Title {self._number}{letter}")

    def _register(self, card: str, kind: PatronKind) -> int:
        act = self.act(60)._replace(desk=UNATTENDED)
        birth_date = date(2016, 5, 1) if card.endswith("C") else date(1980, 5, 1)
        return register_patron(
            act,
            NewPatron(
                card=card,
                home_branch=self._library.main.id,
                category="adult",
                given_name="Ida",
                family_name="Ørsted",
                birth_date=None if kind is PatronKind.LIBRARY else birth_date,
                kind=kind,
            ),
        )

    def _add_item(self, barcode: str, record_id: int, material_group: str) -> int:
        add_item(
            self._transaction,
            barcode=barcode,
            record_id=record_id,
            branch_id=self._library.main.id,
            now=self._library.now - timedelta(days=90),
            material_group=material_group,
            location=f"L{self._number}",
        )
        found = find_item(self._transaction, barcode)
        assert found is not None
        return found.id

    def _charge(self, card: str, patron_id: int, state: MoneyState) -> tuple[int, int]:
        act = self.act(8)
        new = NewCharge(ChargeKind.ADMINISTRATIVE, AMOUNT, "DKK", act.desk.branch_id, "a new card")
        charged = charge_patron(act, patron_id, new)
        assert isinstance(charged, Changed)
        charge_id, payment_id = charged.charge.id, 0
        if state in (MoneyState.PARTLY_PAID, MoneyState.OVERPAID):
            amount = AMOUNT if state is MoneyState.OVERPAID else AMOUNT * 2 // 5
            paid = pay(self.act(7), PaymentWish(amount, "DKK", charge=charge_id), patron=card)
            assert isinstance(paid, Paid)
            payment_id = paid.payment_id
        if state is MoneyState.OVERPAID:
            self._change(MoneyAct.REDUCTION, charge_id)
        if state is MoneyState.WRITTEN_OFF:
            self._change(MoneyAct.WRITE_OFF, charge_id)
        return charge_id, payment_id

    def _change(self, change: MoneyAct, charge_id: int) -> None:
        portion = Portion(AMOUNT * 2 // 5)
        change_charge(
            self.act(6), change=change, charge_id=charge_id, reason="agreed", portion=portion
        )

    def _begin(
        self, state: ItemState, cards: list[str], barcodes: list[str], record_id: int
    ) -> tuple[tuple[int, int], int]:
        """Bring the item into its state; return the holds and the booking of it."""
        borrower, waiting, other = cards
        item, copy = barcodes
        holds, booking_id = (0, 0), 0
        days_ago = {ItemState.OVERDUE: 40.0, ItemState.LOST: 40.0, ItemState.JUST_LENT: 0.0}
        states = ItemState
        if state in (
            states.LENT,
            states.OVERDUE,
            states.ONWARD,
            states.CLAIMED,
            states.LOST,
            states.RECALLED,
            states.JUST_LENT,
            states.JUST_RETURNED,
            states.SHELVED,
        ):
            self._lend(borrower, item, days_ago.get(state, 10.0))
        if state in (states.LENT, states.RECALLED, states.SHELVED):
            self._lend(other, copy, 10.0)  # so that only the item can serve a hold
        if state in (states.RECALLED, states.SHELVED):
            holds = self._hold(waiting, record_id), 0
        if state is states.WANTED:
            self._lend(other, copy, 10.0)
            holds = self._hold(waiting, record_id), self._hold(borrower, record_id)
        if state in (states.SHELVED, states.JUST_RETURNED):
            returned = check_in(self.act(1 if state is states.SHELVED else 0), item=item)
            assert isinstance(returned, CheckedIn)
        if state is states.ONWARD:
            assert not isinstance(lend_onward(self.act(5), item=item, to=waiting), Refused)
        if state is states.CLAIMED:
            assert not isinstance(claim_returned(self.act(5), item=item), Refused)
        if state is states.LOST:
            assert not isinstance(declare_lost(self.act(2), item=item), Refused)
        if state in (states.BOOKED, states.ASIDE):
            booking_id = self._book(borrower, item)
        if state is states.ASIDE:
            for answer in self._answers(
                set_aside(self.act(1), booking_id=booking_id, barcodes=[item])
            ):
                assert not isinstance(answer, Refused), answer
        if state is states.MISSING:
            assert not isinstance(declare_lost(self.act(2), item=item), Refused)
        return holds, booking_id

    def _answers(self, answer: Any) -> list[Any]:
        assert isinstance(answer, list), answer
        return answer

    def _lend(self, card: str, item: str, days_ago: float) -> None:
        lent = check_out(self.act(days_ago), LoanWish(card, item, no_block=True))
        assert isinstance(lent, CheckedOut), lent

    def _hold(self, card: str, record_id: int) -> int:
        placed = place_holds(self.act(4), HoldWish(card, [Wanted(record_id)]))
        assert isinstance(placed, HoldsPlaced), placed
        return placed.holds[0].hold.id

    def _book(self, card: str, item: str) -> int:
        today = self._library.today
        booked = place_booking(
            self.act(3),
            BookingWish(
                patron=card, item=item, first=today, last=today + timedelta(7), preferred=1
            ),
        )
        assert isinstance(booked, Booking), booked
        return booked.id
