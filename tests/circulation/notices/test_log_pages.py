"""The log of a person by pages: all of it, in its order, wherever the pages end."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Final

from catalogue.database import Transaction
from circulation.kernel.paging import Place
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.log import Logged, log_of
from circulation.notices.rows import Message, insert_messages
from tests.builders.circulation import Library, a_patron
from tests.builders.notices import NoticeRow, insert_notices, patron_id

#: What notices of a message may be in, which is in that state itself: as it is, mostly.
_OF_NOTICES: Final = {
    NoticeState.SENT: (NoticeState.SENT, NoticeState.SENT, NoticeState.WAITING),
    NoticeState.WAITING: (NoticeState.SENDING, NoticeState.WAITING, NoticeState.WITHDRAWN),
    NoticeState.SENDING: (NoticeState.SENDING,),
    NoticeState.FAILED: (NoticeState.FAILED, NoticeState.WAITING, NoticeState.SENDING),
    NoticeState.UNSURE: (NoticeState.UNSURE,),
}
_OF_NONE: Final = (NoticeState.WAITING, NoticeState.NO_CONTACT_DATA, NoticeState.WITHDRAWN)


def _filled(library: Library, persons: list[int]) -> tuple[list[Message], list[NoticeRow]]:
    """Messages to these persons about themselves and each other, many of them at one moment, and
    the notices that they tell, or that none tells; of some messages none is left."""
    draw, messages, rows = Random(7), [], []
    for each in range(60):
        about, to = draw.choice(persons), draw.choice(persons)
        at = library.now + timedelta(minutes=draw.randrange(20))
        ids = [library.circulation.ids.next(library.now) for _ in range(3)]
        state = draw.choice([*_OF_NOTICES])
        whose = (about, to if each % 3 else about, library.main.id, NoticeKind.STAFF)
        has_message = bool(each % 4)
        if has_message:
            words = "email", "", "da", f"subject {each}", "text", "staff"
            sent = state, 1, at, at, None, None, at, "", "", False
            messages.append(Message(ids[0], *whose, *words, *sent))
        for notice_id in ids[1 : draw.randrange(1, 4)]:
            given = _OF_NOTICES[state] if has_message else _OF_NONE
            before = at - timedelta(minutes=draw.randrange(9))
            told = ids[0] if has_message else None
            # A digest is about one person and tells notices about others.
            others = (draw.choice(persons), *whose[1:]) if each % 5 == 0 else whose
            rows.append(NoticeRow(notice_id, told, *others, draw.choice(given), before, before))

    def work(transaction: Transaction) -> None:
        insert_messages(transaction, messages)
        insert_notices(transaction, rows)

    library.write(work)
    return messages, rows


def _expected(
    person: int, messages: list[Message], rows: list[NoticeRow]
) -> list[tuple[int, tuple[int, ...]]]:
    """By what the log is: the ids of the entries, the newest first, each with its notices."""
    theirs = {each.id: each for each in messages if person in (each.patron_id, each.recipient_id)}
    found = []
    told: dict[int, list[int]] = {each: [] for each in theirs}
    for row in rows:
        if person not in (row.patron_id, row.recipient_id):
            continue
        message = theirs.get(row.message_id or 0)
        if message is not None:
            told[message.id].append(row.id)
        is_retried = message is not None and (message.state, row.state) == (
            NoticeState.WAITING,
            NoticeState.SENDING,
        )
        if not is_retried and (message is None or message.state is not row.state):
            found.append((row.created, row.id, (row.id,)))
    found += [(each.created, each.id, tuple(sorted(told[each.id]))) for each in theirs.values()]
    return [(entry_id, notices) for _, entry_id, notices in sorted(found, reverse=True)]


def test_pages_end_anywhere(library: Library) -> None:
    cards = [a_patron(library) for _ in range(3)]
    persons = [patron_id(library, card) for card in cards]
    messages, rows = _filled(library, persons)

    def pages(transaction: Transaction, person: int, limit: int) -> list[Logged]:
        found: list[Logged] = []
        after: Place | None = None
        while True:
            page = log_of(transaction, person, after=after, limit=limit)
            assert len(page.lines) <= limit
            found += page.lines
            if page.next is None:
                return found
            after = page.next

    def read(transaction: Transaction) -> None:
        for person in persons:
            expected = _expected(person, messages, rows)
            assert len(expected) > 25
            for limit in (1, 4, 25, 1_000):
                found = pages(transaction, person, limit)
                assert [(each.id, each.notices) for each in found] == expected

    library.read(read)


def test_who_was_told_nothing_has_an_empty_page(library: Library) -> None:
    card = a_patron(library)
    page = library.read(lambda transaction: log_of(transaction, patron_id(library, card)))
    assert (page.lines, page.next) == ((), None)
