"""The desk on the network: at /desk of the common HTTP port; at / the page for everybody; at
/cloudprnt printers that ask for their jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from protocols.desk.settings import DeskSettings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port


class _Desk:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "desk"
    settings: Final = DeskSettings

    def ports(self, settings: DeskSettings, services: Services) -> Sequence[Port]:
        if settings.enabled:
            from twisted.internet.threads import deferToThread  # a server alone needs it

            from protocols.desk.printing.service import PrintService
            from protocols.hosting.reactor import reactor

            later: Any = reactor.callLater
            PrintService(services, later, deferToThread)
        return []

    def resources(self, settings: DeskSettings, services: Services) -> Mapping[bytes, IResource]:
        from protocols.desk.assets import read_assets  # loads Twisted, which a server alone needs
        from protocols.desk.http import DeskResource
        from protocols.desk.pages import PAGES, PUBLIC
        from protocols.desk.printing.cloudprnt import CloudPrintResource

        assets = read_assets()
        found: dict[bytes, Any] = {}
        if settings.enabled or settings.public_page:
            # Scripts and style of the page for everybody are there too.
            found[b"desk"] = DeskResource(assets, PAGES if settings.enabled else ())
        if settings.public_page:
            found[b""] = DeskResource(assets, (PUBLIC,), "/")
        if settings.enabled:
            found[b"cloudprnt"] = CloudPrintResource(services)
        return found

    def examples(
        self, settings: DeskSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        if http_port is None:
            return []
        address = f"http://127.0.0.1:{http_port}"
        said = []
        if settings.enabled:
            said.append(
                f"curl -s {address}/desk  # the desk, for a browser: desk/desk, or head/head"
            )
        if settings.public_page:
            said.append(f"curl -s {address}/  # for patrons, for a browser: P0000001, PIN 1234")
        return said


standard = _Desk()
