"""Sending a message to another system, and its answer: it blocks."""

from __future__ import annotations

import http.client
from base64 import b64encode
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from protocols.hosting.outgoing import Connect, connect, failure_text, http_connection
from protocols.iso18626.settings import Partner
from protocols.wire.xml_documents import ANSWER_BYTES

#: Seconds that a partner may take: brokers answer when the library behind them has.
TIMEOUT: Final = 30.0
MEDIA_TYPE: Final = "application/xml; charset=utf-8"


class Unreachable(Exception):
    """There was no answer; the text says why. It is unknown whether the message was read."""


class Answer(NamedTuple):
    """The status of HTTP, and what came with it."""

    status: int
    body: bytes


def post(
    address: str,
    document: bytes,
    headers: Mapping[str, str],
    timeout: float = TIMEOUT,
    connect: Connect = connect,
) -> Answer:
    """Sends the document to an address of http or https, whose certificate is verified by the
    authorities of the system. It goes nowhere else: redirections are not followed, as a secret
    goes with it. Raises Unreachable."""
    parts = urlsplit(address)
    path = parts.path or "/"
    try:
        connection = http_connection(address, timeout, connect=connect)
    except OSError as error:
        raise Unreachable(failure_text(address, error, connect)) from error
    try:
        connection.request(
            "POST",
            f"{path}?{parts.query}" if parts.query else path,
            document,
            {"Content-Type": MEDIA_TYPE, **headers},
        )
        response = connection.getresponse()
        return Answer(response.status, response.read(ANSWER_BYTES + 1))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(failure_text(address, error, connect)) from error
    finally:
        connection.close()


def headers_for(partner: Partner) -> dict[str, str]:
    """The headers that prove to a partner who we are."""
    secret = partner.address_secret
    if not secret or partner.address_secret_in == "message":  # noqa: S105
        return {}
    if partner.address_secret_in == "bearer":  # noqa: S105
        return {"Authorization": f"Bearer {secret}"}
    pair = b64encode(f"{partner.address_user}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}
