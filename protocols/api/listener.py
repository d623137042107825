"""The API on the network: at /api and /.well-known of the common HTTP port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from protocols.api.settings import ApiSettings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port


class _Api:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "api"
    settings: Final = ApiSettings

    def ports(self, settings: ApiSettings, services: Services) -> Sequence[Port]:
        return []

    def resources(self, settings: ApiSettings, services: Services) -> Mapping[bytes, IResource]:
        if not settings.enabled:
            return {}
        from protocols.api.http import MetadataResource  # loads Twisted, which a server alone needs
        from protocols.hosting.proxy_control import PROXY

        PROXY.put(services.circulation, settings.proxy_journal)
        metadata: Any = MetadataResource(services.circulation)
        return {**self.resources_for_readers(settings, services), b".well-known": metadata}

    def resources_for_readers(
        self, settings: ApiSettings, services: Services
    ) -> Mapping[bytes, IResource]:
        if not settings.enabled:
            return {}
        from protocols.api.handlers import Api  # loads what a server alone needs
        from protocols.api.http import ApiResource
        from protocols.api.streams import Streams
        from protocols.hosting.reactor import reactor

        later: Any = reactor.callLater
        resource: Any = ApiResource(Api(settings, services), Streams(services, later))
        return {b"api": resource}

    def examples(
        self, settings: ApiSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        if http_port is None or not settings.enabled:
            return []
        address = f"http://127.0.0.1:{http_port}/api/v1"
        lines = [f"curl -s {address}/openapi.json  # the HTTP API: all that it can do"]
        if settings.basic_authentication:  # of a demo, with the demo's accounts
            loan = '{"card": "P0000001", "item": "I0000001"}'
            headers = "-H 'Content-Type: application/json' -H 'Idempotency-Key: first'"
            lines.append(
                f"curl -s -u desk:desk {headers} -d '{loan}' {address}/checkouts"
                "  # the HTTP API: lends a book"
            )
        return lines


standard = _Api()
