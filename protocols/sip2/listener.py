"""SIP2 over TCP: joins sessions to connections. All meaning is in `session` and `handlers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from protocols.sip2.settings import Sip2Settings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port


class Sip2:
    """The protocol folder as a `protocols.hosting.standard.Standard`."""

    name: Final = "sip2"
    settings: Final = Sip2Settings

    def ports(self, settings: Sip2Settings, services: Services) -> Sequence[Port]:
        if not settings.enabled:
            return []
        from protocols.sip2.serving import ports  # loads the reactor

        return ports(settings, services)

    def resources(self, settings: Sip2Settings, services: Services) -> Mapping[bytes, IResource]:
        return {}

    def examples(
        self, settings: Sip2Settings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        ask = r'printf "9900802.00\r" >&3; read -r -d "$(printf "\r")" answer <&3; echo "$answer"'
        # The first port takes plain connections unless that is switched off.
        return [
            f"bash -c 'exec 3<>/dev/tcp/{settings.interface}/{port}; {ask}'" for port in ports[:1]
        ]


standard = Sip2()
