"""Receipts as they come: pushed by Beskedfordeler (SF1461), or pulled from the direct interface."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree

from circulation.digital_post.receipts import PostReceipt
from circulation.notices.kinds import NoticeState
from circulation.notices.outcomes import Report
from protocols.digital_post.outcomes import is_repetition, without_numbers
from protocols.digital_post.statuses import Outcome, outcome_of, word_of
from protocols.records.foreign_xml import XmlUnreadable, local_text, parsed

_LONGEST: Final = 200
#: What an outcome means in the log of messages. A posted letter has not arrived yet.
_STATES: Final = {
    Outcome.ACCEPTED: NoticeState.SENT,
    Outcome.POSTED: NoticeState.SENT,
    Outcome.DELIVERED: NoticeState.DELIVERED,
    Outcome.FAILED: NoticeState.FAILED,
}
_SAGDOK: Final = "urn:oio:sagdok:3.0.0"
_STS: Final = "urn:oio:sts:1.0.0"

#: From ``messageID`` and ``messageUUID`` to the id of our message.
Whose = Callable[[str, str], int | None]


class ReceiptUnreadable(ValueError):
    """Not a receipt; the text says why and quotes nothing of it."""


def read_push(document: bytes, whose: Whose, now: datetime) -> PostReceipt:
    """The receipt in a ``ModtagBeskedInput``. Raises ReceiptUnreadable.

    An event of another kind is a receipt without a status, kept for whoever looks into it.
    """
    try:
        envelope = parsed(document)
    except XmlUnreadable as error:
        raise ReceiptUnreadable(str(error)) from None
    if etree.QName(envelope).localname != "ModtagBeskedInput":
        raise ReceiptUnreadable("the document is no ModtagBeskedInput")
    name = _identifier(envelope, "BeskedId")
    if not name:
        raise ReceiptUnreadable("the message has no BeskedId")
    event = word_of(_identifier(envelope, "ObjektHandling"))
    try:
        status = parsed(b64decode("".join(local_text(envelope, "Base64").split()), validate=True))
    except (NoBase64, XmlUnreadable):
        status = None
    if status is None or etree.QName(status).localname != "PKO_PostStatus":
        kind = _identifier(envelope, "Beskedtype")
        return PostReceipt(
            f"push {name}", "", None, "", event, now, error_text=f"a message of type {kind}"
        )
    uuid = local_text(status, "MessageUUID")
    return PostReceipt(
        name=f"push {name}",
        message_uuid=_short(uuid),
        message_id=whose(local_text(status, "MessageId"), uuid),
        channel=_short(local_text(status, "KanalKode")),
        status=_short(local_text(status, "TransaktionsStatusKode")) or event,
        at=_moment(local_text(status, "TransaktionsDatoTid"), now),
        error_code=_short(local_text(status, "FejlKode")),
        error_text=without_numbers(local_text(status, "FejlTekst")),
        transmission_id=_short(local_text(status, "TransmissionId")),
    )


def read_pulled(told: Mapping[str, Any], whose: Whose, now: datetime) -> PostReceipt:
    """A receipt of the direct interface, read. Raises ReceiptUnreadable."""

    def text(name: str) -> str:
        value = told.get(name)
        return value if isinstance(value, str) else ""

    name = text("id") or text("transmissionId")
    status = text("receiptStatus")
    if not name or not status:
        raise ReceiptUnreadable("the receipt has no id or no status")
    uuid = text("messageUUID")
    return PostReceipt(
        name=f"pull {_short(name)} {_short(status)}",
        message_uuid=_short(uuid),
        message_id=whose(text("messageId"), uuid),
        channel="Digital Post",
        status=_short(status),
        at=_moment(text("timeStamp"), now),
        error_code=_short(text("errorCode")),
        error_text=without_numbers(text("errorMessage")),
        transmission_id=_short(text("transmissionId")),
    )


def report_of(receipt: PostReceipt) -> Report:
    """What a receipt means for its message; the receipt is kept in any case."""
    outcome = outcome_of(receipt.status)
    code, text = receipt.error_code, receipt.error_text
    is_echo = outcome is Outcome.FAILED and is_repetition(code, text)
    state = None if outcome is None or is_echo else _STATES[outcome]
    why = ": ".join(filter(None, (code, text))) or receipt.status
    return Report(
        state,
        receipt.message_id,
        receipt.transmission_id,
        why if state is NoticeState.FAILED else "",
        receipt,
    )


def write_answer(is_taken: bool) -> bytes:
    """The ``ModtagBeskedOutput`` that answers a push: 20, or 40 if it was no message."""
    root = etree.Element(f"{{{_STS}}}ModtagBeskedOutput", nsmap={"sts": _STS, "sagdok": _SAGDOK})
    answer = etree.SubElement(root, f"{{{_SAGDOK}}}StandardRetur")
    code, text = ("20", "OK") if is_taken else ("40", "Beskeden kan ikke modtages")
    etree.SubElement(answer, f"{{{_SAGDOK}}}StatusKode").text = code
    etree.SubElement(answer, f"{{{_SAGDOK}}}FejlbeskedTekst").text = text
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _identifier(root: etree._Element, name: str) -> str:
    """The UUID within the first element of that name."""
    for element in root.iter():
        if isinstance(element.tag, str) and etree.QName(element).localname == name:
            return _short(local_text(element, "UUIDIdentifikator"))
    return ""


def _short(text: str) -> str:
    return without_numbers(text.strip(), _LONGEST)


def _moment(text: str, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
