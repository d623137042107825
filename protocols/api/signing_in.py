"""From what a caller shows to who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import Kind, Principal
from circulation.patrons.public_ids import public_ids
from circulation.staff.accounts import account_named, account_of
from circulation.staff.results import NotSignedIn
from circulation.staff.sessions import Session, end_session, session_of
from circulation.staff.signing_in import Credentials, sign_in
from protocols.api.authentication import CHALLENGE, Credential
from protocols.api.messages import Asked
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context

#: The header of a request that the account which it names makes, and no other: percent-encoded, as
#: `Session.account` has it.
AS: Final = "signed-in-as"
#: The header of a scan that a colleague has made: their account, in the same way.
SCANNED_BY: Final = "scanned-by"
#: Who has not said who they are.
NOBODY: Final = Principal(Kind.PROGRAM, None, "", 0, 0)


@dataclass(slots=True)
class Known:
    """Who asks; `session` None is nobody who has said so."""

    principal: Principal = NOBODY
    session: Session | None = None

    @property
    def is_of_app(self) -> bool:
        """Does an app ask in their name?"""
        return self.session is not None and self.session.scope is not None


def known_by(context: Context, credential: Credential | None) -> Known:
    """Who shows this. Raises Problem where nobody does."""
    if credential is None:
        return Known()
    session = session_of(context.circulation, context.transaction, credential.secret, context.now)
    if session is None:
        raise Problem(Outcome.NOT_SIGNED_IN, headers=CHALLENGE)
    return Known(session.principal, session)


def account_shown(principal: Principal, context: Context) -> str:
    """What names the account of whoever asks: staff by their user name, patrons as answers name
    them. It stays with them."""
    name = principal.name
    if principal.kind is Kind.PROGRAM:
        return name  # which begins with the kind already
    if principal.kind is Kind.PATRON:
        assert principal.id is not None
        name = public_ids(context.circulation, context.transaction).shown(principal.id)
    return f"{principal.kind.value}:{name}"


def must_be_meant(asked: Asked, principal: Principal, context: Context) -> None:
    """Raises Problem where the request says as whom it is made (`AS`), and another is signed in by
    now: by another page of the same browser, say."""
    said = asked.header(AS)
    if said is not None and unquote(said) != account_shown(principal, context):
        raise Problem(Outcome.ANOTHER_SIGNED_IN)


def scanner_of(asked: Asked, principal: Principal, context: Context) -> Principal | None:
    """The colleague who made the scan that the caller sends on (`SCANNED_BY`); None where it is the
    caller's own. Raises Problem where the caller's agency has no such account."""
    said = asked.header(SCANNED_BY)
    if said is None or unquote(said) == account_shown(principal, context):
        return None
    kind, _, name = unquote(said).partition(":")
    account = account_named(context.transaction, name) if kind == Kind.STAFF.value else None
    if account is None or account.agency_id != principal.agency_id:
        raise malformed(SCANNED_BY, "unknown", "there is no such account of the staff")
    return Principal(Kind.STAFF, account.id, account.user_name, account.agency_id, 0)


def token_for_password(context: Context, credential: Credential, address: str) -> str | None:
    """A session for a name and password that came with a request; for trying out alone. None where
    they are wrong, and for an account with a second factor."""
    given = Credentials(credential.name, credential.secret, address)
    answer = sign_in(context.act(UNATTENDED), given)
    if isinstance(answer, NotSignedIn):
        return None
    account = account_of(context.transaction, staff_id=answer.session.principal.id or 0)
    if account is None or account.has_second_factor:
        end_session(context.transaction, answer.token)
        return None
    return answer.token
