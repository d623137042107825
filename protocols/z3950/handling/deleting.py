"""Delete (Z39.50-2003, 3.2.4): forgets result sets, some or all of them."""

from __future__ import annotations

from typing import Final

from protocols.z3950.association import Answer, Association
from protocols.z3950.messages.result_sets import (
    DeleteResultSetRequest,
    DeleteResultSetResponse,
    ListStatus,
)

#: deleteFunction, and values of DeleteSetStatus (3.2.4.1).
DELETE_LIST: Final = 0
DELETE_ALL: Final = 1
SUCCESS: Final = 0
DID_NOT_EXIST: Final = 1
SYSTEM_PROBLEM: Final = 3
NOT_ALL_DELETED: Final = 9


def delete_result_sets(request: DeleteResultSetRequest, caller: Association) -> Answer:
    """Forgets the named sets, or all."""
    if request.delete_function == DELETE_ALL:
        return Answer(DeleteResultSetResponse(SUCCESS), dict.fromkeys(caller.result_sets))
    if request.delete_function != DELETE_LIST:
        return Answer(DeleteResultSetResponse(SYSTEM_PROBLEM))
    names = request.result_set_list or []
    statuses = [
        ListStatus(name, SUCCESS if name in caller.result_sets else DID_NOT_EXIST) for name in names
    ]
    is_done = all(each.status == SUCCESS for each in statuses)
    response = DeleteResultSetResponse(SUCCESS if is_done else NOT_ALL_DELETED, statuses or None)
    return Answer(response, dict.fromkeys(names))
