"""The desk on the network: at /desk of the common HTTP port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from twisted.web.resource import IResource

from protocols.desk.assets import read_assets
from protocols.desk.http import DeskResource
from protocols.desk.settings import DeskSettings
from protocols.hosting.answering import Services
from protocols.hosting.standard import Port


class _Desk:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "desk"
    settings: Final = DeskSettings

    def ports(self, settings: DeskSettings, services: Services) -> Sequence[Port]:
        return []

    def resources(self, settings: DeskSettings, services: Services) -> Mapping[bytes, IResource]:
        if not settings.enabled:
            return {}
        resource: Any = DeskResource(read_assets())
        return {b"desk": resource}

    def examples(
        self, settings: DeskSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        if http_port is None or not settings.enabled:
            return []
        said = "the desk, in a browser: sign in as desk, password desk"
        return [f"curl -s http://127.0.0.1:{http_port}/desk  # {said}"]


standard = _Desk()
