"""What a school has is the school's own (statement 19 of the domain)."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from catalogue.changes.accession import add_record
from catalogue.database import Database, Transaction
from catalogue.items import add_item
from catalogue.query import Term
from catalogue.searching.evaluation import search
from catalogue.visibility import visible_branches, visible_records
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import find_branch
from circulation.kernel.overriding import NO_OVERRIDE, Override
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, CheckedIn, Destination, Refused
from circulation.patrons.registering import NewPatron, register_patron
from circulation.setting_up.applying import apply_set_up
from circulation.setting_up.reading import read
from protocols.demo.records import marc_record
from protocols.demo.works import WORKS
from tests.builders.circulation import NOON, Library
from tests.builders.holds import ask

TEXT = """
consortium = "Prøveland"
[categories]
adult = "Voksne"
[agencies.DK-900100]
name = "Biblioteket"
[agencies.DK-900200]
name = "Skolerne"
kind = "school"
[branches.DK-900101]
agency = "DK-900100"
name = "Hovedbiblioteket"
[branches.DK-900201]
agency = "DK-900200"
name = "Højskolen"
[branches.DK-900202]
agency = "DK-900200"
name = "Dalskolen"
[[rules]]
loan_days = 28
[[transport]]
from = "DK-900201"
to = "DK-900101"
cost = 1
"""
SHARED = TEXT.replace('kind = "school"', 'kind = "school"\nshares_stock = true')
UNHOLDABLE = SHARED.replace("loan_days = 28", "loan_days = 28\nholdable = false")


class School(NamedTuple):
    """A library with a title that only the school DK-900201 has."""

    library: Library
    record_id: int
    barcode: str

    def apply(self, text: str) -> None:
        declared = read(text)
        self.library.write(
            lambda transaction: apply_set_up(self.library.act(transaction, UNATTENDED), declared)
        )

    def found_in(self, name: str | None) -> bool:
        """Is the title found in a search of the database?"""

        def work(transaction: Transaction) -> bool:
            title = Term("title", WORKS[0].title)
            visible = visible_records(transaction, name)
            return self.record_id in search(transaction, title, visible=visible)

        return self.library.read(work)

    def asked_by(self, card: str) -> HoldsPlaced | Refused:
        return ask(self.library, card, Wanted(self.record_id))


@pytest.fixture
def school(database: Database) -> School:
    def work(transaction: Transaction) -> tuple[Library, int]:
        apply_set_up(Act(transaction, Circulation(), UNATTENDED, NOON), read(TEXT))
        main = find_branch(transaction, isil="DK-900101")
        hill = find_branch(transaction, isil="DK-900201")
        dale = find_branch(transaction, isil="DK-900202")
        assert main is not None
        assert hill is not None
        assert dale is not None
        record_id = add_record(transaction, marc_record(WORKS[0], 1), now=NOON)
        add_item(transaction, barcode="I1", record_id=record_id, branch_id=hill.id, now=NOON)
        act = Act(transaction, Circulation(), UNATTENDED, NOON)
        for card, home in (("P-public", main), ("P-hill", hill), ("P-dale", dale)):
            register_patron(
                act,
                NewPatron(
                    home_branch=home.id,
                    category="adult",
                    given_name="Ida",
                    family_name="Holm",
                    card=card,
                ),
            )
        return Library(database, main, dale), record_id

    library, record_id = database.write(work).result()
    return School(library, record_id, "I1")


def test_statement_19_school_stock_is_hidden_outside_the_school(school: School) -> None:
    assert school.found_in("DK-900200")
    assert school.found_in("DK-900201")
    for outside in (None, "Prøveland", "DK-900100", "DK-900101"):
        assert not school.found_in(outside), outside
    refused = school.asked_by("P-public")
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.NOT_HOLDABLE,)  # though the matrix names the way
    for card in ("P-hill", "P-dale"):
        assert isinstance(school.asked_by(card), HoldsPlaced), card


def test_statement_19_unless_the_school_shares_it(school: School) -> None:
    school.apply(SHARED)
    for anywhere in (None, "Prøveland", "DK-900200", "DK-900201"):
        assert school.found_in(anywhere), anywhere
    assert isinstance(school.asked_by("P-public"), HoldsPlaced)
    school.apply(TEXT)
    assert not school.found_in("Prøveland")


def test_statement_19_the_items_of_a_school_are_not_shown_with_a_title_that_others_have(
    school: School,
) -> None:
    def work(transaction: Transaction) -> None:
        main = find_branch(transaction, isil="DK-900101")
        assert main is not None
        add_item(
            transaction,
            barcode="I2",
            record_id=school.record_id,
            branch_id=main.id,
            now=NOON,
        )

    school.library.write(work)
    assert school.found_in("Prøveland")
    shown = school.library.read(lambda transaction: visible_branches(transaction, "Prøveland"))
    assert shown == frozenset({school.library.main.id})


@pytest.mark.parametrize("is_forced", [False, True])
def test_a_check_in_sends_no_school_book_to_the_public(school: School, is_forced: bool) -> None:
    """A hold that was placed while the school shared its stock is not served any more, nor one
    that was forced."""
    school.apply(UNHOLDABLE if is_forced else SHARED)
    why = Override(frozenset({Reason.NOT_HOLDABLE}), "for a project") if is_forced else NO_OVERRIDE
    answer = ask(school.library, "P-public", Wanted(school.record_id), overriding=why)
    assert isinstance(answer, HoldsPlaced)
    school.apply(TEXT)
    library = school.library
    hill = library.read(lambda transaction: find_branch(transaction, isil="DK-900201"))
    answer = library.check_in("I1", at=hill)
    assert isinstance(answer, CheckedIn)
    assert answer.destination is Destination.SHELF_HERE
