"""The log-in of a web site."""

from __future__ import annotations

from typing import Any

from circulation.kernel.results import UNATTENDED
from circulation.staff.programs import access_token
from circulation.staff.results import NotSignedIn
from circulation.staff.sessions import end_session
from protocols.fbs.callers import serves
from protocols.fbs.calls import Request
from protocols.fbs.problems import Denied, Fault
from protocols.hosting.answering import Context


def log_in(request: Request, context: Context) -> dict[str, Any] | Denied:
    """A session for a program that shows its client id and secret, for an hour. Wrong ones count
    (`circulation.staff.wrong_passwords`), so the refusal is given back: nothing is undone."""
    given, host = request.body, request.principal.device
    answer = access_token(context.act(UNATTENDED), given.username, given.password, host)
    wrong = Denied(Fault.CREDENTIALS_WRONG, "user name and password are not those of this library")
    if isinstance(answer, NotSignedIn):
        return wrong
    if not serves(answer.session.principal, request.agency):
        end_session(context.transaction, answer.token)
        return wrong
    return {"sessionKey": answer.token}
