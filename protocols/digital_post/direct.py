"""The direct route: the REST interface of Digital Post itself, with the system's own certificate.

POST /memos/?memo-message-uuid=...   one MeMo
GET /receipts/, DELETE /receipts/ID  what became of them
GET /contacts/?cprNumber=...         may it be sent
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from protocols.digital_post.connection import Answer, Connection
from protocols.digital_post.memo.messages import MemoVersion, Message
from protocols.digital_post.memo.writing import write_memo
from protocols.digital_post.outcomes import (
    DENIED,
    Accepted,
    Denied,
    Rejected,
    Unanswered,
    Unreachable,
    without_numbers,
)

#: The codes of receipts that mean a refusal.
_REFUSALS: Final = frozenset({"INVALID", "NOT_ALLOWED"})
_ACCEPTANCES: Final = frozenset({"RECEIVED", "COMPLETED"})
#: Registrations that can be written to; not so EXEMPT, CLOSED and UNKNOWN.
_REGISTERED: Final = "REGISTERED"


class DirectPost:
    """The client; may be used by several threads.

    `base` is ``https://api.digitalpost.dk/apis/v1`` or that of the test environment; `system_id`
    says which of our systems calls; it is no secret, as the certificate proves it.
    """

    def __init__(
        self, connection: Connection, *, base: str, version: MemoVersion, system_id: str = ""
    ) -> None:
        self._connection = connection
        self._base = base.rstrip("/")
        self._version = version
        self._headers = {"accept": "application/json"}
        if system_id:
            named = b64encode(f"{system_id}:".encode()).decode("ascii")
            self._headers["authorization"] = f"Basic {named}"

    def send(self, message: Message) -> Accepted:
        """Sends one message. Raises MemoInvalid, Unreachable, Unanswered, Rejected."""
        uuid = message.message_header.message_uuid
        answer = self._connection.call(
            "POST",
            f"{self._base}/memos/",
            query={"memo-message-uuid": uuid},
            headers=self._headers | {"content-type": "application/xml"},
            body=write_memo(message, self._version),
        )
        return _accepted(answer, uuid)

    def receipts(self) -> list[Mapping[str, Any]]:
        """The waiting receipts, each with the ``id`` that `done_with` takes. Raises Unreachable."""
        found = self._asked("GET", "/receipts/")
        listed = found.get("receipts") if isinstance(found, dict) else found
        if not isinstance(listed, list):
            raise Unreachable("unreadable", "the list of receipts is none")
        named = [each for each in listed if isinstance(each, str)]
        told: list[Mapping[str, Any]] = [each for each in listed if isinstance(each, dict)]
        for receipt_id in named:  # only a list of ids
            found = self._asked("GET", f"/receipts/{quote(receipt_id, safe='')}")
            if isinstance(found, dict):
                told.append({"id": receipt_id} | found)
        return told

    def done_with(self, receipt_id: str) -> None:
        """Has a receipt deleted once it is stored here."""
        self._asked("DELETE", f"/receipts/{quote(receipt_id, safe='')}")

    def is_registered(self, id_type: str, number: str) -> bool:
        """Does the person or company have a mailbox, neither exempt nor closed?"""
        return _has(self._contact(id_type, number), "mailboxSubscription")

    def has_nemsms(self, id_type: str, number: str) -> bool:
        """Does the person get NemSMS?"""
        return any(contact.get("nemSmsSubscription") for contact in self._contact(id_type, number))

    def _contact(self, id_type: str, number: str) -> list[dict[str, Any]]:
        name = "cvrNumber" if id_type == "CVR" else "cprNumber"
        found = self._asked("GET", "/contacts/", {name: number})
        listed = found.get("contacts", [found]) if isinstance(found, dict) else found
        return [each for each in listed or [] if isinstance(each, dict)]

    def _asked(self, method: str, path: str, query: dict[str, str] | None = None) -> Any:
        """The answer to a question, which may be asked again."""
        try:
            answer = self._connection.call(
                method, f"{self._base}{path}", query=query, headers=self._headers
            )
        except Unanswered as error:
            raise Unreachable(error.code, "the service did not answer") from None
        if answer.status in DENIED:
            raise Denied(f"http-{answer.status}", "the service denies us access")
        if answer.status == 404:
            return []
        if not 200 <= answer.status < 300:
            raise Rejected(f"http-{answer.status}", "the service refuses the question")
        try:
            return json.loads(answer.body) if answer.body.strip() else []
        except ValueError:
            raise Unreachable("unreadable", "the answer is no JSON") from None


def _has(contacts: list[dict[str, Any]], subscription: str) -> bool:
    for contact in contacts:
        found = contact.get(subscription)
        if isinstance(found, dict) and found.get("publicRegistrationStatus") == _REGISTERED:
            return True
    return False


def _accepted(answer: Answer, uuid: str) -> Accepted:
    if answer.status in DENIED:
        raise Denied(f"http-{answer.status}", "the service denies us access")
    try:
        receipt = json.loads(answer.body)
    except ValueError:
        receipt = None
    told = receipt if isinstance(receipt, dict) else {}
    code = str(told.get("errorCode") or "")
    text = str(told.get("errorMessage") or "the platform refuses the message")
    status = told.get("receiptStatus")
    if answer.status >= 400 or status in _REFUSALS:
        raise Rejected(without_numbers(code or f"http-{answer.status}", 100), text)
    if status not in _ACCEPTANCES:
        raise Unanswered("unreadable", "the answer is no receipt")
    return Accepted(uuid, transmission_id=str(told.get("transmissionId") or ""))
