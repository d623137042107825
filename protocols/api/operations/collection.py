"""Debts handed over for collection: claims, and the files for the debtor system of an agency."""

from __future__ import annotations

from typing import Any, Final

from circulation.dunning.claim_lists import ClaimLine, claims_of_agency, claims_of_patron
from circulation.dunning.claims import Claim as KnownClaim
from circulation.dunning.claims import find_claim, withdraw_from_collection
from circulation.dunning.collection_files import (
    CollectionFile,
    export_claims,
    files_of_agency,
    read_file,
)
from circulation.kernel.rights import Principal, Right
from circulation.ledger.postings import find_charge
from circulation.patrons.seals import Unreadable
from circulation.staff.lookups import Seen
from protocols.api.authority import must_have_here, must_work_here, note_look, number_of
from protocols.api.gate import id_shown, note_entrance
from protocols.api.messages import Reply
from protocols.api.models.collection import (
    Claim,
    ClaimPaging,
    Claims,
    ClaimWithdrawal,
    CollectionExport,
    CollectionFiles,
    CollectionRecords,
    claim_shown,
    file_shown,
    records_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.screen import the_patron
from protocols.api.paging import LARGEST, number_in, page_of
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context, Lane

Known = tuple[KnownClaim, tuple[ClaimLine, ...]]


def list_claims(
    request: Request[None, ClaimPaging], principal: Principal, context: Context
) -> Reply:
    """What is owed to the caller's agency and was handed over for collection; with the right at a
    branch alone, what is owed to that branch."""
    must_have_here(principal, Right.COLLECT_DEBTS)
    query = request.query
    found = claims_of_agency(
        context.transaction,
        principal.agency_id,
        only_open=not query.all,
        after=number_in(query, LARGEST),
        limit=query.limit,
    )
    seen = [each for each in found if _may_collect(each[0], principal, context)]
    note_look(request, principal, context, Seen.LIST, hits=len(seen))
    is_full = len(found) == query.limit
    return page_of(request, _claims(seen, context), found[-1][0].id if is_full else None)


def _may_collect(claim: KnownClaim, principal: Principal, context: Context) -> bool:
    """Return whether the caller collects what is owed to the branch that made the charge."""
    if principal.may(Right.COLLECT_DEBTS, claim.agency_id):
        return True
    charge = find_charge(context.transaction, charge_id=claim.charge_id)
    return charge is not None and principal.may(
        Right.COLLECT_DEBTS, charge.agency_id, charge.branch_id
    )


def _claims(found: list[Known], context: Context) -> Claims:
    return Claims(tuple(_claim(*each, context) for each in found))


def _claim(claim: KnownClaim, lines: tuple[ClaimLine, ...], context: Context) -> Claim:
    patron = None if claim.patron_id is None else id_shown(context)(claim.patron_id)
    return claim_shown(claim, lines, patron)


def list_patron_claims(request: Plain, principal: Principal, context: Context) -> Claims:
    """What a patron owes and was handed over for collection, to whichever agency."""
    place = the_patron(request, principal, context)
    note_look(request, principal, context, Seen.CHARGES, patron_id=place.id)
    return _claims(claims_of_patron(context.transaction, place.id), context)


def call_back(
    request: Request[ClaimWithdrawal, None], principal: Principal, context: Context
) -> Claim:
    """Calls a debt back from collection. The debt stands; a waiver takes it off."""
    number = number_of(request.path["claim"], None)
    claim = find_claim(context.transaction, claim_id=number)
    if claim is None or not _may_collect(claim, principal, context):
        raise Problem(Outcome.NOT_FOUND)
    request.about = claim.patron_id
    if claim.patron_id is not None:
        note_entrance(claim.patron_id, Right.COLLECT_DEBTS, request, principal, context)
    act = context.act(principal.desk)
    if not withdraw_from_collection(act, number, reason=request.body.why):
        raise Problem(Outcome.CONFLICT, "the claim is closed already")
    claim = find_claim(context.transaction, claim_id=number)
    assert claim is not None
    return _claim(claim, (), context)


def _must_collect_for_agency(principal: Principal) -> None:
    """Raise Problem without the right at all of the agency: a file has the debts of each branch."""
    if not principal.may(Right.COLLECT_DEBTS, principal.agency_id):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.COLLECT_DEBTS)


def export_debts(request: Plain, principal: Principal, context: Context) -> CollectionExport:
    """Writes the file of all that the debtor system of the caller's agency was not told yet; of
    what came back or was paid meanwhile nothing is in it."""
    must_work_here(principal, context, Right.COLLECT_DEBTS)
    _must_collect_for_agency(principal)
    number = export_claims(context.act(principal.desk))
    if number is None:
        return CollectionExport(None)
    file = _read(number, request, principal, context)
    assert file is not None
    return CollectionExport(records_shown(file))


def _read(
    number: int, request: Request[Any, Any], principal: Principal, context: Context
) -> CollectionFile | None:
    """The file, where it is of an agency for which the caller collects; whose debts stand in it is
    noted. Raises Problem where the keys of this installation do not open a national number."""
    try:
        file = read_file(context.circulation, context.transaction, number)
    except Unreadable as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None
    if file is None or not principal.may(Right.COLLECT_DEBTS, file.agency_id):
        return None
    for patron_id in file.debtors:
        note_look(request, principal, context, Seen.CHARGES, patron_id=patron_id)
    return file


def list_collection_files(
    request: Plain, principal: Principal, context: Context
) -> CollectionFiles:
    """The files that were written for the debtor system of the caller's agency."""
    _must_collect_for_agency(principal)
    found = files_of_agency(context.transaction, agency_id=principal.agency_id)
    return CollectionFiles(tuple(map(file_shown, found)))


def show_collection_file(
    request: Plain, principal: Principal, context: Context
) -> CollectionRecords:
    """A file for the debtor system again, as it was."""
    number = number_of(request.path["file"], None)
    file = _read(number, request, principal, context)
    if file is None:
        raise Problem(Outcome.NOT_FOUND)
    return records_shown(file)


_MORE: Final[dict[str, Any]] = {"tag": "money", "right": Right.COLLECT_DEBTS}

OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/collection/claims",
        "Debts that were handed over",
        list_claims,
        Claims,
        query=ClaimPaging,
        lane=Lane.WIDE_READ,
        **_MORE,
    ),
    get(
        "/patrons/{patron}/claims",
        "A patron's debts that were handed over",
        list_patron_claims,
        Claims,
        tag="money",
        right=Right.VIEW_PATRONS,
    ),
    post(
        "/collection/claims/{claim}/withdrawal",
        "Call a debt back",
        call_back,
        Claim,
        body=ClaimWithdrawal,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
        **_MORE,
    ),
    post(
        "/collection/files",
        "Write a file for the debtor system",
        export_debts,
        CollectionExport,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
        **_MORE,
    ),
    get(
        "/collection/files",
        "Files for the debtor system",
        list_collection_files,
        CollectionFiles,
        **_MORE,
    ),
    get(
        "/collection/files/{file}",
        "A file for the debtor system",
        show_collection_file,
        CollectionRecords,
        lane=Lane.WIDE_READ,
        outcomes=(Outcome.CONFLICT,),
        **_MORE,
    ),
)
