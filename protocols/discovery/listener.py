"""PAIA and DAIA on the network: at /paia and /daia of the common HTTP port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from protocols.discovery.settings import DiscoverySettings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port


class _Discovery:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "discovery"
    settings: Final = DiscoverySettings

    def ports(self, settings: DiscoverySettings, services: Services) -> Sequence[Port]:
        return []

    def resources(
        self, settings: DiscoverySettings, services: Services
    ) -> Mapping[bytes, IResource]:
        if not settings.enabled:
            return {}
        from protocols.discovery.handlers import Paia  # loads what a server alone needs
        from protocols.discovery.http import DiscoveryResource

        paia: Any = DiscoveryResource(Paia(settings, services).answer)
        return {b"paia": paia, **self.resources_for_readers(settings, services)}

    def resources_for_readers(
        self, settings: DiscoverySettings, services: Services
    ) -> Mapping[bytes, IResource]:
        if not settings.enabled:
            return {}
        from protocols.discovery.daia import Daia  # loads what a server alone needs
        from protocols.discovery.http import LookingResource

        daia: Any = LookingResource(Daia(settings, services).answer)
        return {b"daia": daia}

    def examples(
        self, settings: DiscoverySettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        if http_port is None or not settings.enabled:
            return []
        address = f"http://127.0.0.1:{http_port}"
        form = "-d grant_type=password -d username=P0000001 -d password=1234"
        return [
            f"curl -s '{address}/daia?format=json&id=t1'  # DAIA: what can be had of a title",
            f"curl -s {form} {address}/paia/auth/login  # PAIA: a token for card and PIN",
        ]


standard = _Discovery()
