"""Has the caller the right here? Every handler asks through these; `gate` decides on patrons."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from circulation.kernel.act import Act
from circulation.kernel.organisation import find_branch
from circulation.kernel.overriding import NO_OVERRIDE, Override, forbidden_to
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch
from circulation.kernel.rights import Kind, Principal, Right
from circulation.languages.sentences import Sentence
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.lookups import Seen, looked_at
from protocols.api.operation import Request
from protocols.api.paging import LARGEST
from protocols.api.problems import Outcome, Problem, malformed
from protocols.api.unknown import no_branch
from protocols.hosting.answering import Context

if TYPE_CHECKING:  # whoever only looks loads nothing that checks requests
    from protocols.api.models.desk import OverrideWish

#: Stands in place of how protected patrons are reached.
COVER: Final = "***"


def must_have_here(principal: Principal, right: Right) -> None:
    """Raises Problem where the caller has not that right where they work."""
    if not principal.may(right, principal.agency_id, principal.branch_id):
        raise Problem(Outcome.RIGHT_MISSING, right=right)


def must_have_everywhere(principal: Principal, right: Right) -> None:
    """Raises Problem where the caller has not that right at all agencies."""
    reach = principal.grants.get(right)
    if reach is None or not reach.everywhere:
        raise Problem(Outcome.RIGHT_MISSING, right=right)


def branch_meant(
    isil: str, principal: Principal, context: Context, right: Right, field: str | None = "branch"
) -> Branch:
    """The branch with that ISIL, where the caller has the right. Raises Problem: with a field of
    the request it is that which is wrong, without one it is a part of the path."""
    found = find_branch(context.transaction, isil=isil)
    if field is not None and found is None:
        raise unknown_branch(isil, field, context)
    if found is None or not principal.may(right, found.agency_id, found.id):
        raise Problem(Outcome.NOT_FOUND if field is None else Outcome.RIGHT_MISSING, right=right)
    return found


def unknown_branch(isil: str, field: str, context: Context) -> Problem:
    """The field names a branch that is not there."""
    return malformed(field, "unknown", no_branch(context.transaction, isil))


def branch_or_all(principal: Principal, right: Right) -> int | None:
    """The branch where the caller works; None, all of them, where they work at none and have the
    right everywhere."""
    reach = principal.grants.get(right)
    if not principal.branch_id and reach is not None and reach.everywhere:
        return None
    return principal.branch_id


def must_work_here(principal: Principal, context: Context, right: Right) -> None:
    """Raises Problem also where the caller works at no branch: what they make belongs to it."""
    must_have_here(principal, right)
    if principal.branch_id not in context.circulation.current_set_up(context.transaction).branches:
        raise Problem(Outcome.NOT_FOUND, Sentence("NO_BRANCH_OF_YOURS"))


def act_of(principal: Principal, context: Context, agency_id: int, branch_id: int) -> Act:
    """What the caller does where they work; whoever works at no branch does it at that one."""
    if principal.branch_id:
        return context.act(principal.desk)
    return context.act(principal.desk._replace(agency_id=agency_id, branch_id=branch_id))


def act_with(place: PatronPlace, principal: Principal, context: Context) -> Act:
    """What the caller does with a patron: where they work, else where the patron belongs."""
    return act_of(principal, context, place.agency_id, place.home_branch_id)


def today_here(principal: Principal, context: Context) -> date:
    """The date where the caller works; where that is nowhere, the one that has come everywhere."""
    set_up = context.circulation.current_set_up(context.transaction)
    here = principal.branch_id
    return set_up.day(context.now, here if here in set_up.branches else None)


def note_look(
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
    what: Seen,
    *,
    patron_id: int | None = None,
    hits: int | None = None,
) -> None:
    """Notes who has looked at a patron, or at how many in a list. Patrons who look at themselves
    are not noted, guardians who look at a child are."""
    if principal.kind is not Kind.PATRON or patron_id != principal.id:
        looked = looked_at(principal, what, request.name, patron_id=patron_id, hits=hits)
        context.looked_up(looked)


def override_of(wish: OverrideWish | None, principal: Principal) -> Override:
    """What the caller passes over. Raises Problem where they may not."""
    if wish is None:
        return NO_OVERRIDE
    override = Override(frozenset(Reason[name] for name in wish.reasons), wish.why)
    if not wish.why.strip():
        raise malformed("override.why", "blank", Sentence("SAY_WHY"))
    for reason, right in forbidden_to(principal, override):
        if right is None:
            raise malformed(
                "override.reasons", "never", Sentence("NEVER_PASSED_OVER", reason=reason.name)
            )
        raise Problem(Outcome.RIGHT_MISSING, right=right)
    return override


def number_of(text: str, field: str | None, largest: int = LARGEST) -> int:
    """A number that stands in a request as a text. Raises Problem: without a field it is a part of
    the path, where nothing else is found."""
    if text.isascii() and text.isdigit() and int(text) <= largest:
        return int(text)
    if field is None:
        raise Problem(Outcome.NOT_FOUND)
    raise malformed(field, "number", Sentence("NO_SUCH_NUMBER"))
