"""Every operation of the table, by callers who may not: a new one cannot be forgotten."""

from __future__ import annotations

import json
import re
from datetime import date
from inspect import getdoc
from typing import Any, get_type_hints

import pytest
from sqlalchemy import select

from catalogue.changes.accession import add_record
from catalogue.database import Statement, scalars
from circulation.booking.placements import NewPlacement, create_placement
from circulation.booking.results import Station
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.results import StayKind
from circulation.kernel.rights import EVERYTHING, Kind, Right
from circulation.kernel.schema import events
from circulation.ledger.money import Paid
from circulation.staff.programs import NewProgram, add_program
from circulation.staff.schema import lookups
from circulation.stock.inventory import ANY_SHELF, begin_inventory
from protocols.api.messages import JSON
from protocols.api.operation import Caller, Operation
from protocols.api.operations import OPERATIONS
from protocols.api.routing import Routes
from tests.builders.accounts import COMMAND, a_colleague, at_no_desk
from tests.builders.bookings import a_booking, a_set
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, paid
from tests.protocols.api.stage import Stage
from tests.protocols.api.wishes import BODIES, QUERIES
from tests.protocols.sru.stage import a_record

MARCXML = (
    '<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nam a2200000 a 4500</leader>'
    '<controlfield tag="001">7</controlfield><datafield tag="245" ind1="0" ind2="0">'
    '<subfield code="a">Soil</subfield></datafield></record>'
)
#: What a request to each operation may say, where it has to say something.
BODIES: dict[str, Callable[[dict[str, str]], Any]] = {
    "book": lambda known: {
        "patron": known["patron"],
        "item": known["item"],
        "first": "2031-03-03",
        "last": "2031-03-09",
    },
    "change_booking": lambda known: {"note": "for the exam"},
    "extend_booking": lambda known: {"last": "2031-03-12"},
    "cancel_booking": lambda known: {"why": "the teacher is ill"},
    "set_copies_aside": lambda known: {"items": [known["item"]]},
    "deliver_booking": lambda known: {"items": [known["item"]]},
    "lend_booking_onward": lambda known: {"pupils": []},
    "return_booking": lambda known: {"items": [known["item"]]},
    "begin_inventory": lambda known: {"name": "Spring"},
    "scan_shelf": lambda known: {"items": [known["item"]]},
    "change_many_items": lambda known: {
        "items": [known["item"]],
        "changes": {"call_number": "86-096"},
    },
    "withdraw_items": lambda known: {"items": [known["item"]]},
    "explain_sorting_of": lambda known: {"item": known["item"], "terminal": "sorter"},
    "accession": lambda known: {
        "number": "9788700730816",
        "item": {"barcode": "NEW-ITEM"},
        "brief": {"title": "Silas"},
    },
    "announce_delivery": lambda known: {
        "supplier": "S",
        "order": "1",
        "branch": "DK-900101",
        "lines": [{"number": "9788700730816", "title": "Silas"}],
    },
    "receive": lambda known: {"scanned": "9788700730816"},
    "begin_deposit": lambda known: {
        "name": "Nursery",
        "stations": [{"first": "2031-03-03", "branch": "DK-900101"}],
    },
    "begin_theme": lambda known: {
        "name": "The sea",
        "stations": [{"first": "2031-03-03", "branch": "DK-900101", "place": "Window"}],
        "loan_days": 0,
    },
    "change_placement": lambda known: {
        "stations": [{"first": "2031-03-05", "branch": "DK-900101"}],
    },
    "put_into_placement": lambda known: {"items": [known["item"]]},
    "suspend_loan": lambda known: {"until": "2031-03-03"},
    "lend_to_pupil": lambda known: {"card": known["card"]},
    "lend_to_class": lambda known: {"pupils": [{"card": known["card"], "item": known["item"]}]},
    "give_receipt": lambda known: {"patron": known["patron"]},
    "catalogue_record": lambda known: {"marcxml": MARCXML},
    "load_records": lambda known: {"marcxml": MARCXML},
    "rewrite_record": lambda known: {"marcxml": MARCXML},
    "merge_titles": lambda known: {"survivor": "1"},
    "make_group": lambda known: {"name": "7.b"},
    "decide": lambda known: {"decision": "withdraw"},
    "write_notice": lambda known: {"text": "Come and see."},
    "change_choice": lambda known: {"wanted": False},
    "run": lambda known: {},
    "add_staff": lambda known: {"user": "bo", "name": "Bo", "branch": "DK-900101"},
    "change_staff": lambda known: {"name": "Other"},
    "give_password": lambda known: {"password": "a quiet corner of the park"},
    "register_workstation": lambda known: {"branch": "DK-900101"},
    "choose_printer": lambda known: {"kind": "cups", "address": "desk"},
    "let_program_in": lambda known: {"branch": "DK-900101", "rights": ["lend"]},
    "check_set_up": lambda known: {"text": ""},
    "apply_changes": lambda known: {"text": ""},
    "check_closure": lambda known: {"branch": "DK-900101", "first": "2026-03-10"},
    "close_for_days": lambda known: {"branch": "DK-900101", "first": "2026-03-10"},
    "explain": lambda known: {"patron": known["card"], "item": known["item"]},
    "lend": lambda known: {"patron": known["patron"], "item": known["item"]},
    "lend_stack": lambda known: {"patron": known["patron"], "items": [known["item"]]},
    "log_in": lambda known: {"name": "nobody", "password": "wrong"},
    "log_in_patron": lambda known: {"card": "nobody", "pin": "0000"},
    "give_token": lambda known: b"grant_type=client_credentials",
    "change_own_password": lambda known: {"password": "wrong", "new": "a quiet corner"},
    "give_own_pin": lambda known: {"password": "wrong", "pin": "4071"},
    "give_recovery_codes": lambda known: {"password": "wrong"},
    "revoke_token_of": lambda known: b"token=x",
    "answer_app": lambda known: {"agreed": True, "asked": {"client_id": known["app"]}},
    "begin_passkey": lambda known: {"password": "wrong"},
    "add_own_passkey": lambda known: {"name": "phone", "credential": {}},
    "name_own_passkey": lambda known: {"name": "phone"},
    "begin_second_factor_of": lambda known: {"password": "wrong"},
    "confirm_second_factor_of": lambda known: {"code": "000000"},
    "take_back": lambda known: {"item": known["item"]},
    "take_stack_back": lambda known: {"items": [known["item"]]},
    "prolong": lambda known: {"item": known["item"]},
    "prolong_all": lambda known: {"patron": known["patron"]},
    "undo": lambda known: {"item": known["item"]},
    "find_titles": lambda known: {"q": "soil"},
    "search_patrons": lambda known: {"text": known["card"]},
    "scan": lambda known: {"text": known["card"]},
    "end_session": lambda known: {"patron": known["patron"]},
    "make_slip": lambda known: {"kind": "receipt", "patron": known["patron"]},
    "register": lambda known: {
        "card": "NEW-1",
        "category": "adult",
        "given_name": "Ny",
        "family_name": "Nysen",
        "home_branch": "DK-900101",
    },
    "change_details": lambda known: {"given_name": "Other"},
    "add_card": lambda known: {"identifier": "NEW-2"},
    "change_card": lambda known: {"identifier": known["card"], "blocked": "lost"},
    "block": lambda known: {"reason": "other"},
    "link_guardian": lambda known: {"guardian": known["patron"]},
    "take_payment": lambda known: {"amount": 100, "currency": "DKK"},
    "waive": lambda known: {"why": "kind"},
    "write_off": lambda known: {"why": "kind"},
    "restore": lambda known: {"why": "a mistake"},
    "refund": lambda known: {"why": "paid twice"},
    "reverse": lambda known: {"why": "wrong"},
    "call_back": lambda known: {"why": "a mistake"},
    "answer_for_owner": lambda known: {"refused": True},
    "silence": lambda known: {"until": "2031-03-03T00:00:00Z"},
    "charge_by_hand": lambda known: {
        "kind": "other",
        "amount": 100,
        "currency": "DKK",
        "reason": "x",
    },
    "place_hold": lambda known: {"patron": known["patron"], "item": known["item"]},
    "alter_hold": lambda known: {"pause": None},
    "put_elsewhere": lambda known: {"number": 1, "why": "the exam is on Friday"},
    "set_state": lambda known: {"to": "lost"},
    "alter_item": lambda known: {"call_number": "86-096"},
    "fetch": lambda known: {"done": "gone"},
    "renew_own": lambda known: {"item": known["item"]},
    "renew_all_own": lambda known: {},
    "place_own_hold": lambda known: {"item": known["item"]},
    "alter_own_hold": lambda known: {"pause": None},
    "give_pin": lambda known: {"pin": "739154"},
    "give_contact": lambda known: {"kind": "email", "value": "ida@example.dk"},
    "give_address": lambda known: {"street": "Nørregade", "city": "Ribe"},
    "change_preferences": lambda known: {"interest_days": 30},
    "note_absence": lambda known: {"last": "2031-03-03"},
    "change_own_details": lambda known: {"email": "ida@example.dk"},
    "change_own_pin": lambda known: {"old": "1", "pin": "739154"},
    "give_own_contact": lambda known: {"kind": "email", "value": "ida@example.dk"},
    "give_own_address": lambda known: {"street": "Nørregade", "city": "Ribe"},
    "change_own_preferences": lambda known: {"interest_days": 30},
    "note_own_absence": lambda known: {"last": "2031-03-03"},
}
#: What has to stand in the query.
QUERIES = {
    "search_titles": "?q=peter",
    "list_lookups_by": "?actor=anna",
    "show_authorization": "?client_id={app}&redirect_uri=https://app.example/back",
    "show_collected": "?first=2026-01-01",
    "show_statistics": "?first=2026-01-01",
    "show_unused": "?not_lent_since=2026-01-01",
    "show_year": "?year=2026",
}
#: Operations at the caller's own desk, which need nobody else's patron or item to be named.
OF_THE_DESK = {
    "list_claims",
    "list_collection_files",
    "list_interlibrary_loans",
    "list_waiting_partners",
    "show_unwarned",
    "search_patrons",
    "find_titles",
    "list_print_jobs",
    "print_again",
    "show_collected",
    "show_statistics",
    "list_deliveries",
    "show_unexpected",
    "list_inventories",
    "show_unused",
    "lend_to_class",
    "list_placements",
    "show_items_to_move",
    "list_bookings",
    "show_booking_calendar",
    "show_bookings_to_prepare",
    "show_record",
    "catalogue_record",
    "load_records",
    "list_groups",
    "make_group",
    "list_queue",
    "list_terminals",
    "list_partners",
    "list_accounts",
    "list_roles",
    "list_lookups_by",
    "list_workstations",
    "list_programs",
    "take_back",
    "take_stack_back",
    "prolong",
    "undo",
    "show_item",
    "show_queue",
    "fetch",
    "show_pick_list",
    "show_shelf",
    "show_overdue",
    "show_claims",
    "show_missing",
    "show_transits",
    "show_conflicts",
    "show_hopeless",
    "show_machines",
    "follow_lists",
    "list_events",
}
#: What their operations answer is a secret, and is not kept for who asks again.
UNKEPT = ("sessions", "account")
NAME = "Ida Ørsted"
_VARIABLE = re.compile(r"\{([a-z_]+)\}")


