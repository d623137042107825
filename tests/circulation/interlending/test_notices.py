"""The outbox: order, retries, leases, and an end to patience."""

from __future__ import annotations

from datetime import timedelta

from circulation.interlending.notices import (
    FIRST_WAIT,
    LEASE,
    LONGEST_WAIT,
    PATIENCE,
    PartnerNotice,
    claim_notice,
    notice_dropped,
    notice_failed,
    notice_sent,
    notices_of,
    partners_to_tell,
    waiting_notices,
)
from circulation.interlending.rows import InterlibraryLoan
from tests.builders.circulation import Library, a_patron
from tests.builders.interlending import a_borrowed_item, again


def claim(library: Library) -> PartnerNotice | None:
    return library.write(lambda transaction: claim_notice(transaction, "broker", library.now))


def failed(library: Library, notice: PartnerNotice) -> None:
    library.write(lambda transaction: notice_failed(transaction, notice, library.now, "no answer"))


def two_notices(library: Library) -> InterlibraryLoan:
    """Lent to the patron, and handed in again."""
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    library.check_out(card, loan.barcode)
    library.check_in(loan.barcode)
    return again(library, loan)


def test_in_order_and_once(either_library: Library) -> None:
    library = either_library
    two_notices(library)
    assert library.read(lambda transaction: partners_to_tell(transaction, now=library.now)) == [
        "broker"
    ]
    first = claim(library)
    assert first is not None
    assert (first.kind.value, first.tries, first.request_id) == ("checked_out", 1, "REQ-1")
    assert claim(library) is None  # the second waits for the first
    library.write(lambda transaction: notice_sent(transaction, first, library.now))
    second = claim(library)
    assert second is not None
    assert second.kind.value == "checked_in"
    library.write(lambda transaction: notice_sent(transaction, second, library.now, "Unknown Item"))
    assert claim(library) is None
    assert library.read(lambda transaction: partners_to_tell(transaction, now=library.now)) == []
    told = library.read(lambda transaction: notices_of(transaction, loan_id=first.loan_id))
    assert [(each.kind, each.problem) for each in told] == [
        ("checked_out", ""),
        ("checked_in", "Unknown Item"),
    ]


def test_a_process_that_ended_before_it_could_say_so(library: Library) -> None:
    two_notices(library)
    first = claim(library)
    library.now += LEASE
    second = claim(library)
    assert first is not None
    assert second is not None
    assert (second.id, second.tries) == (first.id, 2)


def test_what_fails_waits_longer_each_time_and_is_given_up_at_last(either_library: Library) -> None:
    library = either_library
    loan = two_notices(library)
    for tries in range(1, 16):
        notice = claim(library)
        assert notice is not None
        assert notice.tries == tries
        failed(library, notice)
        wait = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
        library.now += wait - timedelta(seconds=1)
        assert claim(library) is None
        assert (
            library.read(lambda transaction: partners_to_tell(transaction, now=library.now)) == []
        )
        library.now += timedelta(seconds=1)
    library.now = notice.written + PATIENCE
    last = claim(library)
    assert last is not None
    failed(library, last)
    told = library.read(lambda transaction: notices_of(transaction, loan_id=loan.id))
    assert (told[0].given_up, told[0].problem) == (library.now, "no answer")
    # The next of the loan is no longer kept back.
    following = claim(library)
    assert following is not None
    assert following.kind.value == "checked_in"


def test_nobody_is_to_be_told(library: Library) -> None:
    loan = two_notices(library)
    notice = claim(library)
    assert notice is not None
    library.write(
        lambda transaction: notice_dropped(transaction, notice, library.now, "no partner")
    )
    told = library.read(lambda transaction: notices_of(transaction, loan_id=loan.id))
    assert (told[0].given_up, told[0].problem) == (library.now, "no partner")


def test_queues(library: Library) -> None:
    two_notices(library)
    notice = claim(library)
    assert notice is not None
    failed(library, notice)
    (queue,) = library.read(waiting_notices)
    assert queue == ("broker", 2, 1)
    assert claim(library) is None
    library.now += timedelta(minutes=1)
    assert claim(library) is not None
