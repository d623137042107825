"""What desks have done off line is done here: in the order of time, each line once.

Nothing is refused that has happened: loans go the road without a block, and what the rules would
have refused, or what nobody knows, becomes a line on the work list of conflicts. Each line is a
transaction with its name, so that a file may come again, in part or whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import blake2b
from typing import Final, NamedTuple

from catalogue.database import Transaction
from circulation.fees.paying import PaymentWish, account_currency, pay
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn, CheckedOut, Desk, Refused, Renewed
from circulation.ledger.money import Paid, exponent_of
from circulation.loans.lending import check_out
from circulation.loans.off_line import OffLineReport, Reported, lent_since, take_report
from circulation.loans.renewals import renew
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish, RenewalWish
from circulation.moving.keys import MovedRow, insert_moved, moved
from circulation.moving.off_line.files import Command, OffLine
from circulation.patrons.facts import lock_patron, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS, find_patron

_SOURCE: Final = "off-line"
#: What clocks may differ by.
_AHEAD: Final = timedelta(minutes=10)
#: What a payment is noted as.
METHOD: Final = "off-line"


class Outcome(Enum):
    """What became of a line."""

    DONE = "done"
    BEFORE = "done already"
    CONFLICT = "conflict"  # done, against the rules: on the work list
    UNKNOWN = "unknown"  # nobody has such a card or barcode: on the work list
    REFUSED = "refused"  # a payment that could not be taken: for people
    UNREADABLE = "unreadable"
    BY_HAND = "by hand"  # it is not done here: for people
    AHEAD = "ahead"  # by the clock of the desk it has not happened yet: nothing was done


class Played(NamedTuple):
    """A line, what became of it, why, and the loan where there is one."""

    line: OffLine
    outcome: Outcome
    why: str = ""
    loan_id: int | None = None


def in_order(lines: Iterable[OffLine]) -> list[OffLine]:
    """All lines of all desks by when they were written; those of one file and moment stay as they
    were. What cannot be read comes last."""
    last = datetime.max.replace(tzinfo=UTC)
    return sorted(lines, key=lambda each: each.written or last)


def play(
    transaction: Transaction, circulation: Circulation, desk: Desk, line: OffLine, now: datetime
) -> Played:
    """Does what the line says, at the desk of its file, unless it was done before."""
    if line.command is None or line.happened is None or line.written is None:
        return Played(line, Outcome.UNREADABLE, line.fault)
    if line.written > now + _AHEAD:
        return Played(line, Outcome.AHEAD, "how fast is the clock of that desk?")
    key = _key(circulation, line)
    kind = line.command.value
    if moved(transaction, keys=[key], source=_SOURCE, kind=kind):
        return Played(line, Outcome.BEFORE, "this line was taken in before")
    played = _PLAYED[line.command](Act(transaction, circulation, desk, now), line)
    is_open = line.command in _TOLD_UNTIL_DONE and played.outcome is not Outcome.DONE
    if not is_open:
        insert_moved(transaction, [MovedRow(_SOURCE, kind, key, played.loan_id or 0, 0)])
    return played


def _key(circulation: Circulation, line: OffLine) -> str:
    """The name of the line, which has somebody's card in it, as a digest that needs a key."""
    secret = IDENTIFIERS.of(circulation).keyed(_SOURCE).encode()[:64]
    return blake2b(line.name.encode("utf-8", "replace"), key=secret, digest_size=16).hexdigest()


def _issue(act: Act, line: OffLine) -> Played:
    wish = LoanWish(
        patron=line.patron, item=line.item, no_block=True, happened=line.happened, due=line.due
    )
    since, answer = lent_since(act.transaction, barcode=line.item), check_out(act, wish)
    if not isinstance(answer, Refused) and answer.loan.checked_out == since:
        reasons = [each.reason for each in answer.overridden]
        if Reason.ALREADY_ON_LOAN_TO_PATRON in reasons:
            return Played(line, Outcome.BEFORE, "the loan is there", answer.loan.id)
    return _lent(act, line, answer, Reported.CHECK_OUT)


