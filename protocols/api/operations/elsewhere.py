"""Which system looks after the patrons of each branch, while a library moves branch by branch."""

from __future__ import annotations

from typing import Final

from circulation.kernel.elsewhere import leave_to_another, periods_elsewhere, take_over
from circulation.kernel.rights import Principal, Right
from circulation.kernel.set_up import set_up_changed
from protocols.api.authority import branch_meant, must_have_everywhere
from protocols.api.models.notices import BranchesElsewhere, elsewhere_shown
from protocols.api.operation import Operation, Plain, get
from protocols.hosting.answering import Context, Lane

_BRANCH: Final = "/branches-elsewhere/{branch}"


def list_branches_elsewhere(
    request: Plain, principal: Principal, context: Context
) -> BranchesElsewhere:
    """The branches that another system looks after, or did: from when, and up to when."""
    must_have_everywhere(principal, Right.VIEW_NOTICES)
    return _shown(context)


def leave_branch(request: Plain, principal: Principal, context: Context) -> BranchesElsewhere:
    """From now on another system looks after the branch: it tells patrons, bills, and renews by
    itself. Nothing changes where it does already."""
    must_have_everywhere(principal, Right.EDIT_RULES)
    branch = branch_meant(request.path["branch"], principal, context, Right.EDIT_RULES, None)
    if leave_to_another(context.transaction, branch.id, now=context.now):
        set_up_changed(context.transaction)
    return _shown(context)


def take_branch_over(request: Plain, principal: Principal, context: Context) -> BranchesElsewhere:
    """From now on we look after the branch. What came up before is the other system's to tell, what
    comes up later is ours, wherever it is done. Nothing changes where we do already."""
    must_have_everywhere(principal, Right.EDIT_RULES)
    branch = branch_meant(request.path["branch"], principal, context, Right.EDIT_RULES, None)
    if take_over(context.transaction, branch.id, now=context.now):
        set_up_changed(context.transaction)
    return _shown(context)


def _shown(context: Context) -> BranchesElsewhere:
    set_up = context.circulation.current_set_up(context.transaction)
    return elsewhere_shown(periods_elsewhere(context.transaction), set_up)


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/branches-elsewhere",
        "Branches that another system looks after",
        list_branches_elsewhere,
        BranchesElsewhere,
        tag="operating",
        right=Right.VIEW_NOTICES,
    ),
    Operation(
        method="PUT",
        path=_BRANCH,
        summary="Leave a branch to another system",
        handler=leave_branch,
        answer=BranchesElsewhere,
        lane=Lane.SHORT_WRITE,
        tag="operating",
        right=Right.EDIT_RULES,
    ),
    Operation(
        method="DELETE",
        path=_BRANCH,
        summary="Take a branch over from another system",
        handler=take_branch_over,
        answer=BranchesElsewhere,
        lane=Lane.SHORT_WRITE,
        tag="operating",
        right=Right.EDIT_RULES,
    ),
)
