"""What is wrong with a message is said before it is sent, and without what it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from protocols.digital_post.memo.checking import problems_of
from protocols.digital_post.memo.documents import (
    Action,
    ActionCode,
    EntryPoint,
    MainDocument,
    Reservation,
)
from protocols.digital_post.memo.messages import MemoVersion, Message, MessageType
from protocols.digital_post.memo.people import Recipient, Representative, Sender
from protocols.digital_post.memo.subjects import AdditionalContentData, ContentData
from tests.builders.digital_post import A_UUID, CPR, CVR, a_body, a_file, a_memo, a_nemsms

V1, V2 = MemoVersion.V1_1, MemoVersion.V1_2
NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)


def with_file(name: str) -> Message:
    return a_memo(a_body(main_document=MainDocument((replace(a_file(), filename=name),))))


def with_action(code: ActionCode, **parts: Any) -> Message:
    action = Action("Betal", code, **parts)
    return a_memo(a_body(main_document=MainDocument((a_file(),), action=(action,))))


A_RESERVATION = Reservation("Møde", A_UUID, "Om lån", "Hovedbiblioteket", NOW, NOW)
PAY = EntryPoint("https://www.example.org/betal?order=7")


@pytest.mark.parametrize("version", MemoVersion)
@pytest.mark.parametrize(
    "message",
    [
        a_memo(),
        a_nemsms(notification="x" * 150),
        a_memo(recipient=Recipient(CVR, "CVR")),
        with_file("Saldo æøå (1).pdf"),
        with_action(ActionCode.BETALING, entry_point=PAY),
        with_action(ActionCode.AFTALE, reservation=A_RESERVATION),
    ],
)
def test_nothing_is_wrong(message: Message, version: MemoVersion) -> None:
    assert problems_of(message, version) == []


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (a_memo(label="x" * 257), "memo:label has more than 256 characters"),
        (a_memo(label="a\x00b"), "memo:label holds a control character"),
        (a_nemsms(notification="x" * 151), "memo:notification has more than 150"),
        (a_nemsms(notification=None), "a NemSMS needs a memo:notification"),
        (a_memo(message_type=MessageType.NEMSMS, notification="x"), "NemSMS has no memo:Mess"),
        (Message(a_memo().message_header), "memo:MessageBody is missing"),
        (a_memo(message_uuid="7"), "memo:messageUUID is no UUID of version 4"),
        (a_memo(message_uuid="8c2ea15d-61fb-1ba9-9366-42f8b194c114"), "no UUID of version 4"),
        (a_memo(recipient=Recipient("123")), "memo:recipientID is no number of the type"),
        (a_memo(recipient=Recipient(CPR, "MyndighedsID")), "memo:recipientID is no number"),
        (a_memo(sender=Sender("1234567", "Byens")), "memo:senderID is no number"),
        (a_memo(a_body(created_date_time=datetime(2026, 11, 2))), "no time zone"),  # noqa: DTZ001
        (a_memo(a_body(main_document=MainDocument(()))), "memo:File is missing"),
        (
            a_memo(
                content_data=ContentData(
                    additional_content_data=(AdditionalContentData("a", "b"),) * 11
                )
            ),
            "more than 10 times",
        ),
        (with_action(ActionCode.BETALING), "BETALING needs a memo:EntryPoint"),
        (with_action(ActionCode.AFTALE, entry_point=PAY), "AFTALE needs a memo:Reservation"),
        (
            with_action(ActionCode.AFTALE, entry_point=PAY, reservation=A_RESERVATION),
            "memo:Reservation and memo:EntryPoint",
        ),
        (
            with_action(ActionCode.BETALING, entry_point=EntryPoint("http://www.example.org/")),
            "begins with https://",
        ),
        (
            with_action(ActionCode.BETALING, entry_point=EntryPoint("/betal")),
            "begins with https://",
        ),
    ],
)
def test_what_is_wrong(message: Message, problem: str) -> None:
    for version in MemoVersion:
        (found,) = problems_of(message, version)
        assert problem in found
        assert CPR not in found


@pytest.mark.parametrize(
    "character",
    [*'<>:"/\\|?*\r\n', "\u00a0", "\u2000", "\u200a", "\u2028", "\u205f", "\u2060", "\u3000"],
)
def test_names_of_files(character: str) -> None:
    (found,) = problems_of(with_file(f"Saldo{character}1.pdf"), V2)
    assert "names of files" in found
    assert problems_of(with_file("  "), V2) == ["memo:filename is empty"]


def test_what_1_2_alone_has() -> None:
    sender = Sender(CVR, "Byens Bibliotek", representative=Representative("87654321", "CVR"))
    assert problems_of(a_memo(sender=sender), V2) == []
    assert problems_of(a_memo(sender=sender), V1) == [
        "Message/memo:MessageHeader/memo:Sender/memo:Representative is not in MeMo 1.1"
    ]


def test_what_1_1_alone_must_have() -> None:
    bare = a_memo(mandatory=None, legal_notification=None)
    assert problems_of(bare, V2) == []
    assert [each.rpartition("/")[2] for each in problems_of(bare, V1)] == [
        "memo:mandatory is missing",
        "memo:legalNotification is missing",
    ]
