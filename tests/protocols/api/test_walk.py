"""Every operation x every caller x every way to name a patron, made from the table of operations.

A patron of one agency is marked: no text of theirs may reach a caller outside rights and
agreements, no row about them may change, and each access that succeeds is in the access log.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from pydantic import BaseModel
from sqlalchemy import create_engine, insert

from catalogue.database.tables import metadata
from catalogue.items import find_item
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import add_agency, add_branch, find_branch
from circulation.kernel.results import Branch
from circulation.kernel.rights import Kind, Reach, Right
from circulation.kernel.set_up import set_up_changed
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from circulation.patrons.seals import Seal
from protocols.api.operation import Caller, Operation
from protocols.api.operations import OPERATIONS
from tests.builders.agencies import agree
from tests.builders.bookings import a_booking, a_set, aside
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, number_of, paid
from tests.builders.holds import a_hold, record_of
from tests.builders.interlending import a_borrowed_item, a_partner
from tests.builders.notices import write_told
from tests.protocols.api.stage import Stage, a_stage
from tests.protocols.api.test_table import known_names
from tests.protocols.api.walk import IN_FIELDS, Ask, UnknownName, fields_of, requests_to

CARD, LOGIN, NATIONAL = "ZQ-CARD-7", "zqlogin", "170315-4321"
#: What of the patron stands in no answer to a caller who may not see them.
MARKERS: Final = (
    *("Zqgiven", "Zqfamily", "zqmail@", "28119944", "Zqstreet", "2015-03-17", "Zqmessage"),
    *(CARD, LOGIN, NATIONAL, "1703154321"),
)
#: The rights that an agreement lets desks use with the patrons of another agency.
OF_AN_AGREEMENT: Final = frozenset(
    {Right.LEND, Right.BOOK, Right.VIEW_PATRONS, Right.TAKE_FEES, Right.USE_LISTS}
)
#: What an agreement on all but patrons lets desks do with them, and what of them is shown there.
OF_PAYMENTS: Final = frozenset({"find_debtor", "take_payment"})
SHOWN_TO_PAYEES: Final = ("Zqgiven", "Zqfamily")
#: An item is taken back at any desk: the loan ends, and its borrower is not named.
TAKES_BACK: Final = frozenset({"take_back", "take_stack_back", "scan"})
#: What is of the whole agency, so that the right at a branch of it is not enough: files for the
#: debtor system, and programs, which get their rights at the agency.
OF_AN_AGENCY: Final = frozenset(
    {"export_debts", "list_collection_files", "show_collection_file", "let_program_in"}
)
#: What of a path is about one patron: whoever is answered has had access to them.
IS_ABOUT: Final = re.compile(
    r"\{(patron|ward|hold|charge|payment|claim|booking|notice|contact|address|conflict)\}"
)
#: Tables with rows about a patron that are no change to them: who has read what, and kept answers.
NO_CHANGE: Final = frozenset({"lookups", "replies", "pin_failures"})


class Somebody(NamedTuple):
    """A caller: with which operations they may reach the marked patron, what of them they are shown
    there, and whether that is noted."""

    token: str | None
    may: Callable[[Operation], bool]
    is_noted: bool = True
    is_shown: tuple[str, ...] = MARKERS


def _is_of_staff(operation: Operation) -> bool:
    return operation.caller is Caller.STAFF


def _is_of_patrons(operation: Operation) -> bool:
    return operation.caller in (Caller.PATRON, Caller.SIGNED_IN)


def _is_of_an_agreement(operation: Operation) -> bool:
    return operation.caller is Caller.STAFF and operation.right in OF_AN_AGREEMENT


def _is_of_payments(operation: Operation) -> bool:
    return operation.id in OF_PAYMENTS


def _is_of_nobody(operation: Operation) -> bool:
    return False


class World:
    """A library in a file that is put back after each change to the marked patron."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._folder, self._numbers, self._stack = folder, count(1), ExitStack()
        self._template = folder / "template.sqlite"
        shutil.copy(template, self._template)
        with a_stage(f"sqlite:///{self._template}", make=_a_library) as stage:
            self.branches = stage.library.main, stage.library.other, *_agencies(stage.library)
            self.known = _marked(stage)
            self.now = stage.library.now
        with closing(sqlite3.connect(self._template)) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.about = _tables_about_patrons()
        self.put_back()

    def put_back(self) -> None:
        """Begin again with a copy of the file."""
        self.close()
        path = Path(shutil.copy(self._template, self._folder / f"{next(self._numbers)}.sqlite"))
        self.stage = self._stack.enter_context(a_stage(f"sqlite:///{path}", make=self._opened))
        self.callers = _callers(self.stage, self.branches, self.known)
        self._file = self._stack.enter_context(closing(sqlite3.connect(path)))
        self._file.execute("PRAGMA query_only = 1")
        self.rows = self._rows()

    def close(self) -> None:
        self._stack.close()
        self._stack = ExitStack()

    def _opened(self, database: Any) -> Library:
        circulation = Circulation()
        IDENTIFIERS.put(circulation, KEY)
        return Library(database, self.branches[0], self.branches[1], circulation, self.now, 5_000)

    def newest_look(self) -> int:
        found: int = self._file.execute("SELECT coalesce(max(id), 0) FROM lookups").fetchone()[0]
        return found

    def is_noted_since(self, look: int) -> bool:
        """Is there a line of the access log, on the patron or of a list?"""
        return bool(
            self._file.execute(
                "SELECT 1 FROM lookups WHERE id > ? AND (patron_id = ? OR hits IS NOT NULL)",
                (look, self.known["id"]),
            ).fetchone()
        )

    def version(self) -> int:
        found: int = self._file.execute("PRAGMA data_version").fetchone()[0]
        return found

    def changed(self) -> list[str]:
        """Return the tables with rows about the patron that are not as they were."""
        rows = self._rows()
        return sorted(name for name in rows if rows[name] != self.rows[name])

    def _rows(self) -> dict[str, set[Any]]:
        return {
            name: set(self._file.execute(f"SELECT * FROM {name} WHERE {where}", about))
            for name, (where, about) in self.about(int(self.known["id"])).items()
        }


