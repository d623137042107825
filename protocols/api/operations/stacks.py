"""Stacks: many items at once, each decided on its own."""

from __future__ import annotations

from typing import Final

from circulation.kernel.results import CheckedOut as KnownLoan
from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal, Right
from circulation.loans.batches import check_in_stack, check_out_stack, renew_stack
from circulation.notices.kinds import Basis
from protocols.api.authority import must_have_here, override_of
from protocols.api.models.desk import (
    StackCheckinWish,
    StackCheckoutWish,
    StackRenewalWish,
    StackResult,
    StackResults,
)
from protocols.api.operation import Operation, Request, post
from protocols.api.operations.desk import (
    RULES,
    identifier_of,
    lent,
    moment_said,
    not_done,
    prolonged,
    returned,
    together,
)
from protocols.api.operations.items import refused_item
from protocols.api.operations.silence import keep_quiet
from protocols.hosting.answering import Context, Lane


def lend_stack(
    request: Request[StackCheckoutWish, None], principal: Principal, context: Context
) -> StackResults:
    """Lends a stack to a patron. Each item is decided on its own. What has happened already needs
    the right to date back, a silent batch the right to send notices everywhere."""
    must_have_here(principal, Right.LEND)
    wish, language = request.body, request.language
    identifier = identifier_of(wish, request, principal, context)
    answers = check_out_stack(
        context.act(principal.desk),
        patron=identifier,
        barcodes=[each.strip() for each in wish.items],
        happened=moment_said(wish.happened, principal),
        overriding=override_of(wish.override, principal),
    )
    lent_now = [each.loan.id for each in answers if isinstance(each, KnownLoan)]
    keep_quiet(wish.silent_batch, Basis.LOANS, lent_now, principal, context)
    results = []
    for barcode, answer in zip(wish.items, answers, strict=True):
        if isinstance(answer, Refused):
            results.append(not_done(barcode, answer, principal, context, language))
        else:
            request.about = answer.patron.id
            shown = lent(answer, request, principal, context)
            results.append(StackResult(barcode, checked_out=shown))
    return together(results)


def take_stack_back(
    request: Request[StackCheckinWish, None], principal: Principal, context: Context
) -> StackResults:
    """Takes a stack back. Each item goes somewhere, and the answer says where."""
    must_have_here(principal, Right.LEND)
    wish = request.body
    answers = check_in_stack(
        context.act(principal.desk),
        barcodes=[each.strip() for each in wish.items],
        returned=moment_said(wish.at, principal),
    )
    return together(
        [
            not_done(barcode, each, principal, context, request.language)
            if isinstance(each, Refused)
            else StackResult(barcode, checked_in=returned(each, request, principal, context))
            for barcode, each in zip(wish.items, answers, strict=True)
        ]
    )


def prolong_stack(
    request: Request[StackRenewalWish, None], principal: Principal, context: Context
) -> StackResults:
    """Renews the loans of a stack, whoever has them. Each is decided on its own."""
    must_have_here(principal, Right.LEND)
    wish, barcodes = request.body, [each.strip() for each in request.body.items]
    denied = {
        each: refused_item(request, each, principal, context, Right.LEND)
        for each in dict.fromkeys(barcodes)
    }
    answers = iter(
        renew_stack(
            context.act(principal.desk),
            barcodes=[each for each in barcodes if denied[each] is None],
            overriding=override_of(wish.override, principal),
        )
    )
    results = []
    for barcode in barcodes:
        answer = denied[barcode] or next(answers)
        if isinstance(answer, Refused):
            results.append(not_done(barcode, answer, principal, context, request.language))
        else:
            shown = prolonged(answer, request, principal, context)
            results.append(StackResult(barcode, renewed=shown))
    return together(results)


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/checkouts/stack",
        "Lend a stack",
        lend_stack,
        StackResults,
        body=StackCheckoutWish,
        tag="desk",
        right=Right.LEND,
        lane=Lane.WRITE,
        outcomes=RULES,
    ),
    post(
        "/checkins/stack",
        "Take a stack back",
        take_stack_back,
        StackResults,
        body=StackCheckinWish,
        tag="desk",
        right=Right.LEND,
        lane=Lane.WRITE,
    ),
    post(
        "/renewals/stack",
        "Renew the loans of a stack",
        prolong_stack,
        StackResults,
        body=StackRenewalWish,
        tag="desk",
        right=Right.LEND,
        lane=Lane.WRITE,
    ),
)
