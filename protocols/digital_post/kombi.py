"""KombiPostAfsend of SF1601: its requests and answers, as XML."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from lxml import etree

from protocols.digital_post.letters import Letter, letters_element
from protocols.digital_post.memo.messages import MemoVersion, Message
from protocols.digital_post.memo.writing import LONGEST, memo_element
from protocols.digital_post.outcomes import Accepted, Rejected, Unanswered, without_numbers
from protocols.records.foreign_xml import XmlUnreadable, local_text, parsed


class Choice(Enum):
    """``KombiValgKode``: how a message is sent. AUTOMATIC needs both a message and a letter."""

    AUTOMATIC = "Automatisk Valg"
    DIGITAL_POST = "Digital Post"
    LETTER = "Fysisk Post"
    NEMSMS = "NemSMS"


_NEEDS: Final = {  # a message, a letter
    Choice.AUTOMATIC: (True, True),
    Choice.DIGITAL_POST: (True, False),
    Choice.LETTER: (False, True),
    Choice.NEMSMS: (True, False),
}


@dataclass(frozen=True, slots=True)
class KombiRequest:
    """Raises ValueError if `choice` does not fit what is given."""

    choice: Choice
    message: Message | None = None
    letter: Letter | None = None

    def __post_init__(self) -> None:
        if (self.message is not None, self.letter is not None) != _NEEDS[self.choice]:
            raise ValueError(f"{self.choice.value} needs other parts than these")


def write_request(request: KombiRequest, version: MemoVersion) -> bytes:
    """The body of the call, in UTF-8. Raises MemoInvalid, LetterInvalid and Rejected (too long)."""
    root = etree.Element("kombi_request")
    etree.SubElement(root, "KombiValgKode").text = request.choice.value
    if request.message is not None:
        root.append(memo_element(request.message, version))
    if request.letter is not None:
        root.append(letters_element(request.letter))
    body = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    if len(body) > LONGEST:
        raise Rejected("too-long", f"the message has more than {LONGEST} bytes")
    return body


def read_response(body: bytes, message_uuid: str) -> Accepted:
    """What ``kombi_response`` says. Raises Rejected, and Unanswered if it cannot be read."""
    try:
        root = parsed(body)
    except XmlUnreadable as error:
        raise Unanswered("unreadable", str(error)) from None
    result = local_text(root, "Result").lower()
    if result not in ("true", "false"):
        raise Unanswered("unreadable", "the answer has no Result")
    if result == "false":
        raise fault_of(root)
    return Accepted(
        message_uuid,
        transmission_id=local_text(root, "TransmissionID"),
        advice=without_numbers(local_text(root, "AdvisTekst")),
    )


def fault_of(root: etree._Element) -> Rejected:
    """Why the service does not accept a message."""
    code = local_text(root, "FejlId") or local_text(root, "FejlKode") or "rejected"
    text = local_text(root, "FejlTekst") or local_text(root, "AdvisTekst") or "no reason is given"
    return Rejected(without_numbers(code, 100), text)
