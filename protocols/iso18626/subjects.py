"""What a message is about: the interlibrary loan, the title; and where the work for a partner is
done."""

from __future__ import annotations

import re
from typing import Final

from catalogue.changes.former_records import survivors_of_control_number
from catalogue.database import Transaction
from catalogue.query import And, Query, Structure, Term, UnsupportedSearch
from catalogue.records import Record, find_by_control_number
from catalogue.searching.evaluation import search
from catalogue.searching.standard_numbers import readings, records_with
from catalogue.visibility import visible_records
from circulation.callers.partners import folded_agency
from circulation.interlending.notices import PARTNER_DEVICES
from circulation.interlending.rows import InterlibraryLoan, loan_by_id, loan_of_request
from circulation.interlending.states import Role
from circulation.kernel.organisation import desk_at
from circulation.kernel.results import Desk
from protocols.hosting.answering import Context
from protocols.iso18626.messages import BibliographicInfo, Header
from protocols.iso18626.settings import PROTOCOL, Partner

#: Records that a description may mean; of more it says too little.
MOST_RECORDS: Final = 20
#: Lists of record numbers in which ours do not stand.
_OF_OTHERS: Final = frozenset({"OCLC", "LCCN", "PMID", "CN", "NCID", "AMICUS"})
_WORD: Final = re.compile(r"\w{3,}")


class UnknownBranch(LookupError):
    """A partner's work is done at a branch that does not exist."""


def desk_of(caller: Partner, context: Context) -> Desk:
    """The desk at which the partner's work is done."""
    desk = desk_at(
        context.transaction,
        caller.branch,
        actor=caller.known_as,
        device=PARTNER_DEVICES[PROTOCOL],
    )
    if desk is None:
        raise UnknownBranch(f"the partner {caller.known_as}: there is no branch {caller.branch!r}")
    return desk


def is_to_us(header: Header, caller: Partner, context: Context) -> bool:
    """Return whether a requester means us: the agency at which the partner's work is done or one
    of its branches, or a symbol that was agreed. A header that names no supplier does."""
    supplier = header.supplying_agency_id
    if supplier is None or not supplier.agency_id_value.strip():
        return True
    branches = context.circulation.current_set_up(context.transaction).branches.values()
    agencies = {each.agency_isil for each in branches if each.isil == caller.branch}
    own = {each.isil for each in branches if each.agency_isil in agencies}
    symbols = {folded_agency(each) for each in (*agencies, *own, *caller.our_symbols)}
    named = folded_agency(supplier.agency_id_value)
    # Some write the list before the symbol, as in ISIL:DK-900100.
    listed = f"{folded_agency(supplier.agency_id_type)}:"
    return bool({named, named.removeprefix(listed)} & symbols)


def request_name(header: Header, caller: Partner) -> str:
    """What the request is called among those of the partner: its id, and of a broker's library the
    library before it, as two of them may use one id."""
    requester = header.requesting_agency_id
    agency = folded_agency(requester.agency_id_value) if requester else caller.key
    own = header.requesting_agency_request_id
    return own if agency == caller.key else f"{agency}:{own}"


def lent_for(header: Header, caller: Partner, context: Context) -> InterlibraryLoan | None:
    """What we lend, or were asked for: by the requester's id, else by ours."""
    name, transaction = request_name(header, caller), context.transaction
    found = loan_of_request(transaction, caller.key, Role.LENDER, name)
    return found or _by_our_id(header.supplying_agency_request_id, caller, Role.LENDER, transaction)


def borrowed_by(header: Header, caller: Partner, context: Context) -> InterlibraryLoan | None:
    """What we borrow, or have asked for: by our id, which is the number of the loan."""
    number = header.requesting_agency_request_id
    return _by_our_id(number, caller, Role.BORROWER, context.transaction)


def _by_our_id(
    text: str, caller: Partner, role: Role, transaction: Transaction
) -> InterlibraryLoan | None:
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        return None
    found = loan_by_id(transaction, int(text)) if int(text) < 1 << 63 else None
    if found is None or (found.partner, found.role) != (caller.key, role.value):
        return None
    return found


def records_meant(info: BibliographicInfo, context: Context) -> list[int]:
    """The records of ours that the request may mean: by our own number, by the numbers of the
    title, by title and author. A number of a list that is not ours says nothing here, and one under
    which we have another title is not believed."""
    transaction = context.transaction
    own = [info.supplier_unique_record_id] if info.supplier_unique_record_id else []
    own += [
        each.identifier
        for each in info.bibliographic_record_id
        if each.code.value.upper() not in _OF_OTHERS
    ]
    for number in own:
        found = find_by_control_number(transaction, control_number=number)
        found = found or survivors_of_control_number(transaction, number)
        fitting = [each.id for each in found if _fits(each, info)]
        if fitting:
            return fitting[:MOST_RECORDS]
    for each in info.bibliographic_item_id:
        hits = list(records_with(transaction, readings(each.identifier)))
        if hits:
            return hits[:MOST_RECORDS]
    return _described(transaction, info)


def _fits(record: Record, info: BibliographicInfo) -> bool:
    """Has its title a word of the one that is asked for?"""
    wanted, found = (set(_WORD.findall(text.casefold())) for text in (info.title, record.title))
    return not wanted or not found or bool(wanted & found)


def _described(transaction: Transaction, info: BibliographicInfo) -> list[int]:
    """By the words of title and author; what has no title is not looked for."""
    if not info.title:
        return []
    query: Query = Term("title", info.title, structure=Structure.WORD_LIST)
    if info.author:
        query = And(query, Term("author", info.author, structure=Structure.WORD_LIST))
    try:
        hits = search(transaction, query, visible_records(transaction))
    except UnsupportedSearch:
        return []
    return list(hits) if len(hits) <= MOST_RECORDS else []
