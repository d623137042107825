"""Lines of off-line files are done here: in the order of time, each line once.

Nothing is refused that has happened: loans are made without a block. A loan against the rules goes
on the list of off-line acts, and so does a line that cannot be done yet: it stays open, and is
tried again when its card or item comes (`circulation.loans.waiting`). Each line is a transaction
with its name, so that a file may be played again, in part or whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from typing import Final, NamedTuple

from catalogue.database import Transaction
from circulation.fees.paying import PaymentWish, account_currency, pay
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Desk, Refusal, Refused, Renewed
from circulation.ledger.money import Paid, exponent_of
from circulation.loans.lending import check_out
from circulation.loans.off_line import (
    OffLineReport,
    Reported,
    Source,
    lock_reports,
    take_report,
)
from circulation.loans.renewals import renew
from circulation.loans.returns import check_in
from circulation.loans.waiting import Waiting, try_item, try_one, waiting_line
from circulation.loans.wishes import LoanWish, OffLineReturn, RenewalWish, Reporting
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
    CONFLICT = "conflict"  # done, against the rules: on the list of off-line acts
    OPEN = "open"  # an unknown card, for example: on that list, to be tried again
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
    lock_reports(transaction, branch_id=desk.branch_id)
    key = _key(circulation, line)
    kind = line.command.value
    act = Act(transaction, circulation, desk, now)
    if moved(transaction, keys=[key], source=_SOURCE, kind=kind):
        return _played_before(act, line, key)
    played = _PLAYED[line.command](act, line)
    insert_moved(transaction, [MovedRow(_SOURCE, kind, key, played.loan_id or 0, 0)])
    if line.item and played.outcome in (Outcome.DONE, Outcome.CONFLICT):
        try_item(act, line.item)
    return played


def _played_before(act: Act, line: OffLine, key: str) -> Played:
    """Try a line again that is open since it was played first."""
    waiting = waiting_line(act.transaction, line_key=key)
    if waiting is None:
        return Played(line, Outcome.BEFORE, "this line was taken in before")
    refused = try_one(act, waiting.id)
    return Played(line, Outcome.DONE) if refused is None else _open(line, refused)


def _open(line: OffLine, refused: Refused) -> Played:
    return Played(line, Outcome.OPEN, _why(refused))


def _key(circulation: Circulation, line: OffLine) -> str:
    """The name of the line, which has somebody's card in it, as a digest that needs a key."""
    secret = IDENTIFIERS.of(circulation).keyed(_SOURCE).encode()[:64]
    return blake2b(line.name.encode("utf-8", "replace"), key=secret, digest_size=16).hexdigest()


def _issue(act: Act, line: OffLine) -> Played:
    assert line.happened is not None
    wish = LoanWish(
        patron=line.patron,
        item=line.item,
        no_block=True,
        happened=line.happened,
        due=line.due,
        reporting=Reporting(_source_of(line).value),
    )
    before = act.circulation.ids.next(act.now)
    answer = check_out(act, wish)
    if isinstance(answer, Refused):
        return _reported(act, line, answer, Reported.CHECK_OUT)
    if answer.loan.id < before:
        return Played(line, Outcome.BEFORE, "the loan is there", answer.loan.id)
    return _lent(line, answer)


def _renew(act: Act, line: OffLine) -> Played:
    wish = RenewalWish(
        patron=line.patron,
        item=line.item,
        no_block=True,
        happened=line.happened,
        due=line.due,
        reporting=Reporting(_source_of(line).value),
    )
    answer = renew(act, wish)
    if isinstance(answer, Refused):
        return _reported(act, line, answer, Reported.RENEWAL)
    return _lent(line, answer)


def _lent(line: OffLine, answer: CheckedOut | Renewed) -> Played:
    why = ", ".join(refusal.reason.value for refusal in answer.overridden)
    outcome = Outcome.CONFLICT if answer.overridden else Outcome.DONE
    return Played(line, outcome, why, answer.loan.id)


def _source_of(line: OffLine) -> Source:
    return Source.EVERGREEN if line.is_json else Source.KOC


