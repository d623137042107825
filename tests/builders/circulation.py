"""A small library on a real database: what tests of lending start from.

library = a_library(database)
card = a_patron(library)
barcode = an_item(library, on_loan_to=card)
answer = library.check_in(barcode)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import insert

import circulation.assembly  # noqa: F401  the features join before anything is done
from catalogue.database import Database, Statement, Transaction, many, scalar_one
from catalogue.items import add_item, find_item
from catalogue.schema import records
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.events import Event, events_of_item, select_events
from circulation.kernel.loan_rules import LOAN_POLICIES
from circulation.kernel.organisation import add_agency, add_branch, add_consortium, find_branch
from circulation.kernel.results import (
    UNATTENDED,
    Branch,
    CheckedIn,
    CheckedOut,
    Desk,
    Refused,
    Renewed,
    RenewedAll,
)
from circulation.kernel.schema import events
from circulation.kernel.set_up import set_up_changed
from circulation.loans.lending import check_out
from circulation.loans.renewals import renew, renew_all
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish, RenewalWish
from circulation.patrons.pins import PINS, VerificationNeeded
from circulation.patrons.registering import NewPatron, register_patron

T = TypeVar("T")

#: Where the library is.
ZONE = ZoneInfo("Europe/Copenhagen")
#: A Wednesday at noon there.
NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


def present() -> datetime:
    """The time by the clock on the library's wall, for tests of programs that look at the clock
    themselves: days added to it are days of the calendar, in summer and in winter."""
    return datetime.now(ZONE)


@scalar_one(int)
def _insert_record(*, title: str, author: str, created: datetime) -> Statement:
    return (
        insert(records)
        .values(
            format="marc21",
            title=title,
            author=author,
            data=b"",
            created=created,
            changed=created,
        )
        .returning(records.c.id)
    )


@dataclass
class Library:
    """An agency DK-900100 with a main branch and another, a desk in each, and a clock."""

    database: Database
    main: Branch
    other: Branch
    circulation: Circulation = field(default_factory=Circulation)
    now: datetime = NOON
    _numbers: int = 0

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    @property
    def today(self) -> date:
        """The day of the library's clock, where the library is."""
        return self.now.astimezone(ZONE).date()

    def pass_time(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def desk(self, branch: Branch | None = None) -> Desk:
        branch = branch or self.main
        return Desk("kiosk", f"machine in {branch.name}", branch.agency_id, branch.id)

    def act(self, transaction: Transaction, at: Branch | Desk | None = None) -> Act:
        """What is done now at the desk, or at that of the branch."""
        desk = at if isinstance(at, Desk) else self.desk(at)
        return Act(transaction, self.circulation, desk, self.now)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """The answer of the work; a PIN is verified as the server would, here in this thread."""
        while True:
            try:
                return self.database.write(work).result()
            except VerificationNeeded as needed:
                PINS.of(self.circulation).verify(needed)

    def read(self, work: Callable[[Transaction], T]) -> T:
        while True:
            try:
                return self.database.read(work).result()
            except VerificationNeeded as needed:
                PINS.of(self.circulation).verify(needed)

    def check_out(
        self, card: str, barcode: str, *, at: Branch | None = None, **options: Any
    ) -> CheckedOut | Refused:
        return self.write(
            lambda transaction: check_out(
                self.act(transaction, at), LoanWish(patron=card, item=barcode, **options)
            )
        )

    def check_in(
        self, barcode: str, *, at: Branch | None = None, **options: Any
    ) -> CheckedIn | Refused:
        return self.write(
            lambda transaction: check_in(self.act(transaction, at), item=barcode, **options)
        )

    def renew(
        self, card: str, barcode: str, *, at: Branch | None = None, **options: Any
    ) -> Renewed | Refused:
        return self.write(
            lambda transaction: renew(
                self.act(transaction, at), RenewalWish(patron=card, item=barcode, **options)
            )
        )

    def renew_all(self, card: str, **options: Any) -> RenewedAll | Refused:
        return self.write(
            lambda transaction: renew_all(self.act(transaction), patron=card, **options)
        )

    def policy(self, **rule: Any) -> int:
        def work(transaction: Transaction) -> int:
            set_up_changed(transaction)
            return LOAN_POLICIES.store(transaction, **rule)

        return self.write(work)

    def events_of(self, barcode: str) -> list[Event]:
        def work(transaction: Transaction) -> list[Event]:
            item = find_item(transaction, barcode)
            assert item is not None
            return events_of_item(transaction, item_id=item.id)

        return self.read(work)


def a_library(database: Database, **rule: Any) -> Library:
    """The library, lending everything for 28 days with two renewals; `rule` adds or replaces."""

    def work(transaction: Transaction) -> tuple[Branch, Branch]:
        consortium = add_consortium(transaction, name="Prøveland")
        agency = add_agency(transaction, consortium, "DK-900100", "Prøvekommunens Biblioteker")
        add_branch(transaction, agency, "DK-900101", "Hovedbiblioteket")
        add_branch(transaction, agency, "DK-900102", "Havnefilialen")
        LOAN_POLICIES.store(transaction, **({"loan_days": 28, "renewals": 2} | rule))
        set_up_changed(transaction)
        main = find_branch(transaction, isil="DK-900101")
        other = find_branch(transaction, isil="DK-900102")
        assert main is not None
        assert other is not None
        return main, other

    return Library(database, *database.write(work).result())


@many(Event)
def events_of_patron(*, patron_id: int) -> Statement:
    """All events of the patron, by id."""
    return select_events(events.c.patron_id == patron_id).order_by(events.c.id)


def a_patron(library: Library, card: str | None = None, **details: Any) -> str:
    """A patron of the main branch; gives the card."""
    card = card or f"P{library.number():07}"
    facts: dict[str, Any] = {
        "home_branch": library.main.id,
        "category": "adult",
        "given_name": "Ida",
        "family_name": "Ørsted",
    } | details
    library.write(
        lambda transaction: register_patron(
            library.act(transaction, UNATTENDED), NewPatron(card=card, **facts)
        )
    )
    return card


def an_item(
    library: Library,
    barcode: str | None = None,
    *,
    title: str = "Peters jul",
    author: str = "Krohn, Johan",
    home: Branch | None = None,
    on_loan_to: str | None = None,
    **details: Any,
) -> str:
    """An item of the main branch or of `home`, with a title of its own; gives the barcode."""
    barcode = barcode or f"I{library.number():07}"

    def work(transaction: Transaction) -> None:
        record = _insert_record(transaction, title=title, author=author, created=library.now)
        add_item(
            transaction,
            barcode=barcode,
            record_id=record,
            branch_id=(home or library.main).id,
            now=library.now,
            **details,
        )

    library.write(work)
    if on_loan_to is not None:
        lent = library.check_out(on_loan_to, barcode)
        assert isinstance(lent, CheckedOut), lent
    return barcode
