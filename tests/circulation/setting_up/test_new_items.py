"""Defaults of new items and ranges of barcodes in the set-up as text."""

from __future__ import annotations

from catalogue.database import Database, Transaction, open_database
from circulation.accession.barcode_ranges import all_ranges, next_barcode
from circulation.accession.item_defaults import ITEM_DEFAULTS, Place, resolve_defaults
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import UNATTENDED
from circulation.kernel.set_up import read_set_up
from circulation.sections.changes import Change
from circulation.setting_up.applying import apply_set_up, plan
from circulation.setting_up.reading import read
from tests.builders.circulation import NOON

HEAD = """\
consortium = "Prøveland"
[groups]
book = "Books"
dvd = "Films"
[agencies.DK-900100]
name = "Biblioteker"
[branches.DK-900101]
agency = "DK-900100"
name = "Hoved"
[branches.DK-900102]
agency = "DK-900100"
name = "Filial"
"""
TEXT = (
    HEAD
    + """\
[[item_defaults]]
type = "book"
gives_group = "book"
call_number = "dewey"
[[item_defaults]]
at = "DK-900100"
group = "dvd"
price = 30000
currency = "DKK"
[[item_defaults]]
at = "DK-900101"
department = "Adults"
[barcode_ranges.own]
at = "DK-900101"
prefix = "H"
first = 1
last = 9999
check_digit = true
"""
)


def applied(database: Database, text: str) -> list[Change]:
    return database.write(
        lambda transaction: apply_set_up(
            Act(transaction, Circulation(), UNATTENDED, NOON), read(text)
        )
    ).result()


def test_a_text_is_applied_once_and_can_be_taken_back(database: Database) -> None:
    told = [str(change) for change in applied(database, TEXT)]
    assert any("+ item defaults everywhere of book" in line for line in told)
    assert any("+ barcode range own" in line for line in told)
    assert applied(database, TEXT) == []

    def given(transaction: Transaction) -> tuple[object, ...]:
        branch = find_branch(transaction, isil="DK-900101")
        assert branch is not None
        found, point = resolve_defaults(
            ITEM_DEFAULTS.read(transaction),
            Place(branch.agency_id, branch.id),
            read_set_up(transaction).groups,
            material_group=None,
            types=("book",),
        )
        barcode = next_barcode(transaction, Place(branch.agency_id, branch.id))
        return found.material_group, found.department, found.price, point, barcode

    assert database.write(given).result() == ("book", "Adults", None, "dewey", "H00018")
    assert len(applied(database, TEXT.replace("9999", "99999"))) == 1
    (kept,) = database.read(all_ranges).result()
    assert (kept.next_number, kept.last_number) == (2, 99_999)
    assert len(applied(database, HEAD)) == 4
    assert database.read(ITEM_DEFAULTS.read).result() == []


def test_a_range_lets_go_of_a_branch_that_goes(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    applied(database, TEXT)
    without = TEXT.replace('[branches.DK-900101]\nagency = "DK-900100"\nname = "Hoved"\n', "")
    without = without.replace("DK-900101", "DK-900102")

    def used(transaction: Transaction) -> str:
        branch = find_branch(transaction, isil="DK-900101")
        assert branch is not None
        return next_barcode(transaction, Place(branch.agency_id, branch.id))

    database.write(used).result()
    assert applied(database, without)
    (kept,) = database.read(all_ranges).result()
    assert kept.next_number == 2
    assert applied(database, without) == []
    database.close()


def test_all_that_is_wrong_is_told(sqlite_url: str) -> None:
    text = HEAD + (
        '[[item_defaults]]\nat = "DK-1"\ngroup = "x"\ntype = "bok"\nprice = 5\n'
        '[[item_defaults]]\ngroup = "dvd"\ngives_group = "book"\ncall_number = "title"\n'
        '[[item_defaults]]\nfloat_group = "none"\ncolour = "red"\n'
        '[barcode_ranges.a]\nat = "DK-1"\nfirst = 5\n'
        '[barcode_ranges.b]\nfirst = 5\nlast = 100\ndigits = 2\nprefix = 3\ncheck_digit = "no"\n'
    )
    problems = [problem.text for problem in read(text).problems]
    for words in (
        'no agency or branch "DK-1"',
        'no material group "x"',
        "no record has this type",
        "price and currency go together",
        "what is for one group cannot give another",
        "call_number is dewey or",
        'no float group "none"',
        "no such key",
        "last is missing",
        "more than 2 digits",
        "prefix: must be a text",
        "check_digit: must be true or false",
    ):
        assert any(words in problem for problem in problems), (words, problems)
    database = open_database(sqlite_url)
    assert database.read(lambda transaction: plan(transaction, read(text))).result().problems
    database.close()
