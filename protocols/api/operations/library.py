"""The library itself, as everybody may know it: for pages that show its titles."""

from __future__ import annotations

from typing import Final

from catalogue.visibility import CONSORTIUM, database_names
from circulation.fees.payment_ways import PAYMENT_WAYS
from circulation.kernel.rights import Principal
from circulation.kernel.rules import lineage
from circulation.kernel.trees import GROUPS
from protocols.api.models.library import Library, LibraryBranch, MaterialGroup
from protocols.api.operation import Caller, Operation, Plain, get
from protocols.api.operations.titles import scope_for
from protocols.hosting.answering import Context


def show_library(request: Plain, principal: Principal, context: Context) -> Library:
    """The branches where titles are had and picked up, and what the kinds of material are called.
    A school that keeps its stock to itself is shown to those who belong to it."""
    transaction = context.transaction
    set_up = context.circulation.current_set_up(transaction)
    names = [each.title for each in database_names(transaction) if each.kind == CONSORTIUM]
    shown = scope_for(principal, context).branches
    branches = [
        LibraryBranch(each.isil, each.name, each.agency_isil, each.agency_name, each.timezone)
        for each in set_up.branches.values()
        if shown is None or each.id in shown
    ]
    bookable = {rule.material_group for rule in set_up.policies if rule.says.get("bookable")}
    groups = [
        MaterialGroup(
            each.code, each.name, not bookable.isdisjoint(lineage(set_up.groups, each.code))
        )
        for each in GROUPS.all(transaction)
    ]
    return Library(
        names[0] if len(names) == 1 else "",
        tuple(sorted(branches, key=lambda each: (each.agency_name, each.name))),
        tuple(groups),
        {
            set_up.agency_isil(agency_id): ways.self_service
            for agency_id, ways in PAYMENT_WAYS.of(set_up).items()
            if ways.self_service
        },
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/library",
        "The library and its branches",
        show_library,
        Library,
        tag="titles",
        caller=Caller.ANYBODY,
    ),
)
