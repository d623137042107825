"""The proxy that stands before this library and the system that is left (`tiro proxy`).

It is asked over its socket, and told who asks: that stands in its journal. Whom an act was about
is not told here, but by `tiro proxy journal`.
"""

from __future__ import annotations

from typing import Any, Final

from circulation.items.facts import titles_of_items
from circulation.kernel.rights import Principal, Right
from circulation.languages.sentences import Sentence
from circulation.staff.lookups import Seen
from protocols.api.authority import must_have_everywhere, note_look
from protocols.api.gate import Names
from protocols.api.messages import Reply
from protocols.api.models.proxy import (
    NO_PROXY,
    Flipped,
    FlipWish,
    ProxyShown,
    ProxyTerminal,
    ReconcileWish,
    Reconciling,
    SettledWish,
    UnequalLines,
    UnequalPaging,
    proxy_shown,
    unequal_lines,
)
from protocols.api.operation import Operation, Plain, Request, get
from protocols.api.paging import no_page_ended_there, page_of, spot_in
from protocols.api.problems import Outcome, Problem, said_by
from protocols.hosting.answering import Context, Lane
from protocols.hosting.proxy_control import PROXY, NoProxy, ask


def _asked(context: Context, principal: Principal, **wish: Any) -> dict[str, Any]:
    """What the proxy answers. Raises Problem where there is none, or where it does not."""
    folder = PROXY.of(context.circulation)
    if folder is None:
        raise Problem(Outcome.NOT_FOUND)
    try:
        answer = ask(folder, who=principal.name, **wish)
    except NoProxy as error:
        raise Problem(Outcome.UNAVAILABLE, said_by(error)) from error
    if "error" in answer:
        said = answer["error"]
        if "name" in answer:
            said = Sentence(answer["name"], **answer["facts"])
        raise Problem(Outcome.CONFLICT, said)
    return answer


def show_proxy(request: Plain, principal: Principal, context: Context) -> ProxyShown:
    """Who is in which mode, what is left to be told, and what shadow has shown. Differences are
    counted anew when the last count is five minutes old: ask again."""
    must_have_everywhere(principal, Right.OPERATE)
    if PROXY.of(context.circulation) is None:
        return NO_PROXY
    status = _asked(context, principal, ask="status")
    differences = _asked(context, principal, ask="differences")
    return proxy_shown(status, differences, request.language)


def list_unequal(
    request: Request[None, UnequalPaging], principal: Principal, context: Context
) -> Reply:
    """In what both systems differ, the most urgent first and then the oldest, with what a person
    must do. A patron is named to callers who may see patrons."""
    must_have_everywhere(principal, Right.OPERATE)
    query = request.query
    names = Names(Right.VIEW_PATRONS, principal, context)
    subjects = ["item", "patron"] if names.are_all_named else ["item"]
    wish = query.model_dump(include={"branch", "errand", "find", "limit"})
    after = _after(query)
    found = _asked(context, principal, ask="unequal", subjects=subjects, after=after, **wish)
    barcodes = [each["name"] for each in found["rows"] if each["subject"] == "item"]
    titles = dict(titles_of_items(context.transaction, barcodes=barcodes))
    lines = unequal_lines(found, titles, names.patron_with, request.language)
    if named := sum(each.patron is not None for each in lines.lines):
        note_look(request, principal, context, Seen.LIST, hits=named)
    following = found["next"]
    return page_of(request, lines, None if following is None else tuple(following))


def _after(query: UnequalPaging) -> tuple[str, ...] | None:
    """Return the place of the list after which the page begins. Raises Problem."""
    place = spot_in(query)
    if place is None:
        return None
    if len(place) != 4 or not all(each.isdecimal() for each in place[::2]):
        raise no_page_ended_there()
    return place


def flip(request: Request[FlipWish, None], principal: Principal, context: Context) -> Flipped:
    """Moves terminals to the other system or back, from their next message on; all of them, or
    none. To this library only where their branch is ready, or with `despite_readiness`. Who wishes
    it and why stands in the journal of the proxy."""
    must_have_everywhere(principal, Right.EDIT_RULES)
    wish = request.body
    terminals, mode = list(wish.terminals), wish.mode
    given = {"mode": mode, "why": wish.why, "despite": wish.despite_readiness}
    done = _asked(context, principal, ask="flip", terminals=terminals, **given)
    branches = {
        each["login"]: each["branch"]
        for each in _asked(context, principal, ask="status")["terminals"]
    }
    return Flipped(
        tuple(ProxyTerminal(login, branches[login], new) for login, new in done["flipped"].items())
    )


def reconcile(
    request: Request[ReconcileWish, None], principal: Principal, context: Context
) -> Reconciling:
    """Compare both systems now, at the pace of proxy.toml: `GET /proxy/unequal` lists what differs.
    A comparison that was running begins again."""
    must_have_everywhere(principal, Right.EDIT_RULES)
    done = _asked(context, principal, ask="reconcile", branch=request.body.branch)
    return Reconciling(done["compares"])


def settle_task(
    request: Request[SettledWish, None], principal: Principal, context: Context
) -> None:
    """A person has seen to what a system could not be told: it is off the list."""
    must_have_everywhere(principal, Right.EDIT_RULES)
    number = request.path["request"]
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise Problem(Outcome.NOT_FOUND)
    done = _asked(context, principal, ask="settle", request=int(number), why=request.body.why)
    if not done["settled"]:
        raise Problem(Outcome.NOT_FOUND)


def _put(path: str, summary: str, handler: Any, **more: Any) -> Operation:
    """The database is not written: the proxy keeps it in its journal."""
    return Operation(
        method="PUT",
        path=path,
        summary=summary,
        handler=handler,
        tag="operating",
        right=Right.EDIT_RULES,
        lane=Lane.WIDE_READ,
        outcomes=(Outcome.CONFLICT, Outcome.NOT_FOUND),
        **more,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/proxy",
        "The proxy before two systems",
        show_proxy,
        ProxyShown,
        tag="operating",
        right=Right.OPERATE,
        lane=Lane.WIDE_READ,
        outcomes=(Outcome.CONFLICT,),
    ),
    get(
        "/proxy/unequal",
        "In what two systems differ",
        list_unequal,
        UnequalLines,
        query=UnequalPaging,
        tag="operating",
        right=Right.OPERATE,
        lane=Lane.WIDE_READ,
        outcomes=(Outcome.CONFLICT, Outcome.NOT_FOUND),
    ),
    _put("/proxy/modes", "Flip terminals", flip, body=FlipWish, answer=Flipped),
    _put(
        "/proxy/reconciliation",
        "Compare both systems",
        reconcile,
        body=ReconcileWish,
        answer=Reconciling,
    ),
    _put(
        "/proxy/for-a-person/{request}",
        "Settle what could not be told",
        settle_task,
        body=SettledWish,
        status=204,
    ),
)
