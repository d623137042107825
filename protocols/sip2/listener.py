"""SIP2 on the network: over TCP, and over HTTPS where that is switched on. All meaning is in
`session` and `handlers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from protocols.sip2.settings import Sip2Settings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port

_EXAMPLE: Final = (
    '<s:sip xmlns:s="http://axiell.com/Schema/sip.xsd" login="kiosk" password="kiosk">'
    "<request>9900802.00</request></s:sip>"
)


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
        if not (settings.enabled and settings.https):
            return {}
        from protocols.sip2.serving import resource

        return {b"rest": resource(settings, services)}

    def examples(
        self, settings: Sip2Settings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        # The first port takes plain connections unless that is switched off.
        lines = [
            f"tiro sip2 ask {settings.interface}:{port} --login kiosk --password kiosk"
            " '17{now}AO|ABI0000001|'  # SIP2: a kiosk asks about a book"
            for port in ports[:1]
        ]
        if settings.https and http_port is not None:
            lines.append(
                f"curl -s -d '{_EXAMPLE}' http://127.0.0.1:{http_port}/rest/sip2/DK-900100"
                "  # SIP2 over HTTPS: what a kiosk may do"
            )
        return lines


standard = Sip2()
