"""Who is calling: the partner behind an initiation header."""

from __future__ import annotations

import logging

from pydantic import ValidationError

from circulation.pins import PinVerifier
from protocols.answering import Context
from protocols.ncip.agreements import partner_of
from protocols.ncip.messages import (
    Code,
    FromAgencyId,
    InitiationHeader,
    Problem,
    ResponseHeader,
    ToAgencyId,
)
from protocols.ncip.problems import ProblemType, problem
from protocols.ncip.settings import NcipSettings, Partner, folded_agency

log = logging.getLogger(__name__)


class Partners:
    """All partners, found by their agency without regard to case.

    Those of tiro.toml go before those of the set-up.
    """

    def __init__(self, settings: NcipSettings) -> None:
        self._own = {folded_agency(each.agency): each for each in settings.partners}
        self._partners = self._own
        self._version: int | None = None
        self._anybody: Partner | None = None
        if settings.any_partner:
            self._anybody = Partner("*", settings.branch, "any partner")

    def follow(self, context: Context) -> None:
        """Takes up a set-up that has changed."""
        set_up = context.circulation.current_set_up(context.transaction)
        if set_up.version == self._version:
            return
        found = {}
        for agency, stored in set_up.partners.items():
            try:
                found[agency] = partner_of(stored, set_up.branches[stored.branch_id])
            except ValidationError as error:
                # Checked when it was applied: by another version of this program, it seems.
                log.error("the partner %s is left out: %s", stored.agency, error)
        self._partners = found | self._own
        self._version = set_up.version

    def find(self, service: str, header: InitiationHeader | None) -> Partner | Problem:
        """The caller, or the Problem that keeps the request from being carried out.

        The secret is not looked at here: see `authenticate`.
        """
        agency = agency_of(header)
        if agency is None and self._anybody is None:
            return problem(
                ProblemType.NEEDED_DATA_MISSING, "a partner must name itself", "FromAgencyId"
            )
        found = self._partners.get(folded_agency(agency.value)) if agency else None
        caller = found or self._anybody
        if caller is None:
            return problem(
                ProblemType.UNKNOWN_AGENCY,
                "no partner has this agency id",
                "FromAgencyId",
                agency.value[:64] if agency else None,
            )
        if caller.services is not None and service not in caller.services:
            return problem(
                ProblemType.UNAUTHORIZED_SERVICE_FOR_AGENCY, "not agreed with this partner", service
            )
        return caller


def authenticate(
    caller: Partner, header: InitiationHeader | None, pins: PinVerifier
) -> Problem | None:
    """None where the partner needs no secret or gave the right one.

    Raises VerificationNeeded (see `circulation.pins`).
    """
    expected = caller.shared_secret
    if expected is None:
        return None
    given = header.from_agency_authentication if header else None
    if given and pins.check(expected, given):
        return None
    return problem(
        ProblemType.AGENCY_AUTHENTICATION_FAILED,
        "the secret is wrong" if given else "a secret is needed",
        "FromAgencyAuthentication",
    )


def agency_of(header: InitiationHeader | None) -> Code | None:
    """FromAgencyId, if it says anything."""
    return header.from_agency_id.agency_id if header and header.from_agency_id else None


def turned_round(header: InitiationHeader | None, own_agency: str) -> ResponseHeader | None:
    """The header of the answer: from whom the request was for, to whom it came from.

    None where the request does not say who sent it; `own_agency` where it does not say for whom.
    """
    sender = agency_of(header)
    if header is None or sender is None:
        return None
    receiver = header.to_agency_id.agency_id if header.to_agency_id else None
    return ResponseHeader(
        from_system_id=header.to_system_id,
        from_agency_id=FromAgencyId(receiver or Code(own_agency)),
        to_system_id=header.from_system_id,
        to_agency_id=ToAgencyId(sender),
    )
