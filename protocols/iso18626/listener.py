"""ISO 18626 on the network: HTTP at /iso18626 of the common port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from protocols.iso18626.settings import PROTOCOL, Iso18626Settings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port


class _Iso18626:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name = PROTOCOL
    settings = Iso18626Settings

    def ports(self, settings: Iso18626Settings, services: Services) -> Sequence[Port]:
        return []

    def resources(
        self, settings: Iso18626Settings, services: Services
    ) -> Mapping[bytes, IResource]:
        from protocols.iso18626.serving import resource  # loads the reactor

        return {PROTOCOL.encode(): resource(settings, services)}

    def examples(
        self, settings: Iso18626Settings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        if http_port is None:
            return []
        message = "<ISO18626Message><request/></ISO18626Message>"
        ask = f"curl -s -d '{message}' http://127.0.0.1:{http_port}/{PROTOCOL}"
        return [f"{ask}  # ISO 18626 over HTTP: the confirmation of a request with nothing in it"]


standard = _Iso18626()
