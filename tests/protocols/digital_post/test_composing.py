"""What is made of a message: nothing telling where others may look, and the same every time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from circulation.digital_post.numbers import PostNumber
from circulation.kernel.results import Branch
from circulation.notices.claiming import Outgoing
from circulation.notices.kinds import NoticeKind
from protocols.digital_post.composing import CannotBePut, Composer
from protocols.digital_post.identities import Identities
from protocols.digital_post.kombi import Choice
from protocols.digital_post.memo.checking import problems_of
from protocols.digital_post.memo.documents import ActionCode
from protocols.digital_post.memo.messages import MemoVersion
from protocols.digital_post.settings import DigitalPostSettings, What
from tests.builders.digital_post import CPR, CVR

PAY, ACCOUNT = "https://www.example.org/betal", "https://www.example.org/min-side"
SETTINGS = DigitalPostSettings(
    "test",
    CVR,
    "Byens Bibliotek",
    "cert.pem",
    "key.pem",
    payment_url=PAY,
    account_url=ACCOUNT,
    letter_type=265,
)
BRANCH = Branch(
    1, "DK-900101", "Hovedbiblioteket", 1, "DK-900100", "Prøvekommunen", "Europe/Copenhagen"
)


def a_message(**fields: Any) -> Outgoing:
    message = Outgoing(
        7,
        NoticeKind.STAFF,
        "digital_post",
        "010111-xxxx",
        "da",
        "Besked fra\nbiblioteket",
        "Kære Ida\n\nPeters jul er klar.",
        "Ida Ørsted",
        BRANCH,
        1,
        datetime(2026, 11, 2, 8, 30, tzinfo=UTC),
        "Ida Ørsted, Algade 1, 9000 Aalborg",
        PostNumber("CPR", CPR, "010111-xxxx"),
    )
    return replace(message, **fields)


def composer(what: What = What.DIGITAL_POST, **settings: Any) -> Composer:
    return Composer(replace(SETTINGS, **settings), what, Identities(b"ours"))


@pytest.mark.parametrize("version", MemoVersion)
@pytest.mark.parametrize("what", [What.DIGITAL_POST, What.NEMSMS])
def test_nothing_that_the_platform_would_refuse(what: What, version: MemoVersion) -> None:
    for message in (
        a_message(),
        a_message(subject="æ" * 400, body="ø" * 5000, recipient="å" * 400),
        a_message(subject="", recipient=""),
        a_message(language="en"),
    ):
        assert problems_of(composer(what).memo(message), version) == []


def test_titles_stand_in_the_document_alone() -> None:
    for what in (What.DIGITAL_POST, What.NEMSMS):
        header = composer(what).memo(a_message()).message_header
        assert "Peters jul" not in repr(header)
        assert header.label == "Besked fra biblioteket"
    text = composer(What.NEMSMS).memo(a_message()).message_header.notification
    assert text == "Besked fra biblioteket. Hovedbiblioteket"


def test_it_says_which_message_it_is() -> None:
    header = composer().memo(a_message()).message_header
    assert (header.message_id, header.message_code) == ("7", "staff")
    assert header.message_uuid == Identities(b"ours").trace(7).message_uuid
    assert header.sender.attention_data is not None
    assert composer(What.NEMSMS).memo(a_message()) == composer(What.NEMSMS).memo(a_message())


@pytest.mark.parametrize(
    ("kind", "language", "button"),
    [
        (NoticeKind.BALANCE, "da", ("Betal", ActionCode.BETALING, PAY)),
        (NoticeKind.BILL, "en", ("Pay", ActionCode.BETALING, PAY)),
        (NoticeKind.PAYMENT_RECEIVED, "en", ("See your loans", ActionCode.SELVBETJENING, ACCOUNT)),
        (NoticeKind.OVERDUE, "da", ("Se dine lån", ActionCode.SELVBETJENING, ACCOUNT)),
    ],
)
def test_buttons(kind: NoticeKind, language: str, button: tuple[Any, ...]) -> None:
    body = composer().memo(a_message(kind=kind, language=language)).message_body
    assert body is not None
    (action,) = body.main_document.action
    assert action.entry_point is not None
    assert (action.label, action.action_code, action.entry_point.url) == button


def test_no_button_without_an_address() -> None:
    bare = composer(payment_url=None, account_url=None)
    for kind in (NoticeKind.BILL, NoticeKind.STAFF):
        body = bare.memo(a_message(kind=kind)).message_body
        assert body is not None
        assert body.main_document.action == ()


def test_a_letter_has_the_address_by_lines() -> None:
    letter = composer(What.LETTER).letter(a_message())
    assert letter.address is not None
    assert letter.address.name == "Ida Ørsted"
    assert letter.address.lines == ("Algade 1", "9000 Aalborg")
    assert letter.number == CPR
    by_address = a_message(number=None, address="Algade 1\n9000 Aalborg", postal="")
    letter = composer(What.LETTER).letter(by_address)
    assert letter.address is not None
    assert (letter.address.lines, letter.number) == (("Algade 1", "9000 Aalborg"), "0000000000")


def test_every_way_has_its_parts() -> None:
    for what, choice in (
        (What.DIGITAL_POST, Choice.DIGITAL_POST),
        (What.NEMSMS, Choice.NEMSMS),
        (What.LETTER, Choice.LETTER),
        (What.AUTOMATIC, Choice.AUTOMATIC),
    ):
        assert composer(what).request(a_message()).choice is choice


def test_what_cannot_be_put() -> None:
    with pytest.raises(CannotBePut, match="number"):
        composer().memo(a_message(number=None))
    with pytest.raises(CannotBePut, match="postal address"):
        composer(What.LETTER).letter(a_message(postal=""))
