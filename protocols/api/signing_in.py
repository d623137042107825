"""From what a caller shows to who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import Kind, Principal
from circulation.staff.accounts import account_of
from circulation.staff.results import NotSignedIn
from circulation.staff.sessions import Session, end_session, session_of
from circulation.staff.signing_in import Credentials, sign_in
from protocols.api.authentication import CHALLENGE, Credential
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context

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
