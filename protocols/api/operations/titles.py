"""Titles: searched as the catalogue searches, and shown with their copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from catalogue.formats.sutrs import SUTRS
from catalogue.query import Query, UnsupportedSearch
from catalogue.records import Record, fetch_records
from catalogue.searching.evaluation import search
from catalogue.searching.facets import Facet as Counted
from catalogue.searching.facets import facets
from catalogue.visibility import Scope, UnknownDatabase, scope_of_reader
from circulation.items.availability import holdings
from circulation.kernel.results import CirculationStatus, ItemState
from circulation.kernel.rights import Principal, Right
from protocols.api.authority import number_of
from protocols.api.messages import Reply
from protocols.api.models.answers import branch_shown
from protocols.api.models.titles import (
    Availability,
    CopiesThere,
    Facet,
    FacetValue,
    Title,
    TitleSearch,
    TitlesFound,
    TitleShown,
)
from protocols.api.operation import Caller, Operation, Plain, Request, get, post
from protocols.api.operations.items import note_borrowers, status_shown
from protocols.api.paging import LARGEST_OF_FEW, number_in, page_of
from protocols.api.problems import Outcome, Problem, malformed
from protocols.cql.context_sets import access_point_of
from protocols.cql.diagnostics import Refused
from protocols.cql.parser import parse
from protocols.cql.translation import query_of
from protocols.hosting.answering import Context, Lane

#: The indexes of which the commonest values are counted, as CQL names them.
FACETS: Final = {
    index: access_point_of(index, None)
    for index in ("dc.creator", "dc.subject", "dc.date", "dc.language", "dc.type")
}
#: Copies that nobody can have, now or later.
_GONE: Final = (ItemState.LOST, ItemState.MISSING, ItemState.CLAIMED_RETURNED)


def search_titles(
    request: Request[None, TitleSearch], principal: Principal, context: Context
) -> Reply:
    """Finds titles: by words, all of which must be found, or by a query in CQL. Words narrow, and
    the numbers of facets are of all that was found."""
    page, following = _found(request.query, principal, context)
    return page_of(request, page, following)


def find_titles(
    request: Request[TitleSearch, None], principal: Principal, context: Context
) -> TitlesFound:
    """Finds titles as `GET /titles` does, with what is looked for in the body: a name that somebody
    begins to type into the one box of a desk stands in no address."""
    return _found(request.body, principal, context)[0]


def _found(
    asked: TitleSearch, principal: Principal, context: Context
) -> tuple[TitlesFound, int | None]:
    """A page of what was found, and the last of its titles where more follow. Raises Problem."""
    query = query_asked(asked.q, asked.cql)
    try:
        scope = scope_for(principal, context, asked.at)
        found = search(context.transaction, query, scope.records)
        counted = tuple(
            Facet(name, tuple(_value(name, each) for each in values))
            for name, point in FACETS.items()
            if asked.facets and (values := facets(context.transaction, found, point, asked.facets))
        )
    except UnknownDatabase:
        raise malformed("at", "unknown", "there is no such catalogue") from None
    except UnsupportedSearch as error:
        raise malformed("cql" if asked.cql else "q", "unsupported", str(error)) from None
    after = number_in(asked)
    begun = found.rank(after) if after else 0
    ids = list(found[begun : begun + asked.limit])
    titles = titles_shown(ids, context)
    if asked.availability:
        titles = _with_availability(titles, ids, scope, context)
    page = TitlesFound(len(found), titles, counted)
    is_more = begun + len(ids) < len(found)
    return page, ids[-1] if ids and is_more else None


def scope_for(principal: Principal, context: Context, at: str | None = None) -> Scope:
    """The catalogue as the caller sees it: what a school keeps to itself is shown to those who
    belong to it or lend there, if only at a branch of it. Raises UnknownDatabase."""

    def sees(agency_id: int) -> bool:
        if principal.agency_id == agency_id or principal.may(Right.LEND, agency_id):
            return True
        branches = context.circulation.current_set_up(context.transaction).branches.values()
        its = [each.id for each in branches if each.agency_id == agency_id]
        return any(principal.may(Right.LEND, agency_id, each) for each in its)

    return scope_of_reader(context.transaction, at, sees)


def _value(index: str, facet: Counted) -> FacetValue:
    quoted = facet.text.replace("\\", "\\\\").replace('"', '\\"')
    return FacetValue(facet.text, facet.hits, f'{index} == "{quoted}"')


def _with_availability(
    titles: Sequence[Title], ids: Sequence[int], scope: Scope, context: Context
) -> tuple[Title, ...]:
    found = holdings(context.circulation, context.transaction, record_ids=ids, now=context.now)
    return tuple(
        replace(each, availability=_availability(found.get(int(each.id), ()), scope))
        for each in titles
    )


def _availability(copies: Sequence[CirculationStatus], scope: Scope) -> Availability:
    counted: dict[tuple[int, str], list[CirculationStatus]] = {}
    for each in copies_in(scope, copies):
        if each.state not in _GONE:
            counted.setdefault((each.item.home_branch.id, each.item.material_group), []).append(
                each
            )
    places = [
        CopiesThere(
            branch_shown(there[0].item.home_branch),
            group,
            len(there),
            sum(each.state is ItemState.AVAILABLE and each.stay is None for each in there),
        )
        for (_, group), there in counted.items()
    ]
    places.sort(key=lambda each: (each.branch.name, each.material_group))
    return Availability(max((each.open_holds for each in copies), default=0), tuple(places))


def copies_in(scope: Scope, copies: Sequence[CirculationStatus]) -> list[CirculationStatus]:
    """Those that the catalogue shows."""
    shown = scope.branches
    return [each for each in copies if shown is None or each.item.home_branch.id in shown]


def query_asked(words: str | None, cql: str | None) -> Query:
    """What is looked for. Raises Problem."""
    if (words is None) == (cql is None):
        raise malformed("q", "one_of_both", "give either q or cql")
    text = cql
    if words is not None:
        if not words.strip():
            raise malformed("q", "empty", "give a word")
        quoted = words.replace("\\", "\\\\").replace('"', '\\"')
        text = f'cql.anywhere all "{quoted}"'
    assert text is not None
    try:
        return query_of(parse(text).tree)
    except (Refused, UnsupportedSearch) as error:
        field = "cql" if cql is not None else "q"
        raise malformed(field, "unsupported", str(error)) from None


def titles_shown(ids: Sequence[int], context: Context) -> tuple[Title, ...]:
    """The titles in that order."""
    found = {each.id: each for each in fetch_records(context.transaction, ids)}
    return tuple(title_shown(found[each]) for each in ids if each in found)


def title_shown(record: Record) -> Title:
    return Title(str(record.id), record.title, record.author, record.year, record.control_number)


def show_title(request: Plain, principal: Principal, context: Context) -> TitleShown:
    """A title with all copies that are shown to whoever is signed in: their places and states."""
    record_id = number_of(request.path["title"], None, LARGEST_OF_FEW)
    scope = scope_for(principal, context)
    records = fetch_records(context.transaction, [record_id])
    if not records or (scope.records is not None and record_id not in scope.records):
        raise Problem(Outcome.NOT_FOUND)
    (record,) = records
    copies = holdings(
        context.circulation, context.transaction, record_ids=[record_id], now=context.now
    ).get(record_id, [])
    title = title_shown(record)
    shown = tuple(status_shown(each, principal, context) for each in copies_in(scope, copies))
    note_borrowers(shown, request, principal, context)
    return TitleShown(
        title.id,
        title.title,
        title.author,
        title.year,
        title.control_number,
        tuple(SUTRS.render(record).decode("utf-8", "replace").splitlines()),
        max((each.open_holds for each in copies), default=0),
        shown,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/titles",
        "Search titles",
        search_titles,
        TitlesFound,
        query=TitleSearch,
        tag="titles",
        caller=Caller.ANYBODY,
        lane=Lane.WIDE_READ,
    ),
    post(
        "/titles/search",
        "Search titles, as somebody types",
        find_titles,
        TitlesFound,
        body=TitleSearch,
        tag="titles",
        right=Right.LEND,
        lane=Lane.WIDE_READ,
        is_once=False,
    ),
    get(
        "/titles/{title}",
        "A title with its copies",
        show_title,
        TitleShown,
        tag="titles",
        caller=Caller.ANYBODY,
    ),
)
