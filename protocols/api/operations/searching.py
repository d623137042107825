"""Searching for patrons. A list of hits is one line of the log of look-ups."""

from __future__ import annotations

from typing import Any, Final

from circulation.kernel.rights import Principal, Right
from circulation.patrons.hits import PatronHit as Known
from circulation.patrons.identifiers import national_digits
from circulation.patrons.searching import Hits, Place, find_patrons
from circulation.staff.lookups import Seen, looked_at
from protocols.api.gate import id_shown, relation_named
from protocols.api.models.answers import branch_shown
from protocols.api.models.searching import HitNext, PatronHit, PatronSearch, PatronsFound
from protocols.api.operation import Operation, Request, post
from protocols.api.paging import LARGEST_OF_FEW, no_page_ended_there, read_word, word_of
from protocols.hosting.answering import Context, Lane


def search_patrons(
    request: Request[PatronSearch, None], principal: Principal, context: Context
) -> PatronsFound:
    """Finds patrons by any of their names, their address, date of birth, telephone number, e-mail
    address or card, or by the beginning of it, spelt in any way; several words narrow. Whoever goes
    by an identifier comes first, then patrons of the caller's agency."""
    wish = request.body
    after = None if wish.cursor is None else _place_in(wish.cursor, context)
    shown, found = patrons_found(wish.text, wish.limit, request, principal, context, after)
    may_register = principal.may(Right.EDIT_PATRONS, principal.agency_id, principal.branch_id)
    return PatronsFound(
        shown,
        None if found.next is None else _word_of(found.next, context),
        found.is_complete,
        ("register",) if may_register else (),
    )


def patrons_found(
    text: str,
    limit: int,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
    after: Place | None = None,
) -> tuple[tuple[PatronHit, ...], Hits]:
    """Those whom the text fits, as answers show them and as they were found; noted as one
    look-up."""
    found = find_patrons(
        context.transaction, context.circulation, principal, text, after=after, limit=limit
    )
    searched = "words" if national_digits(text) is None else "national number"
    hits = len(found.lines)
    context.looked_up(looked_at(principal, Seen.SEARCH, request.name, hits=hits, searched=searched))
    return tuple(_hit(each, principal, context) for each in found.lines), found


def _hit(known: Known, principal: Principal, context: Context) -> PatronHit:
    branches = context.circulation.set_up_at_hand(context.transaction).branches
    here = principal.agency_id, principal.branch_id
    there = known.agency_id, known.home_branch_id
    can: tuple[tuple[HitNext, bool], ...] = (
        ("open", True),
        ("lend", principal.may(Right.LEND, *here) and not known.is_deceased),
        ("edit", principal.may(Right.EDIT_PATRONS, *there)),
    )
    return PatronHit(
        id_shown(context)(known.id),
        known.card,
        known.name,
        known.birth_date,
        known.category,
        branch_shown(branches[known.home_branch_id]),
        known.address,
        known.phone,
        known.email,
        known.is_protected,
        known.is_deceased,
        tuple(name for name, holds in can if holds),
    )


def _word_of(place: Place, context: Context) -> str:
    """The place as a word. Before all patrons there is none."""
    patron = id_shown(context)(place.patron_id) if place.patron_id else ""
    return word_of((place.stretch, place.word.hex(), patron, place.term))


def _place_in(word: str, context: Context) -> Place:
    """The place that a word stands for. Raises Problem."""
    try:
        stretch, letters, patron, term = read_word(word)
        patron_id = relation_named(patron, context) if patron else 0
        place = Place(int(stretch), bytes.fromhex(letters), patron_id or 0, int(term))
    except (AttributeError, OverflowError, TypeError, ValueError):
        raise no_page_ended_there() from None
    is_one = 0 <= place.stretch <= LARGEST_OF_FEW and 0 <= place.term <= LARGEST_OF_FEW
    if patron_id is None or not is_one:
        raise no_page_ended_there()
    return place


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/patrons/search",
        "Search for patrons",
        search_patrons,
        PatronsFound,
        body=PatronSearch,
        lane=Lane.WIDE_READ,
        is_once=False,
        tag="patrons",
        right=Right.VIEW_PATRONS,
    ),
)
