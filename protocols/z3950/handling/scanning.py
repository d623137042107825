"""Scan (Z39.50-2003, 3.2.8.1): a part of a term list, with the number of records of each term.

The attributes choose the list as they would in a search: words, whole fields, numbers, codes. The
terms are the folded ones of the index, and the same attributes find them again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final

from catalogue.index.access_points import Kind, searched_points
from catalogue.query import Relation, Structure, Term, Truncation, UnsupportedSearch
from catalogue.searching.scan_lists import list_for
from catalogue.searching.scanning import MOST_ENTRIES, ScanPage, scan
from protocols.hosting.answering import Context, Lane
from protocols.z3950.association import Answer, Association
from protocols.z3950.databases import is_explain, records_in
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic
from protocols.z3950.messages.building_blocks import SurrogateDiagnostic
from protocols.z3950.messages.scanning import ListEntries, ScanRequest, ScanResponse, TermInfo
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.queries.rpn import refusal_among, term_of

#: More terms than this are not read while other requests wait.
FEW_TERMS: Final = 100

#: Octets reserved for what surrounds a term.
ENVELOPE: Final = 16


class ScanStatus(IntEnum):
    """How a scan went (3.2.8.1.6)."""

    SUCCESS = 0
    #: Incomplete: the rest would not fit into the message.
    PARTIAL_2 = 2
    #: Incomplete: the target gave up looking for more.
    PARTIAL_4 = 4
    #: Incomplete: the list has no more terms before or after.
    PARTIAL_5 = 5
    FAILURE = 6


def prepare_scan(
    request: ScanRequest, caller: Association
) -> tuple[Lane, Callable[[Context], Answer]]:
    """Where the scan runs, and the scan."""
    term: Term | Refused
    try:
        term = _term(request)
        lane = _lane_of(term, request.number_of_terms_requested)
    except Refused as refused:
        term, lane = refused, Lane.READ
    return lane, lambda context: answer_scan(request, term, caller, context)


def _lane_of(term: Term, number: int) -> Lane:
    """A page of words or numbers of one access point is read in no time; others may take longer."""
    if number > FEW_TERMS:
        return Lane.WIDE_READ
    points = searched_points(term.access_point)
    is_of_words = term.structure in (None, Structure.WORD, Structure.WORD_LIST)
    is_bounded = len(points) == 1 and (Kind.WORD not in points[0].kinds or is_of_words)
    return Lane.READ if is_bounded and term.completeness is None else Lane.WIDE_READ


def answer_scan(
    request: ScanRequest, term: Term | Refused, caller: Association, context: Context
) -> Answer:
    """The terms around the one asked for, which gets the position that the client wants. What
    refuses the term is said only where the databases are known."""
    try:
        entries, position, status = _page(request, term, caller, context)
    except Refused as refused:
        return failed_scan(caller, refused)
    return Answer(
        ScanResponse(
            scan_status=status,
            number_of_entries_returned=len(entries),
            step_size=0,
            position_of_term=position,
            entries=ListEntries(entries),
            attribute_set=BIB_1,
        )
    )


def failed_scan(caller: Association, refused: Refused) -> Answer:
    entries = ListEntries(nonsurrogate_diagnostics=[diagnostic(refused, caller.version)])
    return Answer(ScanResponse(ScanStatus.FAILURE, number_of_entries_returned=0, entries=entries))


Entries = list[TermInfo | SurrogateDiagnostic]


def _page(
    request: ScanRequest, term: Term | Refused, caller: Association, context: Context
) -> tuple[Entries, int, ScanStatus]:
    """The entries, the position of the term among them, from 1 on, and the status."""
    if is_explain(request.database_names):
        raise Refused(Bib1.TERM_LIST_UNSUPPORTED, request.database_names[0])
    visible = records_in(context.transaction, request.database_names, caller.settings)
    if isinstance(term, Refused):
        raise term
    number, preferred = _bounds(request)
    # A preferred position of 0 lies just before the first entry: the term itself is left out.
    before, after = (preferred - 1, number - preferred + 1) if preferred else (0, number + 1)
    attributes = request.term_list_and_start_point.attributes
    try:
        page = scan(
            context.transaction,
            term,
            before=before,
            after=after,
            visible=visible,
            tells_start=False,
        )
        if preferred == 0:
            _leave_out_the_term(page, term, number)
    except UnsupportedSearch as unsupported:
        raise refusal_among(attributes, unsupported) from unsupported
    is_text = isinstance(request.term_list_and_start_point.term, str)
    entries: Entries = []
    size = 0
    for text, count in page.entries:
        octets = text.encode()
        size += len(octets) + ENVELOPE
        if size > caller.preferred_message_size and entries:
            return entries, page.position + (preferred > 0), ScanStatus.PARTIAL_2
        entries.append(TermInfo(text if is_text else octets, global_occurrences=count))
    status = ScanStatus.SUCCESS
    if len(entries) < number:
        status = ScanStatus.PARTIAL_4 if page.is_cut else ScanStatus.PARTIAL_5
    return entries, page.position + (preferred > 0), status


def _term(request: ScanRequest) -> Term:
    """The list and the place in it; an attribute that makes no sense there is refused."""
    term = term_of(request.term_list_and_start_point, request.attribute_set or BIB_1)
    if term.relation not in (None, Relation.EQUAL):
        raise _refused(request, 2, Bib1.RELATION_UNSUPPORTED)
    if term.truncation not in (None, Truncation.NONE):
        raise _refused(request, 5, Bib1.TRUNCATION_UNSUPPORTED)
    return term


def _refused(request: ScanRequest, attribute_type: int, condition: Bib1) -> Refused:
    values: Sequence[object] = [
        attribute.attribute_value
        for attribute in request.term_list_and_start_point.attributes
        if attribute.attribute_type == attribute_type
    ]
    return Refused(condition, ",".join(map(str, values)))


def _bounds(request: ScanRequest) -> tuple[int, int]:
    """How many terms, and the preferred position of the term among them (3.2.8.1.4, .5)."""
    if request.step_size:
        raise Refused(Bib1.ONLY_STEP_SIZE_ZERO, str(request.step_size))
    number = request.number_of_terms_requested
    if number >= MOST_ENTRIES:
        raise Refused(Bib1.TOO_MANY_TERMS, str(MOST_ENTRIES - 1))
    preferred = request.preferred_position_in_response
    if preferred is None:
        preferred = 1
    if number < 1 or not 0 <= preferred <= number + 1:
        raise Refused(Bib1.POSITION_IN_RESPONSE_UNSUPPORTED, str(preferred))
    return number, preferred


def _leave_out_the_term(page: ScanPage, term: Term, number: int) -> None:
    if page.entries and page.entries[0].term == list_for(term).phrase:
        del page.entries[0]
    del page.entries[number:]
