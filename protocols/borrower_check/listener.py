"""The borrower check on the network: at /borchk of the common HTTP port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from protocols.borrower_check.settings import BorrowerCheckSettings

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from protocols.hosting.answering import Services
    from protocols.hosting.standard import Port

_ASKED: Final = (
    '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
    '<borrowerCheckRequest xmlns="http://oss.dbc.dk/ns/borchk">'
    "<serviceRequester>demo</serviceRequester><libraryCode>DK-900100</libraryCode>"
    "<userId>P0000001</userId><userPincode>1234</userPincode>"
    "</borrowerCheckRequest></S:Body></S:Envelope>"
)


class _BorrowerCheck:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "borrower_check"
    settings: Final = BorrowerCheckSettings

    def ports(self, settings: BorrowerCheckSettings, services: Services) -> Sequence[Port]:
        return []

    def resources(
        self, settings: BorrowerCheckSettings, services: Services
    ) -> Mapping[bytes, IResource]:
        if not settings.enabled:
            return {}
        from protocols.borrower_check.handlers import BorrowerCheck
        from protocols.borrower_check.http import BorrowerCheckResource

        resource: Any = BorrowerCheckResource(BorrowerCheck(settings, services))
        return {b"borchk": resource}

    def examples(
        self, settings: BorrowerCheckSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        if http_port is None or not settings.enabled:
            return []
        address = f"http://127.0.0.1:{http_port}/borchk"
        return [f"curl -s -d '{_ASKED}' {address}  # borrower check: card and PIN, by SOAP"]


standard = _BorrowerCheck()
