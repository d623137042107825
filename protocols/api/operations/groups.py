"""Groups of patrons, as schools have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from circulation.kernel.act import Act
from circulation.kernel.rights import Principal, Right
from circulation.patrons.changes import patron_fields
from circulation.patrons.groups import (
    add_group,
    agency_of_group,
    groups_of,
    join_group,
    leave_group,
    members_of,
)
from circulation.patrons.identifiers import shown_as
from circulation.staff.lookups import Seen
from protocols.api.authority import act_of, branch_meant, must_work_here, note_look, number_of
from protocols.api.gate import id_shown, may_with, patron_named
from protocols.api.models.answers import Patron
from protocols.api.models.groups import (
    Group,
    GroupQuery,
    Groups,
    Members,
    Membership,
    NewGroup,
    groups_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

_GROUP: Final = "/groups/{group}"
_MEMBER: Final = f"{_GROUP}/members/{{patron}}"


def _agency(isil: str | None, principal: Principal, context: Context, right: Right) -> int:
    """The agency that is meant. Raises Problem where the caller has not that right there."""
    if isil is None:
        must_work_here(principal, context, right)
        return principal.agency_id
    return branch_meant(isil, principal, context, right).agency_id


def list_groups(
    request: Request[None, GroupQuery], principal: Principal, context: Context
) -> Groups:
    """The groups of an agency, by name."""
    agency_id = _agency(request.query.branch, principal, context, Right.VIEW_PATRONS)
    return groups_shown(groups_of(context.transaction, agency_id=agency_id))


def make_group(request: Request[NewGroup, None], principal: Principal, context: Context) -> Group:
    """Makes a group: a school, or a class under it."""
    wish = request.body
    agency_id = _agency(wish.branch, principal, context, Right.EDIT_PATRONS)
    under = None if wish.under is None else number_of(wish.under, "under")
    try:
        group_id = add_group(context.transaction, agency_id, wish.name, parent_id=under)
    except ValueError as error:
        raise malformed("name", "unfit", str(error)) from None
    return Group(str(group_id), wish.under, wish.name.strip(), 0)


def may_with_groups(right: Right, agency_id: int, principal: Principal) -> bool:
    """May the caller work with the groups of an agency: with the right there, or at a branch of it
    where they work?"""
    is_own = agency_id == principal.agency_id
    return principal.may(right, agency_id) or (
        is_own and principal.may(right, agency_id, principal.branch_id)
    )


def _the_group(
    request: Request[Any, Any], principal: Principal, context: Context, right: Right
) -> int:
    group_id = number_of(request.path["group"], None)
    agency_id = agency_of_group(context.transaction, group_id=group_id)
    if agency_id is None or not may_with_groups(right, agency_id, principal):
        raise Problem(Outcome.NOT_FOUND)
    return group_id


def _person(patron_id: int, context: Context) -> Patron:
    fields = patron_fields(context.transaction, patron_id=patron_id)
    assert fields is not None
    card = shown_as(context.transaction, patron_id)
    return Patron(id_shown(context)(patron_id), fields.name, card)


def list_members(request: Plain, principal: Principal, context: Context) -> Members:
    """Who is in a group, those of the groups below it included, by name."""
    group_id = _the_group(request, principal, context, Right.VIEW_PATRONS)
    transaction = context.transaction
    members = []
    for patron_id in members_of(transaction, group_id=group_id):
        if may_with(patron_id, Right.VIEW_PATRONS, principal, context):
            members.append(_person(patron_id, context))
    note_look(request, principal, context, Seen.LIST, hits=len(members))
    return Members(tuple(members))


def _move(
    verb: Callable[[Act, int, int], bool],
    request: Plain,
    principal: Principal,
    context: Context,
) -> Membership:
    group_id = _the_group(request, principal, context, Right.EDIT_PATRONS)
    place = patron_named(request, request.path["patron"], principal, context, Right.EDIT_PATRONS)
    request.about = place.id
    act = act_of(principal, context, place.agency_id, place.home_branch_id)
    changed = verb(act, group_id, place.id)
    return Membership(_person(place.id, context), changed)


def join(request: Plain, principal: Principal, context: Context) -> Membership:
    """Makes a patron a member. It is no error where they are already."""
    return _move(join_group, request, principal, context)


def leave(request: Plain, principal: Principal, context: Context) -> Membership:
    """Takes a patron out of a group: they have left the class."""
    return _move(leave_group, request, principal, context)


def _member(method: str, summary: str, handler: Any) -> Operation:
    return Operation(
        method=method,
        path=_MEMBER,
        summary=summary,
        handler=handler,
        answer=Membership,
        lane=Lane.SHORT_WRITE,
        tag="groups",
        right=Right.EDIT_PATRONS,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/groups",
        "The groups of an agency",
        list_groups,
        Groups,
        query=GroupQuery,
        tag="groups",
        right=Right.VIEW_PATRONS,
    ),
    post(
        "/groups",
        "Make a group",
        make_group,
        Group,
        body=NewGroup,
        tag="groups",
        right=Right.EDIT_PATRONS,
    ),
    get(
        f"{_GROUP}/members",
        "Who is in a group",
        list_members,
        Members,
        lane=Lane.WIDE_READ,
        tag="groups",
        right=Right.VIEW_PATRONS,
    ),
    _member("PUT", "Make a patron a member", join),
    _member("DELETE", "Take a patron out of a group", leave),
)
