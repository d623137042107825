"""Accounts of the staff, their roles, and what they have looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from circulation.kernel.rights import Principal, Right
from circulation.languages.sentences import Sentence, several
from circulation.staff.accounts import Account as KnownAccount
from circulation.staff.accounts import account_named, all_accounts
from circulation.staff.administering import (
    AccountFields,
    BeyondOwnRights,
    StaffUnfit,
    add_account,
    change_account,
    disable_account,
    enable_account,
    set_password,
    take_passkey_away,
    take_second_factor,
)
from circulation.staff.held_roles import NoSuchPlace, held_roles
from circulation.staff.lookups import NEWEST, Seen, lookups_by
from circulation.staff.passkeys import passkeys_of
from circulation.staff.roles import ROLES
from protocols.api.authority import branch_meant, note_look
from protocols.api.gate import id_shown
from protocols.api.messages import Reply
from protocols.api.models.account import Passkeys, passkey_shown
from protocols.api.models.staff import (
    Account,
    AccountChanges,
    Accounts,
    ActorLookUp,
    ActorLookUps,
    LookUpsBy,
    NewAccount,
    NewPassword,
    Roles,
    account_shown,
    role_shown,
)
from protocols.api.near import near, none_called, with_offer
from protocols.api.operation import Operation, Plain, Request, get
from protocols.api.operations.account import hashed_for
from protocols.api.operations.passkeys import passkey_meant
from protocols.api.paging import number_in, page_of
from protocols.api.problems import FieldError, Outcome, Problem, malformed, said_by
from protocols.hosting.answering import Context, Lane

_ACCOUNT: Final = "/staff/{account}"
_RIGHT: Final = Right.ADMINISTER_STAFF


def list_accounts(request: Plain, principal: Principal, context: Context) -> Accounts:
    """All accounts that the caller administers, by user name; those that are disabled as well."""
    found = _administered(principal, context)
    return Accounts(tuple(account_shown(context.transaction, each) for each in found))


def show_account(request: Plain, principal: Principal, context: Context) -> Account:
    """An account of the staff."""
    return account_shown(context.transaction, account_meant(request, principal, context))


def account_meant(
    request: Request[Any, Any], principal: Principal, context: Context
) -> KnownAccount:
    """The one of the path, if the caller administers it. Raises Problem."""
    name = request.path["account"]
    found = account_named(context.transaction, name)
    if found is None or not principal.may(_RIGHT, found.agency_id, found.branch_id):
        theirs = [each.user_name for each in _administered(principal, context)]
        raise Problem(Outcome.NOT_FOUND, none_called("account", name, theirs))
    return found


def _administered(principal: Principal, context: Context) -> list[KnownAccount]:
    return [
        each
        for each in all_accounts(context.transaction)
        if principal.may(_RIGHT, each.agency_id, each.branch_id)
    ]


def done_by_right(work: Callable[[], Any]) -> Any:
    """What the work gives. Raises Problem where that is beyond the caller's rights, or unfit."""
    try:
        return work()
    except BeyondOwnRights as error:
        raise Problem(Outcome.RIGHT_MISSING, said_by(error), right=error.rights[0]) from None
    except StaffUnfit as error:
        errors = [FieldError("body", "unfit", each) for each in error.problems]
        raise Problem(Outcome.MALFORMED, several(error.problems), errors=errors) from None
    except NoSuchPlace as error:
        offered = near(error.place, error.known)
        raise malformed("roles", "unknown", with_offer(error.args[0], offered)) from None


def add_staff(
    request: Request[NewAccount, None], principal: Principal, context: Context
) -> Account:
    """Makes an account. Nobody gives others more rights than they have themselves."""
    wish, transaction = request.body, context.transaction
    branch = branch_meant(wish.branch, principal, context, _RIGHT)
    fields = AccountFields(wish.name, branch.id, wish.email, wish.language, wish.waiving_limit)

    def work() -> KnownAccount:
        held = held_roles(transaction, wish.roles, branch.agency_id)
        return add_account(context.act(principal.desk), principal, wish.user, fields, held)

    return account_shown(transaction, done_by_right(work))


def change_staff(
    request: Request[AccountChanges, None], principal: Principal, context: Context
) -> Account:
    """Changes an account: what is written of it, its roles, and whether anybody gets in by it."""
    account, wish = account_meant(request, principal, context), request.body
    given = wish.model_fields_set
    its = {name: getattr(account, name) for name in AccountFields._fields}
    said = {name: getattr(wish, name) for name in ("name", "email", "language")}
    its |= {name: value for name, value in said.items() if value is not None}
    if "waiving_limit" in given:
        its["waiving_limit"] = wish.waiving_limit
    if wish.branch is not None:
        its["branch_id"] = branch_meant(wish.branch, principal, context, _RIGHT).id
    act = context.act(principal.desk)

    def work() -> None:
        held = None
        if wish.roles is not None:
            held = held_roles(context.transaction, wish.roles, account.agency_id)
        if given - {"disabled"}:
            change_account(act, principal, account, AccountFields(**its), held)
        if wish.disabled is not None:
            (disable_account if wish.disabled else enable_account)(act, principal, account)

    done_by_right(work)
    return account_shown(context.transaction, account_meant(request, principal, context))


