"""LookupItemSet: the items of titles, by branch, in pages (Z39.83-1-2012, 5.3.6).

The answer keeps the order of the request; within a title it goes by branch, then by item. A token
names the place after which the next page begins, not a number of items, so that items added or
removed meanwhile neither repeat nor hide others. It is valid only for its own request.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import groupby
from typing import NamedTuple

from catalogue.items import Item as Copy
from catalogue.items import find_item, items_of_records
from circulation.items import availability
from circulation.kernel.results import CirculationStatus
from protocols.hosting.answering import Context
from protocols.ncip.handling.lookups import (
    ALL_ITEM_ELEMENTS,
    current_borrower,
    current_requesters,
    unknown_item,
)
from protocols.ncip.messages import Code, ItemId, Problem, Response
from protocols.ncip.models.item_sets import (
    BibInformation,
    HoldingsSet,
    ItemInformation,
    LookupItemSet,
    LookupItemSetResponse,
)
from protocols.ncip.models.items import BibliographicId
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import (
    barcode_of,
    item_id_of,
    item_optional_fields,
    local_time,
    permanent_location,
)
from protocols.ncip.subjects.titles import described, ids_of_records, record_meant
from protocols.ncip.subjects.users import desired

#: The items of a page by default, and at most.
PAGE, LARGEST_PAGE = 100, 500
#: The most titles, holdings sets and items that one request may name.
MOST_NAMED = 500
_DIGEST = 6


class Place(NamedTuple):
    """The place of an item, or of a title without any, in the whole answer."""

    asked: int  # which of the things that were asked for
    branch_id: int
    item_id: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """One of the things asked for: a title with its items, or the reason why there are none."""

    given: BibliographicId | None
    record_id: int | None
    copies: tuple[Copy, ...] = ()
    problem: Problem | None = None


def look_up_item_set(request: LookupItemSet, caller: Partner, context: Context) -> Response:
    """The items of the titles, holdings sets or item ids, and the token of the next page."""
    named = (*request.bibliographic_id, *request.holdings_set_id, *request.item_id)
    if not named:
        return refusal(
            request,
            problem(ProblemType.NEEDED_DATA_MISSING, "nothing is asked for", "BibliographicId"),
        )
    if len(named) > MOST_NAMED:
        return refusal(
            request,
            problem(ProblemType.TEMPORARY_PROCESSING_FAILURE, f"ask for {MOST_NAMED} at most"),
        )
    digest = _digest(request)
    after = _read_token(request.next_item_token, digest)
    if after is None:
        return refusal(
            request,
            problem(
                ProblemType.UNAUTHORIZED_COMBINATION_FOR_AGENCY,
                "no answer to this request had this token",
                "NextItemToken",
            ),
        )
    size = min(max(request.maximum_items_count or PAGE, 1), LARGEST_PAGE)
    asked = _asked(request, context)
    places = [place for place in _places(asked) if place > after]
    page = places[:size]
    if not page:
        return refusal(request, *[each.problem for each in asked if each.problem] or _nothing())
    token = _token(page[-1], digest) if len(places) > size else None
    return LookupItemSetResponse(
        bib_information=tuple(_information(request, asked, page, caller, context)),
        next_item_token=token,
    )


def _nothing() -> list[Problem]:
    return [problem(ProblemType.UNKNOWN_ITEM, "there are no items", "NextItemToken")]


def _places(asked: Sequence[_Asked]) -> Iterator[Place]:
    for number, each in enumerate(asked):
        if not each.copies:
            yield Place(number, 0, 0)
        for copy in sorted(each.copies, key=lambda copy: (copy.branch_id, copy.id)):
            yield Place(number, copy.branch_id, copy.id)


# What is asked for


def _asked(request: LookupItemSet, context: Context) -> list[_Asked]:
    if request.bibliographic_id:
        return _by_titles(request.bibliographic_id, context)
    if request.holdings_set_id:
        return [_by_holdings_set(each, context) for each in request.holdings_set_id]
    return [_by_item(each, context) for each in request.item_id]


def _by_titles(given: Sequence[BibliographicId], context: Context) -> list[_Asked]:
    meant = [(each, record_meant(context.transaction, each)) for each in given]
    known = [record_id for _, record_id in meant if isinstance(record_id, int)]
    copies = items_of_records(context.transaction, known)
    found = []
    for each, record_id in meant:
        if isinstance(record_id, Problem):
            found.append(_Asked(each, None, problem=record_id))
        elif copies[record_id]:
            found.append(_Asked(each, record_id, tuple(copies[record_id])))
        else:
            none = problem(ProblemType.UNKNOWN_ITEM, "the title has no items")
            found.append(_Asked(each, record_id, problem=none))
    return found


def _by_holdings_set(given: str, context: Context) -> _Asked:
    record, _, branch = given.partition("-")
    numbers = (record, branch)
    if not all(each.isascii() and each.isdigit() and len(each) < 10 for each in numbers):
        return _Asked(None, None, problem=_no_holdings_set(given))
    record_id, branch_id = int(record), int(branch)
    copies = items_of_records(context.transaction, [record_id])[record_id]
    here = tuple(copy for copy in copies if copy.branch_id == branch_id)
    if not here:
        return _Asked(None, None, problem=_no_holdings_set(given))
    return _Asked(None, record_id, here)


def _no_holdings_set(given: str) -> Problem:
    return problem(
        ProblemType.UNKNOWN_ITEM, "there is no such holdings set", "HoldingsSetId", given
    )


def _by_item(given: ItemId, context: Context) -> _Asked:
    barcode = barcode_of(given)
    if isinstance(barcode, Problem):
        return _Asked(None, None, problem=barcode)
    copy = find_item(context.transaction, barcode)
    if copy is None:
        return _Asked(None, None, problem=unknown_item(barcode))
    return _Asked(None, copy.record_id, (copy,))


# What is told


def _information(
    request: LookupItemSet,
    asked: Sequence[_Asked],
    page: Sequence[Place],
    caller: Partner,
    context: Context,
) -> Iterator[BibInformation]:
    wanted = desired(request.item_element_type) or ALL_ITEM_ELEMENTS
    statuses = availability.circulation_statuses(
        context.circulation,
        context.transaction,
        item_ids=[place.item_id for place in page if place.item_id],
        now=context.now,
    )
    for number, places in groupby(page, key=lambda place: place.asked):
        each = asked[number]
        found = [statuses[place.item_id] for place in places if place.item_id in statuses]
        if each.problem is not None or not found:
            reason = each.problem or problem(ProblemType.UNKNOWN_ITEM, "the title has no items")
            yield BibInformation(_echoed(each.given, caller), problem=(reason,))
            continue
        first = found[0]
        yield BibInformation(
            _echoed(each.given, caller) or _title_id(first, context),
            bibliographic_description=(
                described(context.transaction, first.item)
                if "bibliographicdescription" in wanted
                else None
            ),
            title_hold_queue_length=(first.open_holds if "holdqueuelength" in wanted else None),
            current_requester=current_requesters(request, first, caller, context),
            holdings_set=tuple(
                _holdings_set(request, list(here), wanted, caller, context)
                for _, here in groupby(found, key=lambda status: status.item.home_branch.id)
            ),
        )


def _echoed(given: BibliographicId | None, caller: Partner) -> BibliographicId | None:
    """What was asked for, as the schema wants it; None for an empty identifier. Callers leave out
    whose number it is, and some give both identifiers of a title.
    """
    record_id = given.bibliographic_record_id if given else None
    item_id = given.bibliographic_item_id if given else None
    if record_id is None or record_id.bibliographic_record_identifier is None:
        if item_id is None or item_id.bibliographic_item_identifier is None:
            return None
        return BibliographicId(bibliographic_item_id=item_id)
    if record_id.agency_id or record_id.bibliographic_record_identifier_code:
        code = None if record_id.agency_id else record_id.bibliographic_record_identifier_code
        return BibliographicId(
            bibliographic_record_id=replace(record_id, bibliographic_record_identifier_code=code)
        )
    return BibliographicId(
        bibliographic_record_id=replace(record_id, agency_id=Code(caller.agency))
    )


def _title_id(status: CirculationStatus, context: Context) -> BibliographicId | None:
    item = status.item
    ids = ids_of_records(context.transaction, {item.record_id: item.home_branch.agency_isil})
    return next(iter(ids.get(item.record_id, ())), None)


def _holdings_set(
    request: LookupItemSet,
    statuses: list[CirculationStatus],
    wanted: frozenset[str],
    caller: Partner,
    context: Context,
) -> HoldingsSet:
    first = statuses[0].item
    # The title is described once for all its items.
    of_item = wanted - {"bibliographicdescription", "holdqueuelength"}
    return HoldingsSet(
        f"{first.record_id}-{first.home_branch.id}",
        location=permanent_location(first) if "location" in wanted else None,
        call_number=first.call_number or None if "itemdescription" in wanted else None,
        item_information=tuple(
            ItemInformation(
                item_id_of(status.item),
                current_borrower=current_borrower(request, status, caller, context),
                date_due=(
                    local_time(status.loan.due, status.item.home_branch) if status.loan else None
                ),
                date_recalled=(
                    local_time(status.recalled, status.item.home_branch)
                    if status.recalled
                    else None
                ),
                item_optional_fields=item_optional_fields(context, status, of_item),
            )
            for status in statuses
        ),
    )


# Tokens


def _digest(request: LookupItemSet) -> bytes:
    """A digest of what is asked for: a token of one request means nothing for another."""
    named = repr((request.bibliographic_id, request.holdings_set_id, request.item_id))
    return blake2b(named.encode(), digest_size=_DIGEST).digest()


def _token(last: Place, digest: bytes) -> str:
    written = digest + b" ".join(str(number).encode() for number in last)
    return urlsafe_b64encode(written).decode().rstrip("=")


def _read_token(token: str | None, digest: bytes) -> Place | None:
    """The place after which the page begins; None for a token of another request."""
    if token is None or token in ("", "0"):  # some callers ask for the first page like this
        return Place(-1, 0, 0)
    try:
        written = urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
        numbers = [int(part) for part in written[_DIGEST:].split(b" ")]
        place = Place(*numbers)
    except (ValueError, TypeError):
        return None
    return place if written[:_DIGEST] == digest else None