def _reported(
    act: Act, line: OffLine, refused: Refused, reported: Reported, amount: str | None = None
) -> Played:
    report = OffLineReport(
        reported,
        line.item,
        line.patron,
        refused,
        line.written if reported is Reported.CHECK_IN else line.happened,
        line.due,
        _source_of(line),
        line.happened if reported is Reported.CHECK_IN else None,
        amount,
        _key(act.circulation, line),
    )
    take_report(act, report)
    return _open(line, refused)


def _why(refused: Refused) -> str:
    return ", ".join(refusal.reason.value for refusal in refused.refusals)


def _return(act: Act, line: OffLine) -> Played:
    off_line = OffLineReturn(line.written)
    answer = check_in(act, item=line.item, returned=line.happened, off_line=off_line)
    if isinstance(answer, Refused):
        return _reported(act, line, answer, Reported.CHECK_IN)
    why = "" if answer.was_on_loan else "it was not on loan"
    if answer.is_past:
        why = "the item was returned or lent again since"
    return Played(line, Outcome.DONE, why, None if answer.loan is None else answer.loan.id)


def _pay(act: Act, line: OffLine) -> Played:
    assert line.amount is not None
    answer = _pay_amount(act, line.patron, line.amount, _key(act.circulation, line))
    if isinstance(answer, Refused):
        return _reported(act, line, answer, Reported.PAYMENT, str(line.amount))
    kept = "more than was owed: the rest is kept for the patron" if answer.credit else ""
    return Played(line, Outcome.DONE, kept)


def _pay_amount(act: Act, card: str, amount: Decimal, key: str) -> Paid | Refused:
    """Pay debts, the oldest first; the rest is kept as the rules say. Once for each line."""
    identifier = IDENTIFIERS.of(act.circulation).stored(card)
    lock_patron(act.transaction, identifier=identifier)
    patron = patron_facts(act.transaction, identifier=identifier, now=act.now)
    if patron is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    currency = account_currency(act, patron_id=patron.id, category=patron.category)
    units = amount.scaleb(exponent_of(currency))
    if units != int(units):
        return Refused((Refusal(Reason.AMOUNT_WRONG),))
    wish = PaymentWish(int(units), currency, order_id=f"{METHOD} {key}", method=METHOD)
    answer = pay(act, wish, patron=card)
    return answer if isinstance(answer, Paid) else Refused(answer.refusals)


def _register(act: Act, line: OffLine) -> Played:
    """Wait until staff have registered the patron: who they are, and what they may do."""
    refused = _find_card(act, line.patron)
    if refused is None:
        return Played(line, Outcome.DONE, "the card is known")
    if not line.patron:
        return Played(line, Outcome.BY_HAND, "register this patron, who has no card")
    return _reported(act, line, refused, Reported.REGISTRATION)


def _find_card(act: Act, card: str) -> Refused | None:
    """Return why a registration is open still."""
    stored = IDENTIFIERS.of(act.circulation).stored(card)
    is_known = find_patron(act.transaction, stored) is not None
    return None if is_known else Refused((Refusal(Reason.PATRON_UNKNOWN),))


def _use(act: Act, line: OffLine) -> Played:
    return Played(line, Outcome.BY_HAND, "use in the house is not counted here")


def _try_payment(act: Act, waiting: Waiting) -> Refused | int:
    card, key = waiting.patron_identifier or "", waiting.line_key or ""
    answer = _pay_amount(act, card, Decimal(waiting.amount or "0"), key)
    return answer if isinstance(answer, Refused) else 0


def _try_registration(act: Act, waiting: Waiting) -> Refused | int:
    return _find_card(act, waiting.patron_identifier or "") or 0


#: How open lines that are no loans are tried again.
TRIERS: Final = (
    (Reported.PAYMENT, _try_payment),
    (Reported.REGISTRATION, _try_registration),
)
_PLAYED: Final[dict[Command, Callable[[Act, OffLine], Played]]] = {
    Command.ISSUE: _issue,
    Command.RENEW: _renew,
    Command.RETURN: _return,
    Command.PAYMENT: _pay,
    Command.REGISTER: _register,
    Command.USE: _use,
}
