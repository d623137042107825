"""The right to call a service of Serviceplatformen: SAML token, then access token (SF1514).

Both calls show our certificate, and the access token is bound to it ("holder of key"). A token is
kept for each service until some minutes before it expires.
"""

from __future__ import annotations

import json
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

from protocols.digital_post.connection import Answer, Connection
from protocols.digital_post.outcomes import Denied, Unanswered, Unreachable

_SAML_2: Final = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV2.0"
_ISSUE: Final = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue"
_PUBLIC_KEY: Final = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/PublicKey"
#: A token is not used in its last minutes: the call itself takes time, and clocks differ.
MARGIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Token:
    header: str
    until: datetime


def certificate_line(certificate: Path) -> str:
    """The first certificate of a PEM file in base64, on one line, as ``UseKey`` wants it."""
    text = certificate.read_text(encoding="ascii", errors="replace")
    end = "-----END CERTIFICATE-----"
    first = text[text.index("-----BEGIN CERTIFICATE-----") : text.index(end) + len(end)]
    return b64encode(ssl.PEM_cert_to_DER_cert(first)).decode("ascii")


class Tokens:
    """Access tokens by the entity ids of services; may be used by several threads."""

    def __init__(
        self,
        connection: Connection,
        *,
        issue_url: str,
        token_url: str,
        cvr: str,
        certificate: Path,
        clock: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._issue_url = issue_url
        self._token_url = token_url
        self._cvr = cvr
        self._certificate = certificate
        self._clock = clock
        self._lock = Lock()
        self._tokens: dict[str, _Token] = {}

    def header(self, entity_id: str) -> str:
        """The header ``authorization`` for calls of a service.

        Raises Unreachable, and Denied if we are refused; no message has been sent then.
        """
        with self._lock:
            token = self._tokens.get(entity_id)
            if token is None or token.until <= self._clock():
                try:
                    token = self._fetched(entity_id)
                except Unanswered as error:
                    raise Unreachable(error.code, "the token service did not answer") from None
                self._tokens[entity_id] = token
            return token.header

    def forget(self, entity_id: str) -> None:
        """The token was refused: the next call asks for another."""
        with self._lock:
            self._tokens.pop(entity_id, None)

    def _fetched(self, entity_id: str) -> _Token:
        asked = {
            "TokenType": _SAML_2,
            "RequestType": _ISSUE,
            "KeyType": _PUBLIC_KEY,
            "AnvenderKontekst": {"Cvr": self._cvr},
            "UseKey": certificate_line(self._certificate),
            "AppliesTo": {"EndpointReference": {"Address": entity_id}},
            "OnBehalfOf": None,
        }
        issued = self._json(
            self._connection.call(
                "POST",
                self._issue_url,
                headers={"content-type": "application/json", "accept": "application/json"},
                body=json.dumps(asked).encode(),
            )
        )
        assertion = _text(issued.get("RequestedSecurityToken"), "Assertion")
        now = self._clock()
        given = self._json(
            self._connection.call(
                "POST",
                self._token_url,
                headers={
                    "content-type": "application/x-www-form-urlencoded",
                    "accept": "application/json",
                },
                body=urlencode({"saml-token": assertion}).encode(),
            )
        )
        seconds = given.get("expires_in")
        life = timedelta(seconds=seconds if isinstance(seconds, int) and seconds > 0 else 0)
        return _Token(
            f"{_text(given, 'token_type')} {_text(given, 'access_token')}", now + life - MARGIN
        )

    def _json(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200:
            raise Denied(f"token-{answer.status}", "the token service refuses us")
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unreachable("token-unreadable", "the token service answered no JSON object")
        return found


def _text(table: object, name: str) -> str:
    value = table.get(name) if isinstance(table, dict) else None
    if not isinstance(value, str) or not value or not value.isprintable():
        raise Unreachable("token-unreadable", f"the token service gave no {name}")
    return value
