"""From a notice to the box and back: the channel in the sender, against the loopback platform."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import Database, metadata
from circulation.digital_post.receipts import unknown_receipts
from circulation.kernel.reasons import IdentifierBlock
from circulation.kernel.results import UNATTENDED
from circulation.notices.claiming import claim
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.identifiers import block_identifier, find_patron
from protocols.digital_post.memo.messages import MessageType
from protocols.notices.sending import Sender
from tests.builders.circulation import a_patron
from tests.builders.digital_post import CPR, a_push
from tests.builders.tables import rows_of
from tests.protocols.digital_post.certificates import Authority, Pem
from tests.protocols.digital_post.platform import Behaviour, Platform
from tests.protocols.digital_post.sending import PostOffice, a_post_office, give_number, section

KOMBI = "/service/KombiPostAfsend_1/kombi"
MEMOS = "/apis/v1/memos/"
Offices = Callable[..., PostOffice]


@pytest.fixture
def office(
    database: Database, platform: Platform, own: Pem, authority: Authority, tmp_path: Path
) -> Any:
    """Makes a post office of channels with these settings."""
    made: list[Sender] = []

    def make(**channels: dict[str, Any]) -> PostOffice:
        sections = {
            name: more if "driver" in more else section(platform, own, authority, **more)
            for name, more in (channels or {"digital_post": {}}).items()
        }
        post_office = a_post_office(database, platform, tmp_path, sections)
        made.append(post_office.sender)
        return post_office

    yield make
    for sender in made:
        sender.close()


def test_accepted_is_not_delivered(office: Offices, platform: Platform) -> None:
    post = office()
    post.ask()
    assert post.turn()["sent"] == 1
    assert post.states() == [("digital_post", "sent")]
    (taken,) = platform.taken
    assert taken.message is not None
    header = taken.message.message_header
    uuid, message_id = post.names()
    assert (header.message_uuid, header.message_id) == (uuid, message_id)
    assert header.recipient.recipient_id == CPR
    assert header.label == "Besked fra biblioteket"
    body = taken.message.message_body
    assert body is not None
    assert body.main_document.file[0].content.startswith(b"%PDF")

    post.push(a_push("e1", uuid, message_id, "Modtaget Digital Post"))
    assert post.states() == [("digital_post", "sent")]
    answer = post.push(a_push("e2", uuid, message_id, "Afleveret Digital Post"))
    assert (answer.status, b">20<" in answer.body) == (200, True)
    assert post.states() == [("digital_post", "delivered")]
    # What comes late, or again, takes nothing back.
    post.push(a_push("e2", uuid, message_id, "Afleveret Digital Post"))
    post.push(a_push("e3", uuid, message_id, "Modtaget Digital Post"))
    assert post.states() == [("digital_post", "delivered")]
    assert sorted(each.status for each in post.receipts()) == [
        "Afleveret Digital Post",
        "Modtaget Digital Post",
        "Modtaget Digital Post",
    ]


def test_who_has_no_box_is_written_to_by_the_next_channel(
    office: Offices, platform: Platform
) -> None:
    post = office(digital_post={}, print={"letter_type": 265})
    with_address(post, "Algade 1, 9000 Aalborg")
    platform.enrolled = set()
    post.ask()
    post.turn()
    post.turn(minutes=1)
    assert post.states() == [("digital_post", "failed"), ("print", "sent")]
    assert "not enrolled in digitalpost" in post.messages()[0].error
    assert [each.choice for each in platform.taken] == ["Fysisk Post"]


def test_a_failure_that_is_told_later_brings_the_next_channel(
    office: Offices, platform: Platform
) -> None:
    post = office(digital_post={}, print={"letter_type": 265})
    with_address(post, "Algade 1, 9000 Aalborg")
    post.ask()
    post.turn()
    push = a_push("e1", *post.names(), "Fejlet", error=("memo.invalid", f"about {CPR}"))
    post.push(push)
    post.turn(minutes=1)
    assert post.states() == [("digital_post", "failed"), ("print", "sent")]
    assert post.messages()[0].error == "memo.invalid: about xxxxxx-xxxx"
    assert [each.choice for each in platform.taken] == ["Digital Post", "Fysisk Post"]


def test_a_letter_is_followed_by_its_own_receipts(office: Offices, platform: Platform) -> None:
    post = office(print={"letter_type": 265})
    with_address(post, "Algade 1\n9000 Aalborg")
    post.ask()
    post.turn()
    (taken,) = platform.taken
    assert taken.letter is not None
    identifier = taken.letter.findtext(".//{*}AfsendelseIdentifikator") or ""
    assert taken.letter.findtext(".//{*}PostalAddressFirstLineText") == "Algade 1"
    for number, status in enumerate(("Klar", "Modtaget Post Danmark")):
        post.push(a_push(f"e{number}", "", identifier, status), "print")
    assert post.states() == [("print", "sent")]
    assert [each.status for each in post.receipts()] == ["Klar", "Modtaget Post Danmark"]


def test_one_subscription_serves_all_channels(office: Offices, platform: Platform) -> None:
    post = office(nemsms={}, digital_post={})
    post.ask()
    post.turn()
    (taken,) = platform.taken
    assert (taken.choice, taken.message and taken.message.message_body) == ("NemSMS", None)
    post.push(a_push("e1", *post.names(), "Afleveret Digital Post"), "digital_post")
    assert post.states() == [("nemsms", "delivered")]


def test_a_text_is_neutral_and_short(office: Offices, platform: Platform) -> None:
    post = office(nemsms={})
    post.ask(text="Krohn: Peters jul er klar. " * 10)
    post.turn()
    (taken,) = platform.taken
    assert taken.message is not None
    assert taken.message.message_header.message_type is MessageType.NEMSMS
    assert taken.message.message_header.notification == "Besked fra biblioteket. Hovedbiblioteket"


def test_a_text_as_it_is_where_that_is_wanted(office: Offices, platform: Platform) -> None:
    post = office(nemsms={"nemsms_text": "body"})
    for text in ("Peters jul er klar.", "Peters jul er klar. " * 10):
        post.ask(text=text)
        post.turn()
    texts = [each.message.message_header.notification for each in platform.taken if each.message]
    assert texts == ["Peters jul er klar.", "Besked fra biblioteket. Hovedbiblioteket"]


def test_both_at_once_where_the_platform_is_to_pick(office: Offices, platform: Platform) -> None:
    post = office(digital_post={"sends": "automatic", "letter_type": 265})
    with_address(post, "Algade 1, 9000 Aalborg")
    post.ask()
    post.turn()
    (taken,) = platform.taken
    assert taken.choice == "Automatisk Valg"
    assert taken.message is not None
    assert taken.letter is not None
    assert taken.letter.findtext(".//{*}CPRnummerIdentifikator") == CPR


@pytest.mark.parametrize("memo", ["1.1", "1.2"])
def test_the_direct_way(memo: str, office: Offices, platform: Platform) -> None:
    post = office(digital_post={"route": "direct", "memo": memo})
    post.ask()
    post.turn()
    assert [each.choice for each in platform.taken] == ["direct"]
    uuid, message_id = post.names()
    for name, status in (("r1", "RECEIVED"), ("r2", "COMPLETED")):
        platform.receipts[name] = {
            "id": name,
            "messageUUID": uuid,
            "messageId": message_id,
            "receiptStatus": status,
            "timeStamp": "2026-11-25T11:00:00Z",
        }
    assert post.turn()["reports"] == 2
    assert post.states() == [("digital_post", "delivered")]
    assert platform.receipts == {}
    assert [each.status for each in post.receipts()] == ["RECEIVED", "COMPLETED"]


@pytest.mark.parametrize("route", ["sf1601", "direct"])
def test_a_crash_between_sending_and_writing_down(
    route: str, office: Offices, platform: Platform
) -> None:
    post = office(digital_post={"route": route})
    post.ask()
    library = post.library
    # A process that claims the message, gives it over, and dies.
    outgoing, _ = library.write(
        lambda transaction: claim(library.act(transaction, UNATTENDED), post.sender.post)
    )
    post.sender.channels["digital_post"].send(outgoing[0], library.now)
    assert post.states() == [("digital_post", "sending")]
    assert post.turn(minutes=1)["sent"] == 0
    assert post.turn(minutes=15)["given again"] == 1
    assert post.states() == [("digital_post", "sent")]
    assert len(platform.taken) == 1
    assert platform.calls_of("kombi") + platform.calls_of("memos/") == 2


@pytest.mark.parametrize(("route", "path"), [("sf1601", KOMBI), ("direct", MEMOS)])
def test_an_answer_that_was_lost(
    route: str, path: str, office: Offices, platform: Platform
) -> None:
    platform.next_calls[path] = [Behaviour(is_dropped=True)]
    post = office(digital_post={"route": route})
    post.ask()
    assert post.turn()["postponed"] == 1
    assert post.turn(minutes=3)["sent"] == 1
    assert post.states() == [("digital_post", "sent")]
    assert len(platform.taken) == 1


def test_what_may_have_been_taken_is_never_sent_another_way(
    office: Offices, platform: Platform
) -> None:
    post = office(digital_post={}, print={"letter_type": 265})
    with_address(post, "Algade 1, 9000 Aalborg")
    platform.next_calls[KOMBI] = [
        Behaviour(is_dropped=True),
        Behaviour(fault=("memo.invalid", "something")),
    ]
    post.ask()
    post.turn()
    platform.enrolled = set()  # who has left meanwhile was written to all the same
    post.turn(minutes=3)
    assert post.states() == [("digital_post", "unsure")]
    assert len(platform.taken) == 1
    # A receipt tells what staff need not ask.
    post.push(a_push("e1", *post.names(), "Afleveret Digital Post"))
    assert post.states() == [("digital_post", "delivered")]


def test_a_platform_that_is_down_for_days(office: Offices, platform: Platform) -> None:
    post = office(digital_post={}, print={"letter_type": 265})
    with_address(post, "Algade 1, 9000 Aalborg")
    platform.next_calls[KOMBI] = [Behaviour(status=503)] * 10
    post.ask()
    for _ in range(12):
        post.turn(hours=7)
    assert post.states() == [("digital_post", "failed"), ("print", "sent")]


def test_a_platform_that_does_not_let_us_in(
    office: Offices, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    """Our certificate has run out, say: nobody is written to on paper because of that."""
    post = office(digital_post={}, print={"letter_type": 265})
    with_address(post, "Algade 1, 9000 Aalborg")
    platform.next_calls["/service/AccessTokenService_1/token"] = [Behaviour(status=401)]
    post.ask()
    post.turn()
    assert post.states() == [("digital_post", "waiting")]
    assert "does not let us in: token-401" in caplog.text
    post.turn(minutes=3)
    assert post.states() == [("digital_post", "sent")]


def test_a_platform_that_is_down_is_left_alone_for_a_while(
    office: Offices, platform: Platform
) -> None:
    platform.next_calls[KOMBI] = [Behaviour(status=503), Behaviour(status=503)]
    post = office()
    for _ in range(5):
        post.ask()
        post.turn()
    assert platform.calls_of("kombi") == 1
    assert post.states() == [("digital_post", "waiting")] * 5
    post.turn(minutes=3)
    assert platform.calls_of("kombi") == 2
    post.turn(minutes=7)
    assert post.states() == [("digital_post", "sent")] * 5
    assert len(platform.taken) == 5


def test_a_platform_that_never_answers(office: Offices, platform: Platform) -> None:
    post = office(digital_post={}, print={"letter_type": 265})
    with_address(post, "Algade 1, 9000 Aalborg")
    platform.next_calls[KOMBI] = [Behaviour(status=500)] * 10
    post.ask()
    for _ in range(12):
        post.turn(hours=7)
    assert post.states() == [("digital_post", "unsure")]


def test_a_letter_whose_call_was_not_answered_is_for_staff(
    office: Offices, platform: Platform
) -> None:
    platform.next_calls[KOMBI] = [Behaviour(is_dropped=True)]
    post = office(print={"letter_type": 265})
    with_address(post, "Algade 1, 9000 Aalborg")
    post.ask()
    for _ in range(3):
        post.turn(hours=1)
    assert post.states() == [("print", "unsure")]
    assert len(platform.taken) == 1


def test_a_company_is_written_to_by_its_number(office: Offices, platform: Platform) -> None:
    post = office()
    a_patron(post.library, "P2")
    give_number(post.library, "P2", "87654321", "cvr")
    platform.enrolled.add(("digitalpost", "87654321"))
    post.ask("P2")
    post.turn()
    (taken,) = platform.taken
    assert taken.message is not None
    assert taken.message.message_header.recipient.id_type == "CVR"
    assert post.messages()[0].address == "87654321"


def test_who_has_no_number_has_no_contact_data(office: Offices) -> None:
    post = office()
    a_patron(post.library, "P2")
    post.ask("P2")
    post.turn()
    assert post.messages() == []


def test_a_number_that_was_blocked_is_not_written_to(office: Offices, platform: Platform) -> None:
    post = office()
    library = post.library
    library.write(
        lambda transaction: block_identifier(
            library.act(transaction, UNATTENDED), CPR, IdentifierBlock.LOST
        )
    )
    post.ask()
    post.turn()
    assert platform.taken == []


def test_no_number_is_stored_shown_or_logged(
    office: Offices, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    platform.next_calls[KOMBI] = [
        Behaviour(fault=("recipient", f"{CPR} is unknown")),
        Behaviour(is_dropped=True),
    ]
    post = office(digital_post={})
    for _ in range(3):
        post.ask()
        post.turn()
    post.turn(minutes=3)
    post.push(a_push("e1", *post.names(), "Fejlet", error=("x", f"no {CPR}, 010111-0000")))
    post.push(a_push("e2", "", "", "Fejlet", error=("x", f"no {CPR}")))
    assert len(platform.taken) == 2

    stored = everything_in(post)
    assert "010111-xxxx" in stored
    for text in (stored, caplog.text, repr(post.messages())):
        assert CPR not in text
        assert "010111-0000" not in text


def everything_in(post: PostOffice) -> str:
    rows: list[str] = []
    for table in metadata.sorted_tables:
        rows += map(repr, post.library.read(rows_of(table)))
    return "\n".join(rows)


def test_receipts_of_messages_that_nobody_knows_are_kept(office: Offices) -> None:
    post = office()
    post.ask()
    post.turn()
    uuid, message_id = post.names()
    wrong = "8c2ea15d-61fb-4ba9-9366-42f8b194c114"
    post.push(a_push("e1", wrong, message_id, "Afleveret Digital Post"))
    post.push(a_push("e2", uuid, "12", "Afleveret Digital Post"))
    assert post.states() == [("digital_post", "sent")]
    since = post.library.now
    unknown = post.library.read(lambda transaction: unknown_receipts(transaction, since=since))
    assert [each.message_uuid for each in unknown] == [wrong, uuid]


def test_who_may_push(office: Offices) -> None:
    post = office(digital_post={"push_secret": "a-secret-of-16-letters"}, nemsms={"callers": []})
    post.ask()
    post.turn()
    push = a_push("e1", *post.names(), "Afleveret Digital Post")
    assert post.push(push, path="another-secret-of-it").status == 403
    assert post.push(push, "nemsms").status == 404
    assert post.push(push, method="GET").status == 405
    refused = post.push(b"<nothing/>")
    assert (refused.status, b">40<" in refused.body) == (400, True)
    assert post.states() == [("digital_post", "sent")]
    assert post.push(push, path="receipts/a-secret-of-16-letters").status == 200
    assert post.states() == [("digital_post", "delivered")]


def with_address(post: PostOffice, address: str) -> None:
    library = post.library

    def work(transaction: Any) -> None:
        patron_id = find_patron(transaction, "P1")
        assert patron_id is not None
        add_address(library.act(transaction, UNATTENDED), patron_id, NewAddress(lines=address))

    library.write(work)
