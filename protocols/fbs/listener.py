"""The external API of FBS on the network: at /external of the common HTTP port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from protocols.fbs.settings import FbsSettings
from protocols.fbs.tokens import UnfitTokens, read_tokens

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port

#: The token of a patron in the file of a demo.
DEMO_TOKEN: Final = "demo-patron"  # noqa: S105


def is_of_demo(settings: FbsSettings) -> bool:
    """Does the file of tokens have that of a demo, which anybody may know?"""
    try:
        return settings.tokens is not None and DEMO_TOKEN in read_tokens(settings.tokens)
    except UnfitTokens:
        return False


class _Fbs:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "fbs"
    settings: Final = FbsSettings

    def ports(self, settings: FbsSettings, services: Services) -> Sequence[Port]:
        return []

    def resources(self, settings: FbsSettings, services: Services) -> Mapping[bytes, IResource]:
        if not settings.enabled:
            return {}
        from protocols.fbs.handlers import Fbs  # loads Twisted, which a server alone needs
        from protocols.fbs.http import FbsResource, in_threads

        resource: Any = FbsResource(Fbs(settings, services, in_threads()))
        return {b"external": resource}

    def examples(
        self, settings: FbsSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        if http_port is None or not settings.enabled:
            return []
        address = f"http://127.0.0.1:{http_port}/external"
        if is_of_demo(settings):
            shown = f"-H 'Authorization: Bearer {DEMO_TOKEN}'"
            asked = f"curl -s {shown} {address}/agencyid/patrons/patronid/loans/v2"
            return [f"{asked}  # FBS: a web site asks for a patron's loans"]
        return [f"curl -s -i {address}/v1/agencyid/branches  # FBS: who asks without a session"]


standard = _Fbs()
