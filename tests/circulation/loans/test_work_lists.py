"""What staff have to see to, page by page."""

from __future__ import annotations

from datetime import timedelta

from circulation.kernel.events import EventKind
from circulation.kernel.paging import Page
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import UNATTENDED, CheckedOut, LoanMark
from circulation.loans import work_lists
from circulation.loans.conflicts import settle_conflict
from circulation.loans.lost import claim_returned, declare_lost
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import Library, a_patron, an_item


def test_overdue_loans_page_by_page(library: Library) -> None:
    card = a_patron(library)
    barcodes = [an_item(library, on_loan_to=card) for _ in range(7)]
    library.pass_time(days=1)
    later = an_item(library, on_loan_to=card)
    library.pass_time(days=29)
    claimed = barcodes.pop()
    library.write(lambda transaction: claim_returned(library.act(transaction), item=claimed))
    found, after = [], None
    for _ in range(3):
        page = library.read(
            lambda transaction, after=after: work_lists.overdue_loans(  # type: ignore[misc]
                transaction, now=library.now, after=after, limit=3
            )
        )
        assert len(page.lines) <= 3
        found += [line.barcode for line in page.lines]
        after = page.next
    assert after is None
    assert found == [*barcodes, later]
    assert page.lines[-1].patron_name == "Ida Ørsted"

    elsewhere = library.read(
        lambda transaction: work_lists.overdue_loans(
            transaction, now=library.now, branch_id=library.other.id
        )
    )
    assert elsewhere == Page((), None)


def test_a_page_goes_on_where_the_last_ended_whatever_happens_between(
    sqlite_library: Library,
) -> None:
    library = sqlite_library
    card = a_patron(library)
    barcodes = [an_item(library, on_loan_to=card) for _ in range(4)]
    library.pass_time(days=40)
    first = library.read(
        lambda transaction: work_lists.overdue_loans(transaction, now=library.now, limit=2)
    )
    library.check_in(barcodes[0])
    rest = library.read(
        lambda transaction: work_lists.overdue_loans(
            transaction, now=library.now, limit=2, after=first.next
        )
    )
    assert [line.barcode for line in rest.lines] == barcodes[2:]


def test_lost_claimed_and_missing(library: Library) -> None:
    card = a_patron(library)
    lost, claimed = (an_item(library, on_loan_to=card) for _ in range(2))
    missing = an_item(library)
    for barcode, verb in (
        (lost, declare_lost),
        (claimed, claim_returned),
        (missing, declare_lost),
    ):
        library.pass_time(hours=1)
        library.write(
            lambda transaction, barcode=barcode, verb=verb: verb(  # type: ignore[misc]
                library.act(transaction), item=barcode
            )
        )
    page = library.read(lambda transaction: work_lists.lost_and_claimed(transaction))
    assert [(line.barcode, line.mark) for line in page.lines] == [
        (lost, LoanMark.LOST),
        (claimed, LoanMark.CLAIMED_RETURNED),
    ]
    page = library.read(
        lambda transaction: work_lists.items_missing(transaction, branch_id=library.main.id)
    )
    assert [(line.barcode, line.mark, line.patron_id) for line in page.lines] == [
        (missing, None, None)
    ]
    library.check_in(missing)
    library.check_in(lost)
    assert library.read(lambda transaction: work_lists.items_missing(transaction)).lines == ()
    page = library.read(lambda transaction: work_lists.lost_and_claimed(transaction))
    assert [line.barcode for line in page.lines] == [claimed]


def test_transits_that_should_have_arrived(sqlite_library: Library) -> None:
    library = sqlite_library
    first, second = an_item(library), an_item(library)
    library.check_in(first, at=library.other)
    library.pass_time(days=10)
    library.check_in(second, at=library.other)
    page = library.read(
        lambda transaction: work_lists.transits_overdue(
            transaction,
            sent_before=library.now - timedelta(days=7),
            branch_id=library.main.id,
        )
    )
    (line,) = page.lines
    assert (line.barcode, line.from_branch_id, line.to_branch_id, line.reason) == (
        first,
        library.other.id,
        library.main.id,
        "home",
    )


def test_no_block_is_always_accepted_and_what_it_overrode_is_listed(library: Library) -> None:
    """Statement 16: no-block transactions are accepted; conflicts go to a work list."""
    card, holder = a_patron(library), a_patron(library)
    number = library.read(lambda transaction: find_patron(transaction, card))
    assert number is not None
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), number, BlockReason.EXCLUDED
        )
    )
    barcode = an_item(library, on_loan_to=holder)
    fine = an_item(library)
    library.pass_time(minutes=1)
    answer = library.check_out(card, barcode, no_block=True)
    assert isinstance(answer, CheckedOut)
    assert isinstance(library.check_out(holder, fine, no_block=True), CheckedOut)
    library.check_out(card, barcode, no_block=True)  # the same report once more
    (line,) = library.read(lambda transaction: work_lists.no_block_conflicts(transaction)).lines
    assert line.reasons == (Reason.PATRON_BLOCKED, Reason.ON_LOAN_TO_ANOTHER)
    assert (line.barcode, line.loan_id, line.patron_id) == (barcode, answer.loan.id, number)

    def settle() -> bool:
        return library.write(lambda transaction: settle_conflict(library.act(transaction), line.id))

    assert (settle(), settle()) == (True, False)
    assert library.read(lambda transaction: work_lists.no_block_conflicts(transaction)).lines == ()
    assert library.events_of(barcode)[-1].kind is EventKind.CONFLICT_SETTLED
