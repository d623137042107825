"""Holdings as JSON to a program of the library's own.

    POST URL                                  2xx: it has been kept
    Tiro-Signature: t=1732618800, v1=HEX      HMAC-SHA256 of "T.BODY" with the secret
    {"sink": NAME, "holdings": [{"agency", "record", "number", "items": [...]}, ...]}

Each of ``holdings`` replaces what was known of that agency's items of that record, unless its
``number`` is lower; ``items`` is empty where there is nothing any more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from circulation.holdings.states import RecordHoldings, as_json
from protocols.holdings.sinks import Refused, Unavailable
from protocols.hosting.validating import written
from protocols.notices.web_calls import HungUp, NotReached, post
from protocols.notices.webhook import signature

#: Statuses about what was told; others are about us, or about the moment.
_IS_REFUSED: Final = frozenset({400, 409, 413, 422})


@dataclass(frozen=True)
class WebhookSettings:
    """Where it is told, and the secret that calls are signed with."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: Address to which holdings are posted.
    url: Annotated[str, written(r"^https?://", "A_HTTP_ADDRESS")]
    #: Calls are signed with it.
    secret: Annotated[str, Field(min_length=16)]
    #: Authorities by which its certificate is verified; those of the system where there is none.
    ca_file: str | None = None
    #: Seconds that an answer may take.
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0


class WebhookSink:
    """See the module."""

    def __init__(self, name: str, settings: WebhookSettings, ca_file: str | None) -> None:
        self._name = name
        self._settings = settings
        self._ca_file = ca_file

    def tell(self, told: Sequence[RecordHoldings], now: datetime) -> None:
        settings = self._settings
        value = {"sink": self._name, "holdings": [as_json(each) for each in told]}
        body = json.dumps(value, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Tiro-Signature": signature(settings.secret, body, now),
        }
        try:
            answer = post(
                settings.url, body, headers, timeout=settings.timeout, ca_file=self._ca_file
            )
        except (NotReached, HungUp) as error:
            raise Unavailable(str(error)) from error
        if answer.status in _IS_REFUSED:
            raise Refused(f"answers {answer.status}")
        if not 200 <= answer.status < 300:
            raise Unavailable(f"answers {answer.status}")


class WebhookDriver:
    """Entry point ``webhook``."""

    settings = WebhookSettings

    def open(self, name: str, settings: WebhookSettings, folder: Path) -> WebhookSink:
        ca_file = None if settings.ca_file is None else str(folder / settings.ca_file)
        return WebhookSink(name, settings, ca_file)


driver = WebhookDriver()
