"""NCIP on the network: HTTP at /ncip, and raw TCP on a port of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from protocols.ncip.settings import NcipSettings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port

_EXAMPLE = """\
<NCIPMessage xmlns="http://www.niso.org/2008/ncip"><LookupItem><ItemId><ItemIdentifierValue>\
I0000001</ItemIdentifierValue></ItemId></LookupItem></NCIPMessage>"""


class _Ncip:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name = "ncip"
    settings = NcipSettings

    def ports(self, settings: NcipSettings, services: Services) -> Sequence[Port]:
        if settings.port is None:
            return []
        from protocols.ncip.serving import SERVING  # loads the reactor

        return [SERVING.port(settings.port, settings, services)]

    def resources(self, settings: NcipSettings, services: Services) -> Mapping[bytes, IResource]:
        from protocols.ncip.serving import SERVING

        return {b"ncip": SERVING.resource(settings, services)}

    def examples(
        self, settings: NcipSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        lines = []
        if http_port is not None:
            lines.append(
                f"curl -s -d '{_EXAMPLE}' http://127.0.0.1:{http_port}/ncip"
                "  # NCIP: where a book is"
            )
        lines += [
            f"tiro ncip check tcp://127.0.0.1:{port} --agency DK-100400"
            "  # NCIP over TCP: what a partner may ask"
            for port in ports
        ]
        return lines


standard = _Ncip()
