"""Persistent result sets (Z39.50-2003, EXT.1.1): sets that outlive the association.

A set is kept for the account, under the name of its package. Later associations of the account have
it among their result sets from Init on, under that name: nothing has to be fetched from IR-Extend-1
first. Create keeps a set of the association, modify replaces or appends, delete forgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pyroaring import BitMap

from catalogue.database import Transaction
from catalogue.searching.kept_sets import KeptSet, TooManySets, forget_set, keep_set, kept_sets
from catalogue.searching.result_order import ResultOrder
from protocols.hosting.answering import Context
from protocols.z3950.association import Association, ResultSet
from protocols.z3950.databases import is_explain
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.extended.task_results import Done
from protocols.z3950.messages.extended_services import ExtendedServicesRequest
from protocols.z3950.messages.packages import (
    PersistentSetRequest,
    PersistentSetTarget,
    PersistentSetTaskPackage,
    SetToPersist,
)

#: `function` and `replaceOrAppend`.
CREATE: Final = 1
DELETE: Final = 2
MODIFY: Final = 3
_REPLACE: Final = 1
_APPEND: Final = 2

#: The most records of a sorted set that can be kept: its whole order has to be worked out.
MOST_IN_ORDER: Final = 250_000
#: Characters of the name of a set that is kept.
LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Keeping:
    """What to do with the set of that name; `found` is None if it is to be deleted."""

    user: str
    name: str
    function: int
    is_appended: bool = False
    found: ResultSet | None = None


def prepare_keeping(
    request: ExtendedServicesRequest, parameters: PersistentSetRequest, caller: Association
) -> Keeping:
    """Finds the set in the association. Raises Refused."""
    account = caller.account
    if account is None:
        raise Refused(Bib1.NOT_AUTHORISED_FOR_SERVICE)
    wanted = parameters.not_to_keep or SetToPersist()
    name = request.package_name or wanted.origin_supplied_result_set
    if not name:
        raise Refused(Bib1.PACKAGE_PARAMETER_MISSING, "packageName")
    if len(name) > LONGEST_NAME:
        raise Refused(Bib1.PACKAGE_VALUE_UNSUPPORTED, "packageName")
    if request.function == DELETE:
        return Keeping(account.user, name, DELETE)
    source = wanted.origin_supplied_result_set
    if not source:
        raise Refused(Bib1.PACKAGE_PARAMETER_MISSING, "originSuppliedResultSet")
    found = caller.result_sets.get(source)
    if found is None:
        raise caller.without_result_set(source)
    if is_explain(found.databases):
        raise Refused(Bib1.SERVICE_UNSUPPORTED_FOR_DATABASE, found.database)
    how = _REPLACE if wanted.replace_or_append is None else wanted.replace_or_append
    if how not in (_REPLACE, _APPEND):
        raise Refused(Bib1.PACKAGE_VALUE_UNSUPPORTED, str(how))
    return Keeping(account.user, name, request.function, how == _APPEND, found)


def keep_result_set(keeping: Keeping, context: Context) -> Done:
    """Keeps, changes or forgets it. Raises Refused."""
    transaction, name = context.transaction, keeping.name
    if keeping.found is None:
        if not forget_set(transaction, keeping.user, name):
            raise Refused(Bib1.PACKAGE_DOES_NOT_EXIST, name)
        return Done(PersistentSetTaskPackage(), name=name, result_sets={name: None})
    before = persistent_sets(transaction, keeping.user).get(name)
    if keeping.function == CREATE and before is not None:
        raise Refused(Bib1.PACKAGE_EXISTS, name)
    if keeping.function == MODIFY and before is None:
        raise Refused(Bib1.PACKAGE_DOES_NOT_EXIST, name)
    found = keeping.found
    if keeping.is_appended and before is not None:
        found = _appended(transaction, before, found)
    order = None if found.order is None else _whole(transaction, found)
    kept = KeptSet(name, found.databases, found.records, order)
    try:
        keep_set(transaction, keeping.user, kept, now=context.now)
    except TooManySets:
        raise Refused(Bib1.PACKAGE_QUOTA_EXCEEDED, name) from None
    package = PersistentSetTaskPackage(target_part=PersistentSetTarget(name, len(found)))
    return Done(package, name=name, result_sets={name: found})


def persistent_sets(transaction: Transaction, user: str) -> dict[str, ResultSet]:
    """The sets of an account by their names."""
    return {
        kept.name: ResultSet(kept.records, kept.databases, _order(kept.records, kept.order))
        for kept in kept_sets(transaction, owner=user)
    }


def _whole(transaction: Transaction, found: ResultSet) -> Sequence[int]:
    """All records in the order of the set. Raises Refused if there are too many to sort."""
    if found.order is None:
        return list(found.records)
    if len(found) > MOST_IN_ORDER:
        raise Refused(Bib1.TOO_MANY_RESULTS_TO_SORT, str(MOST_IN_ORDER))
    return found.order.whole(transaction)


def _order(records: BitMap, order: Sequence[int] | None) -> ResultOrder | None:
    """An order that is completely known."""
    return None if order is None else ResultOrder(records, (), order)


def _appended(transaction: Transaction, before: ResultSet, found: ResultSet) -> ResultSet:
    """The records of both; if one of the sets is sorted, those kept before come first."""
    databases = tuple(dict.fromkeys((*before.databases, *found.databases)))
    joined = replace(before, records=before.records | found.records, databases=databases)
    if before.order is None and found.order is None:
        return joined
    order = dict.fromkeys(
        number for each in (before, found) for number in _whole(transaction, each)
    )
    return replace(joined, order=_order(joined.records, list(order)))
