"""For whom a flow is, as the text of the set-up writes it."""

from __future__ import annotations

from circulation.dunning.steps import Flow
from circulation.kernel.set_up import SetUp


def flow_scope(set_up: SetUp, flow: Flow) -> dict[str, str]:
    """Its scope; empty where it is for all."""
    place = None
    if flow.branch_id is not None:
        place = set_up.branches[flow.branch_id].isil
    elif flow.agency_id is not None:
        place = next(
            (
                each.agency_isil
                for each in set_up.branches.values()
                if each.agency_id == flow.agency_id
            ),
            None,
        )
    scope = {"at": place, "category": flow.patron_category, "group": flow.material_group}
    return {name: value for name, value in scope.items() if value is not None}
