"""The plans that come along, each on a sample of the files of its system; the rows are invented."""

from __future__ import annotations

import re

import pymarc
import pytest

from circulation.kernel.results import CheckedOut
from circulation.moving.example_plans import ALIASES, SYSTEMS, example_path, read_example
from circulation.moving.kinds.table import FIELDS
from circulation.moving.plans import read_plan
from circulation.patrons.foreign_pins import is_behind
from tests.builders.marc_items import records
from tests.builders.moving import OldSystem

BORROWERS = """\
"borrowernumber","cardnumber","userid","surname","firstname","branchcode","categorycode",\
"dateofbirth","dateenrolled","dateexpiry","email","mobile","address","zipcode","city",\
"borrowernotes","debarred","debarredcomment","privacy","password","lost","gonenoaddress"
"51","2300001","ida","Ørsted","Ida","CPL","PT","1980-05-12","2011-02-03","2030-01-01",\
"ida@example.org","22334455","Søgade 3","2610","Rødovre","","","","0",\
"tSNAtN5FZrgEyYgKoLSvXw","NULL","0"
"52","2300002","NULL","Åkjær","Bo","CPL","J","2019-01-02","2020-02-03","2030-01-01","","","",\
"","","","9999-12-31","broke a lamp","1","!","0","0"
"53","2300003","NULL","Krøyer","Pia","BPL","J","2019-01-02","2020-02-03","2030-01-01","","","",\
"","","","","","1","!","0","0"
"""
GUARANTORS = '"id","guarantor_id","guarantee_id"\n"1","51","52"\n'
ISSUES = """\
"issue_id","borrowernumber","itemnumber","issuedate","date_due","renewals_count","branchcode"
"901","51","71","2026-11-01 10:00:00","2026-11-29 23:59:00","1","CPL"
"902","53","72","2026-11-01 10:00:00","2026-11-29 23:59:00","0","CPL"
"""
RESERVES = """\
"reserve_id","borrowernumber","control_number","only_item","itemnumber","branchcode",\
"reservedate","priority","patron_expiration_date","found","waitingdate","expirationdate","suspend",\
"suspend_until"
"31","52","t1","","NULL","CPL","2026-11-02","1","NULL","NULL","NULL","NULL","0","NULL"
"32","51","t2","","73","CPL","2026-10-02","0","NULL","W","2026-11-20","2026-12-01","0","NULL"
"""
ACCOUNTLINES = """\
"accountlines_id","borrowernumber","branchcode","amount","amountoutstanding","date",\
"description","debit_type_code","credit_type_code"
"11","51","CPL","25.000000","10.500000","2026-10-01 12:00:00","late","OVERDUE","NULL"
"12","52","CPL","-20.000000","-20.000000","2026-10-01 12:00:00","","NULL","PAYMENT"
"13","52","CPL","20.000000","20.000000","2026-10-01 12:00:00","","PRINTING","NULL"
"""
MESSAGES = """\
"message_id","borrowernumber","letter_code","message_transport_type","time_queued","to_address",\
"subject","content"
"1","51","ODUE","email","2026-10-01 12:00:00","ida@example.org","Overdue","Two lines,
and a ""quotation"" in it"
"""
OLD_ISSUES = """\
"issue_id","borrowernumber","itemnumber","issuedate","date_due","returndate","renewals_count",\
"branchcode"
"801","51","71","2025-01-01 10:00:00","2025-01-29 23:59:00","2025-01-20 10:00:00","0","CPL"
"""


def counts(old: OldSystem, **options: bool) -> dict[str, tuple[int, int]]:
    return {name: (each.new, each.set_aside) for name, each in old.deliver(**options).items()}


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_plan_can_be_followed(name: str) -> None:
    source = read_plan(example_path(name), FIELDS).source
    assert source == ALIASES.get(name, name).removesuffix("-items")


