"""The section ``[borrower_check]`` of tiro.toml.

[borrower_check]
enabled = true
addresses = ["192.0.2.20"]        # log-in platforms
requesters = ["bibliotek.dk"]     # what they call themselves; none: any name
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ConfigDict

from protocols.hosting.networks import Network


@dataclass(frozen=True)
class BorrowerCheckSettings:
    """Who may ask, at ``/borchk`` of the common HTTP port, whether somebody is a patron of a
    library here, by SOAP; log-in platforms ask the same over NCIP (LookupUser)."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: Is it answered at all?
    enabled: bool = False
    #: Networks of the log-in platforms; nobody else is told anything.
    addresses: tuple[Network, ...] = ()
    #: What they call themselves (serviceRequester); empty: whatever they do.
    requesters: tuple[str, ...] = ()
    #: Is a patron found without a PIN? Each is in the log of look-ups.
    without_pin: bool = False
    #: Are those who live in another municipality told apart from those who live in the library's?
    residents_apart: bool = False
