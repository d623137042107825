"""The apps that somebody has let work in their name: seen and ended by them, and by the staff."""

from __future__ import annotations

from typing import Any, Final

from circulation.kernel.rights import Principal, Right
from circulation.staff.allowed_apps import AllowedApp, Owner, allowed_apps, end_allowed_app
from circulation.staff.lookups import Seen
from protocols.api.authority import note_look
from protocols.api.gate import own_place, patron_named
from protocols.api.models.oauth import Apps, apps_shown
from protocols.api.operation import Caller, Operation, Plain, Request, get
from protocols.api.operations.account import of_own_account, own_account
from protocols.api.operations.staff import account_meant
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context, Lane

_BY_OWNER, _BY_STAFF = "its owner has ended it", "the staff have ended it"


def list_own_apps(request: Plain, principal: Principal, context: Context) -> Apps:
    """The apps that may work in the patron's name."""
    return _shown(_of_patron(request, principal, context), context)


def end_own_app(request: Plain, principal: Principal, context: Context) -> None:
    """Ends an app: what it has got in the patron's name is over at once; it has to ask again."""
    _end(_of_patron(request, principal, context), _BY_OWNER, request, principal, context)


def list_apps_of_own_account(request: Plain, principal: Principal, context: Context) -> Apps:
    """The apps that may work in the name of whoever is signed in."""
    return _shown(Owner(staff_id=own_account(principal, context).id), context)


def end_app_of_own_account(request: Plain, principal: Principal, context: Context) -> None:
    """Ends one: what it has got is over at once, and it has to ask again."""
    owner = Owner(staff_id=own_account(principal, context).id)
    _end(owner, _BY_OWNER, request, principal, context)


def list_apps_of_patron(request: Plain, principal: Principal, context: Context) -> Apps:
    """The apps that may work in a patron's name."""
    place = patron_named(request, request.path["patron"], principal, context, Right.VIEW_PATRONS)
    note_look(request, principal, context, Seen.OPENED, patron_id=place.id)
    return _shown(Owner(patron_id=place.id), context)


def end_app_of_patron(request: Plain, principal: Principal, context: Context) -> None:
    """Ends one for a patron who asks for it."""
    place = patron_named(request, request.path["patron"], principal, context, Right.EDIT_PATRONS)
    request.about = place.id
    _end(Owner(patron_id=place.id), _BY_STAFF, request, principal, context)


def list_apps_of_account(request: Plain, principal: Principal, context: Context) -> Apps:
    """The apps that may work in somebody's name."""
    return _shown(Owner(staff_id=account_meant(request, principal, context).id), context)


def end_app_of_account(request: Plain, principal: Principal, context: Context) -> None:
    """Ends one for somebody."""
    owner = Owner(staff_id=account_meant(request, principal, context).id)
    _end(owner, _BY_STAFF, request, principal, context)


def _of_patron(request: Plain, principal: Principal, context: Context) -> Owner:
    return Owner(patron_id=own_place(request, principal, context).id)


def _shown(owner: Owner, context: Context) -> Apps:
    return apps_shown(allowed_apps(context.transaction, owner, context.now))


def _end(
    owner: Owner, why: str, request: Request[Any, Any], principal: Principal, context: Context
) -> None:
    app = _meant(owner, request.path["app"], context)
    end_allowed_app(context.act(principal.desk), owner, app, why)


def _meant(owner: Owner, app: str, context: Context) -> AllowedApp:
    for each in allowed_apps(context.transaction, owner, context.now):
        if str(each.id) == app:
            return each
    raise Problem(Outcome.NOT_FOUND, f"there is no app {app}")


def _ending(path: str, summary: str, handler: Any, right: Right, tag: str) -> Operation:
    return Operation(
        method="DELETE",
        path=path,
        summary=summary,
        handler=handler,
        tag=tag,
        right=right,
        lane=Lane.WRITE,
        status=204,
    )


#: Of the account, so that no app sees or ends the others.
_OWN: Final[dict[str, Any]] = {"tag": "account", "caller": Caller.PATRON}
_STAFF, _PATRONS = Right.ADMINISTER_STAFF, "/patrons/{patron}/apps"

OPERATIONS: Final[tuple[Operation, ...]] = (
    get("/self/apps", "The apps that I have allowed", list_own_apps, Apps, **_OWN),
    Operation(
        method="DELETE",
        path="/self/apps/{app}",
        summary="End an app that I have allowed",
        handler=end_own_app,
        lane=Lane.WRITE,
        status=204,
        **_OWN,
    ),
    of_own_account("GET", "/account/apps", "One's own apps", list_apps_of_own_account, answer=Apps),
    of_own_account(
        "DELETE", "/account/apps/{app}", "End an app", end_app_of_own_account, status=204
    ),
    get(
        _PATRONS,
        "A patron's apps",
        list_apps_of_patron,
        Apps,
        tag="patrons",
        right=Right.VIEW_PATRONS,
    ),
    _ending(
        f"{_PATRONS}/{{app}}",
        "End a patron's app",
        end_app_of_patron,
        Right.EDIT_PATRONS,
        "patrons",
    ),
    get(
        "/staff/{account}/apps",
        "Somebody's apps",
        list_apps_of_account,
        Apps,
        tag="staff",
        right=_STAFF,
    ),
    _ending(
        "/staff/{account}/apps/{app}", "End somebody's app", end_app_of_account, _STAFF, "staff"
    ),
)
