"""Every operation of the table, by callers who may not: a new one cannot be forgotten."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from inspect import getdoc
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import pytest
from sqlalchemy import select

from catalogue.changes.accession import add_record
from catalogue.database import Statement, scalars
from circulation.booking.placements import NewPlacement, create_placement
from circulation.booking.results import Station
from circulation.harvesting.progress import register_sources
from circulation.holdings.progress import register_sinks
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.results import Branch, StayKind
from circulation.kernel.rights import EVERYTHING, Kind, Reach, Right
from circulation.kernel.schema import events
from circulation.ledger.money import Paid
from circulation.staff.lookup_log import lookups
from circulation.staff.programs import NewProgram, add_program
from circulation.stock.inventory import ANY_SHELF, begin_inventory
from protocols.api.handlers import Api
from protocols.api.messages import JSON
from protocols.api.operation import Caller, Operation
from protocols.api.operations import OPERATIONS
from protocols.api.routing import Routes
from protocols.api.settings import ApiSettings
from tests.builders.accounts import COMMAND, a_colleague, at_no_desk
from tests.builders.bookings import a_booking, a_set
from tests.builders.circulation import NOON, Library, a_patron, an_item
from tests.builders.fees import charge, paid
from tests.conftest import a_postgresql
from tests.keeping import Kept
from tests.protocols.api.stage import Stage, a_stage
from tests.protocols.api.wishes import BODIES, QUERIES
from tests.protocols.sru.stage import a_record

#: Operations at the caller's own desk, which need nobody else's patron or item to be named.
OF_THE_DESK = {
    "list_claims",
    "list_collection_files",
    "list_interlibrary_cases",
    "list_interlibrary_loans",
    "list_interlibrary_remarks",
    "list_waiting_partners",
    "rank_suppliers",
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
    "register_this_browser",
    "forget_this_browser",
    "prolong_stack",
    "undo",
    "show_item",
    "show_use",
    "show_queue",
    "fetch",
    "show_pick_list",
    "show_shelf",
    "clear",
    "show_overdue",
    "show_claims",
    "show_missing",
    "show_transits",
    "show_conflicts",
    "show_barred_cards",
    "show_hopeless",
    "show_machines",
    "follow_lists",
    "list_events",
}
#: What their operations answer is a secret, and is not kept for who asks again.
UNKEPT = ("sessions", "account")
NAME = "Ida Ørsted"
_VARIABLE = re.compile(r"\{([a-z_]+)\}")


class Place(NamedTuple):
    """A library, and what is there to be named."""

    stage: Stage
    known: dict[str, str]


@contextmanager
def _a_place(url: str) -> Iterator[Place]:
    with a_stage(url) as stage:
        yield Place(stage, known_names(stage))


@pytest.fixture(scope="module")
def kept(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept[Place]]:
    kept = Kept(_a_place, sqlite_template, tmp_path_factory.mktemp("table"))
    yield kept
    kept.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, kept: Kept[Place]) -> Iterator[Place]:
    """Where nothing has happened yet, on each kind of database in turn."""
    if request.param == "sqlite":
        place = kept.get()
        place.stage.library.now = NOON
        yield place
        return
    template = request.getfixturevalue("postgresql_template")
    with a_postgresql(template) as url, _a_place(url) as place:
        yield place


@pytest.fixture
def stage(place: Place) -> Stage:
    return place.stage


@pytest.fixture
def known(place: Place) -> dict[str, str]:
    return place.known


def known_names(stage: Stage) -> dict[str, str]:
    """A patron with a loan and a hold, and everything else that has a name in a path."""
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
        "ward": stage.public_id(card),
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
        "remark": "1",
        "request": "1",
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
        "sink": _a_sink(library),
        "source": _a_source(library),
    }


def _a_sink(library: Library) -> str:
    library.write(lambda transaction: register_sinks(transaction, {"well": ()}))
    return "well"


def _a_source(library: Library) -> str:
    asked = {"national": "http://127.0.0.1:9/oai marcxchange"}
    library.write(lambda transaction: register_sources(transaction, asked, library.now))
    return "national"


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
    [each for each in OPERATIONS if each.caller is Caller.STAFF and "{patron}" in each.path],
    ids=lambda each: each.id,
)
def test_a_right_at_a_branch_holds_with_the_patrons_of_that_branch_alone(
    stage: Stage, known: dict[str, str], operation: Operation
) -> None:
    def caller_at(branch: Branch) -> str:
        grants = dict.fromkeys(Right, Reach(branches=frozenset({branch.id})))
        return stage.a_caller(grants=grants, branch_id=branch.id)

    library = stage.library
    told = _asked(stage, operation, known, caller_at(library.other))
    assert told.status in (403, 404), told.body
    assert NAME not in json.dumps(told.body, ensure_ascii=False)
    if operation.method == "GET":
        here = _asked(stage, operation, known, caller_at(library.main))
        assert here.status == _asked(stage, operation, known, stage.a_caller()).status


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


def test_what_any_process_answers_tells_of_nobody(stage: Stage) -> None:
    """Of several processes with one SQLite file the one that makes changes answers all the rest:
    whatever needs somebody's session, and whoever looks at a patron."""
    api = Api(ApiSettings(), stage.services)
    paths = {each: each.path.replace("{", "").replace("}", "").strip("/") for each in OPERATIONS}
    found = {
        each.id
        for each, path in paths.items()
        if api.only_looks(each.method, ("v1", *path.split("/")))
    }
    assert found == {
        *("description", "search_titles", "show_authorization", "show_library"),
        *("show_this_browser", "show_title"),
    }
    assert api.only_looks("HEAD", ("v1", "titles"))
    for nothing in ((), ("v2", "titles"), ("v1",), ("v1", "nothing")):
        assert not api.only_looks("GET", nothing)
    assert not api.only_looks("OPTIONS", ("v1", "titles"))


def test_a_session_is_of_a_kind() -> None:
    assert Caller.PATRON.admits(Kind.PATRON)
    assert not Caller.STAFF.admits(Kind.PATRON)
