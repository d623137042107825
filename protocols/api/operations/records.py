"""Bibliographic records: looked up, added, replaced, deleted, merged; small files of them."""

from __future__ import annotations

import binascii
import io
from base64 import b64decode, b64encode
from typing import Any, Final, NamedTuple

from catalogue.changes.former_records import NoSuchRecord, former_record
from catalogue.changes.replacing import last_change
from catalogue.items import items_of_records
from catalogue.marc import marcxml
from catalogue.marc.checking import Refused as Unfit
from catalogue.marc.records_found import FoundRecord
from catalogue.marc.splitting import split
from catalogue.records import Record as KnownRecord
from catalogue.records import fetch_records
from circulation.kernel.rights import Principal, Right
from circulation.records.changes import (
    RecordNeeded,
    add_record,
    delete_record,
    merge_records,
    replace_record,
)
from protocols.api.authority import must_have_here, number_of
from protocols.api.models.records import (
    Loaded,
    Merged,
    MergeWish,
    NotLoaded,
    Record,
    RecordChanged,
    RecordSource,
    RecordText,
    RecordTexts,
    record_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.problems import FieldError, Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

_RECORD: Final = "/records/{record}"
_RIGHT: Final = Right.EDIT_CATALOGUE
#: Records of a file that comes in one request; larger ones are loaded by a command.
_MOST: Final = 500


def _present(asked: int, context: Context) -> KnownRecord:
    """The record with that number, or the one that it was merged into. Raises Problem."""
    former = former_record(context.transaction, record_id=asked)
    present = asked if former is None else former.survivor_id
    found = [] if present is None else fetch_records(context.transaction, [present])
    if not found:
        text = f"there is no record {asked}"
        if former is not None:
            text = f"record {asked} was deleted on {former.gone:%Y-%m-%d}"
        raise Problem(Outcome.NOT_FOUND, text)
    return found[0]


def show_record_source(request: Plain, principal: Principal, context: Context) -> RecordSource:
    """A record as it is kept, for other programs."""
    record = _present(number_of(request.path["record"], None), context)
    return RecordSource(str(record.id), record.format, b64encode(record.data).decode())


def show_record(request: Plain, principal: Principal, context: Context) -> Record:
    """A record by its number, or the one that it was merged into."""
    asked, transaction = number_of(request.path["record"], None), context.transaction
    record = _present(asked, context)
    items = items_of_records(transaction, [record.id])[record.id]
    changed = last_change(transaction, record.id)
    return record_shown(record, asked, changed, tuple(each.barcode for each in items))


def _read(text: str) -> list[FoundRecord]:
    return list(marcxml.read_records(io.BytesIO(text.encode())))


class _Given(NamedTuple):
    """A record, and its format where it says so."""

    data: bytes
    record_format: str | None


def _the_one(wish: RecordText) -> _Given:
    """The record of a request. Raises Problem."""
    field, found, why = "marcxml", [], None
    if wish.marcxml is not None:
        read = _read(wish.marcxml)
        found = [_Given(each.data, each.record_format) for each in read]
        why = next((each.refusal for each in read if each.refusal is not None), None)
    else:
        field = "iso2709"
        try:
            octets = b64decode(wish.iso2709 or "", validate=True)
        except binascii.Error:
            raise malformed(field, "base64", "this is no base64") from None
        found = [_Given(each.data, None) for each in split(io.BytesIO(octets))]
    if len(found) != 1:
        raise malformed(field, "number", f"there are {len(found)} records, and not one")
    if why is not None:
        raise malformed(field, "unfit", why)
    return found[0]


def catalogue_record(
    request: Request[RecordText, None], principal: Principal, context: Context
) -> RecordChanged:
    """Adds a record to the catalogue."""
    must_have_here(principal, _RIGHT)
    given = _the_one(request.body)
    try:
        record_id = _added(given, principal, context)
    except Unfit as error:
        raise malformed("marcxml", "unfit", str(error)) from None
    return _changed(record_id, True, context)


def _added(given: FoundRecord | _Given, principal: Principal, context: Context) -> int:
    act = context.act(principal.desk)
    return add_record(act, given.data, record_format=given.record_format or "marc21")


def _changed(record_id: int, is_changed: bool, context: Context) -> RecordChanged:
    [stored] = fetch_records(context.transaction, [record_id])
    return RecordChanged(str(record_id), stored.title, is_changed)


def load_records(
    request: Request[RecordTexts, None], principal: Principal, context: Context
) -> Loaded:
    """Adds the records of a small file, and tells which of them were refused."""
    must_have_here(principal, _RIGHT)
    found = _read(request.body.marcxml)
    if len(found) > _MOST:
        raise malformed("marcxml", "number", f"these are more than {_MOST} records")
    records, refusals = [], []
    for number, given in enumerate(found, 1):
        why = given.refusal
        if why is None:
            try:
                records.append(str(_added(given, principal, context)))
            except Unfit as error:
                why = str(error)
        if why is not None:
            refusals.append(NotLoaded(number, why))
    return Loaded(tuple(records), tuple(refusals))


def rewrite_record(
    request: Request[RecordText, None], principal: Principal, context: Context
) -> RecordChanged:
    """Puts another text in the place of a record's."""
    must_have_here(principal, _RIGHT)
    record_id, given = number_of(request.path["record"], None), _the_one(request.body)
    act = context.act(principal.desk)
    try:
        changed = replace_record(act, record_id, given.data, record_format=given.record_format)
    except NoSuchRecord as error:
        raise Problem(Outcome.NOT_FOUND, str(error)) from None
    except Unfit as error:
        raise malformed("marcxml", "unfit", str(error)) from None
    return _changed(record_id, changed, context)


def discard_record(request: Plain, principal: Principal, context: Context) -> Problem | None:
    """Deletes a record that has no items and for which nobody waits."""
    must_have_here(principal, _RIGHT)
    try:
        answer = delete_record(context.act(principal.desk), number_of(request.path["record"], None))
    except NoSuchRecord as error:
        raise Problem(Outcome.NOT_FOUND, str(error)) from None
    if isinstance(answer, RecordNeeded):
        errors = [
            FieldError("body", need.name.lower(), f"{need.value} ({number})")
            for need, number in answer.needs
        ]
        text = "; ".join(each.text for each in errors)
        return Problem(Outcome.CONFLICT, text, errors=errors)
    return None


def merge_titles(
    request: Request[MergeWish, None], principal: Principal, context: Context
) -> Merged:
    """Merges a record into another, whose text stays: items, loans and holds go over to it."""
    must_have_here(principal, _RIGHT)
    record_id = number_of(request.path["record"], None)
    survivor_id = number_of(request.body.survivor, "survivor")
    if record_id == survivor_id:
        raise malformed("survivor", "same", "a record cannot be merged with itself")
    try:
        merged = merge_records(context.act(principal.desk), record_id, survivor_id)
    except NoSuchRecord as error:
        raise Problem(Outcome.NOT_FOUND, str(error)) from None
    return Merged(
        str(merged.survivor_id),
        merged.title,
        str(merged.record_id),
        merged.items,
        merged.holds,
        merged.closed_holds,
    )


def _post(path: str, summary: str, handler: Any, answer: Any, body: Any) -> Operation:
    return post(
        path,
        summary,
        handler,
        answer,
        body=body,
        lane=Lane.WRITE,
        tag="records",
        right=_RIGHT,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(_RECORD, "A record", show_record, Record, tag="records", right=_RIGHT),
    get(
        f"{_RECORD}/source",
        "A record as it is kept",
        show_record_source,
        RecordSource,
        tag="records",
        right=_RIGHT,
    ),
    _post("/records", "Add a record", catalogue_record, RecordChanged, RecordText),
    _post("/records/load", "Add the records of a small file", load_records, Loaded, RecordTexts),
    _post(f"{_RECORD}/merge", "Merge a record into another", merge_titles, Merged, MergeWish),
    Operation(
        method="PUT",
        path=_RECORD,
        summary="Replace a record",
        handler=rewrite_record,
        answer=RecordChanged,
        body=RecordText,
        lane=Lane.WRITE,
        tag="records",
        right=_RIGHT,
    ),
    Operation(
        method="DELETE",
        path=_RECORD,
        summary="Delete a record",
        handler=discard_record,
        status=204,
        lane=Lane.WRITE,
        tag="records",
        right=_RIGHT,
        outcomes=(Outcome.CONFLICT,),
    ),
)
