"""Metrics, health and readiness on a port of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from protocols.operations.settings import OperationsSettings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port


class _Operations:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "operations"
    settings: Final = OperationsSettings
    is_for_readers: Final = True

    def ports(self, settings: OperationsSettings, services: Services) -> Sequence[Port]:
        if not settings.enabled:
            return []
        from protocols.operations.serving import ports  # loads the reactor

        return ports(settings, services)

    def resources(
        self, settings: OperationsSettings, services: Services
    ) -> Mapping[bytes, IResource]:
        return {}

    def examples(
        self, settings: OperationsSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        host = settings.interface or "127.0.0.1"
        return [
            f"curl -s http://{host}:{port}/ready  # for whoever runs it: is it well?"
            for port in ports
        ]


standard = _Operations()