def give_password(
    request: Request[NewPassword, None], principal: Principal, context: Context
) -> None:
    """Gives somebody a password, and ends their sessions."""
    account = account_meant(request, principal, context)
    hashed = hashed_for(account, request.body.password, "password", context)
    act = context.act(principal.desk)
    done_by_right(lambda: set_password(act, principal, account, hashed))


def remove_factor(request: Plain, principal: Principal, context: Context) -> None:
    """Takes the second factor of who has lost it, and ends their sessions."""
    account = account_meant(request, principal, context)
    act = context.act(principal.desk)
    if not done_by_right(lambda: take_second_factor(act, principal, account)):
        raise Problem(Outcome.NOT_FOUND, Sentence("NO_SECOND_FACTOR", name=account.user_name))


def list_passkeys(request: Plain, principal: Principal, context: Context) -> Passkeys:
    """The passkeys of somebody, the oldest first."""
    account = account_meant(request, principal, context)
    found = passkeys_of(context.transaction, staff_id=account.id)
    return Passkeys(tuple(map(passkey_shown, found)))


def take_passkey_of(request: Plain, principal: Principal, context: Context) -> None:
    """Takes a passkey of who has lost it, and ends their sessions."""
    account = account_meant(request, principal, context)
    passkey = passkey_meant(request, account, context)
    act = context.act(principal.desk)
    done_by_right(lambda: take_passkey_away(act, principal, account, passkey))


def list_roles(request: Plain, principal: Principal, context: Context) -> Roles:
    """What roles there are, and which rights they give."""
    known = ROLES.of(context.circulation.current_set_up(context.transaction)).by_code
    return Roles(tuple(role_shown(each) for _, each in sorted(known.items())))


def list_lookups_by(
    request: Request[None, LookUpsBy], principal: Principal, context: Context
) -> Reply:
    """What somebody has looked at, where the caller sees look-ups; the newest first."""
    query, transaction = request.query, context.transaction
    found = lookups_by(transaction, actor=query.actor, before=number_in(query) or NEWEST)
    branches = context.circulation.current_set_up(transaction).branches
    id_of = id_shown(context)
    page = found[: query.limit]
    lines = []
    for each in page:
        branch = branches.get(each.branch_id or 0)
        agency_id = None if branch is None else branch.agency_id
        if not principal.may(Right.VIEW_LOOKUPS, agency_id or -1, each.branch_id or -1):
            continue
        lines.append(
            ActorLookUp(
                each.at,
                each.actor_kind,
                each.device,
                None if branch is None else branch.isil,
                None if each.patron_id is None else id_of(each.patron_id),
                each.what,
                each.context,
                each.hits,
                each.searched,
            )
        )
    hits = sum(each.patron is not None for each in lines)
    note_look(request, principal, context, Seen.LOOKUPS, hits=hits)
    following = page[-1].id if len(page) < len(found) else None
    return page_of(request, ActorLookUps(query.actor, tuple(lines)), following)


def _change(method: str, path: str, summary: str, handler: Any, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=path,
        summary=summary,
        handler=handler,
        lane=Lane.WRITE,
        tag="staff",
        right=_RIGHT,
        is_once=method == "POST",
        **more,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get("/staff", "The staff", list_accounts, Accounts, tag="staff", right=_RIGHT),
    _change("POST", "/staff", "Make an account", add_staff, answer=Account, body=NewAccount),
    get(_ACCOUNT, "An account", show_account, Account, tag="staff", right=_RIGHT),
    _change(
        "PATCH", _ACCOUNT, "Change an account", change_staff, answer=Account, body=AccountChanges
    ),
    _change(
        "POST",
        f"{_ACCOUNT}/password",
        "Give somebody a password",
        give_password,
        body=NewPassword,
        status=204,
    ),
    _change(
        "DELETE",
        f"{_ACCOUNT}/second-factor",
        "Take somebody's second factor",
        remove_factor,
        status=204,
    ),
    get(
        f"{_ACCOUNT}/passkeys",
        "Somebody's passkeys",
        list_passkeys,
        Passkeys,
        tag="staff",
        right=_RIGHT,
    ),
    _change(
        "DELETE",
        f"{_ACCOUNT}/passkeys/{{passkey}}",
        "Take somebody's passkey",
        take_passkey_of,
        status=204,
    ),
    get("/roles", "The roles", list_roles, Roles, tag="staff", right=_RIGHT),
    get(
        "/lookups",
        "What somebody has looked at",
        list_lookups_by,
        ActorLookUps,
        query=LookUpsBy,
        tag="staff",
        right=Right.VIEW_LOOKUPS,
    ),
)
