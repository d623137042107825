"""Who may connect to a port: a part of the section of every listener.

[z3950.access]
allow = ["192.0.2.0/24"]            # empty: anybody
trusted_proxies = ["198.51.100.7"]  # these must begin with a PROXY header, and no others may
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from circulation.kernel.fitting import CLOSED
from protocols.hosting.networks import Network, address_of, is_within


@dataclass(frozen=True)
class Access:
    """Who may connect to a port."""

    __pydantic_config__ = CLOSED

    #: Addresses and networks; empty: any.
    allow: tuple[Network, ...] = ()
    #: Load balancers that tell, by the PROXY protocol, for whom they speak.
    trusted_proxies: tuple[Network, ...] = ()

    def admits(self, host: str) -> bool:
        """May the host connect? What is no address, such as a local socket, may."""
        return not self.allow or address_of(host) is None or is_within(self.allow, host)


ANYBODY: Final = Access()
