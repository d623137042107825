"""Who is calling: the partner behind an initiation header."""

from __future__ import annotations

from circulation.callers.partners import PARTNERS, USUAL_PROTOCOL
from protocols.hosting.answering import Context
from protocols.hosting.arrivals import UNTOLD, Arrival, plain_fingerprint
from protocols.ncip.messages import (
    Code,
    FromAgencyId,
    InitiationHeader,
    Problem,
    ResponseHeader,
    ToAgencyId,
)
from protocols.ncip.models.services import SERVICES
from protocols.ncip.partners.agreements import AGREEMENTS
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.settings import NcipSettings, Partner, folded_agency


class Partners:
    """All partners, found by their agency, whatever its case. Those of tiro.toml take precedence
    over those of the set-up.
    """

    def __init__(self, settings: NcipSettings) -> None:
        self._own = {folded_agency(each.agency): each for each in settings.partners}
        self._partners = self._own
        self._version: int | None = None
        self._anybody: Partner | None = None
        if settings.any_partner:
            self._anybody = Partner(
                "*",
                settings.branch,
                "any partner",
                services=tuple(SERVICES),
                serves=settings.any_partner_serves,
            )

    def follow(self, context: Context) -> None:
        """Takes up a changed set-up."""
        set_up = context.circulation.current_set_up(context.transaction)
        if set_up.version == self._version:
            return
        self._partners = AGREEMENTS.partners(set_up) | self._own
        self._version = set_up.version

    def known(self, header: InitiationHeader | None, arrival: Arrival) -> Partner | None:
        """The caller, as far as it is known: by FromAgencyId, else by what the transport says."""
        agency = agency_of(header)
        if agency is not None:
            return self._partners.get(folded_agency(agency.value)) or self._anybody
        if arrival.user:
            found = self._partners.get(folded_agency(arrival.user))
            if found is not None:
                return found
        names = arrival.certificate()
        shown = [
            each
            for each in (self._partners.values() if names else ())
            if each.certificate and plain_fingerprint(each.certificate) in names
        ]
        return shown[0] if len(shown) == 1 else self._anybody

    def find(
        self, service: str, header: InitiationHeader | None, arrival: Arrival = UNTOLD
    ) -> Partner | Problem:
        """The caller, or the Problem that keeps the request from being carried out.
        `authentication` checks whether it is the one it says it is.
        """
        caller = self.known(header, arrival)
        agency = agency_of(header)
        if caller is None and agency is None:
            return problem(
                ProblemType.NEEDED_DATA_MISSING, "a partner must name itself", "FromAgencyId"
            )
        if caller is None:
            return problem(
                ProblemType.UNKNOWN_AGENCY,
                "no partner has this agency id",
                "FromAgencyId",
                agency.value[:64] if agency else None,
            )
        if not caller.may_ask_for(service):
            return problem(
                ProblemType.UNAUTHORIZED_SERVICE_FOR_AGENCY, "not agreed with this partner", service
            )
        return caller

    def is_of_another(self, key: str, context: Context) -> bool:
        """Is it a partner of the set-up with whom another protocol is spoken?"""
        stored = PARTNERS.of(context.circulation.current_set_up(context.transaction)).get(key)
        return key not in self._own and stored is not None and stored.protocol != USUAL_PROTOCOL

    def by_key(self, key: str) -> Partner | None:
        """The partner by its name in notices."""
        return self._partners.get(key)


def agency_of(header: InitiationHeader | None) -> Code | None:
    """FromAgencyId, if it is not empty."""
    return header.from_agency_id.agency_id if header and header.from_agency_id else None


def turned_round(header: InitiationHeader | None, own_agency: str) -> ResponseHeader | None:
    """The header of the answer, with sender and recipient exchanged. None if the request does not
    name its sender; `own_agency` stands in for a recipient that it does not name.
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