@pytest.fixture
def known(stage: Stage) -> dict[str, str]:
    """What is there to be named: a patron with a loan and a hold."""
    library = stage.library
    card = a_patron(library)
    item = an_item(library, on_loan_to=card)
    charged = charge(library, card, 5_000)
    payment = paid(library, card, 1_000)
    assert isinstance(payment, Paid)
    return {
        "card": card,
        "charge": str(charged.id),
        "payment": str(payment.payment_id),
        "claim": "1",
        "file": "1",
        "loan": "1",
        "batch": "old",
        "patron": stage.public_id(card),
        "guardian": stage.public_id(a_patron(library)),
        "item": item,
        "hold": _a_hold(library, card),
        "title": _a_title(library),
        "booking": str(a_booking(library, card, a_set(library, 1)[0], 9, 12).id),
        "delivery": "1",
        "line": "1",
        "inventory": str(_an_inventory(library)),
        "placement": str(_a_theme(library)),
        "reason": "OTHER",
        "consent": "keep_history",
        "conflict": "1",
        "record": "999",
        "group": "1",
        "notice": "1",
        "kind": "welcome",
        "job": "replies",
        "partner": "DK-714700",
        "passkey": "1",
        "app": _an_app(library),
        "session": "0" * 32,
        "account": a_colleague(library, password=None).user_name,
        "workstation": "desk 1",
        "program": "website",
        "branch": "DK-900101",
        "first": "2026-03-10",
        "last": "2026-03-10",
        "contact": "1",
        "address": "1",
    }