KEY = IdentifierKey(b"k" * 32, Seal(b"s" * 32))


def _a_library(database: Any) -> Library:
    from tests.builders.circulation import a_library

    library = a_library(database)
    IDENTIFIERS.put(library.circulation, KEY)
    return library


def _agencies(library: Library) -> tuple[Branch, Branch, Branch]:
    """Return the branches of three agencies more: without an agreement with the library's own, with
    one on everything, and with one on everything but patrons."""

    def work(transaction: Any) -> list[Branch]:
        found = []
        for isil in ("DK-900300", "DK-900400", "DK-900500"):
            agency = add_agency(transaction, 1, isil, f"Agency {isil}", kind="public")
            add_branch(transaction, agency, f"{isil[:-1]}1", f"Branch of {isil}")
            branch = find_branch(transaction, isil=f"{isil[:-1]}1")
            assert branch is not None
            found.append(branch)
        set_up_changed(transaction)
        return found

    stranger, partner, payee = library.write(work)
    agreed = {"debts": True, "payments": True, "lending": True}
    agree(library, library.main, payee, code="payee", **agreed)
    agree(library, library.main, partner, patrons=True, **agreed)
    return stranger, partner, payee


def _marked(stage: Stage) -> dict[str, str]:
    """Return the names of the marked patron, and of everything that belongs to them."""
    library = stage.library
    known = known_names(stage)
    details = {"given_name": "Zqgiven", "family_name": "Zqfamily", "national_id": NATIONAL}
    ways = {"email": "zqmail@example.dk", "phone": "+45 28119944"}
    a_patron(library, CARD, category="adult", **details, **ways)
    guardian = a_patron(library, birth_date=date(1980, 1, 1), given_name="Bo", family_name="Bech")
    patron, person = number_of(library, CARD), stage.public_id(CARD)
    head = stage.a_caller()

    def done(method: str, path: str, body: Any = None) -> Any:
        told = stage.ask(method, path, body, token=head)
        assert told.status < 300, (path, told.body)
        return told.body

    of_patron = f"/patrons/{person}"
    done("POST", f"{of_patron}/cards", {"identifier": LOGIN, "kind": "login"})
    linked = {"guardian": stage.public_id(guardian), "sees_account": True}
    done("POST", f"{of_patron}/guardians", linked)
    done("POST", f"{of_patron}/contacts", {"kind": "email", "value": "zqmail@example.com"})
    done("POST", f"{of_patron}/addresses", {"street": "Zqstreet", "city": "Ribe"})
    group = done("POST", "/groups", {"branch": library.main.isil, "name": "7.b"})["group"]
    done("PUT", f"/groups/{group}/members/{person}")
    item = an_item(library, on_loan_to=CARD)
    held, shelf_item, (booked, *_) = an_item(library), an_item(library), a_set(library, 2)
    hold = a_hold(library, CARD, held)
    shelf_hold = a_hold(library, CARD, shelf_item)
    library.check_in(shelf_item)
    booking = a_booking(library, CARD, booked, 3, 12)
    aside(library, booking, booked)
    owed = charge(library, CARD, 5_000)
    payment = paid(library, CARD, 1_000)
    a_partner(library)
    borrowed = a_borrowed_item(library, CARD)
    library.write(lambda transaction: write_told(transaction, library, patron, 1))
    held_title = str(record_of(library, held))
    _do(
        library, "UPDATE records SET data = (SELECT data FROM records WHERE id = ?)", known["title"]
    )
    return (
        known
        | _rows_of(library, patron, item, owed.id, borrowed.id)
        | {
            "id": str(patron),
            "card": CARD,
            "login": LOGIN,
            "national": NATIONAL,
            "surname": "Zqfamily",
            "email": "zqmail@example.dk",
            "patron": person,
            "guardian": stage.public_id(guardian),
            "guardian_card": guardian,
            "item": item,
            "free_item": an_item(library),
            "shelf_item": shelf_item,
            "booked_item": booked,
            "hold": str(hold.hold.id),
            "shelf_hold": str(shelf_hold.hold.id),
            "held_title": held_title,
            "booking": str(booking.id),
            "charge": str(owed.id),
            "payment": str(payment.payment_id),  # type: ignore[union-attr]
            "loan": str(borrowed.id),
            "request_id": borrowed.request_id,
            "group": group,
            "contact": _one(library, "SELECT id FROM patron_contacts WHERE patron_id = ?", patron),
            "address": _one(library, "SELECT id FROM patron_addresses WHERE patron_id = ?", patron),
            "notice": _one(library, "SELECT id FROM notices WHERE patron_id = ?", patron),
        }
    )


