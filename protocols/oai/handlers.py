"""The answer to each request, by its class.

A handler is ``(request, settings, context) -> response``; the caller may be anybody, so the
settings take its place. Raises OaiError with the errors of the standard.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from catalogue.change_notes import Aspect
from catalogue.changes.harvests import Harvest, Harvested, harvested, last_changed_id, state_of
from catalogue.changes.numbering import (
    first_number,
    is_unnumbered,
    number_changes,
    number_of,
    safe_moment,
)
from catalogue.database import DatabaseUnavailable, Transaction
from catalogue.formats import CannotRender
from catalogue.records import Record, fetch_records
from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.traces import mark_refused
from protocols.oai.codec import encode
from protocols.oai.messages import (
    AnyResponse,
    Asked,
    Entry,
    ErrorCode,
    Failed,
    GetRecord,
    GetRecordResponse,
    Header,
    Identify,
    IdentifyResponse,
    ListIdentifiers,
    Listing,
    ListMetadataFormats,
    ListMetadataFormatsResponse,
    ListRecords,
    ListResponse,
    ListSets,
    ListSetsResponse,
    OaiError,
    Problem,
    Response,
)
from protocols.oai.metadata import FORMS, Form, form_of
from protocols.oai.sets import Sets, sets_in
from protocols.oai.settings import OaiSettings

log = logging.getLogger(__name__)

#: The highest id of a record.
_LAST_ID: Final = 2**31 - 1


def _identifier(settings: OaiSettings, record_id: int) -> str:
    return f"oai:{settings.namespace}:{record_id}"


def _known(context: Context, settings: OaiSettings, identifier: str) -> Harvested:
    """The record that an identifier names, there or gone. Raises OaiError."""
    pattern = rf"oai:{re.escape(settings.namespace)}:([1-9][0-9]{{0,9}})"
    found = re.fullmatch(pattern, identifier, re.ASCII)
    number = int(found[1]) if found else _LAST_ID + 1
    state = state_of(context.transaction, number) if number <= _LAST_ID else None
    if state is None:
        raise OaiError(Problem(ErrorCode.ID_DOES_NOT_EXIST, f"There is no record {identifier}."))
    return state


def _record(transaction: Transaction, state: Harvested) -> Record | None:
    found = [] if state.is_deleted else fetch_records(transaction, [state.id])
    return found[0] if found else None


def answer_identify(request: Identify, settings: OaiSettings, context: Context) -> AnyResponse:
    """Says what repository this is."""
    earliest = first_number(context.transaction, aspect=Aspect.RECORD.value)
    return IdentifyResponse(
        settings.name,
        settings.admin_email,
        settings.namespace,
        number_of(context.now) if earliest is None else earliest,
    )


def answer_formats(
    request: ListMetadataFormats, settings: OaiSettings, context: Context
) -> AnyResponse:
    """All formats, or those that an item has; one that is gone may have had any."""
    forms = list(FORMS.values())
    if request.identifier is not None:
        record = _record(context.transaction, _known(context, settings, request.identifier))
        if record is not None:
            forms = [each for each in forms if each.fits(record.format)]
    return ListMetadataFormatsResponse(tuple(form.told for form in forms))


def answer_sets(request: ListSets, settings: OaiSettings, context: Context) -> AnyResponse:
    """A set for each agency and each branch whose stock everybody may see."""
    sets = sets_in(context.transaction).entries
    if not sets:
        raise OaiError(Problem(ErrorCode.NO_SET_HIERARCHY, "There are no sets."))
    return ListSetsResponse(sets)


def answer_list(
    request: ListIdentifiers | ListRecords, settings: OaiSettings, context: Context
) -> AnyResponse:
    """The next part of a list."""
    listing, transaction = request.listing, context.transaction
    form = form_of(listing.metadata_prefix)
    sets = sets_in(transaction)
    holder = None
    if listing.set_spec:
        holder = sets.holder(listing.set_spec)
        if holder is None:
            sentence = f"There is no set {listing.set_spec}."
            raise OaiError(Problem(ErrorCode.NO_RECORDS_MATCH, sentence))
    upto = listing.upto or last_changed_id(transaction) or 0
    harvest = Harvest(holder, listing.first, listing.last, upto, form.fits)
    most, after = settings.page_records, listing.after
    entries: list[Entry] = []
    goes_on = None
    while not entries:  # a part must hold something, whatever is wrong with some records
        found = harvested(transaction, harvest, after=after, at_most=most + 1)
        with_metadata = isinstance(request, ListRecords)
        if not found:
            entries = _last_again(context, settings, listing, form, sets, with_metadata)
            if not entries:
                raise OaiError(Problem(ErrorCode.NO_RECORDS_MATCH, "There are no such records."))
            goes_on = None
            break
        given = found[:most]
        entries = _entries(context, settings, given, form, sets, with_metadata=with_metadata)
        after, goes_on = given[-1].id, None
        if len(found) > most:
            cursor = listing.cursor + len(entries)
            goes_on = replace(listing, after=after, upto=upto, cursor=cursor)
    return ListResponse(tuple(entries), goes_on, listing.cursor)


def _last_again(
    context: Context,
    settings: OaiSettings,
    listing: Listing,
    form: Form,
    sets: Sets,
    with_metadata: bool,
) -> list[Entry]:
    """Where the rest of a list has left it meanwhile: the last record that was given, once more. A
    part may not be empty (it would break the schema), and harvesters take an error in the midst of
    a list for a failure; clause 3.5 knows none for it."""
    last = state_of(context.transaction, listing.after) if listing.upto else None
    if last is None:
        return []
    return _entries(context, settings, [last], form, sets, with_metadata=with_metadata)


def _entries(
    context: Context,
    settings: OaiSettings,
    given: Sequence[Harvested],
    form: Form,
    sets: Sets,
    *,
    with_metadata: bool,
) -> list[Entry]:
    records: dict[int, Record] = {}
    if with_metadata:
        wanted = [each.id for each in given if not each.is_deleted]
        records = {each.id: each for each in fetch_records(context.transaction, wanted)}
    entries = []
    for each in given:
        header = Header(
            _identifier(settings, each.id), each.number, sets.specs(each.holders), each.is_deleted
        )
        metadata = None
        if with_metadata and not each.is_deleted:
            try:
                metadata = form.render(records[each.id])
            except Exception:  # whatever is wrong with one record, the others are given
                log.exception("record %s cannot be given as %s", each.id, form.told.prefix)
                continue
        entries.append(Entry(header, metadata))
    return entries


def answer_record(request: GetRecord, settings: OaiSettings, context: Context) -> AnyResponse:
    """One record; of one that is gone, that it is."""
    form = form_of(request.metadata_prefix)
    state = _known(context, settings, request.identifier)
    sets = sets_in(context.transaction)
    header = Header(
        _identifier(settings, state.id), state.number, sets.specs(state.holders), state.is_deleted
    )
    record = _record(context.transaction, state)
    if record is None:
        return GetRecordResponse(Entry(header, None))
    try:
        return GetRecordResponse(Entry(header, form.render(record)))
    except CannotRender as error:
        sentence = f"{request.identifier}: {error.reason}."
        raise OaiError(Problem(ErrorCode.CANNOT_DISSEMINATE_FORMAT, sentence)) from None


Handler = Callable[[Any, OaiSettings, Context], AnyResponse]

HANDLERS: Final[dict[type[Any], tuple[Handler, Lane]]] = {
    Identify: (answer_identify, Lane.READ),
    ListMetadataFormats: (answer_formats, Lane.READ),
    ListSets: (answer_sets, Lane.READ),
    ListIdentifiers: (answer_list, Lane.WIDE_READ),
    ListRecords: (answer_list, Lane.WIDE_READ),
    GetRecord: (answer_record, Lane.READ),
}

Reply = Callable[[bytes | None], None]


def answer(services: Services, settings: OaiSettings, asked: Asked, reply: Reply) -> None:
    """Answers a request: calls `reply` with the document; with None where it cannot be told now.

    A list begins with all changes that were made before it was asked for: those without a number
    get one first.
    """
    request = asked.request
    if request is None:
        mark_refused()
        reply(encode(asked, Response(Failed(asked.problems), services.clock())))
        return
    handler, lane = HANDLERS[type(request)]

    def carry_out(context: Context) -> bytes:
        body: AnyResponse
        try:
            body = handler(request, settings, context)
        except OaiError as error:
            mark_refused()
            body = Failed(error.problems)
        date = safe_moment(context.transaction, context.now, Aspect.RECORD)
        return encode(asked, Response(body, date))

    def done(document: bytes | None, error: BaseException | None) -> None:
        if error is not None and not isinstance(error, DatabaseUnavailable):
            log.error("%s failed", type(request).__name__, exc_info=error)
        reply(document)

    def go_on(*_: Any) -> None:
        # Not from a replica: what it lacks would have to be known for the responseDate.
        services.perform(lane, carry_out, done)

    def number_first(is_needed: bool | None, error: BaseException | None) -> None:
        if not is_needed or error is not None:
            go_on()
            return
        clock = services.clock
        services.perform(
            Lane.WRITE, lambda context: number_changes(context.transaction, clock), numbered
        )

    def numbered(result: Any, error: BaseException | None) -> None:
        if error is None and result.is_more and result.records:
            number_first(True, None)
        else:
            go_on()

    begins = isinstance(request, ListIdentifiers | ListRecords) and not request.listing.upto
    if begins:
        services.perform(
            Lane.READ, lambda context: is_unnumbered(context.transaction), number_first
        )
    else:
        go_on()
