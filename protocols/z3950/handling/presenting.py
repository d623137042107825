"""Present (Z39.50-2003, 3.2.3): records of a result set kept before."""

from __future__ import annotations

from typing import Final

from protocols.hosting.answering import Context, Lane
from protocols.z3950.association import Answer, Association, Option, ResultSet
from protocols.z3950.databases import is_explain
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic
from protocols.z3950.handling import explain
from protocols.z3950.messages.retrieval import (
    PresentRequest,
    PresentResponse,
    Segment,
)
from protocols.z3950.records.forms import choose_form
from protocols.z3950.records.retrieval import (
    MOST_SEGMENTS,
    Page,
    Positions,
    PresentStatus,
    Wanted,
    take_page,
)

#: More records than this are not prepared while other requests wait.
FEW_RECORDS: Final = 50

#: A plain integer: operations on flags are slow, and each Present needs this.
_SEGMENTATION: Final = int(Option.SEGMENTATION_LEVEL_1)


def answer_present(request: PresentRequest, caller: Association, context: Context) -> Answer:
    """The records asked for, as many as fit into the response and its segments."""
    try:
        found = caller.result_sets.get(request.result_set_id)
        if found is None:
            raise caller.without_result_set(request.result_set_id)
        ranges = _ranges(request, len(found))
    except Refused as refused:
        return failed_present(caller, refused)
    wanted = Wanted(
        ranges,
        request.preferred_record_syntax,
        request.record_composition,
        _segments(request, caller),
    )
    page = page_of(context, found, wanted, caller)
    return Answer(
        PresentResponse(page.number, page.following, page.status, page.records),
        segments=[Segment(len(records), records) for records in page.segments],
    )


def lane_of_present(request: PresentRequest, caller: Association) -> Lane:
    further = request.additional_ranges or ()
    number = request.number_of_records_requested
    until = request.result_set_start_point + number - 1
    for each in further:
        number += each.number_of_records
        until = max(until, each.starting_position + each.number_of_records - 1)
    if number > FEW_RECORDS:
        return Lane.WIDE_READ
    found = caller.result_sets.get(request.result_set_id)
    is_short = found is None or found.order is None or found.order.is_short_work(until)
    return Lane.READ if is_short else Lane.WIDE_READ


def failed_present(caller: Association, refused: Refused) -> Answer:
    return Answer(PresentResponse(0, 0, PresentStatus.FAILURE, diagnostic(refused, caller.version)))


def _ranges(request: PresentRequest, size: int) -> list[Positions]:
    """The positions asked for, all of which must exist. Raises Refused."""
    ranges = [(request.result_set_start_point, request.number_of_records_requested)]
    for each in request.additional_ranges or ():
        ranges.append((each.starting_position, each.number_of_records))
    for start, number in ranges:
        if start < 1 or number < 0 or start + number - 1 > size:
            raise Refused(Bib1.PRESENT_OUT_OF_RANGE, f"{start}+{number}")
    return ranges


def _segments(request: PresentRequest, caller: Association) -> int:
    """The most messages for the records (3.3.2); one unless more were agreed on."""
    if not caller.options & _SEGMENTATION:
        return 1
    return MOST_SEGMENTS if request.max_segment_count is None else request.max_segment_count


def page_of(context: Context, found: ResultSet, wanted: Wanted, caller: Association) -> Page:
    """The records that are wanted, or the diagnostic why there are none."""
    ranges, syntax, composition, most_segments = wanted
    try:
        if is_explain([found.database]):
            return explain.take_page(context, found, wanted, caller)
        form = choose_form(syntax, composition, found.database, caller.record_charset)
    except Refused as refused:
        start = ranges[0][0]
        return Page(diagnostic(refused, caller.version), 0, start, PresentStatus.FAILURE)
    return take_page(context, found, ranges, form, caller, most_segments)