def _do(library: Library, what: str, *values: Any) -> None:
    with closing(sqlite3.connect(str(library.database.url).removeprefix("sqlite:///"))) as file:
        file.execute(what, values)
        file.commit()


def _one(library: Library, question: str, *values: Any) -> str:
    path = str(library.database.url).removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as file:
        return str(file.execute(question, values).fetchone()[0])


def _rows_of(
    library: Library, patron: int, barcode: str, charge_id: int, loan: int
) -> dict[str, str]:
    """Store what only jobs, machines and partners make, and return its numbers."""
    now, here = library.now, library.main

    item = library.read(lambda transaction: find_item(transaction, barcode))
    assert item is not None
    with create_engine(str(library.database.url)).begin() as connection:

        def add(table: str, **values: Any) -> None:
            connection.execute(insert(metadata.tables[table]).values(values))

        common = {"patron_id": patron, "branch_id": here.id}
        add("loan_conflicts", id=71, item_id=item.id, noted=now, reasons="PATRON_BLOCKED", **common)
        add(
            "machine_refusals",
            id=72,
            at=now,
            machine="kiosk",
            barcode=barcode,
            reasons='["PATRON_BLOCKED"]',
            **common,
        )
        add("collection_files", id=73, agency_id=here.agency_id, at=now, actor="anna", lines=1)
        add(
            "collection_claims",
            id=74,
            charge_id=charge_id,
            patron_id=patron,
            debtor_id=patron,
            agency_id=here.agency_id,
            kind="fee",
            currency="DKK",
            amount=4_000,
            opened=now,
            reason="",
        )
        add(
            "collection_lines",
            id=75,
            claim_id=74,
            action="create",
            amount=4_000,
            at=now,
            reason="",
            file_id=73,
        )
        add(
            "interlibrary_remarks",
            id=76,
            interlibrary_loan_id=loan,
            at=now,
            kind="note",
            text="Zqmessage",
        )
        add("workstations", id=77, name="desk of A", branch_id=here.id, printer="{}")
        add(
            "print_jobs",
            id=78,
            workstation_id=77,
            patron_id=patron,
            kind="receipt",
            is_fetched=True,
            content='{"lines": ["Zqmessage"]}',
            made=now,
            tries=0,
            problem="",
        )
    return {"conflict": "71", "file": "73", "claim": "74", "remark": "76", "print_job": "78"}


