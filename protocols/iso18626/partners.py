"""Who is calling: the partner behind a message, and whether it is the one it says it is.

The header names an agency, which anybody can write. So the sender must prove that it is a partner,
in all the ways that were agreed, and the agency must be the partner's own or one for which it may
speak: otherwise a partner could recall what another has lent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from circulation.callers.partners import folded_agency
from circulation.patrons.pins import PinVerifier
from protocols.hosting.answering import Context
from protocols.hosting.arrivals import Arrival, plain_fingerprint
from protocols.hosting.networks import is_within
from protocols.iso18626.agreements import AGREEMENTS
from protocols.iso18626.messages import AgencyId, Message, SupplyingAgencyMessage
from protocols.iso18626.settings import Partner

#: Statuses of HTTP for who does not get in.
UNAUTHORIZED, FORBIDDEN = 401, 403


class Stranger(NamedTuple):
    """Why a message is not taken, and the status that says so."""

    why: str
    status: int


class Partners:
    """All partners of the set-up with whom this protocol is spoken, found by their agency."""

    def __init__(self) -> None:
        self._partners: dict[str, Partner] = {}
        self._own: frozenset[str] = frozenset()
        self._version: int | None = None

    def follow(self, context: Context) -> None:
        """Takes up a changed set-up."""
        set_up = context.circulation.current_set_up(context.transaction)
        if set_up.version == self._version:
            return
        self._partners, self._version = AGREEMENTS.partners(set_up), set_up.version
        branches = set_up.branches.values()
        own = {isil for each in branches for isil in (each.isil, each.agency_isil)}
        self._own = frozenset(map(folded_agency, own))

    def by_key(self, key: str) -> Partner | None:
        """The partner by its name in notices."""
        return self._partners.get(key)

    def find(self, message: Message, arrival: Arrival) -> Partner | Stranger:
        """The partner that may write in the name of the sender's agency. `proof_missing` says
        whether it is the one it says it is."""
        sender = sender_of(message)
        if sender is None:
            return Stranger("the header does not say who writes", FORBIDDEN)
        found = self._partners.get(folded_agency(sender.agency_id_value))
        if found is not None:
            return found
        shown = self._by_transport(message, arrival)
        speaking = [each for each in shown if each.speaks_for(sender.agency_id_value)]
        # Nobody writes to us in our own name, whatever a broker may.
        if len(speaking) == 1 and folded_agency(sender.agency_id_value) not in self._own:
            return speaking[0]
        return Stranger("no partner may write in the name of this agency", FORBIDDEN)

    def _by_transport(self, message: Message, arrival: Arrival) -> list[Partner]:
        """Who it may be by what the transport or its account says; without that, any of them."""
        names = arrival.certificate()
        account = arrival.user or message.header.account_id
        found = self._partners.get(folded_agency(account)) if account else None
        if found is not None:
            return [found]
        if names:
            return [
                each
                for each in self._partners.values()
                if each.certificate and plain_fingerprint(each.certificate) in names
            ]
        return [each for each in self._partners.values() if each.agencies]


def sender_of(message: Message) -> AgencyId | None:
    """The agency that writes."""
    header = message.header
    if isinstance(message, SupplyingAgencyMessage):
        return header.supplying_agency_id
    return header.requesting_agency_id


def proof_missing(
    caller: Partner, message: Message, arrival: Arrival, pins: PinVerifier
) -> Stranger | None:
    """None if all that is agreed holds. Raises VerificationNeeded (see `patrons.pins`)."""
    if caller.addresses and not is_within(caller.addresses, arrival.host):
        return Stranger("not from this address", FORBIDDEN)
    if caller.certificate and plain_fingerprint(caller.certificate) not in arrival.certificate():
        return Stranger("a certificate of this partner is needed", FORBIDDEN)
    if caller.shared_secret is None:
        return None
    # Only the first is looked at: each look costs a slow hash.
    given = next(_given(caller, message, arrival), "")
    if given and pins.check(caller.shared_secret, given):
        return None
    return Stranger("the secret is wrong" if given else "a secret is needed", UNAUTHORIZED)


def _given(caller: Partner, message: Message, arrival: Arrival) -> Iterator[str]:
    """The secrets in a message and around it, in the places that the agreement names."""
    found = {
        "message": message.header.security_code,
        "basic": arrival.password,
        "bearer": arrival.bearer,
        "url": arrival.url_token,
    }
    yield from (found[place] for place in caller.secret_in if found[place])
