"""OAI-PMH on the network: at /oai of the common HTTP port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from protocols.oai.settings import OaiSettings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port


class _Oai:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "oai"
    settings: Final = OaiSettings

    def ports(self, settings: OaiSettings, services: Services) -> Sequence[Port]:
        return []

    def resources(self, settings: OaiSettings, services: Services) -> Mapping[bytes, IResource]:
        if settings.sources:
            from protocols.oai.serving import keep_harvesting  # loads Twisted

            keep_harvesting(settings, services)
        return self.resources_for_readers(settings, services)

    def resources_for_readers(
        self, settings: OaiSettings, services: Services
    ) -> Mapping[bytes, IResource]:
        if not settings.enabled:
            return {}
        from protocols.oai.http import OaiResource  # loads Twisted, which a server alone needs

        resource: Any = OaiResource(settings, services)
        return {b"oai": resource}

    def examples(
        self, settings: OaiSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        if http_port is None or not settings.enabled:
            return []
        address = f"http://127.0.0.1:{http_port}/oai"
        ask = f"curl -s '{address}?verb=ListRecords&metadataPrefix=oai_dc'"
        return [f"{ask}  # OAI-PMH: the first records, as a harvester gets them"]


standard = _Oai()
