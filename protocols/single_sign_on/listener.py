"""Single sign-on on the network: at /sign-on of the common HTTP port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from circulation.staff.site import SITE
from protocols.single_sign_on.settings import SingleSignOnSettings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port


class _SingleSignOn:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "single_sign_on"
    settings: Final = SingleSignOnSettings

    def ports(self, settings: SingleSignOnSettings, services: Services) -> Sequence[Port]:
        return []

    def resources(
        self, settings: SingleSignOnSettings, services: Services
    ) -> Mapping[bytes, IResource]:
        from protocols.single_sign_on.handlers import (
            SignOn,
        )  # loads Twisted, which a server alone needs
        from protocols.single_sign_on.http import SignOnResource

        resource: Any = SignOnResource(SignOn(settings, SITE.of(services.circulation)), services)
        return {b"sign-on": resource}

    def examples(
        self, settings: SingleSignOnSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        if http_port is None:
            return []
        return [f"curl -s http://127.0.0.1:{http_port}/sign-on  # the providers to sign in by"]


standard = _SingleSignOn()
