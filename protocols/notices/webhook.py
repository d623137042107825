"""Messages as JSON to a program of the library's own: the push messages of its app, a gateway of
another form.

    POST URL                                  200, and perhaps {"id": "what you call it"}
    Idempotency-Key: 8c2ea15d-...             the message's id, the same however often it is sent
    Tiro-Signature: t=1732618800, v1=HEX      HMAC-SHA256 of "T.BODY" with the secret
    {"id", "type", "to", "language", "subject", "text", "library"}

What becomes of it may be reported to ``/notices/CHANNEL``, signed in the same way: ``{"id": the
message's id, "state": "delivered" | "read" | "failed", "why": "..."}``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from circulation.notices.kinds import NoticeState
from protocols.hosting.validating import written
from protocols.notices.channels import (
    Call,
    Doubtful,
    NotSent,
    Outcome,
    Outgoing,
    Received,
    Report,
    Sent,
    Surroundings,
    TryAgain,
)
from protocols.notices.files import as_json
from protocols.notices.quiet_channel import QuietChannel
from protocols.notices.web_calls import HungUp, NotReached, post

SIGNATURE = "tiro-signature"
_SIGNED = re.compile(r"t=([0-9]{1,12}), ?v1=([0-9a-f]{64})", re.ASCII)
#: The other side's clock may be wrong by this many seconds; older calls count as replayed.
_CLOCKS_DIFFER = 300
_STATES = {
    "delivered": NoticeState.DELIVERED,
    "read": NoticeState.READ,
    "failed": NoticeState.FAILED,
    "sent": NoticeState.SENT,
}
#: Statuses about the message itself; others are about us, or about the moment.
_IS_REFUSED = frozenset({400, 404, 410, 413, 422})


@dataclass(frozen=True)
class WebhookSettings:
    """A program of the library that sends messages."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: Address to which messages are posted.
    url: Annotated[str, written(r"^https?://", "A_HTTP_ADDRESS")]
    #: Signs the calls of both sides.
    secret: Annotated[str, Field(min_length=16)]
    #: Does the other side take each Idempotency-Key once, so that messages may be repeated?
    idempotent: bool = True
    #: Does it call when a message was received? Until then the message counts as unreceived.
    confirms: bool = False
    #: Authorities by which its certificate is verified; without it, those of the system.
    ca_file: str | None = None
    #: Seconds that an answer may take.
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0


def signature(secret: str, body: bytes, at: datetime) -> str:
    """The header of a call made at that time."""
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), b"%d." % seconds + body, hashlib.sha256).hexdigest()
    return f"t={seconds}, v1={signed}"


class WebhookChannel(QuietChannel):
    """See the module."""

    def __init__(self, settings: WebhookSettings, ca_file: str | None) -> None:
        self._settings = settings
        self._ca_file = ca_file

    @property
    def knows_ids(self) -> bool:
        return self._settings.idempotent

    @property
    def confirms(self) -> bool:
        return self._settings.confirms

    def send(self, message: Outgoing, now: datetime) -> Outcome:
        settings = self._settings
        body = json.dumps(as_json(message), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": str(message.uuid),
            "Tiro-Signature": signature(settings.secret, body, now),
        }
        try:
            answer = post(
                settings.url, body, headers, timeout=settings.timeout, ca_file=self._ca_file
            )
        except NotReached as error:
            return TryAgain(f"not reached: {error}")
        except HungUp as error:
            why = f"hung up when it had the message: {error}"
            return TryAgain(why) if settings.idempotent else Doubtful(why)
        if 200 <= answer.status < 300:
            return Sent(str(message.uuid))
        why = f"answers {answer.status}"
        return NotSent(why) if answer.status in _IS_REFUSED else TryAgain(why)

    def receive(self, call: Call) -> Received:
        if call.method != "POST":
            return Received(404)
        if not self._is_signed(call):
            return Received(403)
        try:
            told: Any = json.loads(call.body)
            state, name = _STATES[told["state"]], told["id"]
        except (ValueError, KeyError, TypeError):
            return Received(400)
        return Received(reports=(Report(state, reference=str(name), why=str(told.get("why", ""))),))

    def _is_signed(self, call: Call) -> bool:
        found = _SIGNED.fullmatch(call.headers.get(SIGNATURE, ""))
        if found is None or abs(call.at.timestamp() - int(found[1])) > _CLOCKS_DIFFER:
            return False
        at = datetime.fromtimestamp(int(found[1]), UTC)
        wanted = signature(self._settings.secret, call.body, at)
        return hmac.compare_digest(wanted, f"t={found[1]}, v1={found[2]}")


class WebhookDriver:
    """Entry point ``webhook``."""

    settings = WebhookSettings

    def open(self, name: str, settings: WebhookSettings, around: Surroundings) -> WebhookChannel:
        ca_file = None if settings.ca_file is None else str(around.folder / settings.ca_file)
        return WebhookChannel(settings, ca_file)


driver = WebhookDriver()