def _callers(
    stage: Stage, branches: tuple[Branch, ...], known: Mapping[str, str]
) -> dict[str, Somebody]:
    """Return who asks. Only the first two and the partner reach the marked patron as staff, and the
    payee for a payment."""
    main, other, stranger, partner, payee = branches

    def at_branch(branch: Branch) -> str:
        reach = Reach(branches=frozenset({branch.id}))
        return stage.a_caller(branch_id=branch.id, grants=dict.fromkeys(Right, reach))

    def at_agency(branch: Branch, kind: Kind = Kind.STAFF) -> str:
        return stage.a_caller(agency=branch.agency_id, branch_id=branch.id, kind=kind)

    of_own = stage.a_patron_caller(CARD)
    of_guardian = stage.a_patron_caller(known["guardian_card"])
    of_another = stage.a_patron_caller(a_patron(stage.library, "ANOTHER", given_name="Liv"))
    return {
        "staff of the agency": Somebody(at_agency(main), _is_of_staff),
        "staff of the home branch": Somebody(at_branch(main), _is_of_staff),
        "staff of another branch": Somebody(at_branch(other), _is_of_nobody),
        "staff of another agency": Somebody(at_agency(stranger), _is_of_nobody),
        "program of another agency": Somebody(at_agency(stranger, Kind.PROGRAM), _is_of_nobody),
        "staff of an agency in an agreement": Somebody(at_agency(partner), _is_of_an_agreement),
        "staff of an agency that takes payments": Somebody(
            at_agency(payee), _is_of_payments, is_shown=SHOWN_TO_PAYEES
        ),
        "program of an agency that takes payments": Somebody(
            at_agency(payee, Kind.PROGRAM), _is_of_payments, is_shown=SHOWN_TO_PAYEES
        ),
        "the patron": Somebody(of_own, _is_of_patrons, is_noted=False),
        "a guardian": Somebody(of_guardian, _is_of_patrons),
        "another patron": Somebody(of_another, _is_of_nobody),
        "nobody": Somebody(None, _is_of_nobody),
    }


@cache
def _columns() -> dict[str, tuple[str, ...]]:
    """Return the tables with columns that hold a patron, by table."""
    found = {}
    for table in metadata.tables.values():
        names = tuple(
            column.name
            for column in table.columns
            if column.name in ("patron_id", "recipient_id", "co_patron_id", "debtor_id")
            or any(key.column.table.name == "patrons" for key in column.foreign_keys)
        )
        if names and table.name not in NO_CHANGE:
            found[table.name] = names
    return found


