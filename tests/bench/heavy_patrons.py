"""Libraries in which some patrons have hundreds of something, and others few of it or none.

A group is so many patrons who have as many of one kind; all else they have as others do. It is
named by the kind and the number: ``loans 500``, and ``none`` of those who have nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, NamedTuple

from catalogue.database import Transaction
from catalogue.items import add_item
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.loan_rules import LOAN_POLICIES
from circulation.kernel.results import CheckedIn, CheckedOut
from circulation.kernel.rights import Right, at_command_line
from circulation.kernel.set_up import set_up_changed
from circulation.ledger.charges import NewCharge, create_charge
from circulation.ledger.money import ChargeKind
from circulation.loans.lending import check_out
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish
from circulation.notices.rules import NOTICE_RULES
from circulation.patrons.consents import Consent, give_consent
from circulation.patrons.identifiers import find_patron
from circulation.patrons.pins import hash_pin
from circulation.patrons.public_ids import public_ids
from circulation.patrons.registering import NewPatron, register_patron
from circulation.staff.programs import NewProgram, access_token, add_program
from circulation.staff.results import SignedIn
from tests.bench.bench_api import signed_in, the_library
from tests.bench.filling import fill
from tests.builders.circulation import Library, present
from tests.builders.fees import account
from tests.builders.notices import write_told

KINDS: Final = ("loans", "holds", "charges", "messages", "history")
PIN: Final = "1234"
#: Titles that are on loan: who has many holds has them on some of these.
_TITLES_TO_A_HOLDER: Final = 4
_SITE: Final = (Right.VIEW_PATRONS, Right.LEND, Right.TAKE_FEES, Right.EDIT_PATRONS)


class Patron(NamedTuple):
    """One of a group: the card, what the API calls them, and FBS."""

    card: str
    name: str
    number: int


class Furnished(NamedTuple):
    """The tokens of a desk and of a web site, and the patrons of each group."""

    token: str
    session: str
    groups: dict[str, list[Patron]]


def groups_of(few: int, many: int) -> dict[str, tuple[str, int]]:
    """The kind and the number of each group, in the order in which they are asked."""
    found = {f"{kind} {number}": (kind, number) for kind in KINDS for number in (few, many)}
    return {"none": ("loans", 0), **found}


def card_of(group: str, number: int) -> str:
    return f"{group.replace(' ', '')}-{number}"


def free_item(group: str, number: int) -> str:
    """An item that nobody has, for that patron to borrow."""
    return f"free{card_of(group, number)}"


def wanted_item(group: str, number: int) -> str:
    """An item that somebody has, for that patron to wait for."""
    return f"wanted{card_of(group, number)}"


class _Furnishing:
    def __init__(self, library: Library, groups: dict[str, tuple[str, int]], patrons: int) -> None:
        self.library, self.groups, self.patrons = library, groups, patrons
        self.most = max(number for _, number in groups.values())
        self._last_record = 0

    def persons(self) -> list[tuple[str, int, int]]:
        """Group, which of its patrons, how many of all persons come before."""
        each = [(group, number) for group in self.groups for number in range(self.patrons)]
        return [(*person, place) for place, person in enumerate(each)]

    def add_items(self, transaction: Transaction, barcodes: Sequence[str]) -> None:
        """Each with a title of its own."""
        first = self._last_record + 1_000_001
        fill(transaction, "records", range(first, first + len(barcodes)))
        self._last_record += len(barcodes)
        library = self.library
        for place, barcode in enumerate(barcodes):
            record, home = first + place, library.main.id
            add_item(
                transaction, barcode=barcode, record_id=record, branch_id=home, now=library.now
            )

    def stock(self, transaction: Transaction) -> None:
        """What is lent and waited for later, and what is lent to who has many loans."""
        whose = [each[:2] for each in self.persons()]
        wanted = [*self.pool(), *(wanted_item(*each) for each in whose)]
        self.add_items(transaction, [*wanted, *(free_item(*each) for each in whose), "past"])
        act = self.library.act(transaction)
        for barcode in wanted:
            assert isinstance(check_out(act, LoanWish("OTHER", barcode)), CheckedOut)

    def pool(self) -> list[str]:
        return [f"pool{each}" for each in range(self.most * _TITLES_TO_A_HOLDER)]

    def give(self, group: str, number: int, place: int, transaction: Transaction) -> None:
        """What the group has, to one of it."""
        kind, count = self.groups[group]
        card = card_of(group, number)
        if kind == "messages":
            person = find_patron(transaction, card)
            assert person is not None
            write_told(transaction, self.library, person, count)
            return
        work: Callable[[Transaction, str, int, int], None] = getattr(self, f"_{kind}")
        work(transaction, card, count, place)

    def _loans(self, transaction: Transaction, card: str, count: int, place: int) -> None:
        barcodes = [f"{card}-{each}" for each in range(count)]
        self.add_items(transaction, barcodes)
        act = self.library.act(transaction)
        for barcode in barcodes:
            lent = check_out(act, LoanWish(card, barcode))
            assert isinstance(lent, CheckedOut), lent

    def _holds(self, transaction: Transaction, card: str, count: int, place: int) -> None:
        pool, act = self.pool(), self.library.act(transaction)
        for each in range(count):
            wanted = Wanted(item=pool[(place * 97 + each) % len(pool)])
            placed = place_holds(act, HoldWish(card, [wanted]))
            assert isinstance(placed, HoldsPlaced), placed

    def _charges(self, transaction: Transaction, card: str, count: int, place: int) -> None:
        for _ in range(count):
            fee = NewCharge(ChargeKind.ADMINISTRATIVE, 100, "DKK", self.library.main.id, "a card")
            create_charge(account(self.library, transaction, card), fee)

    def _history(self, transaction: Transaction, card: str, count: int, place: int) -> None:
        act = self.library.act(transaction)
        for _ in range(count):
            assert isinstance(check_out(act, LoanWish(card, "past")), CheckedOut)
            assert isinstance(check_in(act, item="past"), CheckedIn)

    def register(self) -> None:
        """All of them, with their consent to a history."""
        pin, library = hash_pin(PIN), self.library

        def work(transaction: Transaction) -> None:
            act = library.act(transaction)
            for card in ("OTHER", *(card_of(*each[:2]) for each in self.persons())):
                named = library.main.id, "adult", "Ida", "Ørsted"
                new = NewPatron(*named, card=card, pin_hash=pin)
                register_patron(act, new)
                found = find_patron(transaction, card)
                assert found is not None
                give_consent(act, found, Consent.KEEP_HISTORY)

        library.write(work)

    def named(self, transaction: Transaction) -> dict[str, list[Patron]]:
        known = public_ids(self.library.circulation, transaction)

        def patron(card: str) -> Patron:
            found = find_patron(transaction, card)
            assert found is not None
            return Patron(card, known.shown(found), known.number(found))

        return {
            group: [patron(card_of(group, number)) for number in range(self.patrons)]
            for group in self.groups
        }

    def site(self, transaction: Transaction) -> str:
        act = self.library.act(transaction)
        new = NewProgram("site", self.library.main.id, _SITE, requests_per_minute=10**9)
        made = add_program(act, at_command_line("bench", ""), new)
        signed = access_token(act, made.client_id, made.secret, "192.0.2.1")
        assert isinstance(signed, SignedIn)
        return signed.token


def _rules(transaction: Transaction) -> None:
    """So that what is asked is done: loans may be prolonged, and staff may write."""
    LOAN_POLICIES.store(transaction, loan_days=28, renewals=2, renewal_from="due")
    NOTICE_RULES.store(transaction, channels=["email"])
    set_up_changed(transaction)


def furnish_with(url: str, few: int, many: int, patrons: int) -> Furnished:
    """Furnishes a library that `sip2_load.furnish` has begun."""
    library = the_library(url)
    token = signed_in(library, "administrator")
    library.write(_rules)
    library.now -= timedelta(days=7)
    furnishing = _Furnishing(library, groups_of(few, many), patrons)
    furnishing.register()
    library.write(furnishing.stock)
    for person in furnishing.persons():
        library.write(partial(furnishing.give, *person))
    library.now = present()
    session = library.write(furnishing.site)
    groups = library.read(furnishing.named)
    library.database.close()
    return Furnished(token, session, groups)
