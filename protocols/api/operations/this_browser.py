"""The browser that asks, as a registered desk: whoever administers staff registers it where it
stands. Its key is a cookie that no script can read, and is shown to nobody.
"""

from __future__ import annotations

from typing import Final

from circulation.kernel.results import Branch
from circulation.kernel.rights import Principal, Right
from circulation.staff.sessions import move_session
from circulation.staff.tokens import digest_of
from circulation.staff.workstations import (
    Workstation,
    add_workstation,
    remove_workstation,
    renew_key,
    workstation_named,
    workstation_with,
)
from protocols.api.authentication import cookie_in, cookie_name, set_cookie
from protocols.api.authority import branch_meant
from protocols.api.messages import Reply
from protocols.api.models.answers import branch_shown
from protocols.api.models.staff import NewDesk, ThisBrowser
from protocols.api.operation import Caller, Operation, Plain, Request, get
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane
from protocols.hosting.cookies import WORKSTATION

_PATH: Final = "/desk/registration"
_RIGHT: Final = Right.ADMINISTER_STAFF
#: A workstation is registered once, and stays for two years of not being used.
WORKSTATION_SECONDS: Final = 2 * 365 * 24 * 3600


def _known(request: Request[NewDesk, None] | Plain, context: Context) -> Workstation | None:
    """The desk whose key the browser has sent."""
    key = cookie_in(request.asked, WORKSTATION)
    return None if key is None else workstation_with(context.transaction, key)


def show_this_browser(request: Plain, principal: Principal, context: Context) -> ThisBrowser:
    """Which registered desk the browser is. It learns of itself alone."""
    desk = _known(request, context)
    if desk is None:
        return ThisBrowser(None, None)
    branch = context.circulation.current_set_up(context.transaction).branches[desk.branch_id]
    return ThisBrowser(desk.name, branch_shown(branch))


def register_this_browser(
    request: Request[NewDesk, None], principal: Principal, context: Context
) -> Reply:
    """Registers the browser as a desk: it keeps the key, and whoever asks goes on there at once.
    With `takes_over` it becomes a desk that there is, under a new key."""
    wish = request.body
    cookie = cookie_name(request.asked, WORKSTATION)
    if cookie is None:
        raise Problem(Outcome.CONFLICT, "a cookie is given over TLS, or on the machine itself")
    act = context.act(principal.desk)
    digest = digest_of(request.token)
    desk = workstation_named(context.transaction, name=wish.name.strip())
    if desk is not None and wish.takes_over:
        _must_administer(desk, principal)
        # Whoever gives the desk a new key stays signed in; all others there are out.
        move_session(context.transaction, digest=digest, workstation_id=None)
        key = renew_key(act, desk)
    elif desk is not None:
        raise Problem(Outcome.CONFLICT, f"there is a workstation {desk.name} already")
    else:
        branch = _branch_of(wish, principal, context)
        try:
            key = add_workstation(act, wish.name, branch.id)
        except ValueError as error:
            raise malformed("name", "unfit", str(error)) from None
    desk = workstation_with(context.transaction, key)
    assert desk is not None
    move_session(context.transaction, digest=digest, workstation_id=desk.id)
    its = context.circulation.current_set_up(context.transaction).branches[desk.branch_id]
    shown = ThisBrowser(desk.name, branch_shown(its))
    return Reply(shown, 200, (set_cookie(cookie, key, WORKSTATION_SECONDS),))


def _branch_of(wish: NewDesk, principal: Principal, context: Context) -> Branch:
    """Where the new desk stands. Raises Problem where the caller does not administer there."""
    isil = wish.branch
    if isil is None:
        set_up = context.circulation.current_set_up(context.transaction)
        here = set_up.branches.get(principal.branch_id)
        if here is None:
            raise malformed("branch", "missing", "you work at no branch: name one")
        isil = here.isil
    return branch_meant(isil, principal, context, _RIGHT)


def _must_administer(desk: Workstation, principal: Principal) -> None:
    if not principal.may(_RIGHT, desk.agency_id, desk.branch_id):
        raise Problem(Outcome.RIGHT_MISSING, right=_RIGHT)


def forget_this_browser(request: Plain, principal: Principal, context: Context) -> Reply:
    """The browser is no desk any more, and the desk is none. Whoever asks goes on without one; all
    others who are signed in there are out."""
    desk = _known(request, context)
    if desk is not None:
        _must_administer(desk, principal)
        digest = digest_of(request.token)
        move_session(context.transaction, digest=digest, workstation_id=None)
        remove_workstation(context.act(principal.desk), desk)
    cookie = cookie_name(request.asked, WORKSTATION)
    return Reply(None, 204, () if cookie is None else (set_cookie(cookie, "", 0),))


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        _PATH,
        "Which desk this browser is",
        show_this_browser,
        ThisBrowser,
        tag="workstations",
        caller=Caller.ANYBODY,
    ),
    Operation(
        method="PUT",
        path=_PATH,
        summary="Register this browser as a desk",
        handler=register_this_browser,
        answer=ThisBrowser,
        body=NewDesk,
        lane=Lane.WRITE,
        tag="workstations",
        right=_RIGHT,
        outcomes=(Outcome.CONFLICT,),
    ),
    Operation(
        method="DELETE",
        path=_PATH,
        summary="This browser is no desk any more",
        handler=forget_this_browser,
        lane=Lane.WRITE,
        tag="workstations",
        right=_RIGHT,
        status=204,
    ),
)
