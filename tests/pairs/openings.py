"""How scenes of deposits, of two records of a title, of other libraries and of messages begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple

from catalogue.changes import accession
from catalogue.items import add_item, find_item
from circulation.booking.collecting import put_into
from circulation.booking.placements import NewPlacement, create_placement
from circulation.booking.results import Station
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.wishes import HoldWish
from circulation.interlending.asking import Wish, ask
from circulation.interlending.borrowing import Accepted, Agreement, Incoming, accept, shipped
from circulation.interlending.lending import lent_to_partner, request_lending
from circulation.interlending.offers import Offer, offered
from circulation.interlending.rows import InterlibraryLoan, loan_by_id
from circulation.kernel.act import Act
from circulation.kernel.results import CheckedIn, CheckedOut, Refused, StayKind
from circulation.loans.lending import check_out
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.outcomes import Doubtful, NotSent, TryAgain, record
from circulation.notices.requests import NoticeRequest, request_notice
from circulation.notices.rows import Message, insert_messages, put_into_messages, waiting_notices
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library
from tests.pairs.states import ItemState, TellingState

#: States in which the item of the scene belongs to another library.
FROM_PARTNERS: Final = frozenset({ItemState.ARRIVED, ItemState.BORROWED, ItemState.TO_GO_HOME})
#: States in which another library was asked, in the order in which one follows the other.
_ASKED: Final = (ItemState.ASKED, ItemState.OFFERED, ItemState.SHIPPED, *FROM_PARTNERS)
#: The partners of the library, and what is agreed with each.
PARTNERS: Final = ("A", "B", "C")
#: How an offer of a partner reads.
OFFER: Final = Offer(cost=3_000, currency="DKK")

_SENDING: Final = NoticeState.SENDING

ActAt = Callable[[float], Act]


class More(NamedTuple):
    """The rows of a scene that only some states have."""

    item_id: int = 0
    hold_id: int = 0
    second_hold_id: int = 0
    twin_id: int = 0
    placement_id: int = 0
    case_id: int = 0
    partners_loan_id: int = 0


def agreement_with(loan: InterlibraryLoan) -> Agreement:
    return Agreement(loan.partner, loan.actor)


def add_title(act: Act, title: str) -> int:
    return accession.add_record(act.transaction, a_record(title, control_number=title), now=act.now)


def begin_more(
    library: Library,
    act: ActAt,
    state: ItemState,
    cards: list[str],
    barcodes: list[str],
    record_id: int,
) -> More:
    """Bring the item into its state."""
    if state is ItemState.PLACED:
        return More(placement_id=_place(library, act(5), barcodes[0]))
    if state is ItemState.TWINNED:
        return _twin(library, act, cards, barcodes, record_id)
    if state in (ItemState.DEMANDED, ItemState.LENT_OUT):
        return _demand(act, state, cards[1], barcodes[0], record_id)
    if state in _ASKED:
        return _ask(act, state, cards[0], barcodes[0])
    return More()


def _place(library: Library, act: Act, item: str) -> int:
    today = library.today
    stations = [
        Station(today - timedelta(4), library.main, "box"),
        Station(today, library.other, "box"),
    ]
    set_up = act.circulation.current_set_up(act.transaction)
    new = NewPlacement(StayKind.DEPOSIT, f"Box {item}", stations, ends=today + timedelta(20))
    made = create_placement(act, set_up, new)
    answers = put_into(act, placement_id=made.id, barcodes=[item])
    assert isinstance(answers, list)
    assert not isinstance(answers[0], Refused), answers
    return made.id


def _twin(
    library: Library, act: ActAt, cards: list[str], barcodes: list[str], record_id: int
) -> More:
    """Add the title a second time, with an item; its patrons wait for one record or for both."""
    twin_id = add_title(act(90), f"Twin of {record_id}")
    add_item(
        act(90).transaction,
        barcode=f"{barcodes[0]}T",
        record_id=twin_id,
        branch_id=library.main.id,
        now=act(90).now,
    )
    holds = [
        _hold(act(4), card, each) for card, each in ((cards[1], record_id), (cards[1], twin_id))
    ]
    return More(hold_id=holds[0], second_hold_id=holds[1], twin_id=twin_id)


def _hold(act: Act, card: str, record_id: int) -> int:
    placed = place_holds(act, HoldWish(card, [Wanted(record_id)]))
    assert isinstance(placed, HoldsPlaced), placed
    return placed.holds[0].hold.id


def _demand(act: ActAt, state: ItemState, library: str, item: str, record_id: int) -> More:
    """Let another library ask for the title, and lend it the item where the state says so."""
    placed = place_holds(act(4), HoldWish(library, [Wanted(record_id)]))
    assert isinstance(placed, HoldsPlaced), placed
    hold = placed.holds[0].hold
    loan = request_lending(
        act(4), partner="a", actor="A", request_id=f"D{item}", user=library, hold=hold
    )
    if state is ItemState.LENT_OUT:
        lent = check_out(act(3), LoanWish(library, item, no_block=True))
        assert isinstance(lent, CheckedOut), lent
        made = lent_to_partner(
            act(3), partner="a", actor="A", request_id=f"D{item}", user=library, item=item
        )
        assert made is not None
        assert made.id == loan.id
    return More(hold_id=hold.id, partners_loan_id=loan.id)


def _ask(act: ActAt, state: ItemState, card: str, item: str) -> More:
    """Ask other libraries for a title, and let it come as far as the state says."""
    loan = ask(act(9), patron=card, wish=Wish(title=f"Njals saga {item}"))
    assert isinstance(loan, InterlibraryLoan), loan
    assert loan.case_id is not None
    transaction = act(9).transaction
    if state is ItemState.OFFERED:
        offered(act(8), loan, OFFER)
    if state is ItemState.SHIPPED:
        assert isinstance(shipped(act(7), loan, barcode=item), InterlibraryLoan)
    item_id = hold_id = 0
    if state in FROM_PARTNERS:
        came = accept(
            act(6),
            agreement=agreement_with(loan),
            request_id=loan.request_id,
            patron=card,
            incoming=Incoming(item, "Njals saga", due=act(-60).now),
        )
        assert isinstance(came, Accepted), came
        assert came.loan.hold_id is not None
        hold_id = came.loan.hold_id
        found = find_item(transaction, item)
        assert found is not None
        item_id = found.id
    if state in (ItemState.BORROWED, ItemState.TO_GO_HOME):
        lent = check_out(act(5), LoanWish(card, item, no_block=True))
        assert isinstance(lent, CheckedOut), lent
    if state is ItemState.TO_GO_HOME:
        assert isinstance(check_in(act(1), item=item), CheckedIn)
    now = loan_by_id(transaction, loan.id)
    assert now is not None
    return More(item_id, hold_id, case_id=loan.case_id, partners_loan_id=loan.id)


def cause_of(scene: int, number: int) -> Cause:
    """Return what a message in the scene is about."""
    return Cause(key=f"scene {scene} {number}")


def begin_telling(act: ActAt, patron_id: int, number: int, state: TellingState) -> tuple[int, int]:
    """Write a message to the patron; return the notice, and the message that was made of it."""
    now, long_ago = act(2), act(2).now
    notice_id = request_notice(
        now,
        NoticeRequest(patron_id, NoticeKind.STAFF, cause_of(number, 1), {"text": "Hello"}),
    )
    assert notice_id is not None
    if state is TellingState.PLANNED:
        return notice_id, 0
    message_id = now.circulation.ids.next(long_ago)
    [notice] = [
        each
        for each in waiting_notices(now.transaction, now=long_ago, at_most=10_000)
        if each.id == notice_id
    ]
    message = Message(
        message_id,
        patron_id,
        patron_id,
        notice.branch_id,
        notice.kind,
        "email",
        "ida@example.org",
        "da",
        "Hello",
        "Hello",
        "staff",
        _SENDING,
        1,
        long_ago,
        long_ago,
        long_ago,
        None,
        long_ago,
        "",
        "",
        False,
    )
    insert_messages(now.transaction, [message])
    put_into_messages(now.transaction, [notice._replace(state=_SENDING, message_id=message_id)])
    if state is TellingState.UNSURE:
        record(now.transaction, message_id, Doubtful("the line broke"), long_ago)
    if state is TellingState.TO_BE_TRIED:
        record(now.transaction, message_id, TryAgain("busy"), long_ago)
    if state is TellingState.FAILED:
        record(now.transaction, message_id, NotSent("no such address"), long_ago)
    return notice_id, message_id
