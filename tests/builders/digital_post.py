"""Builders of MeMo messages, and of the official schema."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from protocols.digital_post.memo.documents import File, MainDocument, MessageBody
from protocols.digital_post.memo.messages import Message, MessageHeader, MessageType
from protocols.digital_post.memo.people import Recipient, Sender

#: Invented numbers: the first of January 1911, and the publishers' own example.
CPR = "0101110000"
CVR = "12345678"
A_UUID = "8c2ea15d-61fb-4ba9-9366-42f8b194c114"


def a_file(content: bytes = b"%PDF-1.4 a letter") -> File:
    return File("application/pdf", "Saldo.pdf", content)


def a_body(**fields: object) -> MessageBody:
    values: dict[str, object] = {
        "created_date_time": datetime(2026, 11, 2, 8, 30, tzinfo=UTC),
        "main_document": MainDocument((a_file(),)),
    }
    return MessageBody(**values | fields)  # type: ignore[arg-type]


def a_header(**fields: object) -> MessageHeader:
    values: dict[str, object] = {
        "message_type": MessageType.DIGITALPOST,
        "message_uuid": A_UUID,
        "label": "Besked fra biblioteket",
        "sender": Sender(CVR, "Byens Bibliotek"),
        "recipient": Recipient(CPR),
    }
    return MessageHeader(**values | fields)  # type: ignore[arg-type]


def a_memo(body: MessageBody | None = None, **fields: object) -> Message:
    """A message with a letter, and these fields of its header."""
    return Message(a_header(**fields), body or a_body())


def a_nemsms(**fields: object) -> Message:
    values: dict[str, object] = {
        "message_type": MessageType.NEMSMS,
        "notification": "Din bog er klar.",
    }
    return Message(a_header(**values | fields))


def schema_of_memo(shared: Path) -> etree.XMLSchema | etree.RelaxNG:
    """MeMo 1.1, as it was published, or of our own corpora."""
    folder = shared / "data" / "memo"
    if (folder / "memo.rng").exists():
        return etree.RelaxNG(etree.parse(folder / "memo.rng"))
    return etree.XMLSchema(etree.parse(folder / "xsd-1.1" / "MeMo_core.xsd"))


def a_push(
    event: str,
    message_uuid: str,
    message_id: str,
    status: str,
    *,
    channel: str = "Digital Post",
    error: tuple[str, str] | None = None,
    at: datetime = datetime(2026, 11, 2, 8, 31, tzinfo=UTC),
) -> bytes:
    """What Beskedfordeler pushes (``ModtagBeskedInput``): an envelope, and PKO_PostStatus in it."""
    content = etree.Element(
        "PKO_PostStatus", nsmap={None: "http://serviceplatformen.dk/xml/print/PKO_PostStatus/1"}
    )
    fields = {
        "TransmissionId": "317720e2-052b-450b-b510-2a0a3ab35d38",
        "MessageUUID": message_uuid,
        "MessageId": message_id,
        "KanalKode": channel,
        "TransaktionsDatoTid": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "TransaktionsStatusKode": status,
    }
    for name, value in fields.items():
        etree.SubElement(content, name).text = value
    details = etree.SubElement(content, "FejlDetaljer")
    if error is not None:
        etree.SubElement(details, "FejlKode").text = error[0]
        etree.SubElement(details, "FejlTekst").text = error[1]
    envelope = etree.Element("{urn:oio:sts:1.0.0}ModtagBeskedInput")
    sagdok, kuvert = "{urn:oio:sagdok:3.0.0}", "{urn:oio:besked:kuvert:1.0}"
    whole = etree.SubElement(envelope, f"{kuvert}Haendelsesbesked")
    named = etree.SubElement(whole, f"{kuvert}BeskedId")
    etree.SubElement(named, f"{sagdok}UUIDIdentifikator").text = event
    kind = etree.SubElement(whole, f"{kuvert}Beskedtype")
    etree.SubElement(
        kind, f"{sagdok}UUIDIdentifikator"
    ).text = "d2bed63c-4853-4008-b6e0-a74c15b15fbf"
    data = etree.SubElement(whole, f"{kuvert}Beskeddata")
    etree.SubElement(data, "{urn:besked:kuvert:1.0}Base64").text = b64encode(
        etree.tostring(content)
    ).decode()
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
