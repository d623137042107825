"""SRU on the network: at /sru of the common HTTP port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from protocols.sru.settings import SruSettings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port


class _Sru:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "sru"
    settings: Final = SruSettings

    def ports(self, settings: SruSettings, services: Services) -> Sequence[Port]:
        return []

    def resources(self, settings: SruSettings, services: Services) -> Mapping[bytes, IResource]:
        if not settings.enabled:
            return {}
        from protocols.sru.http import SruResource  # loads Twisted, which a server alone needs

        resource: Any = SruResource(settings, services)
        return {b"sru": resource}

    def resources_for_readers(
        self, settings: SruSettings, services: Services
    ) -> Mapping[bytes, IResource]:
        return self.resources(settings, services)

    def examples(
        self, settings: SruSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        if http_port is None or not settings.enabled:
            return []
        address = f"http://127.0.0.1:{http_port}/sru/{settings.databases[0]}"
        return [
            f"curl -s '{address}?query=dc.creator=andersen&maximumRecords=1'  # SRU: finds a record"
        ]


standard = _Sru()
