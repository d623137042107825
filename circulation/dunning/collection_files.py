"""The files for the debtor system: what it is told of claims, and what it was told.

A file holds the lines that were not sent yet, each a record of the fields that Danish collection
asks for (gældsinddrivelse: claims one by one, fees apart from compensations, a description of at
most 100 characters that names nobody). What was written is kept, so that a file can be had again
and shown as evidence.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, func, insert, select, update

from catalogue.database import (
    Statement,
    Transaction,
    columns,
    many,
    many_of,
    one,
    scalar,
    scalar_one,
    scalars,
    send,
)
from catalogue.schema import agencies
from circulation.calendars.due_dates import local_date
from circulation.digital_post.numbers import post_number
from circulation.dunning.acts import DunningAct, acts_of_charges
from circulation.dunning.claims import ClaimKind, follow_charges
from circulation.dunning.schema import collection_claims, collection_files, collection_lines
from circulation.dunning.steps import Does
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.results import UNATTENDED
from circulation.kernel.spreadsheets import TableWriter
from circulation.ledger.schema import charges
from circulation.patrons.facts import CARD_OF_PATRON
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.schema import patrons

#: The fields of a record, in the order of the columns of a CSV file.
FIELDS = (
    "line",
    "claim",
    "action",
    "creditor",
    "kind",
    "amount",
    "principal",
    "currency",
    "debtor",
    "debtor_number_type",
    "debtor_number",
    "debtor_kind",
    "debtor_name",
    "debtor_born",
    "main_claim",
    "description",
    "originated",
    "due",
    "last_payment_day",
    "reminded",
    "receipt_offered",
    "reason",
)
#: In Danish, which the debtor and the debtor system read: at most 100 characters, and nothing of
#: what was lent or by whom.
_DESCRIPTIONS = {
    ClaimKind.FEE.value: "Biblioteksgebyr",
    ClaimKind.COMPENSATION_UNRETURNED.value: "Erstatning for ikke afleveret biblioteksmateriale",
    ClaimKind.COMPENSATION_DAMAGED.value: "Erstatning for beskadiget biblioteksmateriale",
}
#: What asks for payment.
_ASKS = (Does.BILL, Does.REMIND)


class LineRow(NamedTuple):
    """A line that was not sent yet, with its claim, charge and debtor."""

    id: int
    claim_id: int
    action: str
    amount: int
    reason: str
    charge_id: int
    kind: str
    currency: str
    principal: int
    originated: datetime
    debtor_kind: str
    debtor_name: str
    debtor_born: date | None
    debtor_card: str | None


class FileLine(NamedTuple):
    """A file that was written: for which creditor, when, by whom, and how many lines it has."""

    id: int
    agency_id: int
    at: datetime
    actor: str
    lines: int


class CollectionFile(NamedTuple):
    """A file as it was written, with its records.

    `debtors` are the patrons that it tells of, without those who were erased.
    """

    id: int
    agency_id: int
    at: datetime
    actor: str
    records: tuple[dict[str, Any], ...]
    debtors: tuple[int, ...] = ()


_LINES_OF_CLAIMS = collection_lines.join(
    collection_claims, collection_claims.c.id == collection_lines.c.claim_id
)


@scalars(int)
def _lock_unsent(*, agency_id: int) -> Statement:
    """Lock the claims of which a line was not sent yet; return their ids."""
    has_unsent = exists().where(
        collection_lines.c.claim_id == collection_claims.c.id, collection_lines.c.file_id.is_(None)
    )
    return (
        select(collection_claims.c.id)
        .where(collection_claims.c.agency_id == agency_id, has_unsent)
        .order_by(collection_claims.c.id)
        .with_for_update()
    )


@many_of(LineRow)
def _unsent(*, claim_ids: Sequence[int]) -> Statement:
    its = {
        "charge_id": collection_claims.c.charge_id,
        "kind": collection_claims.c.kind,
        "currency": collection_claims.c.currency,
        "principal": charges.c.amount,
        "originated": charges.c.created,
        "debtor_kind": patrons.c.kind,
        "debtor_name": patrons.c.name,
        "debtor_born": patrons.c.birth_date,
        "debtor_card": CARD_OF_PATRON,
    }
    return (
        select(*columns(LineRow, collection_lines, **its))
        .select_from(
            _LINES_OF_CLAIMS.join(charges, charges.c.id == collection_claims.c.charge_id).join(
                patrons, patrons.c.id == collection_claims.c.debtor_id
            )
        )
        .where(collection_lines.c.file_id.is_(None), collection_claims.c.id.in_(claim_ids))
        .order_by(collection_lines.c.id)
    )


class _LastClaim(NamedTuple):
    charge_id: int
    claim_id: int


@many_of(_LastClaim)
def _claims_of_charges(*, charge_ids: Sequence[int]) -> Statement:
    last = func.max(collection_claims.c.id)
    return (
        select(*columns(_LastClaim, collection_claims, claim_id=last))
        .where(collection_claims.c.charge_id.in_(charge_ids))
        .group_by(collection_claims.c.charge_id)
    )


@scalar(str)
def _isil(*, agency_id: int) -> Statement:
    return select(agencies.c.isil).where(agencies.c.id == agency_id)


@scalar_one(int)
def _insert_file(*, agency_id: int, at: datetime, actor: str, lines: int) -> Statement:
    return insert(collection_files).values(locals()).returning(collection_files.c.id)


@send
def _set_sent(*, line_id: int, file_id: int, record: str) -> Statement:
    its = collection_lines.c.id == line_id
    return update(collection_lines).where(its).values(file_id=file_id, record=record)


class _Kept(NamedTuple):
    """A record as it was written, and whose debt it tells of."""

    record: str
    debtor_id: int | None


@many(_Kept)
def _records(*, file_id: int) -> Statement:
    return (
        select(collection_lines.c.record, collection_claims.c.debtor_id)
        .select_from(_LINES_OF_CLAIMS)
        .where(collection_lines.c.file_id == file_id, collection_lines.c.record.is_not(None))
        .order_by(collection_lines.c.id)
    )


@one(FileLine)
def _file(*, file_id: int) -> Statement:
    return select(*columns(FileLine, collection_files)).where(collection_files.c.id == file_id)


@many(FileLine)
def files_of_agency(*, agency_id: int) -> Statement:
    """The files that were written, the oldest first."""
    return (
        select(*columns(FileLine, collection_files))
        .where(collection_files.c.agency_id == agency_id)
        .order_by(collection_files.c.id)
    )


def export_claims(act: Act) -> int | None:
    """Writes what the debtor system of the desk's agency was not told yet; the number of the file,
    None where that is nothing.

    The claims are brought up to date with what is owed first: nothing is sent of what came back
    or was paid meanwhile.
    """
    transaction, circulation, desk, now = act
    after: int | None = 0
    while after is not None:
        *_, after = follow_charges(act._replace(desk=UNATTENDED), after)
    # Another may write a file at the same moment, or call a claim back: read under the locks.
    claim_ids = _lock_unsent(transaction, agency_id=desk.agency_id)
    lines = _unsent(transaction, claim_ids=claim_ids)
    creditor = _isil(transaction, agency_id=desk.agency_id)
    if not lines or creditor is None:
        return None
    set_up = circulation.current_set_up(transaction)
    timezone = set_up.branches[desk.branch_id].timezone
    acts = acts_of_charges(transaction, [line.charge_id for line in lines])
    mains: dict[int, int] = {
        charge_id: each.facts["main_charge"]
        for charge_id, its in acts.items()
        for each in its
        if "main_charge" in each.facts
    }
    main_claims = dict(_claims_of_charges(transaction, charge_ids=[*mains.values()]))
    file_id = _insert_file(
        transaction, agency_id=desk.agency_id, at=now, actor=desk.actor, lines=len(lines)
    )
    for line in lines:
        record = _record(
            line,
            creditor=creditor,
            acts=acts.get(line.charge_id, ()),
            main_claim=main_claims.get(mains.get(line.charge_id, 0)),
            timezone=timezone,
        )
        told = json.dumps(record, ensure_ascii=False)
        _set_sent(transaction, line_id=line.id, file_id=file_id, record=told)
    counts = {"file": file_id, "lines": len(lines), "agency": desk.agency_id}
    append_event(act, NewEvent(EventKind.COLLECTION_EXPORTED, after=counts))
    return file_id


def _record(
    line: LineRow,
    *,
    creditor: str,
    acts: Sequence[DunningAct],
    main_claim: int | None,
    timezone: str,
) -> dict[str, Any]:
    """A line of the file, national numbers apart.

    The claim fell due when payment was first asked for, by a bill or a reminder, and was to be
    paid by the day that was told then: later reminders do not move it.
    """
    asked = [each for each in acts if each.does in _ASKS and not each.is_passed]
    reminded = [each.day for each in asked if each.does is Does.REMIND]
    originated = local_date(line.originated, timezone)
    due = asked[0].day if asked else originated
    told = asked[0].facts.get("pay_by") if asked else None
    last_payment_day = date.fromisoformat(told) if told else due
    return {
        "line": line.id,
        "claim": line.claim_id,
        "action": line.action,
        "creditor": creditor,
        "kind": line.kind,
        "amount": line.amount,
        "principal": line.principal,
        "currency": line.currency,
        "debtor": line.debtor_card or "",
        "debtor_kind": line.debtor_kind,
        "debtor_name": line.debtor_name,
        "debtor_born": line.debtor_born.isoformat() if line.debtor_born else "",
        "main_claim": main_claim or "",
        "description": _DESCRIPTIONS[line.kind],
        "originated": originated.isoformat(),
        "due": due.isoformat(),
        "last_payment_day": last_payment_day.isoformat(),
        "reminded": reminded[-1].isoformat() if reminded else "",
        # What was not returned can be recovered because a receipt for its return is offered.
        "receipt_offered": line.kind == ClaimKind.COMPENSATION_UNRETURNED.value,
        "reason": line.reason,
    }


def read_file(
    circulation: Circulation, transaction: Transaction, file_id: int
) -> CollectionFile | None:
    """A file as it was written; records of persons who were erased are left out.

    National numbers stand in no record that is kept: they are opened for the reader, where the
    installation seals them. Raises Unreadable.
    """
    file = _file(transaction, file_id=file_id)
    if file is None:
        return None
    keys = IDENTIFIERS.of(circulation)
    records: list[dict[str, Any]] = []
    debtors: list[int] = []
    for stored, debtor_id in _records(transaction, file_id=file_id):
        number = None
        if debtor_id is not None:
            number = post_number(transaction, debtor_id, keys.stored, keys.seal)
            debtors.append(debtor_id)
        records.append(
            json.loads(stored)
            | {
                "debtor_number_type": number.id_type if number else "",
                "debtor_number": number.number if number else "",
            }
        )
    told = tuple(records), tuple(dict.fromkeys(debtors))
    return CollectionFile(file.id, file.agency_id, file.at, file.actor, *told)


def file_text(file: CollectionFile, form: str) -> str:
    """The file as ``csv`` (semicolons, a line of names first) or ``json``."""
    if form == "json":
        told = {"file": file.id, "written": file.at.isoformat(), "records": list(file.records)}
        return json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    text = io.StringIO()
    writer = TableWriter(text, FIELDS, delimiter=";", line_end="\r\n")
    for each in file.records:
        writer.write(_cell(each[name]) for name in FIELDS)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """Return a value as it is written; truth values are words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value
