"""Texts through a gateway that takes JSON over HTTP, in the form that GatewayAPI introduced.

    POST URL {"sender", "message", "recipients": [{"msisdn": 4522334455}], "userref", "encoding"}
    200 {"ids": [421332671]}                  otherwise {"code": "0x0213", "message": "..."}

The gateway reports what becomes of a text, and passes on texts that patrons send, by calling
``/notices/CHANNEL``: signed (a JWT, HS256, whose claims are the call's own fields), or with
``?key=SECRET``. Status calls come in any order, and again if they are not answered.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import jwt
from pydantic import ConfigDict, Field

from circulation.notices.kinds import NoticeState
from circulation.notices.sms_texts import is_gsm
from protocols.hosting.validating import written
from protocols.notices.channels import (
    Call,
    Doubtful,
    IncomingText,
    NotSent,
    Outcome,
    Outgoing,
    Received,
    Report,
    Sent,
    Surroundings,
    TryAgain,
)
from protocols.notices.quiet_channel import QuietChannel
from protocols.notices.web_calls import Answer, HungUp, NotReached, post_json

_SIGNATURE = "x-gwapi-signature"
#: Final states; the others are passed through on the way.
_STATES = {
    "DELIVERED": NoticeState.DELIVERED,
    "ACCEPTED": NoticeState.SENT,
    "DELETED": NoticeState.FAILED,
    "EXPIRED": NoticeState.FAILED,
    "REJECTED": NoticeState.FAILED,
    "SKIPPED": NoticeState.FAILED,
    "UNDELIVERABLE": NoticeState.FAILED,
}
#: These are about the text or its recipient; with anything else, another try may succeed.
_IS_REFUSED = frozenset({400, 404, 413, 422})


@dataclass(frozen=True)
class HttpSmsSettings:
    """A gateway for texts with an HTTP interface."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: Address of the gateway.
    url: Annotated[str, written(r"^https?://", "A_HTTP_ADDRESS")]
    #: The key with which the library signs in at the gateway.
    token: str
    #: At most 11 letters and digits, or a number of up to 15 digits. Only a number is answered.
    sender: Annotated[
        str,
        written(
            r"^([A-Za-z0-9 ]{1,11}|[0-9]{1,15})\Z",
            "A_SENDER",
        ),
    ]
    #: The gateway signs its calls with it; without it no calls are accepted.
    callback_secret: Annotated[str, Field(min_length=16)] | None = None
    #: Hours during which the gateway tries to reach a telephone that is off.
    valid_hours: Annotated[int, Field(ge=1, le=120)] = 48
    #: Authorities by which its certificate is verified; without it, those of the system.
    ca_file: str | None = None
    #: Seconds that an answer may take.
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0


class HttpSmsChannel(QuietChannel):
    """See the module."""

    knows_ids = False

    def __init__(self, settings: HttpSmsSettings, ca_file: str | None) -> None:
        self._settings = settings
        self._ca_file = ca_file
        user = base64.b64encode(f"{settings.token}:".encode()).decode()
        self._headers = {"Authorization": f"Basic {user}"}

    @property
    def confirms(self) -> bool:
        """If the gateway can call, it reports what was delivered."""
        return self._settings.callback_secret is not None

    @property
    def takes_answers(self) -> bool:
        """If the gateway can call, and texts come from a number that can be answered."""
        settings = self._settings
        return settings.callback_secret is not None and settings.sender.isdigit()

    def send(self, message: Outgoing, now: datetime) -> Outcome:
        settings = self._settings
        request = {
            "sender": settings.sender,
            "message": message.body,
            "recipients": [{"msisdn": int(message.address.lstrip("+"))}],
            "userref": str(message.id),
            "encoding": "UTF8" if is_gsm(message.body) else "UCS2",
            "validity_period": settings.valid_hours * 3600,
        }
        try:
            answer = post_json(
                settings.url,
                request,
                self._headers,
                timeout=settings.timeout,
                ca_file=self._ca_file,
            )
        except NotReached as error:
            return TryAgain(f"the gateway was not reached: {error}")
        except HungUp as error:
            return Doubtful(f"the gateway hung up when it had the text: {error}")
        return _outcome(answer)

    def receive(self, call: Call) -> Received:
        if call.method != "POST" or self._settings.callback_secret is None:
            return Received(404)
        told = self._told(call, self._settings.callback_secret)
        if told is None:
            return Received(403)
        if "status" in told:
            report = _report(told)
            return Received(reports=() if report is None else (report,))
        if "msisdn" in told and isinstance(told.get("message"), str):
            sender = f"+{str(told['msisdn']).lstrip('+')}"
            text = IncomingText(str(told.get("id", "")), sender, told["message"])
            return Received(texts=(text,))
        return Received(400)

    def _told(self, call: Call, secret: str) -> dict[str, Any] | None:
        """The fields of a call from the gateway; None for any other call."""
        try:
            if signature := call.headers.get(_SIGNATURE):
                told = jwt.decode(signature, secret, algorithms=["HS256"])
            elif hmac.compare_digest(call.query.get("key", "").encode(), secret.encode()):
                told = json.loads(call.body)
            else:
                return None
        except (jwt.PyJWTError, ValueError):
            return None
        return told if isinstance(told, dict) else None


def _outcome(answer: Answer) -> Outcome:
    told = answer.json()
    fields = told if isinstance(told, dict) else {}
    if 200 <= answer.status < 300:
        ids = fields.get("ids")
        if isinstance(ids, list) and ids:
            return Sent(str(ids[0]))
        return Doubtful(f"the gateway answers {answer.status} without an id")
    words = " ".join(str(fields[name]) for name in ("code", "message") if fields.get(name))
    why = f"the gateway answers {answer.status} {words}".strip()[:300]
    return NotSent(why) if answer.status in _IS_REFUSED else TryAgain(why)


def _report(told: dict[str, Any]) -> Report | None:
    state = _STATES.get(str(told["status"]).upper())
    if state is None:
        return None
    reference, ours = str(told.get("id", "")), str(told.get("userref") or "")
    why = " ".join(str(told[name]) for name in ("error", "code") if told.get(name))
    is_id = ours.isascii() and ours.isdigit() and len(ours) < 20
    return Report(
        state,
        message_id=int(ours) if is_id else None,
        reference=reference,
        why=why or str(told["status"]).lower() if state is NoticeState.FAILED else "",
    )


class HttpSmsDriver:
    """Entry point ``http_sms``."""

    settings = HttpSmsSettings

    def open(self, name: str, settings: HttpSmsSettings, around: Surroundings) -> HttpSmsChannel:
        ca_file = None if settings.ca_file is None else str(around.folder / settings.ca_file)
        return HttpSmsChannel(settings, ca_file)


driver = HttpSmsDriver()
