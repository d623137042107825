"""What was done of the flow, and the persons and loans behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalogue.database import Transaction
from circulation.dunning.collection_files import export_claims, read_file
from circulation.jobs.running import run_job
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED, CheckedOut
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.guardians import add_guardian
from circulation.patrons.personal_erasure import StillNeeded, erase_person
from circulation.patrons.personal_export import export_person
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.dunning import changed, claims, danish, loan_acts, run_day, run_days
from tests.builders.fees import hand_in, lend, number_of, paid, total

COLLECTED = 28 + 31 + 14 + 21


def cut_history(library: Library) -> None:
    run_job(library.circulation, library.database, "history", day=library.today, now=library.now)


def test_the_steps_of_a_loan_go_with_it(either_library: Library) -> None:
    library = either_library
    danish(library)
    card, barcode = a_patron(library), an_item(library)
    answer = library.check_out(card, barcode)
    assert isinstance(answer, CheckedOut)
    run_days(library, 28 + 2)
    hand_in(library, barcode)
    paid(library, card, total(library, card))
    assert len(loan_acts(library, answer.loan.id)) == 2
    library.pass_time(days=40)
    cut_history(library)
    assert loan_acts(library, answer.loan.id) == []


def test_nobody_is_erased_from_whom_a_debt_is_collected(either_library: Library) -> None:
    """Not the guardian either, who owes nothing themselves."""
    library = either_library
    danish(library, steps=changed("collection", children="guardian"))
    born = library.today - timedelta(days=10 * 365)
    child, parent = a_patron(library, birth_date=born), a_patron(library, name="Bo Forælder")
    child_id, parent_id = number_of(library, child), number_of(library, parent)
    library.write(
        lambda transaction: add_guardian(
            library.act(transaction, UNATTENDED), child_id, parent_id, today=library.today
        )
    )
    [book] = lend(library, child)
    run_days(library, COLLECTED)

    def export(transaction: Transaction) -> int:
        file_id = export_claims(library.act(transaction))
        assert file_id is not None
        return file_id

    file_id = library.write(export)
    with pytest.raises(StillNeeded, match="collected"):
        library.write(
            lambda transaction: erase_person(library.act(transaction, UNATTENDED), parent_id)
        )
    exported = library.read(lambda transaction: export_person(transaction, parent_id))
    assert exported is not None
    assert len(exported["collection_claims"]) == 2
    hand_in(library, book)
    paid(library, child, total(library, child))
    run_day(library)
    assert all(claim.closed for claim, _ in claims(library, child))
    library.write(lambda transaction: erase_person(library.act(transaction, UNATTENDED), parent_id))
    file = library.read(lambda transaction: read_file(library.circulation, transaction, file_id))
    assert file is not None
    assert (file.records, file.debtors) == ((), ())


def test_the_dead_are_left_in_peace_and_who_was_not_dead_is_told_again(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    lend(library, card)
    number = number_of(library, card)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), number, BlockReason.DECEASED
        )
    )
    run_days(library, 30)
    assert run_day(library) == {}
    library.write(
        lambda transaction: unblock_patron(
            library.act(transaction, UNATTENDED), number, BlockReason.DECEASED
        )
    )
    assert run_day(library)["steps overdue-1"] == 1
