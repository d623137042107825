"""The user and the item that a request names, read in one place for all services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from circulation.accounts.loans import BriefLoans
from circulation.accounts.status import patron_status, patron_status_and_brief_loans
from circulation.interlending.notices import PARTNER_DEVICES
from circulation.kernel.act import Act
from circulation.kernel.results import Desk, PatronStatus, Refused
from protocols.hosting.answering import Context
from protocols.ncip.messages import Problem, Refusal
from protocols.ncip.problems.problems import problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import barcode_of
from protocols.ncip.subjects.users import NamedUser, named_user

What = TypeVar("What")


class UnknownBranch(LookupError):
    """The configuration names a branch for a partner's work that does not exist."""


@dataclass(frozen=True, slots=True)
class Named:
    """The user and the item of a request, and what a Problem may quote of both."""

    user: NamedUser
    barcode: str

    @property
    def quotable(self) -> dict[str, str | None]:
        return {**self.user.quotable, "ItemIdentifierValue": self.barcode}


def desk_of(caller: Partner, context: Context) -> Desk:
    """The desk at which the partner's work is done: of the set-up that its exchange has begun with
    (`Partners.follow`)."""
    set_up = context.circulation.set_up_at_hand(context.transaction)
    branch = set_up.branch_at(caller.branch)
    if branch is None:
        unknown = f"[ncip] partner {caller.known_as}: there is no branch {caller.branch!r}"
        raise UnknownBranch(unknown)
    device = PARTNER_DEVICES["ncip"]
    return Desk(caller.known_as, device, branch.agency_id, branch.id, is_machine=True)


def user_and(request: Any, what: What | Problem) -> tuple[NamedUser, What] | Refusal:
    """The user of a request and its subject, or the refusal that names all that is missing. `what`,
    the subject, has been read already: an item, a title, a number.
    """
    user = named_user(request)
    if isinstance(user, Problem) or isinstance(what, Problem):
        return refusal(request, *(each for each in (user, what) if isinstance(each, Problem)))
    return user, what


def user_and_item(request: Any) -> Named | Refusal:
    """The user and the barcode of a request, or the refusal that names all that is missing."""
    found = user_and(request, barcode_of(request.item_id))
    return found if isinstance(found, Refusal) else Named(*found)


def known_user(request: Any, user: NamedUser, act: Act) -> PatronStatus | Refusal:
    """The user of a request; a PIN must be right."""
    status = patron_status(act, patron=user.identifier, pin=user.pin)
    if isinstance(status, Refused):
        service = type(request).__name__
        return refusal(request, *problems(service, status.refusals, user.quotable))
    return status


def known_user_and_loans(
    request: Any, user: NamedUser, act: Act, limit: int
) -> tuple[PatronStatus, BriefLoans] | Refusal:
    """The same with the user's loans, at most `limit`."""
    found = patron_status_and_brief_loans(act, patron=user.identifier, pin=user.pin, limit=limit)
    if isinstance(found, Refused):
        service = type(request).__name__
        return refusal(request, *problems(service, found.refusals, user.quotable))
    return found


def is_given(request: Any) -> bool:
    """Does the request name a user at all?"""
    return request.user_id is not None or bool(request.authentication_input)
