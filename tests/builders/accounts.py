"""People of the staff, and how they sign in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from circulation.kernel.act import Act
from circulation.kernel.results import UNATTENDED, Branch
from circulation.kernel.rights import at_command_line
from circulation.staff.accounts import Account, account_named
from circulation.staff.administering import AccountFields, add_account
from circulation.staff.results import NotSignedIn, SignedIn
from circulation.staff.roles import HeldRole
from circulation.staff.sessions import Session, session_of
from circulation.staff.signing_in import Credentials, sign_in
from tests.builders.circulation import Library
from tests.builders.pins import hashed

T = TypeVar("T")

PASSWORD = "Grød med smørklat"
#: Who may do all of it.
COMMAND = at_command_line("root", "command line")


def at_no_desk(library: Library, work: Callable[[Act], T]) -> T:
    """What is done at none."""
    return library.write(
        lambda transaction: work(Act(transaction, library.circulation, UNATTENDED, library.now))
    )


def a_colleague(
    library: Library,
    user_name: str = "anna",
    *roles: HeldRole | str,
    branch: Branch | None = None,
    password: str | None = PASSWORD,
    **fields: Any,
) -> Account:
    """An account at the main branch; a role that is a word holds at that branch's agency."""
    branch = branch or library.main
    held = [
        HeldRole(each, agency_id=branch.agency_id) if isinstance(each, str) else each
        for each in roles
    ]
    its = AccountFields(**({"name": user_name.title(), "branch_id": branch.id} | fields))
    stored = None if password is None else hashed(password)
    return at_no_desk(library, lambda act: add_account(act, COMMAND, user_name, its, held, stored))


def account(library: Library, user_name: str = "anna") -> Account:
    """As it is now."""
    found = library.read(lambda transaction: account_named(transaction, user_name))
    assert found is not None
    return found


def signs_in(
    library: Library, user_name: str = "anna", password: str = PASSWORD, **given: Any
) -> SignedIn | NotSignedIn:
    """Somebody tries to sign in."""
    credentials = Credentials(user_name, password, **({"address": "192.0.2.7"} | given))
    return at_no_desk(library, lambda act: sign_in(act, credentials))


def is_let_in(library: Library, *given: Any, **named: Any) -> SignedIn:
    """Somebody signs in."""
    answer = signs_in(library, *given, **named)
    assert isinstance(answer, SignedIn), answer
    return answer


def session(library: Library, token: str) -> Session | None:
    """Who is signed in by the token now."""
    return library.read(
        lambda transaction: session_of(library.circulation, transaction, token, library.now)
    )
