"""Workstations: desks that have been registered, each with a key that its browser keeps.

Who signs in there works at its branch, and events name it as their device. People change, the desk
stays: so do its printer and its place.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy import Select, delete, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, one, scalar_one
from catalogue.schema import branches
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.languages.sentences import Sentence, several
from circulation.staff.schema import print_jobs, workstations
from circulation.staff.sessions import end_sessions_at
from circulation.staff.tokens import digest_of, new_token

#: Where receipt printers listen if the address names no port.
PRINTER_PORT: Final = 9100
_HOST_AND_PORT: Final = re.compile(r"(\[.*\]|[^:]*):([0-9]{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Printer:
    """Where the slips of a desk are printed.

    `address`: of an ESC/POS printer host and port, of CUPS the name of the queue, of CloudPRNT the
    printer's MAC address. `width` is in characters.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    kind: Literal["none", "escpos", "cups", "cloudprnt"] = "none"
    address: Annotated[str, Field(max_length=255)] = ""
    width: Annotated[int, Field(ge=20, le=120)] = 42

    def __post_init__(self) -> None:
        if (self.kind == "none") != (not self.address):
            raise ValueError(Sentence("PRINTER_ADDRESS"))

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where an ESC/POS printer listens: ``HOST``, ``HOST:PORT``, ``[IPV6]:PORT``."""
        found = _HOST_AND_PORT.fullmatch(self.address)
        host = found[1] if found else self.address
        return host.strip("[]"), int(found[2]) if found else PRINTER_PORT


_PRINTER = TypeAdapter(Printer)


def printer_of(said: dict[str, Any]) -> Printer:
    """The settings as somebody wrote them. Raises ValueError with what is wrong."""
    try:
        return _PRINTER.validate_python(said)
    except ValidationError as error:
        raise ValueError(several([_wrong(each) for each in error.errors()])) from None


def _wrong(mistake: ErrorDetails) -> Sentence:
    """What is wrong with one field of a printer, or with all of them together."""
    if mistake["type"] == "value_error":
        (said,) = mistake["ctx"]["error"].args
        return Sentence("AT", path="printer", text=said)
    path = ".".join(map(str, mistake["loc"])) or "printer"
    return Sentence("AT", path=path, text=Sentence("CANNOT_BE_USED"))


class Workstation(NamedTuple):
    """A registered desk. `registered` is when its present key was made, None where it has none."""

    id: int
    name: str
    branch_id: int
    agency_id: int
    branch_isil: str
    printer_json: str
    registered: datetime | None

    @property
    def printer(self) -> Printer:
        return Printer(**json.loads(self.printer_json))


class WorkstationTaken(ValueError):
    """Another workstation has that name."""


def _select() -> Select[Any]:
    its = {
        "id": workstations.c.id,
        "name": workstations.c.name,
        "branch_id": workstations.c.branch_id,
        "branch_isil": branches.c.isil,
        "printer_json": workstations.c.printer,
    }
    return select(*columns(Workstation, workstations, branches, **its)).join(
        branches, branches.c.id == workstations.c.branch_id
    )


@many(Workstation)
def all_workstations() -> Statement:
    """All of them, by branch and name."""
    return _select().order_by(branches.c.isil, workstations.c.name)


@one(Workstation)
def workstation_named(*, name: str) -> Statement:
    return _select().where(workstations.c.name == name)


@one(Workstation)
def _with_key(*, digest: bytes) -> Statement:
    return _select().where(workstations.c.key_digest == digest)


@scalar_one(int)
def _insert(
    *, name: str, branch_id: int, key_digest: bytes, printer: str, registered: datetime
) -> Statement:
    return insert(workstations).values(locals()).returning(workstations.c.id)


@change
def _set_key(*, workstation_id: int, key_digest: bytes, registered: datetime) -> Statement:
    new = {"key_digest": key_digest, "registered": registered}
    return update(workstations).where(workstations.c.id == workstation_id).values(new)


@change
def _set_printer(*, workstation_id: int, printer: str) -> Statement:
    return update(workstations).where(workstations.c.id == workstation_id).values(printer=printer)


@change
def _delete_jobs(*, workstation_id: int) -> Statement:
    """What was to be printed there."""
    return delete(print_jobs).where(print_jobs.c.workstation_id == workstation_id)


@change
def _delete(*, workstation_id: int) -> Statement:
    return delete(workstations).where(workstations.c.id == workstation_id)


def workstation_with(transaction: Transaction, key: str) -> Workstation | None:
    """The workstation whose key it is."""
    return _with_key(transaction, digest=digest_of(key))


def add_workstation(act: Act, name: str, branch_id: int, printer: Printer = Printer()) -> str:
    """Registers a desk and gives its key, which stands nowhere else. Raises WorkstationTaken."""
    name = name.strip()
    if not name:
        raise ValueError(Sentence("WORKSTATION_NAME"))
    if workstation_named(act.transaction, name=name) is not None:
        raise WorkstationTaken(Sentence("WORKSTATION_ALREADY", name=name))
    key = new_token()
    _insert(
        act.transaction,
        name=name,
        branch_id=branch_id,
        key_digest=digest_of(key),
        printer=json.dumps(asdict(printer)),
        registered=act.now,
    )
    _write(act, name, "added")
    return key


def renew_key(act: Act, workstation: Workstation) -> str:
    """Gives a new key; the one before is none any more, and who has signed in with it is out."""
    key = new_token()
    _set_key(
        act.transaction,
        workstation_id=workstation.id,
        key_digest=digest_of(key),
        registered=act.now,
    )
    end_sessions_at(act.transaction, workstation_id=workstation.id)
    _write(act, workstation.name, "key")
    return key


def set_printer(act: Act, workstation: Workstation, printer: Printer) -> None:
    """Where its slips are printed."""
    _set_printer(
        act.transaction, workstation_id=workstation.id, printer=json.dumps(asdict(printer))
    )
    _write(act, workstation.name, "printer")


def remove_workstation(act: Act, workstation: Workstation) -> None:
    """The desk is none any more, and who has signed in there is out."""
    _delete_jobs(act.transaction, workstation_id=workstation.id)
    end_sessions_at(act.transaction, workstation_id=workstation.id)
    _delete(act.transaction, workstation_id=workstation.id)
    _write(act, workstation.name, "removed")


def _write(act: Act, name: str, what: str) -> None:
    told = {"workstation": name, "what": what}
    append_event(act, NewEvent(EventKind.WORKSTATION_CHANGED, after=told))
