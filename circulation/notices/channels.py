"""Channels as the engine knows them: which address each needs, how its text is made, what it can
tell. Sending is the work of plug-ins (see `protocols/notices/`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class AddressKind(Enum):
    """What a channel needs to reach somebody."""

    EMAIL = "email"
    MOBILE = "mobile"
    POSTAL = "postal"
    DIGITAL_POST = "digital_post"  # a national number, or that of a company
    CARD = "card"  # the library card: an app knows its user by it


class Form(Enum):
    """How the text is made. The value is the part of the template."""

    TEXT = "text"
    SMS = "sms"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class ChannelTraits:
    """`rings`: it wakes people, so that it is not used in quiet hours. `knows_ids`: it can tell by
    the id that it has sent a message already, so that one may be given to it again. `confirms`: it
    tells when somebody has a message, which until then has reached nobody. `takes_answers`: what
    people text back arrives here, and is acted on."""

    address: AddressKind
    form: Form
    rings: bool = False
    knows_ids: bool = False
    confirms: bool = False
    takes_answers: bool = False


#: The channels that rules may name. A configuration may add more that are like one of these.
CHANNELS: dict[str, ChannelTraits] = {
    "email": ChannelTraits(AddressKind.EMAIL, Form.TEXT),
    "sms": ChannelTraits(AddressKind.MOBILE, Form.SMS, rings=True),
    "push": ChannelTraits(AddressKind.CARD, Form.SMS, rings=True),
    "digital_post": ChannelTraits(AddressKind.DIGITAL_POST, Form.LETTER, confirms=True),
    "nemsms": ChannelTraits(AddressKind.DIGITAL_POST, Form.SMS, rings=True, confirms=True),
    "print": ChannelTraits(AddressKind.POSTAL, Form.LETTER, confirms=True),
}
