"""Update (Z39.50-2003, EXT.1.5): records inserted, replaced and deleted by authorised accounts.

Each supplied record succeeds or fails by itself. A record is changed in the named database: one
that this database does not show cannot be changed through it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from pyroaring import BitMap

from catalogue.changes.accession import lock_writing
from catalogue.formats import CannotRender
from catalogue.records import Record, fetch_records
from circulation.kernel.results import Desk
from circulation.records.changes import RecordNeeded, add_record, delete_record, replace_record
from protocols.hosting.answering import Context
from protocols.z3950.association import Association
from protocols.z3950.databases import owner_in, records_in
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic
from protocols.z3950.extended.task_results import Done
from protocols.z3950.messages.packages import (
    SuppliedRecord,
    TaskPackageRecord,
    UpdateRequest,
    UpdateTargetPart,
    UpdateTaskPackage,
    UpdateToKeep,
)
from protocols.z3950.records.forms import USMARC, choose_form
from protocols.z3950.records.supplied_records import Text, record_named, text_of
from protocols.z3950.wire.asn1 import External


class UpdateStatus(IntEnum):
    SUCCESS = 1
    PARTIAL = 2
    FAILURE = 3


class RecordStatus(IntEnum):
    SUCCESS = 1
    FAILURE = 4


@dataclass(frozen=True, slots=True)
class _Update:
    """What applies to all records of a request. `visible` None means everything."""

    to_keep: UpdateToKeep
    caller: Association
    context: Context
    desk: Desk
    owner_id: int | None
    visible: BitMap | None
    inserted: list[int] = field(default_factory=list)


def update_records(
    request: UpdateRequest, caller: Association, context: Context, desk: Desk
) -> Done:
    """Does what is asked with each record. Raises Refused for faults that concern them all."""
    asked = request.to_keep
    change = _ACTIONS.get(asked.action)
    if change is None:
        raise Refused(Bib1.UPDATE_ACTION_UNSUPPORTED, str(asked.action))
    if asked.schema is not None:
        raise Refused(Bib1.UPDATE_SCHEMA_UNSUPPORTED, asked.schema)
    if asked.action_qualifier is not None:
        raise Refused(Bib1.PACKAGE_VALUE_UNSUPPORTED, "actionQualifier")
    if not request.not_to_keep:
        raise Refused(Bib1.PACKAGE_PARAMETER_MISSING, "suppliedRecords")
    transaction = context.transaction
    lock_writing(transaction)  # before anything is read that must not change meanwhile
    update = _Update(
        asked,
        caller,
        context,
        desk,
        owner_in(transaction, asked.database_name, caller.settings),
        records_in(transaction, [asked.database_name], caller.settings),
    )
    entries = []
    refusals = []
    for supplied in request.not_to_keep:
        entry = TaskPackageRecord(RecordStatus.SUCCESS, correlation_info=supplied.correlation_info)
        try:
            entry.record_or_sur_diag = change(update, supplied)
        except Refused as refused:
            entry.record_status = RecordStatus.FAILURE
            entry.record_or_sur_diag = [diagnostic(refused, caller.version)]
            refusals.append(refused)
        entries.append(entry)
    status = UpdateStatus.SUCCESS
    if refusals:
        is_partial = len(refusals) < len(entries)
        status = UpdateStatus.PARTIAL if is_partial else UpdateStatus.FAILURE
    package = UpdateTaskPackage(asked, UpdateTargetPart(status, entries))
    failed = refusals[0] if status is UpdateStatus.FAILURE else None
    return Done(package, failed, inserted=update.inserted)


def _insert(update: _Update, supplied: SuppliedRecord) -> External | None:
    text = text_of(supplied.record)
    form = _form(update, text)
    context = update.context
    number = add_record(
        context.act(update.desk),
        text.data,
        agency_id=update.owner_id,
        record_format=text.record_format,
    )
    update.inserted.append(number)
    return form(number)


def _replace(update: _Update, supplied: SuppliedRecord) -> External | None:
    text = text_of(supplied.record)
    form = _form(update, text)
    context = update.context
    record = record_named(context.transaction, supplied, update.visible)
    replace_record(context.act(update.desk), record.id, text.data, record_format=text.record_format)
    return form(record.id)


def _delete(update: _Update, supplied: SuppliedRecord) -> External | None:
    context = update.context
    record = record_named(context.transaction, supplied, update.visible)
    deleted = delete_record(context.act(update.desk), record.id)
    if isinstance(deleted, RecordNeeded):
        why = "; ".join(f"{need.value} ({number})" for need, number in deleted.needs)
        raise Refused(Bib1.IMMEDIATE_EXECUTION_FAILED, why)
    return None


def _form(update: _Update, text: Text) -> Callable[[int], External | None]:
    """The form in which the stored record is sent back, if the origin wants it: the syntax it came
    in. Raises Refused for an unknown element set, before anything is changed."""
    element_set = update.to_keep.element_set_name
    if element_set is None:
        return lambda number: None
    form = choose_form(text.syntax or USMARC, element_set, update.to_keep.database_name)

    def stored(number: int) -> External | None:
        record: Record = fetch_records(update.context.transaction, [number])[0]
        try:
            return form.external(record)
        except CannotRender:  # it is stored all the same
            return None

    return stored


INSERT: Final = 1
#: What is done with a record for each `action`.
_ACTIONS: Final[dict[int, Callable[[_Update, SuppliedRecord], External | None]]] = {
    INSERT: _insert,
    2: _replace,
    3: _delete,
}