def _a_hold(library: Library, card: str) -> str:
    wanted = an_item(library)

    def work(transaction: Any) -> Any:
        return place_holds(library.act(transaction), HoldWish(card, [Wanted(item=wanted)]))

    placed = library.write(work)
    assert isinstance(placed, HoldsPlaced)
    return str(placed.holds[0].hold.id)


def _an_app(library: Library) -> str:
    back = ("https://app.example/back",)
    new = NewProgram("app", library.main.id, (), acts_for="patron", redirect_uris=back)
    return at_no_desk(library, lambda act: add_program(act, COMMAND, new)).client_id


def _an_inventory(library: Library) -> int:
    return library.write(
        lambda transaction: begin_inventory(library.act(transaction), "Spring", ANY_SHELF).id
    )


def _a_theme(library: Library) -> int:
    def work(transaction: Any) -> int:
        set_up = library.circulation.current_set_up(transaction)
        new = NewPlacement(StayKind.THEME, "The sea", [Station(date(2031, 3, 3), library.main)])
        return create_placement(library.act(transaction), set_up, new).id

    return library.write(work)


def _a_title(library: Library) -> str:
    record = a_record("10000001", "Soil and water", "Smith, Anna", "", "Hydrology", 1984, "eng")
    return str(
        library.write(
            lambda transaction: add_record(
                transaction, record, now=library.now, record_format="marc21"
            )
        )
    )


