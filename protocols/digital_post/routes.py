"""The two routes to the platform, as a channel sees them: may it be sent, send it, what became of
it. A channel's settings say which one it takes; receipts are pushed to the municipal one, and the
direct one asks for them.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from circulation.digital_post.numbers import PostNumber
from protocols.digital_post.connection import Connection
from protocols.digital_post.direct import DirectPost
from protocols.digital_post.kombi import KombiRequest
from protocols.digital_post.kombipost import SEND, Box, KombiPost, Trace
from protocols.digital_post.memo.messages import MemoVersion
from protocols.digital_post.outcomes import Accepted
from protocols.digital_post.settings import DigitalPostSettings
from protocols.digital_post.tokens import Tokens, certificate_line


class Route(Protocol):
    """A route to the platform. All methods raise the failures of
    `protocols.digital_post.outcomes`."""

    def greet(self) -> None:
        """Shows our certificate and sends nothing, to find out whether we are let in."""
        ...

    def is_registered(self, box: Box, number: PostNumber) -> bool:
        """Can somebody be written to in that mailbox?"""
        ...

    def send(self, request: KombiRequest, trace: Trace) -> Accepted:
        """Sends once."""
        ...

    def receipts(self) -> Sequence[Mapping[str, Any]]:
        """The receipts that wait for us; none if they are pushed."""
        ...

    def done_with(self, receipt_id: str) -> None:
        """The receipt is stored here and need not come again."""
        ...


class MunicipalRoute:
    """SF1601."""

    def __init__(self, client: KombiPost, tokens: Tokens) -> None:
        self._client = client
        self._tokens = tokens

    def greet(self) -> None:
        self._tokens.header(SEND)

    def is_registered(self, box: Box, number: PostNumber) -> bool:
        # A transaction of its own: that of the message identifies a second try.
        return self._client.is_registered(box, number.id_type, number.number, str(uuid4()))

    def send(self, request: KombiRequest, trace: Trace) -> Accepted:
        return self._client.send(request, trace)

    def receipts(self) -> Sequence[Mapping[str, Any]]:
        return ()

    def done_with(self, receipt_id: str) -> None:
        pass


class DirectRoute:
    """The REST interface of Digital Post."""

    def __init__(self, client: DirectPost) -> None:
        self._client = client

    def greet(self) -> None:
        self._client.receipts()

    def is_registered(self, box: Box, number: PostNumber) -> bool:
        asked = {
            Box.DIGITAL_POST: self._client.is_registered,
            Box.NEMSMS: self._client.has_nemsms,
        }
        return asked[box](number.id_type, number.number)

    def send(self, request: KombiRequest, trace: Trace) -> Accepted:
        assert request.message is not None  # letters do not get here: see the settings
        return self._client.send(request.message)

    def receipts(self) -> Sequence[Mapping[str, Any]]:
        return self._client.receipts()

    def done_with(self, receipt_id: str) -> None:
        self._client.done_with(receipt_id)


def wall_clock() -> datetime:
    return datetime.now(UTC)


def open_route(
    settings: DigitalPostSettings, folder: Path, clock: Callable[[], datetime] = wall_clock
) -> Route:
    """The route that the settings name; relative paths start at `folder`. Raises ValueError with a
    sentence if a file cannot be used.
    """
    certificate = folder / settings.certificate
    authorities = None if settings.authorities is None else folder / settings.authorities
    try:
        connection = Connection(certificate, folder / settings.key, authorities, settings.timeout)
        certificate_line(certificate)
    except (ssl.SSLError, ValueError):
        why = "they do not belong together, or are no PEM"
        raise ValueError(f"certificate, key or authorities cannot be used: {why}") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ValueError(f"certificate, key or authorities cannot be used: {why}") from None
    place, version = settings.place, MemoVersion(settings.memo)
    if settings.route == "direct":
        return DirectRoute(
            DirectPost(connection, base=place.url, version=version, system_id=settings.system)
        )
    tokens = Tokens(
        connection,
        issue_url=place.issue_url,
        token_url=f"{place.url.rstrip('/')}/service/AccessTokenService_1/token",
        cvr=settings.cvr,
        certificate=certificate,
        clock=clock,
    )
    return MunicipalRoute(
        KombiPost(connection, tokens, base=place.url, version=version, clock=clock), tokens
    )
