"""A library whose sender gives its messages to the loopback platform."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from catalogue.database import Database, Statement, Transaction, many
from circulation.digital_post.receipts import KeptReceipt, receipts_of
from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import NoticeRequest, request_notice
from circulation.notices.rows import Message, read_message, select_messages
from circulation.notices.schema import notice_messages
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, add_identifier, find_patron
from circulation.patrons.seals import Seal
from protocols.digital_post.channel import identities_of
from protocols.digital_post.settings import DigitalPostSettings
from protocols.notices.channels import Call, Received
from protocols.notices.sending import Sender
from protocols.notices.settings import NoticeSettings
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.digital_post import CPR, CVR
from tests.protocols.digital_post.certificates import Authority, Pem
from tests.protocols.digital_post.platform import Platform

KEY, SEAL = b"k" * 32, b"s" * 32


@many(read_message)
def _messages(*, after: int) -> Statement:
    return select_messages(notice_messages.c.id > after).order_by(notice_messages.c.id)


@dataclass
class PostOffice:
    """`channels` are sections of a configuration; messages are taken from the first on."""

    library: Library
    platform: Platform
    sender: Sender
    settings: DigitalPostSettings
    order: tuple[str, ...]
    _asked: int = field(default=0)

    def ask(self, card: str = "P1", text: str = "Din bog er klar.", **options: Any) -> None:
        """Has somebody told something, by the channels in their order."""
        self._asked += 1
        cause = Cause(key=str(self._asked))

        def work(transaction: Transaction) -> None:
            patron_id = find_patron(transaction, card)
            assert patron_id is not None
            values: dict[str, Any] = {
                "kind": NoticeKind.STAFF,
                "facts": {"subject": "Besked fra biblioteket", "text": text},
                "channels": self.order,
            }
            made = request_notice(
                self.library.act(transaction, UNATTENDED),
                NoticeRequest(patron_id, cause=cause, **values | options),
            )
            assert made is not None

        self.library.write(work)

    def turn(self, **later: float) -> Counter[str]:
        """A turn of the sender, so much later."""
        self.library.now += timedelta(**later)
        return self.sender.take_turn(lambda: self.library.now)

    def messages(self) -> list[Message]:
        return self.library.read(lambda transaction: _messages(transaction, after=0))

    def states(self) -> list[tuple[str, str]]:
        """Channel and state of each message."""
        return [(each.channel, each.state.value) for each in self.messages()]

    def receipts(self) -> list[KeptReceipt]:
        message = self.messages()[0]
        return self.library.read(lambda transaction: receipts_of(transaction, [message.id]))

    def names(self, number: int = 0) -> tuple[str, str]:
        """``messageUUID`` and ``messageID`` of a message."""
        message_id = self.messages()[number].id
        return identities_of(self.settings).trace(message_id).message_uuid, str(message_id)

    def push(
        self, body: bytes, channel: str = "digital_post", *, method: str = "POST", path: str = ""
    ) -> Received:
        """What Beskedfordeler is answered; its certificate was verified unless a path is given."""
        names = frozenset() if path else frozenset({"Beskedfordeler"})
        call = Call(method, path, {}, {}, body, self.library.now, names)
        return self.sender.receive(channel, call)


def section(platform: Platform, own: Pem, authority: Authority, **more: Any) -> dict[str, Any]:
    """A section ``[notices.channels.digital_post]`` for the loopback platform."""
    is_direct = more.get("route") == "direct"
    values: dict[str, Any] = {
        "driver": "digital_post",
        "environment": "test",
        "cvr": CVR,
        "sender": "Byens Bibliotek",
        "certificate": str(own.certificate),
        "key": str(own.key),
        "authorities": str(authority.file),
        "url": f"{platform.url}/apis/v1" if is_direct else platform.url,
        "issue_url": f"{platform.url}/runtime/api/rest/wstrust/v1/issue",
        "timeout": 5,
        "poll_seconds": 0,
        "callers": ["Beskedfordeler"],
    }
    return values | more


def a_post_office(
    database: Database, platform: Platform, folder: Path, channels: dict[str, dict[str, Any]]
) -> PostOffice:
    """With a patron P1 whose national number is known, enrolled in everything."""
    settings = TypeAdapter(NoticeSettings).validate_python({"channels": channels})
    library = a_library(database)
    library.circulation = Circulation({IDENTIFIERS: IdentifierKey(KEY, Seal(SEAL))})
    a_patron(library, "P1")
    give_number(library, "P1", CPR)
    platform.enrolled = {("digitalpost", CPR), ("nemsms", CPR)}
    platform.statuses = {CPR: "REGISTERED"}
    sender = Sender(database, library.circulation, settings, folder)
    posting = [
        each.options
        for each in settings.channels.values()
        if isinstance(each.options, DigitalPostSettings)
    ]
    return PostOffice(library, platform, sender, posting[0], tuple(channels))


def give_number(library: Library, card: str, number: str, kind: str = "national_id") -> None:
    def work(transaction: Transaction) -> None:
        patron_id = find_patron(transaction, card)
        assert patron_id is not None
        add_identifier(library.act(transaction, UNATTENDED), patron_id, number, kind)

    library.write(work)
