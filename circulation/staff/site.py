"""Where browsers reach this server: what passkeys and apps are bound to."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from circulation.kernel.engine import Memory


class Site(NamedTuple):
    """The address, scheme and host with perhaps a port, such as ``https://library.example.org``."""

    address: str

    @property
    def host(self) -> str:
        """The host alone: the RP ID of its passkeys (WebAuthn, 4)."""
        return urlsplit(self.address).hostname or ""


#: The one of the configuration; None where it says none.
SITE: Memory[Site | None] = Memory(lambda: None)
