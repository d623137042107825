"""Z39.50 over TCP: joins sessions to connections. All meaning is in `session` and `handlers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from protocols.z3950.settings import Z3950Settings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port

#: A host to connect to, for interfaces that stand for all of them.
_ANY: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104


class Z3950:
    """The protocol folder as a `protocols.hosting.standard.Standard`."""

    name: Final = "z3950"
    settings: Final = Z3950Settings
    is_for_readers: Final = True

    def ports(self, settings: Z3950Settings, services: Services) -> Sequence[Port]:
        if not settings.enabled:
            return []
        from protocols.z3950.serving import ports  # loads the reactor

        return ports(settings, services)

    def resources(self, settings: Z3950Settings, services: Services) -> Mapping[bytes, IResource]:
        return {}

    def examples(
        self, settings: Z3950Settings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        host = _ANY.get(settings.interface, settings.interface)
        return [
            f"tiro z3950 ask {host}:{port}/{settings.databases[0]} '@attr 1=1003 andersen'"
            "  # Z39.50: finds a record"
            for port in ports
        ]


standard = Z3950()
