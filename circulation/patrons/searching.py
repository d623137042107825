"""Patrons found by what somebody knows of them: `find_patrons`.

The answer comes in one order, and an index has the patrons in that order, so that a page costs what
is on it: it is walked from where the page before ended, and nothing is counted. The patron whose
card or other identifier was typed comes first. Then come, in stretches, those of the caller's own
agency and those of others, the living before the dead; in each stretch by the word that was found,
so that whole words go before longer ones that begin like them.

Of several words the rarest is walked, and each patron on the way is asked for the others. Where
the rarest is common all the same, and among the first of those who have it too few have the others,
everybody who has those is gathered first: a look into such a set costs a tenth of asking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    and_,
    false,
    func,
    literal_column,
    not_,
    select,
    tuple_,
)

from catalogue.database import Statement, Transaction, columns, many, scalar_one, taking
from circulation.kernel.engine import Circulation, Memory
from circulation.kernel.paging import MOST
from circulation.kernel.rights import Principal, Reach, Right
from circulation.kernel.set_up import SetUp
from circulation.patrons.hits import PatronHit, read_hits
from circulation.patrons.identifiers import IDENTIFIERS, find_patron, national_digits
from circulation.patrons.schema import patron_words, patrons
from circulation.patrons.search_terms import terms_of
from circulation.patrons.search_words import is_indexed

#: Lines of a page where the caller does not say: what fits on a screen.
PAGE: Final = 20
#: Rows of a word that are counted to find the rarest.
_COUNTED: Final = 20_000
#: Patrons on the way that are asked one by one, before the others are gathered.
_FEW: Final = 1_000
#: Behind every word that begins like another: no UTF-8 has this byte.
_END: Final = b"\xff"
_NOWHERE: Final = Reach(agencies=frozenset(), branches=frozenset())


class Place(NamedTuple):
    """Where a page ended: in which stretch, at which word and patron, and which term was walked."""

    stretch: int
    word: bytes
    patron_id: int
    term: int


@dataclass(frozen=True, slots=True)
class Hits:
    """Some of those who were found, and where the next page begins; `next` None: that was all.

    `is_complete`: no patron waits for the words that they are found by (`search_words.is_indexed`).
    """

    lines: tuple[PatronHit, ...]
    next: Place | None
    is_complete: bool = True


class _Whose(Enum):
    """Whose patrons a stretch is of: those of an agency, of a branch, of all agencies but one."""

    AGENCY = "agency"
    BRANCH = "branch"
    OTHERS = "others"


class _How(Enum):
    """How those on the way who have the other words are told."""

    ASKED = "each is asked"
    FEW_ASKED = "each of the first is asked"
    GATHERED = "all who have them are gathered first"


#: What says whose patrons they are.
_NAMED_BY: Final = {
    _Whose.AGENCY: ("agency_id",),
    _Whose.BRANCH: ("agency_id", "branch_id"),
    _Whose.OTHERS: ("agency_id",),
}
#: `_Stretch` but for the last.
_Part = tuple[_Whose, int, int | None, bool]


class _Stretch(NamedTuple):
    """A part of the answer that one walk along an index gives.

    `sees`: may the caller find people there by addresses that are protected?
    """

    whose: _Whose
    agency_id: int
    branch_id: int | None
    sees: bool
    is_deceased: bool


def find_patrons(
    transaction: Transaction,
    circulation: Circulation,
    principal: Principal,
    text: str,
    after: Place | None = None,
    limit: int = PAGE,
) -> Hits:
    """Those whom the caller may see (`Right.VIEW_PATRONS`) and whom all words of the text fit.

    A word may be the beginning of one of their names, of a word of their address, of their date of
    birth, telephone number, e-mail address or card. An identifier of any kind is found whole, a
    national number in no other way. `limit` is at most `paging.MOST`.
    """
    text, limit = text.strip(), min(max(limit, 1), MOST)
    stretches = _stretches(principal, circulation.current_set_up(transaction))
    terms = () if national_digits(text) else terms_of(text)
    owner = _owner(transaction, circulation, principal, text) if text else None
    first = [owner] if owner is not None and after is None else []
    is_complete = _is_complete(transaction, circulation)
    if not terms or not stretches:
        return Hits(tuple(first), None, is_complete)
    start = after or Place(0, b"", 0, _rarest(transaction, terms))
    room = limit - len(first)
    walked = _walk(transaction, stretches, terms, start, owner.id if owner else 0, room + 1)
    shown = walked[:room]
    lines = (*first, *read_hits(transaction, [place.patron_id for place in shown]))
    following = (shown or [start])[-1] if len(walked) > room else None
    return Hits(lines, following, is_complete)


#: Has a process seen that all have their words? Every change of a patron keeps it so.
_COMPLETE: Final[Memory[list[bool]]] = Memory(list)


def _is_complete(transaction: Transaction, circulation: Circulation) -> bool:
    known = _COMPLETE.of(circulation)
    if not known and is_indexed(transaction):
        known.append(True)
    return bool(known)


def _owner(
    transaction: Transaction, circulation: Circulation, principal: Principal, identifier: str
) -> PatronHit | None:
    """Whoever goes by the identifier, where the caller may see them."""
    patron_id = find_patron(transaction, identifier, key=IDENTIFIERS.of(circulation))
    if patron_id is None:
        return None
    [hit] = read_hits(transaction, [patron_id])
    is_seen = principal.may(Right.VIEW_PATRONS, hit.agency_id, hit.home_branch_id)
    return hit if is_seen else None


def _stretches(principal: Principal, set_up: SetUp) -> list[_Stretch]:
    """The parts of the answer, in their order: the caller's own agency, the others; then the
    dead likewise."""
    reach, own = principal.grants.get(Right.VIEW_PATRONS), principal.agency_id
    if reach is None:
        return []
    addresses = principal.grants.get(Right.VIEW_PROTECTED_ADDRESSES, _NOWHERE)
    if reach.everywhere:
        found: list[_Part] = [
            (_Whose.AGENCY, own, None, addresses.covers(own)),
            (_Whose.OTHERS, own, None, addresses.everywhere),
        ]
    else:
        agency_of = {each: set_up.branches[each].agency_id for each in reach.branches}
        found = [(_Whose.AGENCY, each, None, addresses.covers(each)) for each in reach.agencies]
        found += [
            (_Whose.BRANCH, agency_id, each, addresses.covers(agency_id, each))
            for each, agency_id in agency_of.items()
            if agency_id not in reach.agencies
        ]
        found.sort(key=lambda part: (part[1] != own, part[1], part[2] or 0))
    return [_Stretch(*part, is_deceased) for is_deceased in (False, True) for part in found]


def _rarest(transaction: Transaction, terms: Sequence[bytes]) -> int:
    """The number of the term that fewest words begin with; of common ones the longest."""
    if len(terms) == 1:
        return 0
    counts = [_count(transaction, low=term, high=term + _END, at_most=_COUNTED) for term in terms]
    return min(range(len(terms)), key=lambda at: (counts[at], -len(terms[at])))


def _walk(
    transaction: Transaction,
    stretches: Sequence[_Stretch],
    terms: Sequence[bytes],
    start: Place,
    but: int,
    wanted: int,
) -> list[Place]:
    """The next places behind `start`, as many as wanted where there are so many, without the
    patron `but`."""
    term = terms[min(start.term, len(terms) - 1)]
    others = [each for each in terms if each != term]
    bounds = {f"low_{at}": each for at, each in enumerate(others)}
    bounds |= {f"high_{at}": each + _END for at, each in enumerate(others)}
    found: list[Place] = []
    count = _count(transaction, low=term, high=term + _END, at_most=_FEW) if others else 0
    hows = (_How.ASKED,) if count < _FEW else (_How.FEW_ASKED, _How.GATHERED)
    for number in range(start.stretch, len(stretches)):
        stretch = stretches[number]
        asked = {name: getattr(stretch, name) for name in _NAMED_BY[stretch.whose]}
        behind = start if number == start.stretch else Place(number, b"", 0, start.term)
        rows: list[_Found] = []
        for how in hows:
            if len(rows) < wanted - len(found):
                rows = _statement(stretch.whose, len(others), how)(
                    transaction,
                    **asked,
                    **bounds,
                    is_deceased=stretch.is_deceased,
                    sees=stretch.sees,
                    but=but,
                    low=term,
                    high=term + _END,
                    after_word=max(behind.word, term),
                    after_id=behind.patron_id if behind.word >= term else 0,
                    at_most=wanted - len(found),
                )
        found += [Place(number, row.word, row.patron_id, start.term) for row in rows]
        if len(found) == wanted:
            break
    return found


class _Found(NamedTuple):
    word: bytes
    patron_id: int


@scalar_one(int)
def _count(*, low: bytes, high: bytes, at_most: int) -> Statement:
    its = patron_words.c
    begin_so = (
        select(its.patron_id)
        .where(its.is_deceased == false(), its.word >= low, its.word < high)
        .limit(at_most)
        .subquery()
    )
    return select(func.count()).select_from(begin_so)


@cache
def _statement(whose: _Whose, others: int, how: _How) -> Callable[..., list[_Found]]:
    """The walk along one stretch, with so many other terms to ask for."""
    names = [*_NAMED_BY[whose], "is_deceased", "sees", "low", "high", "after_word", "after_id"]
    names += [f"{side}_{at}" for at in range(others) for side in ("low", "high")]

    @many(_Found)
    @taking(*names, "but", "at_most")
    def walk(**given: Any) -> Statement:
        its = patron_words.c
        behind = tuple_(its.word, its.patron_id) > tuple_(given["after_word"], given["after_id"])
        on_the_way = (
            its.is_deceased == given["is_deceased"],
            _is_theirs(whose, given),
            its.word < given["high"],
            behind,
            its.patron_id != given["but"],
            _is_seen(patron_words, given),
        )
        walked = select(*columns(_Found, patron_words)).where(*on_the_way)
        words: FromClause = patron_words
        if how is _How.FEW_ASKED:
            words = walked.order_by(its.word, its.patron_id).limit(_FEW).subquery()
            walked = select(*columns(_Found, words))
        ends = [(f"low_{at}", f"high_{at}") for at in range(others)]
        if how is _How.GATHERED:
            walked = walked.where(*(_is_among(whose, given, low, high) for low, high in ends))
        else:
            have = (_word_of_same(words, given, low, high) for low, high in ends)
            walked = walked.where(*(each.is_not(None) for each in have))
        return (
            walked.where(_word_of_same(words, given, "low", "high") == words.c.word)
            .order_by(words.c.word, words.c.patron_id)
            .limit(given["at_most"])
        )

    return walk


def _is_theirs(whose: _Whose, given: Mapping[str, Any]) -> ColumnElement[bool]:
    its = patron_words.c
    is_of_agency: ColumnElement[bool] = its.agency_id == given["agency_id"]
    if whose is _Whose.OTHERS:
        return not_(is_of_agency)
    if whose is _Whose.AGENCY:
        return is_of_agency
    home = select(patrons.c.home_branch_id).where(patrons.c.id == its.patron_id).scalar_subquery()
    return and_(is_of_agency, home == given["branch_id"])


def _is_seen(words: FromClause, given: Mapping[str, Any]) -> ColumnElement[bool]:
    is_seen: ColumnElement[bool] = words.c.is_protected.in_((false(), given["sees"]))
    return is_seen


def _is_among(whose: _Whose, given: Mapping[str, Any], low: str, high: str) -> ColumnElement[bool]:
    """Has the patron a word between the two? Those who have are gathered once. The sum keeps SQLite
    from going from one of them to the next instead of along the index."""
    words = patron_words.alias()
    theirs = words.c
    gathered = select(theirs.patron_id).where(
        theirs.is_deceased == given["is_deceased"],
        theirs.word >= given[low],
        theirs.word < given[high],
        _is_seen(words, given),
    )
    if whose is not _Whose.OTHERS:
        gathered = gathered.where(theirs.agency_id == given["agency_id"])
    return (patron_words.c.patron_id + literal_column("0")).in_(gathered)


def _word_of_same(
    whose_words: FromClause, given: Mapping[str, Any], low: str, high: str
) -> ScalarSelect[bytes]:
    """The first word of the same patron between the two. As a subquery it is asked of one patron
    after the other; a join would be planned by what is known of all of them."""
    words = patron_words.alias()
    theirs = words.c
    return (
        select(theirs.word)
        .where(
            theirs.patron_id == whose_words.c.patron_id,
            theirs.word >= given[low],
            theirs.word < given[high],
            _is_seen(words, given),
        )
        .order_by(theirs.word)
        .limit(1)
        .scalar_subquery()
    )
