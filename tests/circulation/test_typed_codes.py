"""Cards and barcodes are found as they stand, or else in any case, by an index."""

from __future__ import annotations

import pytest

from catalogue.database import Transaction
from catalogue.items import find_item
from circulation.items.facts import item_facts
from circulation.kernel.results import UNATTENDED, CheckedIn, CheckedOut, Refused, Renewed
from circulation.patrons.facts import borrower_facts
from circulation.patrons.identifiers import find_patron
from circulation.patrons.registering import NewPatron, register_patron
from tests.builders.circulation import Library, a_patron, an_item


@pytest.mark.parametrize("typed", ["Card1", "card1", "CARD1"])
def test_a_card_and_a_barcode_are_found_whatever_their_case(library: Library, typed: str) -> None:
    a_patron(library, "Card1")
    an_item(library, "Card1")
    lent = library.check_out(typed, typed)
    assert isinstance(lent, CheckedOut)
    assert (lent.item.barcode, lent.patron.card) == ("Card1", "Card1")
    library.pass_time(days=1)
    assert isinstance(library.renew(typed, typed), Renewed)
    returned = library.check_in(typed)
    assert isinstance(returned, CheckedIn)
    assert returned.was_on_loan


def test_where_two_differ_by_their_case_each_is_found_as_it_stands(library: Library) -> None:
    numbers = {}
    for code in ("abc", "ABC"):
        a_patron(library, code)
        an_item(library, code)
    for code in ("abc", "ABC"):
        lent = library.check_out(code, code)
        assert isinstance(lent, CheckedOut)
        assert lent.item.barcode == code
        numbers[code] = library.read(lambda transaction, c=code: find_patron(transaction, c))
    assert numbers["abc"] != numbers["ABC"]
    assert isinstance(library.check_in("Abc"), Refused)
    assert library.read(lambda transaction: find_patron(transaction, "Abc")) is None
    assert library.read(lambda transaction: find_item(transaction, "aBC")) is None


def test_an_identifier_that_differs_by_its_case_may_be_given_out(library: Library) -> None:
    """Codes of an old system come over as they are; they are found by no other spelling then."""
    a_patron(library, "x1")
    a_patron(library, "X1")


def test_none_of_the_look_ups_reads_a_whole_table(library: Library) -> None:
    """The plans as the database makes them for tables that are worth an index."""

    def many(transaction: Transaction) -> None:
        for number in range(300):
            register_patron(
                library.act(transaction, UNATTENDED),
                NewPatron(
                    home_branch=library.main.id,
                    category="adult",
                    given_name="A",
                    family_name="B",
                    card=f"C{number}",
                ),
            )

    library.write(many)
    for number in range(300):
        an_item(library, f"I{number}")

    def plans(transaction: Transaction) -> list[str]:
        seen: list[str] = []
        sqlite = transaction.dialect == "sqlite"
        explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
        original = transaction.execute

        def explaining(text: str, values: object) -> object:
            rows = original(explain + text, values).fetchall()  # type: ignore[arg-type]
            seen.extend(str(row[-1]) for row in rows)
            return original(text, values)  # type: ignore[arg-type]

        if not sqlite:
            # A table that looks empty to the planner is as cheap by any index, whole.
            original("ANALYZE patron_identifiers, items", ())
            for setting in ("enable_seqscan", "enable_bitmapscan"):
                original(f"SET LOCAL {setting} = off", ())
        transaction.execute = explaining  # type: ignore[assignment]
        try:
            find_patron(transaction, "c7")
            find_item(transaction, "i1")
            item_facts(transaction, barcode="i1")
            borrower_facts(
                transaction,
                identifier="c7",
                now=library.now,
                material_group="",
                most=0,
                most_of_group=0,
            )
        finally:
            transaction.execute = original
        return seen

    lines = library.write(plans)
    tables = ("patron_identifiers", "items")
    scans = [
        line
        for line in lines
        if (line.startswith("SCAN ") and line.split()[1].split("_AS_")[0] in tables)
        or ("Seq Scan" in line and any(f" on {table}" in line for table in tables))
    ]
    assert lines
    assert scans == []
    for index in ("ix_patron_identifiers_small", "ix_items_small_barcode"):
        assert any(index in line for line in lines), index