def test_koha(old: OldSystem) -> None:
    copy = {"title": "t1", "a": "CPL", "y": "BK", "o": "86 Krohn", "g": "299.95", "1": "0"}
    old.example(
        "koha",
        borrowers__csv=BORROWERS,
        guarantors__csv=GUARANTORS,
        issues__csv=ISSUES,
        reserves__csv=RESERVES,
        accountlines__csv=ACCOUNTLINES,
        messages__csv=MESSAGES,
        old_issues__csv=OLD_ISSUES,
        records__mrc=records(
            "952",
            copy | {"p": "B71", "9": "71", "l": "14", "m": "5", "s": "2026-11-01"},
            copy | {"p": "B72", "9": "72", "1": "2"},
            copy | {"p": "B73", "9": "73", "title": "t2"},
            copy | {"p": "B74", "9": "74", "a": "BPL"},
        ),
    )
    assert counts(old) == {
        "patrons": (2, 1),
        "guardians": (1, 0),
        "items": (3, 1),
        "uses": (1, 0),
        "loans": (1, 1),
        "holds": (2, 0),
        "debts": (2, 1),
        "messages": (1, 0),
        "history": (1, 0),
    }
    assert old.rows("SELECT barcode, price FROM items WHERE call_number = '86 Krohn'")[0] == (
        "B71",
        29995,
    )
    assert old.rows("SELECT body FROM notice_messages") == [
        ('Two lines,\nand a "quotation" in it',)
    ]
    ((ida,), (bo,)) = old.rows("SELECT pin_hash FROM patrons ORDER BY id")
    assert bo is None
    assert is_behind(ida, "4711")
    assert isinstance(old.library.check_out("2300001", "B73"), CheckedOut)
    assert old.rows("SELECT outcome FROM holds WHERE closed IS NOT NULL") == [("fulfilled",)]


def test_koha_with_unimarc(sqlite_old: OldSystem) -> None:
    """995, as the plan for Koha says in its head."""
    old = sqlite_old
    copy = {"title": "t1", "b": "CPL", "c": "CPL", "e": "Adult", "k": "R KRO", "r": "BK"}
    (old.folder / "records.mrc").write_bytes(
        records("995", copy | {"f": "B1", "9": "71"}, copy | {"f": "B2", "9": "72", "b": "BPL"})
    )
    plan = read_example("koha")
    said = plan.split("\n[items]\n")[1].split("\n[uses]\n")[0].replace('"952"', '"995"')
    said = re.sub(r"not_for_loan = \[.*?\]\n", "", said, flags=re.DOTALL)
    for ours, code in (
        ("barcode", "f"),
        ("department", "e"),
        ("call_number", "k"),
        ("branch", "b"),
        ("material_group", "r"),
    ):
        said = re.sub(
            rf'^({ours} = (?:{{ column = )?)"."', rf'\1"{code}"', said, flags=re.MULTILINE
        )
    left_out = ("price", "part", "state", "created", "location")
    kept = [line for line in said.splitlines() if not line.startswith(left_out)]
    old.plan = plan.split("\n[patrons]\n")[0] + "\n[items]\n" + "\n".join(kept)
    assert counts(old) == {"items": (1, 1)}
    found = old.rows("SELECT barcode, department, call_number, material_group FROM items")
    assert found == [("B1", "Adult", "R KRO", "book")]


def test_holdings_of_marc_by_their_link(sqlite_old: OldSystem) -> None:
    """852 with 876: the place of the piece is in the field with the same number."""
    old = sqlite_old
    record = pymarc.Record(force_utf8=True)
    record.add_field(pymarc.Field(tag="001", data="t1"))
    for tag, pairs in (
        ("852", {"8": "1", "b": "MAIN"}),
        ("852", {"8": "2", "b": "PORT"}),
        ("876", {"8": "2", "p": "B1"}),
        ("876", {"8": "1", "p": "B2"}),
    ):
        its = [pymarc.Subfield(code, value) for code, value in pairs.items()]
        record.add_field(pymarc.Field(tag, pymarc.Indicators(" ", " "), its))
    (old.folder / "holdings.mrc").write_bytes(record.as_marc() + b"no record at all\x1d")
    old.plan = """
        source = "marc"
        [items]
        files = "holdings.mrc"
        format = "marc"
        tag = "876"
        key = "p"
        [items.fields]
        barcode = "p"
        record = "001"
        branch = { column = "852b", values = { MAIN = "DK-900101", PORT = "DK-900102" } }
    """
    assert counts(old) == {"items": (2, 1)}
    found = old.rows("SELECT barcode, branch_id FROM items ORDER BY barcode")
    assert found == [("B1", old.library.other.id), ("B2", old.library.main.id)]