def _asked(stage: Stage, operation: Operation, known: dict[str, str], token: str | None) -> Any:
    path = _VARIABLE.sub(lambda found: known[found[1]], operation.path)
    said = BODIES.get(operation.id)
    headers = {"if-match": "*"} if operation.is_versioned else {}
    if operation.media_type != JSON:
        headers["content-type"] = operation.media_type
    path += QUERIES.get(operation.id, "").format(**known)
    body = None if said is None else said(known)
    return stage.ask(operation.method, path, body, token=token, headers=headers)


def test_the_table_has_all_that_it_needs() -> None:
    Routes(OPERATIONS)
    ids = [each.id for each in OPERATIONS]
    assert len(ids) == len(set(ids))
    for operation in OPERATIONS:
        assert getdoc(operation.handler), operation.id
        assert operation.caller is not Caller.STAFF or operation.right is not None, operation.id
        assert operation.body is None or operation.id in BODIES, operation.id
        hints = get_type_hints(operation.handler)
        assert set(hints) >= {"request", "principal", "context", "return"}, operation.id
        if operation.method == "POST" and operation.changes and operation.tag not in UNKEPT:
            assert operation.is_once, operation.id
        if operation.method == "GET":
            assert not operation.changes, operation.id


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_nobody_is_answered(stage: Stage, known: dict[str, str], operation: Operation) -> None:
    told = _asked(stage, operation, known, None)
    is_open = operation.caller is Caller.ANYBODY and operation.tag != "sessions"
    assert told.status == (200 if is_open else 401), told.body


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.right is not None],
    ids=lambda each: each.id,
)
def test_who_lacks_the_right_is_told_which(
    stage: Stage, known: dict[str, str], operation: Operation
) -> None:
    assert operation.right is not None
    token = stage.a_caller(*(set(Right) - {operation.right}))
    told = _asked(stage, operation, known, token)
    assert (told.status, told.body["right"]) == (403, operation.right.value)


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.caller is not Caller.ANYBODY],
    ids=lambda each: each.id,
)
def test_another_agency_gets_no_data(
    stage: Stage, known: dict[str, str], operation: Operation
) -> None:
    library = stage.library
    stranger = stage.a_caller(agency=library.main.agency_id + 99)
    told = _asked(stage, operation, known, stranger)
    if operation.id not in OF_THE_DESK and operation.caller is not Caller.SIGNED_IN:
        assert told.status in (403, 404), told.body
    assert NAME not in json.dumps(told.body, ensure_ascii=False)
    assert known["card"] not in json.dumps(told.body)


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.caller is Caller.PATRON],
    ids=lambda each: each.id,
)
def test_patrons_see_themselves_and_nobody_else(
    stage: Stage, known: dict[str, str], operation: Operation
) -> None:
    """Everything that another patron has is named, and none of it is shown or changed."""
    library = stage.library
    library.pass_time(days=3)
    other = a_patron(library, given_name="Bo", family_name="Bech")
    token = stage.a_patron_caller(other)
    told = _asked(stage, operation, known, token)
    assert NAME not in json.dumps(told.body, ensure_ascii=False)
    assert known["card"] not in json.dumps(told.body)
    if "{hold}" in operation.path or "{charge}" in operation.path:
        assert told.status == 404
    if operation.id == "renew_own":
        assert (told.status, told.codes) == (409, ["NOT_ON_LOAN_TO_PATRON"])


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.caller is Caller.STAFF],
    ids=lambda each: each.id,
)
def test_patrons_do_not_what_staff_do(
    stage: Stage, known: dict[str, str], operation: Operation
) -> None:
    token = stage.a_patron_caller(known["card"])
    assert _asked(stage, operation, known, token).status == 403


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_whoever_may_is_answered(stage: Stage, known: dict[str, str], operation: Operation) -> None:
    stage.library.pass_time(days=3)
    if operation.caller is Caller.PATRON:
        token = stage.a_patron_caller(known["card"])
    else:
        token = stage.a_caller(grants=EVERYTHING)
    told = _asked(stage, operation, known, token)
    assert told.status < 500
    assert told.status in (operation.status, 401, 404, 409, 422), told.body


@scalars(int)
def _looked_at() -> Statement:
    return select(lookups.c.id)


@scalars(int)
def _happened() -> Statement:
    return select(events.c.id)


def _noted(stage: Stage) -> int:
    """Look-ups and events there are."""
    return stage.library.read(lambda each: len(_looked_at(each)) + len(_happened(each)))


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.caller is not Caller.PATRON],
    ids=lambda each: each.id,
)
def test_whoever_is_shown_a_patron_is_noted(
    stage: Stage, known: dict[str, str], operation: Operation
) -> None:
    """Acts are events; everything else that shows somebody is a look-up, and a list is one."""
    stage.library.pass_time(days=40)  # the loan is overdue, and so on lists
    token = stage.a_caller(grants=EVERYTHING)
    before = _noted(stage)
    told = _asked(stage, operation, known, token)
    said = json.dumps(told.body, ensure_ascii=False)
    if NAME in said or known["card"] in said or f'"{known["patron"]}"' in said:
        assert _noted(stage) > before, said


def test_a_session_is_of_a_kind() -> None:
    assert Caller.PATRON.admits(Kind.PATRON)
    assert not Caller.STAFF.admits(Kind.PATRON)
