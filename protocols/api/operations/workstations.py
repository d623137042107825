"""Workstations and programs: what the staff and others use the API from.

What is made here shows a secret, which is told once and kept nowhere: so it is PUT, and no answer
is kept for an Idempotency-Key.
"""

from __future__ import annotations

from typing import Any, Final

from circulation.kernel.rights import Principal, Right
from circulation.languages.sentences import Sentence
from circulation.staff.programs import NewProgram as Wanted
from circulation.staff.programs import Program as KnownProgram
from circulation.staff.programs import add_program, all_programs, program_named, revoke_program
from circulation.staff.workstations import Workstation as KnownWorkstation
from circulation.staff.workstations import (
    WorkstationTaken,
    add_workstation,
    all_workstations,
    printer_of,
    remove_workstation,
    renew_key,
    set_printer,
    workstation_named,
)
from protocols.api.authority import branch_meant
from protocols.api.models.staff import (
    NewProgram,
    NewWorkstation,
    PrinterWish,
    Programs,
    ProgramSecret,
    Workstation,
    WorkstationKey,
    Workstations,
    program_shown,
    workstation_shown,
)
from protocols.api.near import none_called
from protocols.api.operation import Operation, Plain, Request, get
from protocols.api.operations.staff import done_by_right
from protocols.api.problems import Outcome, Problem, malformed, said_by
from protocols.hosting.answering import Context, Lane
from protocols.hosting.destinations import is_refused

_WORKSTATION: Final = "/workstations/{workstation}"
_RIGHT: Final = Right.ADMINISTER_STAFF


def list_workstations(request: Plain, principal: Principal, context: Context) -> Workstations:
    """The desks that the caller administers, by branch and name."""
    return Workstations(tuple(map(workstation_shown, _desks(principal, context))))


def _desks(principal: Principal, context: Context) -> list[KnownWorkstation]:
    return [
        each
        for each in all_workstations(context.transaction)
        if principal.may(_RIGHT, each.agency_id, each.branch_id)
    ]


def register_workstation(
    request: Request[NewWorkstation, None], principal: Principal, context: Context
) -> WorkstationKey:
    """Registers a desk. Its key is told this once: the browser there keeps it."""
    branch = branch_meant(request.body.branch, principal, context, _RIGHT)
    name = request.path["workstation"]
    try:
        key = add_workstation(context.act(principal.desk), name, branch.id)
    except WorkstationTaken as error:
        raise Problem(Outcome.CONFLICT, said_by(error)) from None
    except ValueError as error:
        raise malformed("workstation", "unfit", said_by(error)) from None
    return WorkstationKey(name.strip(), branch.isil, key)


def _the_workstation(
    request: Request[Any, Any], principal: Principal, context: Context
) -> KnownWorkstation:
    name = request.path["workstation"]
    found = workstation_named(context.transaction, name=name)
    if found is None or not principal.may(_RIGHT, found.agency_id, found.branch_id):
        theirs = [each.name for each in _desks(principal, context)]
        raise Problem(Outcome.NOT_FOUND, none_called("workstation", name, theirs))
    return found


def renew_workstation_key(request: Plain, principal: Principal, context: Context) -> WorkstationKey:
    """Gives a desk a new key: the old one is void, and who is signed in there is out."""
    desk = _the_workstation(request, principal, context)
    key = renew_key(context.act(principal.desk), desk)
    return WorkstationKey(desk.name, desk.branch_isil, key)


def choose_printer(
    request: Request[PrinterWish, None], principal: Principal, context: Context
) -> Workstation:
    """Says where the slips of a desk are printed."""
    desk = _the_workstation(request, principal, context)
    try:
        printer = printer_of(request.body.model_dump())
    except ValueError as error:
        raise malformed("address", "unfit", said_by(error)) from None
    if printer.kind == "escpos" and is_refused(*printer.host_and_port):
        raise malformed(
            "address", "unfit", Sentence("PRINTER_ADDRESS_NOT_ALLOWED", address=printer.address)
        )
    set_printer(context.act(principal.desk), desk, printer)
    return workstation_shown(_the_workstation(request, principal, context))


def remove_desk(request: Plain, principal: Principal, context: Context) -> None:
    """Takes a desk away. Who is signed in there is out."""
    desk = _the_workstation(request, principal, context)
    remove_workstation(context.act(principal.desk), desk)


def list_programs(request: Plain, principal: Principal, context: Context) -> Programs:
    """The programs that the caller administers, by name; those that were revoked as well."""
    return Programs(tuple(map(program_shown, _programs(principal, context))))


def _programs(principal: Principal, context: Context) -> list[KnownProgram]:
    return [each for each in all_programs(context.transaction) if _administers(principal, each)]


def _administers(principal: Principal, program: KnownProgram) -> bool:
    return principal.may(_RIGHT, program.agency_id, program.branch_id)


def let_program_in(
    request: Request[NewProgram, None], principal: Principal, context: Context
) -> ProgramSecret:
    """Lets a program in. What it shows is told this once."""
    wish, name = request.body, request.path["program"]
    branch = branch_meant(wish.branch, principal, context, _RIGHT)
    if wish.expires is not None and wish.expires.tzinfo is None:
        raise malformed("expires", "timezone", Sentence("NO_OFFSET"))
    new = Wanted(
        name,
        branch.id,
        frozenset(wish.rights),
        wish.all_agencies,
        wish.requests_per_minute,
        wish.expires,
        wish.acts_for,
        wish.redirect_uris,
    )
    act = context.act(principal.desk)
    made = done_by_right(lambda: add_program(act, principal, new, with_bearer=wish.bearer))
    return ProgramSecret(name.strip(), made.client_id, made.secret, made.bearer)


def revoke(request: Plain, principal: Principal, context: Context) -> None:
    """Nothing is done for a program any more."""
    name = request.path["program"]
    found = program_named(context.transaction, name=name)
    if found is None or not _administers(principal, found):
        theirs = [each.name for each in _programs(principal, context)]
        raise Problem(Outcome.NOT_FOUND, none_called("program", name, theirs))
    revoke_program(context.act(principal.desk), found)


def _change(method: str, path: str, summary: str, handler: Any, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=path,
        summary=summary,
        handler=handler,
        lane=Lane.WRITE,
        tag="workstations",
        right=_RIGHT,
        **more,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/workstations",
        "The registered desks",
        list_workstations,
        Workstations,
        tag="workstations",
        right=_RIGHT,
    ),
    _change(
        "PUT",
        _WORKSTATION,
        "Register a desk",
        register_workstation,
        answer=WorkstationKey,
        body=NewWorkstation,
        outcomes=(Outcome.CONFLICT,),
    ),
    _change(
        "PUT",
        f"{_WORKSTATION}/key",
        "Give a desk a new key",
        renew_workstation_key,
        answer=WorkstationKey,
    ),
    _change(
        "PUT",
        f"{_WORKSTATION}/printer",
        "Choose a desk's printer",
        choose_printer,
        answer=Workstation,
        body=PrinterWish,
    ),
    _change("DELETE", _WORKSTATION, "Take a desk away", remove_desk, status=204),
    get(
        "/programs",
        "Bots and web sites",
        list_programs,
        Programs,
        tag="workstations",
        right=_RIGHT,
    ),
    _change(
        "PUT",
        "/programs/{program}",
        "Let a program in",
        let_program_in,
        answer=ProgramSecret,
        body=NewProgram,
    ),
    _change("DELETE", "/programs/{program}", "Shut a program out", revoke, status=204),
)
