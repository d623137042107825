"""What a library sets itself: library.toml, closures, and why a loan is allowed or not."""

from __future__ import annotations

from datetime import date
from typing import Final

from circulation.calendars.due_dates import local_date
from circulation.calendars.rows import closure_rows
from circulation.closures.closing import Closure as KnownClosure
from circulation.closures.closing import (
    UnfitAlternative,
    close_branch,
    lift_closure,
    preview_closure,
)
from circulation.explaining.loans import explain_loan
from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal, Right
from circulation.languages.sentences import Sentence, several
from circulation.sections.parts import Parts
from circulation.sections.sections import differences
from circulation.setting_up.applying import DoesNotFit, apply_set_up, plan
from circulation.setting_up.reading import Declared, read
from circulation.setting_up.stored import stored_parts
from circulation.staff.lookups import Seen
from protocols.api.authority import branch_meant, must_have_everywhere, note_look
from protocols.api.gate import may_with, patron_with_card
from protocols.api.models.rules import (
    AnnouncedClosure,
    AnnouncedClosures,
    Closure,
    ClosurePeriod,
    ClosureWish,
    LoanExplanation,
    LoanQuestion,
    SetUp,
    SetUpChanges,
    SetUpPart,
    SetUpText,
    SetUpWish,
    changes_shown,
    closure_shown,
    explanation_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.problems import FieldError, Outcome, Problem, malformed, refused, said_by
from protocols.hosting.answering import Context, Lane
from protocols.hosting.standard import option_checks


def show_set_up(request: Plain, principal: Principal, context: Context) -> SetUp:
    """The whole set-up: agencies, branches, rules, calendars, terminals and so on."""
    must_have_everywhere(principal, Right.EDIT_RULES)
    parts = changes_shown(differences(Parts(), stored_parts(context.transaction))).changes
    return SetUp(tuple(SetUpPart(each.noun, each.key, each.after or {}) for each in parts))


def check_set_up(
    request: Request[SetUpText, None], principal: Principal, context: Context
) -> SetUpChanges:
    """Says what a library.toml would change, or all that does not fit. Nothing is changed."""
    must_have_everywhere(principal, Right.EDIT_RULES)
    planned = plan(context.transaction, _declared(request.body.text), context.now)
    changes, problems, moved = planned.changes, planned.problems, planned.moved
    return changes_shown(changes, problems, moved=moved, language=request.language)


def _declared(text: str) -> Declared:
    return read(text, option_checks())


def apply_changes(
    request: Request[SetUpWish, None], principal: Principal, context: Context
) -> SetUpChanges:
    """Makes the set-up what a library.toml says: all of it, or nothing where anything does not
    fit."""
    must_have_everywhere(principal, Right.EDIT_RULES)
    wish, act = request.body, context.act(principal.desk)
    try:
        changes = apply_set_up(act, _declared(wish.text))
    except DoesNotFit as error:
        errors = [
            FieldError("text" if line is None else f"text.{line}", "unfit", text)
            for line, text in error.problems
        ]
        raise Problem(
            Outcome.MALFORMED, several([each.text for each in error.problems]), errors=errors
        ) from None
    if wish.changes is not None and wish.changes != len(changes):
        raise Problem(Outcome.CONFLICT, Sentence("SET_UP_CHANGED"))
    return changes_shown(changes, applied=bool(changes))


def list_closures(request: Plain, principal: Principal, context: Context) -> AnnouncedClosures:
    """Return the closures that are not over, of branches whose rules the caller may edit."""
    branches = context.circulation.current_set_up(context.transaction).branches
    may_edit = {
        each.id
        for each in branches.values()
        if principal.may(Right.EDIT_RULES, each.agency_id, each.id)
    }
    if not may_edit:
        raise Problem(Outcome.RIGHT_MISSING, right=Right.EDIT_RULES)
    found = []
    for each in closure_rows(context.transaction):
        branch = branches[each.branch_id]
        if branch.id in may_edit and each.last >= local_date(context.now, branch.timezone):
            alternative = branches.get(each.alternative_id or 0)
            isil = None if alternative is None else alternative.isil
            found.append(AnnouncedClosure(branch.isil, each.first, each.last, each.reason, isil))
    return AnnouncedClosures(tuple(found))


def check_closure(
    request: Request[ClosurePeriod, None], principal: Principal, context: Context
) -> Closure | Problem:
    """Says what would be moved if a branch closed on these days. Nothing is changed."""
    period = request.body
    branch = branch_meant(period.branch, principal, context, Right.EDIT_RULES)
    try:
        found = preview_closure(
            context.transaction,
            branch=branch.isil,
            first=period.first,
            last=period.last or period.first,
        )
    except ValueError as error:
        raise malformed("last", "unfit", said_by(error)) from None
    return _answer(found, request, principal, closed=False)


def close_for_days(
    request: Request[ClosureWish, None], principal: Principal, context: Context
) -> Closure | Problem:
    """Closes a branch in an emergency. What falls due there meanwhile gets the next open day."""
    wish = request.body
    branch = branch_meant(wish.branch, principal, context, Right.EDIT_RULES)
    try:
        closed = close_branch(
            context.act(principal.desk),
            branch=branch.isil,
            first=wish.first,
            last=wish.last or wish.first,
            reason=wish.reason,
            alternative=wish.alternative,
        )
    except ValueError as error:
        field = "alternative" if isinstance(error, UnfitAlternative) else "last"
        raise malformed(field, "unfit", said_by(error)) from None
    return _answer(closed, request, principal, closed=True)


def _answer(
    found: KnownClosure | Refused,
    request: Request[ClosurePeriod, None] | Request[ClosureWish, None],
    principal: Principal,
    *,
    closed: bool,
) -> Closure | Problem:
    if isinstance(found, Refused):
        return refused(found, principal, request.language)
    return closure_shown(found, closed=closed)


def reopen(request: Plain, principal: Principal, context: Context) -> None:
    """Takes back a closure of just these days. Dates that were moved stay.

    Copies on the way to the alternative go to the branch again, and patrons who were sent a message
    about a hold there are sent another one. To shorten a closure, close the branch for the shorter
    period first.
    """
    branch = branch_meant(request.path["branch"], principal, context, Right.EDIT_RULES, field=None)
    try:
        first, last = (date.fromisoformat(request.path[name]) for name in ("first", "last"))
    except ValueError:
        raise Problem(Outcome.NOT_FOUND) from None
    if not lift_closure(context.act(principal.desk), branch=branch.isil, first=first, last=last):
        raise Problem(Outcome.NOT_FOUND)


def explain(
    request: Request[LoanQuestion, None], principal: Principal, context: Context
) -> LoanExplanation | Problem:
    """What the rules say of a patron borrowing an item, and which rule decides on each field."""
    asked = request.body
    place = patron_with_card(request, asked.patron, principal, context, Right.VIEW_RULES)
    if place is None or not may_with(place.id, Right.VIEW_PATRONS, principal, context):
        raise malformed("patron", "unknown", Sentence("NOBODY_OF_YOURS"))
    note_look(request, principal, context, Seen.OPENED, patron_id=place.id)
    answer = explain_loan(
        context.act(principal.desk), patron=asked.patron, item=asked.item, branch=asked.branch
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return explanation_shown(answer, request.language)


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/set-up",
        "The set-up as it is",
        show_set_up,
        SetUp,
        tag="rules",
        right=Right.EDIT_RULES,
        lane=Lane.WIDE_READ,
    ),
    post(
        "/set-up/check",
        "What a library.toml would change",
        check_set_up,
        SetUpChanges,
        body=SetUpText,
        lane=Lane.WIDE_READ,
        is_once=False,
        tag="rules",
        right=Right.EDIT_RULES,
    ),
    post(
        "/set-up",
        "Apply a library.toml",
        apply_changes,
        SetUpChanges,
        body=SetUpWish,
        lane=Lane.WRITE,
        tag="rules",
        right=Right.EDIT_RULES,
        outcomes=(Outcome.CONFLICT,),
    ),
    get(
        "/closures",
        "Closures that are not over",
        list_closures,
        AnnouncedClosures,
        tag="rules",
        right=Right.EDIT_RULES,
    ),
    post(
        "/closures/check",
        "What a closure would move",
        check_closure,
        Closure,
        body=ClosurePeriod,
        lane=Lane.WIDE_READ,
        is_once=False,
        tag="rules",
        right=Right.EDIT_RULES,
        outcomes=(Outcome.REFUSED,),
    ),
    post(
        "/closures",
        "Close a branch",
        close_for_days,
        Closure,
        body=ClosureWish,
        lane=Lane.WRITE,
        tag="rules",
        right=Right.EDIT_RULES,
        outcomes=(Outcome.REFUSED,),
    ),
    Operation(
        method="DELETE",
        path="/closures/{branch}/{first}/{last}",
        summary="Open a branch again",
        handler=reopen,
        status=204,
        lane=Lane.WRITE,
        tag="rules",
        right=Right.EDIT_RULES,
    ),
    post(
        "/explanations/loan",
        "Why a loan is allowed or not",
        explain,
        LoanExplanation,
        body=LoanQuestion,
        lane=Lane.READ,
        is_once=False,
        tag="rules",
        right=Right.VIEW_RULES,
        outcomes=(Outcome.REFUSED,),
    ),
)
