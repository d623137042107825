"""The municipal route: SF1601 of Serviceplatformen, which sends Digital Post, NemSMS and letters.

token (see `tokens`) -> POST KombiPostAfsend_1/kombi -> accepted, and later a receipt
                     -> GET PostForespoerg_1/digitalpost or /nemsms: may it be sent
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from protocols.digital_post.connection import Answer, Connection
from protocols.digital_post.kombi import KombiRequest, fault_of, read_response, write_request
from protocols.digital_post.memo.messages import MemoVersion
from protocols.digital_post.outcomes import (
    DENIED,
    Accepted,
    Denied,
    Rejected,
    Unanswered,
    Unreachable,
)
from protocols.digital_post.tokens import Tokens
from protocols.records.foreign_xml import XmlUnreadable, parsed

SEND: Final = "http://entityid.kombit.dk/service/kombipostafsend/1"
ASK: Final = "http://entityid.kombit.dk/service/postforespoerg/1"


class Box(Enum):
    """A service that somebody may be enrolled in. The value is the path of PostForespoerg."""

    DIGITAL_POST = "digitalpost"
    NEMSMS = "nemsms"


@dataclass(frozen=True, slots=True)
class Trace:
    """The names by which we and the platform (``x-TransaktionsId``) find a call again."""

    message_uuid: str
    transaction_id: str


class KombiPost:
    """The client of both services; may be used by several threads.

    `base` is ``https://prod.serviceplatformen.dk`` or that of the test environment.
    """

    def __init__(
        self,
        connection: Connection,
        tokens: Tokens,
        *,
        base: str,
        version: MemoVersion,
        clock: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._tokens = tokens
        self._base = base.rstrip("/")
        self._version = version
        self._clock = clock

    def send(self, request: KombiRequest, trace: Trace) -> Accepted:
        """Sends once. Raises MemoInvalid, LetterInvalid, Unreachable, Unanswered, Rejected."""
        body = write_request(request, self._version)
        answer = self._called(
            SEND,
            "POST",
            f"{self._base}/service/KombiPostAfsend_1/kombi",
            trace.transaction_id,
            body=body,
        )
        if answer.status != 200:
            try:
                raise fault_of(parsed(answer.body))
            except XmlUnreadable:
                raise Rejected(f"http-{answer.status}", "the service refuses the message") from None
        return read_response(answer.body, trace.message_uuid)

    def is_registered(self, box: Box, id_type: str, number: str, transaction_id: str) -> bool:
        """Can the person (``CPR``) or company (``CVR``) be written to in `box`? Raises Unreachable
        and Rejected.
        """
        answer = self._called(
            ASK,
            "GET",
            f"{self._base}/service/PostForespoerg_1/{box.value}",
            transaction_id,
            query={"cvrNumber" if id_type == "CVR" else "cprNumber": number},
        )
        if answer.status != 200:
            raise Rejected(f"http-{answer.status}", "the service refuses the question")
        try:
            result = json.loads(answer.body)["result"]
        except (ValueError, KeyError, TypeError):
            result = None
        if not isinstance(result, bool):
            raise Unreachable("unreadable", "the service answered neither yes nor no")
        return result

    def _called(
        self,
        entity_id: str,
        method: str,
        url: str,
        transaction_id: str,
        body: bytes | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        """The answer; a refused token is renewed once."""
        for is_last in (False, True):
            headers = {
                "authorization": self._tokens.header(entity_id),
                "x-TransaktionsId": transaction_id,
                "x-TransaktionsTid": self._now(),
                "accept": "application/xml" if body else "application/json",
            }
            if body is not None:
                headers["content-type"] = "application/xml; charset=UTF-8"
            try:
                answer = self._connection.call(method, url, query=query, headers=headers, body=body)
            except Unanswered as error:
                if body is None:  # a question may be asked again
                    raise Unreachable(error.code, "the service did not answer") from None
                raise
            if answer.status not in DENIED:
                return answer
            self._tokens.forget(entity_id)
            if is_last:
                break
        raise Denied(f"http-{answer.status}", "the service denies us access")

    def _now(self) -> str:
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
