"""Makes what the platform accepts from a message of the library: MeMo, NemSMS, a letter.

Label and notification are shown in alerts by e-mail and SMS, so they hold the subject, which names
no titles; what somebody has borrowed stands only in the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from circulation.digital_post.numbers import PostNumber
from circulation.languages.installed import language
from circulation.notices.kinds import TRAITS, Basis, NoticeKind
from protocols.digital_post.identities import Identities
from protocols.digital_post.kombi import Choice, KombiRequest
from protocols.digital_post.letters import Letter, PostalAddress
from protocols.digital_post.memo.documents import (
    Action,
    ActionCode,
    EntryPoint,
    File,
    MainDocument,
    MessageBody,
)
from protocols.digital_post.memo.messages import Message, MessageHeader, MessageType
from protocols.digital_post.memo.people import AttentionData, GeneratingSystem, Recipient, Sender
from protocols.digital_post.settings import DigitalPostSettings, What
from protocols.notices.channels import Outgoing
from protocols.notices.letter_fonts import UnprintableLetterError
from protocols.notices.letters import letter_of, letters

_SPACES = re.compile(r"\s+")
_LABEL: Final = 256
_NOTIFICATION: Final = 150


class CannotBePut(ValueError):
    """The message cannot be sent in this way; the text says why and names nobody."""


_CHOICES: Final = {
    What.DIGITAL_POST: Choice.DIGITAL_POST,
    What.NEMSMS: Choice.NEMSMS,
    What.LETTER: Choice.LETTER,
    What.AUTOMATIC: Choice.AUTOMATIC,
}
#: Kinds of notices with nothing to pay, or nothing any more.
_PAID: Final = frozenset(
    {
        NoticeKind.PAYMENT_RECEIVED,
        NoticeKind.COLLECTION,
        NoticeKind.COMPENSATION_CANCELLED,
    }
)


class Composer:
    """Makes requests from messages; the same message always gives the same request."""

    def __init__(
        self,
        settings: DigitalPostSettings,
        what: What,
        identities: Identities,
        fonts: Sequence[Path] = (),
    ) -> None:
        self._settings = settings
        self._what = what
        self._identities = identities
        self._fonts = fonts

    def request(self, message: Outgoing) -> KombiRequest:
        """The request that sends the message. Raises CannotBePut."""
        memo = None if self._what is What.LETTER else self.memo(message)
        paper = self.letter(message) if self._what in (What.LETTER, What.AUTOMATIC) else None
        return KombiRequest(_CHOICES[self._what], memo, paper)

    def memo(self, message: Outgoing) -> Message:
        """The MeMo; a NemSMS has no document. Raises CannotBePut."""
        number = recipient_of(message)
        is_text = self._what is What.NEMSMS
        subject = _line(message.subject)
        header = MessageHeader(
            message_type=MessageType.NEMSMS if is_text else MessageType.DIGITALPOST,
            message_uuid=self._identities.trace(message.id).message_uuid,
            message_id=str(message.id),
            message_code=message.kind.value,
            label=_cut(subject or _line(message.branch.name), _LABEL),
            notification=self._text(message, subject) if is_text else None,
            reply=False,
            sender=Sender(
                self._settings.cvr,
                self._settings.sender,
                attention_data=AttentionData(
                    generating_system=GeneratingSystem(self._settings.system)
                ),
            ),
            recipient=Recipient(
                number.number, number.id_type, label=_cut(_line(message.recipient), _LABEL) or None
            ),
        )
        return Message(header, None if is_text else self._body(message, subject))

    def _text(self, message: Outgoing, subject: str) -> str:
        """At most 150 characters: the whole text if that is wanted and fits."""
        body = message.body.strip()
        if self._settings.nemsms_text == "body" and len(body) <= _NOTIFICATION:
            return body
        library = _line(message.branch.name)
        whole = f"{subject.rstrip('.')}. {library}" if subject else library
        return _cut(whole, _NOTIFICATION)

    def _body(self, message: Outgoing, subject: str) -> MessageBody:
        words = language(message.language).words
        name = words.pgettext("Digital Post", "FILE_NAME")
        file = File("application/pdf", name, _pdf(message, self._fonts), message.language[:2])
        return MessageBody(
            created_date_time=message.created,
            main_document=MainDocument(
                (file,), label=_cut(subject, _LABEL) or None, action=self._actions(message, words)
            ),
        )

    def _actions(self, message: Outgoing, words: NullTranslations) -> tuple[Action, ...]:
        is_owed = TRAITS[message.kind].basis is Basis.CHARGES and message.kind not in _PAID
        if is_owed and self._settings.payment_url:
            return (_button(words, "PAY", ActionCode.BETALING, self._settings.payment_url),)
        if not is_owed and self._settings.account_url:
            url = self._settings.account_url
            return (_button(words, "LOANS", ActionCode.SELVBETJENING, url),)
        return ()

    def letter(self, message: Outgoing) -> Letter:
        """The letter on paper. Raises CannotBePut."""
        lines = [_line(line) for line in re.split(r"\n|, ", _postal(message))]
        lines = [line for line in lines if line and line != _line(message.recipient)]
        if not lines:
            raise CannotBePut("a letter needs a postal address")
        settings, number = self._settings, message.number
        assert settings.letter_type is not None
        letter = Letter(
            self._identities.letter_identifier(message.id),
            settings.letter_type,
            _pdf(message, self._fonts),
            _cut(_line(message.subject), _LABEL),
            address=PostalAddress(_line(message.recipient), tuple(lines)),
            category=settings.category,
            envelope=settings.envelope,
        )
        if number is None:
            return letter
        return replace(letter, id_type=number.id_type, number=number.number)


def recipient_of(message: Outgoing) -> PostNumber:
    """The recipient of the message. Raises CannotBePut if there is no number that can be read."""
    if message.number is None:
        raise CannotBePut("the recipient's number is not kept under the key of this installation")
    return message.number


def _postal(message: Outgoing) -> str:
    """The address for a letter: the channel's own, unless that is a number."""
    return message.postal or ("" if message.number is not None else message.address)


def _pdf(message: Outgoing, fonts: Sequence[Path]) -> bytes:
    """The document, with the postal address in its window; never a number, not even a masked
    one."""
    letter = letter_of(replace(message, address=_postal(message)))
    try:
        return letters([letter], message.created, fonts)
    except UnprintableLetterError as error:
        raise CannotBePut(str(error)) from None


def _button(words: NullTranslations, name: str, code: ActionCode, url: str) -> Action:
    return Action(words.pgettext("Digital Post", name), code, entry_point=EntryPoint(url))


def _line(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