def _renew(act: Act, line: OffLine) -> Played:
    wish = RenewalWish(
        patron=line.patron, item=line.item, no_block=True, happened=line.happened, due=line.due
    )
    return _lent(act, line, renew(act, wish), Reported.RENEWAL)


def _lent(
    act: Act, line: OffLine, answer: CheckedOut | Renewed | Refused, reported: Reported
) -> Played:
    if isinstance(answer, Refused):
        return _reported(act, line, answer, reported)
    why = ", ".join(refusal.reason.value for refusal in answer.overridden)
    outcome = Outcome.CONFLICT if answer.overridden else Outcome.DONE
    return Played(line, outcome, why, answer.loan.id)


def _reported(act: Act, line: OffLine, refused: Refused, reported: Reported) -> Played:
    report = OffLineReport(reported, line.item, line.patron, refused, line.happened, line.due)
    take_report(act, report)
    return Played(line, Outcome.UNKNOWN, _why(refused))


def _why(refused: Refused) -> str:
    return ", ".join(refusal.reason.value for refusal in refused.refusals)


def _return(act: Act, line: OffLine) -> Played:
    """An item that was lent again since is not taken back from whoever has it now."""
    since, happened = lent_since(act.transaction, barcode=line.item), line.happened
    if since is not None and line.written is not None and since > line.written:
        return Played(line, Outcome.BEFORE, "the item was lent again since")
    if since is not None and happened is not None:
        happened = max(happened, since)  # put back to before it was lent
    answer = check_in(act, item=line.item, returned=happened)
    if isinstance(answer, Refused):
        return _reported(act, line, answer, Reported.CHECK_IN)
    assert isinstance(answer, CheckedIn)
    why = "" if answer.was_on_loan else "it was not on loan"
    return Played(line, Outcome.DONE, why, None if answer.loan is None else answer.loan.id)


def _pay(act: Act, line: OffLine) -> Played:
    """Put to what is owed, the oldest first; what is left is kept as the rules have it."""
    identifier = IDENTIFIERS.of(act.circulation).stored(line.patron)
    lock_patron(act.transaction, identifier=identifier)
    patron = patron_facts(act.transaction, identifier=identifier, now=act.now)
    if patron is None:
        return Played(line, Outcome.UNKNOWN, "no patron has this card")
    currency = account_currency(act, patron_id=patron.id, category=patron.category)
    assert line.amount is not None
    units = line.amount.scaleb(exponent_of(currency))
    if units != int(units):
        return Played(line, Outcome.REFUSED, "more decimals than the currency has")
    order = f"{METHOD} {_key(act.circulation, line)}"
    wish = PaymentWish(int(units), currency, order_id=order, method=METHOD)
    answer = pay(act, wish, patron=line.patron)
    if not isinstance(answer, Paid):
        return Played(line, Outcome.REFUSED, _why(answer))
    kept = "more than was owed: the rest is kept for the patron" if answer.credit else ""
    return Played(line, Outcome.DONE, kept)


def _register(act: Act, line: OffLine) -> Played:
    """Who they are, and what they may do, is for staff to say."""
    stored = IDENTIFIERS.of(act.circulation).stored(line.patron)
    if find_patron(act.transaction, stored) is not None:
        return Played(line, Outcome.DONE, "the card is known")
    return Played(line, Outcome.BY_HAND, "register this patron, then play the file again")


def _use(act: Act, line: OffLine) -> Played:
    return Played(line, Outcome.BY_HAND, "use in the house is not counted here")


#: Money that was not taken, and who was not registered, is told as often as the file comes.
_TOLD_UNTIL_DONE: Final = (Command.PAYMENT, Command.REGISTER)
_PLAYED: Final[dict[Command, Callable[[Act, OffLine], Played]]] = {
    Command.ISSUE: _issue,
    Command.RENEW: _renew,
    Command.RETURN: _return,
    Command.PAYMENT: _pay,
    Command.REGISTER: _register,
    Command.USE: _use,
}
