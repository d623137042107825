"""Seeding the demo library: the set-up of `library.toml`, patrons, works and items.

All of it is one transaction: a demo that was interrupted while it seeded starts again from
nothing. Names of patrons are drawn from lists, the same for the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from catalogue.changes.accession import add_records
from catalogue.database import Database, Transaction
from catalogue.items import add_item
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import at_command_line
from circulation.patrons.pins import hash_pin
from circulation.patrons.registering import NewPatron, register_patron
from circulation.setting_up.applying import apply_set_up
from circulation.setting_up.reading import read
from circulation.staff.administering import AccountFields, add_account
from circulation.staff.passwords import hash_password
from circulation.staff.roles import HeldRole
from protocols.demo.records import marc_record
from protocols.demo.works import WORKS, Work

PIN = "1234"
HOME_BRANCH = "DK-900101"
SCHOOL_BRANCH = "DK-900201"
#: Who works at the home branch: the user name, which is the password as well, name and role.
STAFF = {"desk": ("Desk", "librarian"), "head": ("Head", "head")}
#: The school has one class set: so many copies of the work of that number.
CLASS_SET_WORK, CLASS_SET_COPIES = 13, 24
#: The set-up that the demo begins with, and that `tiro apply` takes as well.
SET_UP = Path(__file__).with_name("library.toml")

_GIVEN = ("Anna", "Bo", "Clara", "David", "Emma", "Gry", "Hassan", "Ida", "Jens", "Karen", "Lars")
_FAMILY = ("Andersen", "Berg", "Dahl", "Friis", "Hansen", "Iversen", "Jensen", "Møller", "Ørsted")


def seed(database: Database, *, patrons: int, items: int | None, now: datetime) -> bool:
    """Seeds an empty library; False, and nothing done, where one is there already.

    `items` None gives each work of the demo catalogue one item.
    """
    pin_hash = hash_pin(PIN)  # one for all: hashing each would take minutes
    passwords = {
        name: hash_password(name, minimum_length=0, names=(), is_for_trying=True) for name in STAFF
    }

    def work(transaction: Transaction) -> bool:
        if not _seed(transaction, patrons, items or len(WORKS), pin_hash, now):
            return False
        _staff(Act(transaction, Circulation(), UNATTENDED, now), passwords)
        return True

    return database.write(work).result()


def _staff(act: Act, passwords: Mapping[str, str]) -> None:
    """People who sign in with their user names for passwords."""
    branch = find_branch(act.transaction, isil=HOME_BRANCH)
    assert branch is not None
    by = at_command_line("tiro demo", "command line")
    for user_name, (name, role) in STAFF.items():
        held = [HeldRole(role, agency_id=branch.agency_id)]
        fields = AccountFields(name, branch.id)
        add_account(act, by, user_name, fields, held, passwords[user_name])


def _seed(transaction: Transaction, patrons: int, items: int, pin_hash: str, now: datetime) -> bool:
    if find_branch(transaction, isil=HOME_BRANCH) is not None:
        return False
    act = Act(transaction, Circulation(), UNATTENDED, now)
    apply_set_up(act, read(SET_UP.read_text(encoding="utf-8")))
    branch = find_branch(transaction, isil=HOME_BRANCH)
    assert branch is not None
    home = branch.id
    for number in range(1, patrons + 1):
        register_patron(
            act,
            NewPatron(
                home_branch=home,
                category="adult",
                given_name=_GIVEN[number % len(_GIVEN)],
                family_name=_FAMILY[number % len(_FAMILY)],
                card=f"P{number:07}",
                pin_hash=pin_hash,
                birth_date=date(1990, 1, 1) - timedelta(days=97 * number % 18_000),
                email=f"p{number:07}@example.org",
                phone=f"+45 28{number % 1_000_000:06}",
            ),
        )
    records = add_records(
        transaction, (marc_record(work, number) for number, work in enumerate(WORKS, 1)), now=now
    )
    for number in range(items):
        work = WORKS[number % len(WORKS)]
        add_item(
            transaction,
            barcode=f"I{number + 1:07}",
            record_id=records[number % len(WORKS)],
            branch_id=home,
            now=now,
            department="Children" if work.audience == "children" else "Adults",
            location="Fiction" if work.form == "fiction" else "Non-fiction",
            call_number=_call_number(work),
            material_group="book",
            price=20_000,
            currency="DKK",
        )
    _class_set(transaction, records[CLASS_SET_WORK - 1], now)
    return True


def _class_set(transaction: Transaction, record_id: int, now: datetime) -> None:
    """Copies for a class, which the school lends to teachers: `tiro booking` books them."""
    school = find_branch(transaction, isil=SCHOOL_BRANCH)
    assert school is not None
    for number in range(1, CLASS_SET_COPIES + 1):
        add_item(
            transaction,
            barcode=f"S{number:07}",
            record_id=record_id,
            branch_id=school.id,
            now=now,
            material_group="class-set",
            price=12_000,
            currency="DKK",
        )


def _call_number(work: Work) -> str:
    family = work.author.partition(",")[0] or work.title
    return f"{work.dk5} {family}" if work.dk5 else family
