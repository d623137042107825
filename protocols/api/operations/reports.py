"""What was lent, renewed and returned, and where a machine would sort an item."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from circulation.callers.sorting import problem_bin_at
from circulation.explaining.machines import MACHINES
from circulation.explaining.sorting import explain_sorting
from circulation.kernel.results import Desk, Refused
from circulation.kernel.rights import Principal, Right
from circulation.loans.statistics import DIMENSIONS, loans_by
from protocols.api.authority import branch_meant, must_have_here, today_here
from protocols.api.messages import Reply
from protocols.api.models.sorting import Sorting, SortingWish, sorting_shown
from protocols.api.models.statistics import LoansCounted, LoansQuery, Statistics
from protocols.api.operation import Operation, Request, get, post
from protocols.api.problems import Outcome, Problem, reasons_of
from protocols.hosting.answering import Context, Lane


def show_statistics(
    request: Request[None, LoansQuery], principal: Principal, context: Context
) -> Statistics:
    """How much was lent, renewed and returned on the days that were counted, at the branches whose
    reports the caller may see."""
    must_have_here(principal, Right.VIEW_REPORTS)
    query = request.query
    last = query.last or today_here(principal, context)
    wanted = tuple(dict.fromkeys(("branch_id" if each == "branch" else each) for each in query.by))
    branches = context.circulation.current_set_up(context.transaction).branches
    numbers: Counter[tuple[Any, ...]] = Counter()
    for each in loans_by(context.transaction, (*wanted, "branch_id"), first=query.first, last=last):
        its = branches.get(each.branch_id or 0)
        if its is not None and principal.may(Right.VIEW_REPORTS, its.agency_id, its.id):
            told = each._replace(branch_id=each.branch_id if "branch_id" in wanted else None)
            numbers[told[:-1]] += each.number
    lines = []
    for key, number in numbers.items():
        facts = dict(zip(DIMENSIONS, key, strict=True))
        branch_id, kind = facts.pop("branch_id"), facts.pop("kind")
        isil = None if branch_id is None else branches[branch_id].isil
        lines.append(LoansCounted(number, branch=isil, kind=kind and kind.value, **facts))
    return Statistics(tuple(lines))


def explain_sorting_of(
    request: Request[SortingWish, None], principal: Principal, context: Context
) -> Reply:
    """Says into which bin a machine would drop an item now, and by which rule. It is handed in, and
    that is taken back at once: nothing is changed."""
    wish = request.body
    set_up = context.circulation.current_set_up(context.transaction)
    machine = MACHINES.of(context.circulation)(set_up).get(wish.terminal)
    if machine is None:
        text = f"there is no terminal with the login {wish.terminal}"
        raise Problem(Outcome.NOT_FOUND, text)
    field = None if wish.at is None else "at"
    here = branch_meant(wish.at or machine.branch, principal, context, Right.OPERATE, field)
    answer = explain_sorting(
        context.act(Desk(machine.login, "", here.agency_id, here.id)),
        item=wish.item,
        holds=machine.holds,
        sorting=machine.sorting,
    )
    if isinstance(answer, Refused):
        reasons = reasons_of(answer.refusals, principal, request.language)
        bin_ = problem_bin_at(set_up, machine.login, here.id, answer.item, machine.sorting)
        return Reply(Sorting(wish.item, bin_, reasons), is_dry=True)
    alert = machine.alert(answer.returned, context.transaction)
    return Reply(sorting_shown(answer, alert, set_up), is_dry=True)


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/statistics",
        "Loans, renewals and returns",
        show_statistics,
        Statistics,
        query=LoansQuery,
        tag="reports",
        right=Right.VIEW_REPORTS,
        lane=Lane.WIDE_READ,
    ),
    post(
        "/sorters/explanations",
        "Where a machine would sort an item",
        explain_sorting_of,
        Sorting,
        body=SortingWish,
        tag="operations",
        right=Right.OPERATE,
        lane=Lane.WRITE,
    ),
)
