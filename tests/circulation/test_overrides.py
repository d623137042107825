"""Each verb that may be overridden is refused for a reason, and done where that is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from catalogue.database import Statement, many
from circulation.booking.results import Booking
from circulation.holds.results import HoldsPlaced
from circulation.kernel.events import Event, EventKind, events_of_hold, select_events
from circulation.kernel.overriding import OVERRIDABLE, Override
from circulation.kernel.reasons import BlockReason, IdentifierBlock, Reason
from circulation.kernel.results import CheckedIn, CheckedOut, Destination, Refused, Renewed
from circulation.kernel.schema import events
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import block_identifier
from tests.builders.agencies import a_school
from tests.builders.bookings import a_set, book
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import number_of
from tests.builders.holds import a_hold, ask, title


@many(Event)
def placed() -> Statement:
    """The bookings."""
    return select_events(events.c.kind == EventKind.BOOKING_PLACED.value)


#: Does it once more, passing over what it is given; each time it is refused nothing has changed.
Doing = Callable[[Override], Any]


def lending(library: Library, card: str, barcode: str) -> Doing:
    return lambda override: library.check_out(card, barcode, overriding=override)


def renewing(library: Library, card: str, barcode: str) -> Doing:
    return lambda override: library.renew(card, barcode, overriding=override)


def holding(library: Library, card: str, barcode: str) -> Doing:
    return lambda override: ask(library, card, title(library, barcode), overriding=override)


def booking(library: Library, card: str, barcode: str) -> Doing:
    return lambda override: book(library, card, barcode, 3, 5, overriding=override)


def block(library: Library, card: str) -> None:
    library.write(
        lambda transaction: block_patron(
            library.act(transaction), number_of(library, card), BlockReason.OTHER
        )
    )


def block_card(library: Library, card: str, why: IdentifierBlock) -> None:
    library.write(lambda transaction: block_identifier(library.act(transaction), card, why))


def blocked(verb: Callable[[Library, str, str], Doing]) -> Callable[[Library], Doing]:
    def case(library: Library) -> Doing:
        card = a_patron(library)
        barcode = an_item(library, on_loan_to=card if verb is renewing else None)
        library.pass_time(days=3)
        block(library, card)
        return verb(library, card, barcode)

    return case


def with_card(why: IdentifierBlock) -> Callable[[Library], Doing]:
    def case(library: Library) -> Doing:
        card = a_patron(library)
        block_card(library, card, why)
        return lending(library, card, an_item(library))

    return case


def expired(library: Library) -> Doing:
    card = a_patron(library, expires=library.today - timedelta(days=1))
    return lending(library, card, an_item(library))


def ruled(verb: Callable[[Library, str, str], Doing], **rule: Any) -> Callable[[Library], Doing]:
    """Of things that a rule does not let out of the house."""

    def case(library: Library) -> Doing:
        library.policy(material_group="rare", **rule)
        return verb(library, a_patron(library), an_item(library, material_group="rare"))

    return case


def with_loans(**rule: Any) -> Callable[[Library], Doing]:
    def case(library: Library) -> Doing:
        library.policy(material_group="game", **rule)
        card = a_patron(library)
        an_item(library, on_loan_to=card, material_group="game")
        return lending(library, card, an_item(library, material_group="game"))

    return case


def renewed(days: int, **rule: Any) -> Callable[[Library], Doing]:
    """A loan of four weeks after so many days."""

    def case(library: Library) -> Doing:
        library.policy(material_group="game", loan_days=28, **rule)
        card = a_patron(library)
        barcode = an_item(library, on_loan_to=card, material_group="game")
        library.pass_time(days=days)
        return renewing(library, card, barcode)

    return case


def wanted(library: Library) -> Doing:
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    a_hold(library, a_patron(library), barcode)
    library.pass_time(days=3)
    return renewing(library, card, barcode)


def held(library: Library) -> Doing:
    barcode = an_item(library, on_loan_to=a_patron(library))
    a_hold(library, a_patron(library), barcode)
    library.check_in(barcode)
    return lending(library, a_patron(library), barcode)


def to_be_fetched(library: Library) -> Doing:
    barcode = an_item(library)
    a_hold(library, a_patron(library), barcode)
    return lending(library, a_patron(library), barcode)


def with_holds(library: Library) -> Doing:
    library.policy(loan_days=28, max_holds=1)
    card = a_patron(library)
    a_hold(library, card, an_item(library))
    return holding(library, card, an_item(library))


def a_blocked_teacher(library: Library) -> Doing:
    [barcode, *_] = a_set(library, 3)
    card = a_patron(library)
    block(library, card)
    return booking(library, card, barcode)


def for_too_long(library: Library) -> Doing:
    [barcode, *_] = a_set(library, 3, max_booking_days=2)
    return booking(library, a_patron(library), barcode)


#: What is refused, and for which reason alone.
CASES: list[tuple[Reason, Callable[[Library], Doing], type]] = [
    (Reason.PATRON_EXPIRED, expired, CheckedOut),
    (Reason.PATRON_BLOCKED, blocked(lending), CheckedOut),
    (Reason.CARD_REPORTED_LOST, with_card(IdentifierBlock.LOST), CheckedOut),
    (Reason.CARD_NOT_VALID, with_card(IdentifierBlock.REPLACED), CheckedOut),
    (Reason.ITEM_NOT_LOANABLE, ruled(lending, loanable=False), CheckedOut),
    (Reason.ON_SITE_ONLY, ruled(lending, on_site_only=True), CheckedOut),
    (Reason.TOO_MANY_LOANS, with_loans(max_loans=1), CheckedOut),
    (Reason.TOO_MANY_LOANS_IN_GROUP, with_loans(max_loans_in_group=1), CheckedOut),
    (Reason.ON_HOLD_FOR_ANOTHER, held, CheckedOut),
    (Reason.COPY_WANTED, to_be_fetched, CheckedOut),
    (Reason.PATRON_BLOCKED, blocked(renewing), Renewed),
    (Reason.MAX_RENEWALS_REACHED, renewed(3, renewals=0), Renewed),
    (Reason.RENEWAL_WINDOW_NOT_OPEN, renewed(3, renewals=1, renewal_window_days=2), Renewed),
    (Reason.OVERDUE_NOT_RENEWABLE, renewed(40, renewals=1, renew_overdue=False), Renewed),
    (Reason.WANTED_BY_ANOTHER, wanted, Renewed),
    (Reason.PATRON_BLOCKED, blocked(holding), HoldsPlaced),
    (Reason.TOO_MANY_HOLDS, with_holds, HoldsPlaced),
    (Reason.NOT_HOLDABLE, ruled(holding, holdable=False), HoldsPlaced),
    (Reason.PATRON_BLOCKED, a_blocked_teacher, Booking),
    (Reason.BOOKING_TOO_LONG, for_too_long, Booking),
]


@pytest.mark.parametrize(("reason", "case", "done"), CASES)
def test_a_verb_passes_over_what_is_named_and_nothing_else(
    library: Library, reason: Reason, case: Callable[[Library], Doing], done: type
) -> None:
    doing = case(library)
    refused = doing(Override(OVERRIDABLE - {reason}, "all but the one"))
    assert isinstance(refused, Refused)
    assert refused.reasons == (reason,)
    answer = doing(Override(frozenset({reason}), "a school trip"))
    assert isinstance(answer, done), answer
    if not isinstance(answer, Booking):
        assert [each.reason for each in answer.overridden] == [reason]


def test_a_longer_booking_than_the_rules_allow_says_so_in_its_event(library: Library) -> None:
    made = for_too_long(library)(Override(OVERRIDABLE, "a school trip"))
    assert isinstance(made, Booking)
    [why] = [each.after["why"] for each in library.read(placed) if "overridden" in each.after]
    assert why == "a school trip"


def test_a_rule_without_a_length_leaves_no_way(library: Library) -> None:
    everything = Override(frozenset(Reason), "I must have it")
    library.policy(material_group="map", loanable=False, loan_until="2020-01-01")
    answer = library.check_out(
        a_patron(library), an_item(library, material_group="map"), overriding=everything
    )
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.ITEM_NOT_LOANABLE, Reason.NO_LOAN_POLICY)


def test_a_renewal_that_gains_nothing_stays_refused(library: Library) -> None:
    library.policy(loan_days=28, renewals=0, renewal_days=1)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    answer = library.renew(card, barcode, overriding=Override(OVERRIDABLE, "all the same"))
    assert isinstance(answer, Refused)
    assert Reason.RENEWAL_WINDOW_NOT_OPEN in answer.reasons


def test_a_hold_that_was_forced_gets_what_the_rules_keep_for_nobody(library: Library) -> None:
    library.policy(material_group="rare", holdable=False)
    card, barcode = a_patron(library), an_item(library, material_group="rare")
    library.check_out(a_patron(library), barcode)
    why = Override(frozenset({Reason.NOT_HOLDABLE}), "for the exhibition")
    placed = ask(library, card, title(library, barcode), overriding=why)
    assert isinstance(placed, HoldsPlaced)
    [queued] = placed.holds
    [event] = _events(library, queued.hold.id)
    assert event.after["overridden"] == ["NOT_HOLDABLE"]
    assert (event.after["why"], event.actor) == ("for the exhibition", library.desk().actor)
    returned = library.check_in(barcode)
    assert isinstance(returned, CheckedIn)
    assert returned.destination is Destination.HOLD_SHELF_HERE


def test_a_hold_on_what_could_never_come_is_not_forced(library: Library) -> None:
    school = a_school(library)
    barcode = an_item(library, home=school)
    why = Override(frozenset({Reason.NOT_HOLDABLE}), "please")
    answer = ask(library, a_patron(library), title(library, barcode), overriding=why)
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.NOT_HOLDABLE,)


def _events(library: Library, hold_id: int) -> list[Event]:
    return library.read(lambda transaction: events_of_hold(transaction, hold_id=hold_id))