def _tables_about_patrons() -> Callable[[int], dict[str, tuple[str, tuple[int, ...]]]]:
    def of(patron: int) -> dict[str, tuple[str, tuple[int, ...]]]:
        found: dict[str, tuple[str, tuple[int, ...]]] = {"patrons": ("id = ?", (patron,))}
        for table, names in _columns().items():
            found[table] = (" OR ".join(f"{each} = ?" for each in names), (patron,) * len(names))
        return found

    return of


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(sqlite_template, tmp_path_factory.mktemp("walk"))
    yield world
    world.close()


def _faults(world: World, ask: Ask, name: str) -> Iterator[str]:
    """Yield what is wrong with the answer to one caller."""
    caller = world.callers[name]
    look, version = world.newest_look(), world.version()
    told = world.stage.ask(
        ask.operation.method, ask.path, ask.body, token=caller.token, headers=ask.headers
    )
    said = json.dumps(told.body, ensure_ascii=False)
    asked = json.dumps(ask.body, ensure_ascii=False, default=str) + ask.path
    shown = [each for each in MARKERS if each in said and each not in asked]
    changed = world.changed() if world.version() != version else []
    operation = ask.operation
    if told.status >= 500:
        yield f"{name} {ask}: {told.status} {said}"
    is_taken_back = operation.id in TAKES_BACK and _is_of_staff(operation) and caller.token
    allowed = caller.is_shown if caller.may(operation) else ()
    if not set(shown) <= set(allowed):
        yield f"{name} {ask}: {told.status}, was shown {shown}: {said[:400]}"
    if changed and not caller.may(operation) and not is_taken_back:
        yield f"{name} {ask}: {told.status}, has changed {changed}: {said[:400]}"
    needs_line = caller.is_noted and (_is_of_staff(operation) or "{ward}" in operation.path)
    is_access = shown or changed or (told.status < 300 and IS_ABOUT.search(operation.path))
    if is_access and needs_line and not world.is_noted_since(look):
        yield f"{name} {ask}: {told.status}, shown {shown}, changed {changed}, not noted"
    if changed:
        world.put_back()


@pytest.mark.drawn(len(OPERATIONS))
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_every_way_to_a_patron_passes_the_gate(world: World, operation: Operation) -> None:
    faults = [
        fault
        for ask in requests_to(operation, world.known)
        for name in world.callers
        for fault in _faults(world, ask, name)
    ]
    assert not faults, "\n".join(faults)


def test_each_field_that_names_a_patron_is_used(world: World) -> None:
    """In a body or a query, at any depth."""
    unused = []
    for operation in OPERATIONS:
        asked = "".join(map(str, requests_to(operation, world.known)))
        names = {*fields_of(operation.body), *fields_of(operation.query)} & set(IN_FIELDS)
        unused += [
            f"{operation.id}: {each}"
            for each in sorted(names)
            if f'"{each}":' not in asked and f"{each}=" not in asked
        ]
    assert not unused


class _Pupil(BaseModel):
    shopper: str


class _Wish(BaseModel):
    pupils: list[_Pupil]


@pytest.mark.parametrize(
    "new", [{"path": "/shoppers/{shopper}"}, {"body": _Wish}, {"query": _Pupil}]
)
def test_a_new_way_to_name_a_patron_is_an_error(new: dict[str, Any]) -> None:
    with pytest.raises(UnknownName, match="shopper"):
        list(requests_to(replace(OPERATIONS[0], **new), {}))


@pytest.mark.drawn(len(OPERATIONS))
@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.caller is Caller.STAFF and each.id not in OF_AN_AGENCY],
    ids=lambda each: each.id,
)
def test_a_right_at_a_branch_does_there_what_it_does_at_the_agency(
    world: World, operation: Operation
) -> None:
    """All that is named belongs to the branch."""
    ask = next(requests_to(operation, world.known))
    answers = []
    for name in ("staff of the agency", "staff of the home branch"):
        token, version = world.callers[name].token, world.version()
        told = world.stage.ask(
            operation.method, ask.path, ask.body, token=token, headers=ask.headers
        )
        answers.append(told.status)
        if world.version() != version:
            world.put_back()
    assert answers[0] == answers[1]
