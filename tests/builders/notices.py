"""Messages in the small library of `tests.builders.circulation`: rules, and what comes of them.

Sending is done as the sender does it: claimed in one transaction, recorded in another.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import insert

from catalogue.database import Statement, Transaction, send_many
from circulation.kernel.results import UNATTENDED, CheckedOut, Desk
from circulation.kernel.set_up import set_up_changed
from circulation.notices.causes import Cause
from circulation.notices.claiming import Outgoing, claim
from circulation.notices.gathering import gather
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.log import Logged, log_of
from circulation.notices.outcomes import Outcome, Sent, claim_again, record
from circulation.notices.post import Post
from circulation.notices.requests import NoticeRequest, request_notice
from circulation.notices.rows import Message, insert_messages
from circulation.notices.rules import NOTICE_RULES
from circulation.notices.schema import notices
from circulation.patrons.changes import change_patron
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import Library

POST = Post()
MOBILE = "+45 22 33 44 55"
EMAIL = "ida@example.org"


def rule(library: Library, *channels: str, kind: NoticeKind | None = None, **terms: Any) -> None:
    """Stores a rule; without `channels` one that says nothing of them."""

    def work(transaction: Transaction) -> None:
        if channels:
            terms["channels"] = list(channels)
        NOTICE_RULES.store(transaction, kind=kind and kind.value, **terms)
        set_up_changed(transaction)

    library.write(work)


class NoticeRow(NamedTuple):
    """A notice as it is stored, whatever has led to it."""

    id: int
    message_id: int | None
    patron_id: int
    recipient_id: int
    branch_id: int
    kind: NoticeKind
    state: NoticeState
    created: datetime
    due: datetime
    cause: str = "{}"
    facts: str = "{}"
    failed: str = ""
    why: str = ""


@send_many
def insert_notices(row: NoticeRow) -> Statement:
    return insert(notices).values(row._asdict())


def write_told(transaction: Transaction, library: Library, person: int, number: int) -> None:
    """So many messages were sent to the person, an hour apart, each of which tells a notice."""
    messages, rows = [], []
    for each in range(number):
        at = library.now - timedelta(hours=number - each)
        notice_id, message_id = (library.circulation.ids.next(library.now) for _ in range(2))
        whose = person, person, library.main.id, NoticeKind.DUE_SOON
        rows.append(NoticeRow(notice_id, message_id, *whose, NoticeState.SENT, at, at))
        words = "Husk at aflevere", "Der er noget, der snart skal afleveres.", "due_soon"
        went_out = NoticeState.SENT, 1, at, at, at, at, at, f"{person}-{each}", "", False
        messages.append(Message(message_id, *whose, "email", EMAIL, "da", *words, *went_out))
    insert_messages(transaction, messages)
    insert_notices(transaction, rows)


def patron_id(library: Library, card: str) -> int:
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    return found


def lend(library: Library, card: str, barcode: str) -> int:
    """Lends the item; gives the loan's id."""
    answer = library.check_out(card, barcode)
    assert isinstance(answer, CheckedOut), answer
    return answer.loan.id


def ask_for(
    library: Library, card: str, kind: NoticeKind, cause: Cause, **options: Any
) -> int | None:
    """Has the patron told; gives the notice's id."""
    who = patron_id(library, card)
    return library.write(
        lambda transaction: request_notice(
            library.act(transaction, UNATTENDED), NoticeRequest(who, kind, cause, **options)
        )
    )


def overdue(library: Library, card: str, *loans: int, number: int = 1) -> None:
    """A notice for each of the loans that it is overdue."""
    for loan in loans:
        cause = Cause(loans=(loan,), key=f"overdue-{number}")
        ask_for(library, card, NoticeKind.OVERDUE, cause, facts={"number": number})


def gathered(library: Library) -> int:
    """Makes notices of what has happened; how many."""
    made, more = library.write(lambda transaction: gather(library.act(transaction, UNATTENDED)))
    assert more is None
    return made


def claimed(library: Library, post: Post = POST) -> list[Outgoing]:
    """What is due, claimed for sending."""
    found: list[Outgoing] = []
    is_more = True
    while is_more:
        outgoing, is_more = library.write(
            lambda transaction: claim(library.act(transaction, UNATTENDED), post)
        )
        found += outgoing
    return found


def claimed_again(library: Library, post: Post = POST) -> list[Outgoing]:
    """Messages that are tried again."""
    return library.write(
        lambda transaction: claim_again(library.act(transaction, UNATTENDED), post)
    )


def went(library: Library, outgoing: Outgoing, outcome: Outcome | None = None) -> None:
    """Writes down how giving it to the channel went: well, where nothing else is said."""
    library.write(
        lambda transaction: record(transaction, outgoing.id, outcome or Sent("ref"), library.now)
    )


def sent(library: Library, post: Post = POST) -> list[Outgoing]:
    """Everything that is due is sent, and no channel refuses."""
    found = claimed(library, post)
    for each in found:
        went(library, each)
    return found


def log(library: Library, card: str) -> list[Logged]:
    """The whole log, the oldest first."""
    who = patron_id(library, card)
    return [*library.read(lambda transaction: log_of(transaction, who)).lines[::-1]]


def states(library: Library, card: str) -> list[tuple[str, str, str]]:
    """Of each entry of the log: type, channel, state."""
    return [(each.kind.value, each.channel, each.state.value) for each in log(library, card)]


def write(library: Library, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Runs an engine's function that takes a transaction first."""
    return library.write(lambda transaction: work(transaction, *arguments, **options))


def act(library: Library, verb: Any, *about: Any, desk: Desk = UNATTENDED, **options: Any) -> Any:
    """What a verb does, which takes an act first."""
    return library.write(
        lambda transaction: verb(library.act(transaction, desk), *about, **options)
    )


def speak_english(library: Library, patron_id: int) -> None:
    """From now on the patron is written to in English."""
    act(library, change_patron, patron_id, {"language": "en"})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
