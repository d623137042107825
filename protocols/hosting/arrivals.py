"""What the transport says of a message's sender: address, certificate and credentials."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from protocols.hosting.tls import security_of

_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a message has come. Texts are empty if there is nothing.

    `user` and `password` are those of HTTP Basic (RFC 7617), `bearer` the token of RFC 6750,
    `url_token` what follows ``/ncip/`` in the address. `certificate` has the names in the sender's
    verified certificate, and its fingerprint: SHA-256, in lower-case hexadecimal digits without
    colons.
    """

    host: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    bearer: str = field(default="", repr=False)
    url_token: str = field(default="", repr=False)
    certificate: Callable[[], frozenset[str]] = frozenset


#: A message of whose sender the transport says nothing.
UNTOLD: Final = Arrival()


def certificate_names(transport: Any) -> frozenset[str]:
    """The names and the fingerprint of the certificate at the other end of a connection."""
    names = security_of(transport).names
    certificate_of = getattr(transport, "getPeerCertificate", None)
    certificate = certificate_of() if certificate_of is not None else None
    if certificate is None:
        return names
    return names | {plain_fingerprint(certificate.digest("sha256").decode("ascii"))}


def plain_fingerprint(text: str) -> str:
    """A fingerprint in the form used for comparison; other texts are left as they are."""
    plain = text.replace(":", "").replace(" ", "").lower()
    is_one = len(plain) == 64 and all(each in "0123456789abcdef" for each in plain)
    return plain if is_one else text


def http_arrival(request: Any) -> Arrival:
    """The arrival of a request of `twisted.web`."""
    user, password, bearer = credentials_in(request.getHeader(b"authorization") or b"")
    rest = [part for part in request.postpath or [] if part]
    token = unquote(rest[-1].decode("ascii", "replace")) if rest else ""
    channel = request.channel
    return Arrival(
        host=str(getattr(request.getClientAddress(), "host", "") or ""),
        user=user,
        password=password,
        bearer=bearer,
        url_token=token[:_LONGEST],
        certificate=lambda: certificate_names(channel.transport),
    )


def credentials_in(header: bytes) -> tuple[str, str, str]:
    """User, password and bearer token of an Authorization header; empty if missing."""
    kind, _, rest = header[:_LONGEST].strip().partition(b" ")
    rest = rest.strip()
    if kind.lower() == b"bearer":
        return "", "", rest.decode("ascii", "replace")
    if kind.lower() != b"basic":
        return "", "", ""
    try:
        pair = base64.b64decode(rest, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return "", "", ""
    user, _, password = pair.partition(":")
    return user, password, ""
