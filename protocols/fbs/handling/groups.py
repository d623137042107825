"""Groups of patrons: a library's own tree, as schools have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from circulation.patrons.groups import Group, groups_of
from protocols.fbs.calls import Request
from protocols.hosting.answering import Context

#: The root is the library itself, which no group of it is.
_ROOT: Final = 0


def show_groups(request: Request, context: Context) -> dict[str, Any]:
    """The library with the groups in it, each with those below it; no members are named."""
    found = groups_of(context.transaction, agency_id=request.agency.id)
    below: dict[int | None, list[Group]] = {}
    for each in found:
        below.setdefault(each.parent_id, []).append(each)
    branch = request.agency.branches[0]
    return _told(_ROOT, branch.agency_name, 0, below.get(None, ()), below)


def _told(
    number: int,
    name: str,
    members: int,
    children: Sequence[Group],
    below: Mapping[int | None, Sequence[Group]],
) -> dict[str, Any]:
    """`membersCount` counts those of the groups below as well."""
    shown = [
        _told(each.id, each.name, each.members, below.get(each.id, ()), below) for each in children
    ]
    return {
        "patronGroupId": number,
        "name": name,
        "description": "",
        "membersCount": members + sum(each["membersCount"] for each in shown),
        "childGroups": shown,
    }
