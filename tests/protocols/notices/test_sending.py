"""A turn of the sender, with real channels: everything due, once, whatever dies in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from pydantic import TypeAdapter

from catalogue.database import Database
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from protocols.notices.channels import Call
from protocols.notices.sending import Sender
from protocols.notices.settings import NoticeSettings
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.notices import EMAIL, MOBILE, ask_for, lend, rule, states
from tests.protocols.notices.servers import gateway, mail_server

SECRET = "a secret that is long enough for all"


class _Died(BaseException):
    """The process is gone: nothing after this is written down."""


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


@contextmanager
def sending(library: Library, folder: Path, **channels: dict[str, Any]) -> Iterator[Sender]:
    settings = TypeAdapter(NoticeSettings).validate_python({"channels": channels})
    sender = Sender(library.database, library.circulation, settings, folder)
    try:
        yield sender
    finally:
        sender.close()


def files(name: str) -> dict[str, Any]:
    return {"driver": "files", "folder": f"outbox/{name}"}


def written(folder: Path, name: str) -> int:
    return len(list((folder / "outbox" / name).glob("*.txt")))


def say(library: Library, card: str) -> None:
    cause = Cause(key=f"staff {library.number()}")
    ask_for(library, card, NoticeKind.STAFF, cause, facts={"text": "Hej"})


def test_a_turn_sends_what_has_happened_and_what_is_due(library: Library, tmp_path: Path) -> None:
    rule(library, "sms", "email")
    rule(library, "email", kind=NoticeKind.LOAN_MADE)
    card = a_patron(library, phone=MOBILE, email=EMAIL)
    lend(library, card, an_item(library))
    say(library, card)
    with sending(library, tmp_path, sms=files("sms"), email=files("email")) as sender:
        counts = sender.take_turn(lambda: library.now)
        assert counts == {"notices": 2, "sent": 3}
        assert not sender.take_turn(lambda: library.now)
    assert (written(tmp_path, "sms"), written(tmp_path, "email")) == (2, 1)
    assert {state for *_, state in states(library, card)} == {"sent"}


def test_without_channels_everything_waits(library: Library, tmp_path: Path) -> None:
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    with sending(library, tmp_path) as sender:
        assert sender.take_turn(lambda: library.now) == {"notices": 1}
    assert states(library, card) == [("welcome", "", "waiting")]


def dying(sender: Sender, channel: str, *, after: bool) -> Callable[[], None]:
    """Has the process die when the channel is given a message, before or after it took it."""
    made: Any = sender.channels[channel]
    send = made.send

    def send_and_die(*arguments: Any) -> Any:
        if after:
            send(*arguments)
        raise _Died

    made.send = send_and_die

    def revive() -> None:
        made.send = send

    return revive


@pytest.mark.parametrize("after", [False, True], ids=["before it was sent", "after it was sent"])
def test_a_crash_never_sends_twice_where_the_channel_can_tell(
    after: bool, library: Library, tmp_path: Path
) -> None:
    rule(library, "email", kind=NoticeKind.STAFF)
    card = a_patron(library, email=EMAIL)
    say(library, card)
    with sending(library, tmp_path, email=files("email")) as sender:
        revive = dying(sender, "email", after=after)
        with pytest.raises(_Died):
            sender.take_turn(lambda: library.now)
        revive()
        assert written(tmp_path, "email") == int(after)
        assert states(library, card)[-1] == ("staff", "email", "sending")
        library.now += timedelta(minutes=16)
        counts = sender.take_turn(lambda: library.now)
    assert counts["given again"] == 1
    assert {state for *_, state in states(library, card)} == {"sent"}
    assert written(tmp_path, "email") == 1


@pytest.mark.parametrize("after", [False, True], ids=["before it was sent", "after it was sent"])
def test_a_crash_is_listed_for_staff_where_the_channel_cannot_tell(
    after: bool, library: Library, tmp_path: Path
) -> None:
    rule(library, "email", kind=NoticeKind.STAFF)
    card = a_patron(library, email=EMAIL)
    say(library, card)
    with mail_server() as server:
        smtp = {
            "driver": "smtp",
            "host": "localhost",
            "port": server.port,
            "sender": "bib@example.org",
            "security": "none",
        }
        with sending(library, tmp_path, email=smtp) as sender:
            revive = dying(sender, "email", after=after)
            with pytest.raises(_Died):
                sender.take_turn(lambda: library.now)
            revive()
            for _ in range(3):
                library.now += timedelta(minutes=16)
                sender.take_turn(lambda: library.now)
        assert len(server.mails) == int(after)
    assert states(library, card) == [("staff", "email", "unsure")]


def test_a_driver_that_breaks_its_promise_does_not_stop_the_others(
    library: Library, tmp_path: Path
) -> None:
    rule(library, "sms", kind=NoticeKind.STAFF)
    rule(library, "email", kind=NoticeKind.WELCOME)
    card = a_patron(library, phone=MOBILE, email=EMAIL)
    say(library, card)
    with sending(library, tmp_path, sms=files("sms"), email=files("email")) as sender:

        def fail(*arguments: Any) -> Any:
            raise ZeroDivisionError

        broken: Any = sender.channels["sms"]
        broken.send = fail
        assert sender.take_turn(lambda: library.now)["postponed"] == 1
    assert states(library, card) == [("staff", "sms", "waiting"), ("welcome", "email", "sent")]


def test_two_senders_at_once_send_each_message_once(library: Library, tmp_path: Path) -> None:
    rule(library, "email", kind=NoticeKind.STAFF)
    cards = [a_patron(library, email=EMAIL) for _ in range(30)]
    for card in cards:
        say(library, card)
    counts: list[int] = []
    with mail_server() as server:
        smtp = {
            "driver": "smtp",
            "host": "localhost",
            "port": server.port,
            "sender": "bib@example.org",
            "security": "none",
        }
        with (
            sending(library, tmp_path, email=smtp) as first,
            sending(library, tmp_path, email=smtp) as second,
        ):
            threads = [
                threading.Thread(
                    target=lambda each=each: counts.append(  # type: ignore[misc]
                        each.take_turn(lambda: library.now)["sent"]
                    )
                )
                for each in (first, second)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert sum(counts) == 30
        assert len({mail["Message-ID"] for mail in server.mails}) == len(server.mails) == 30


def test_a_text_renews_and_is_answered_over_the_gateway(library: Library, tmp_path: Path) -> None:
    rule(library, "sms", kind=NoticeKind.OVERDUE)
    card = a_patron(library, phone=MOBILE)
    lend(library, card, an_item(library, title="Peters jul"))
    library.pass_time(days=20)
    with gateway() as made:
        sms = {
            "driver": "http_sms",
            "url": made.url,
            "token": "t",
            "sender": "1204",
            "callback_secret": SECRET,
        }
        with sending(library, tmp_path, sms=sms) as sender:

            def call(told: dict[str, Any]) -> int:
                signed = {"x-gwapi-signature": jwt.encode(told, SECRET, algorithm="HS256")}
                return sender.receive("sms", Call("POST", "", signed, {}, b"", library.now)).status

            text = {"id": 1, "msisdn": 4522334455, "message": "Forny"}
            assert [call(text), call(text)] == [200, 200]
            sender.take_turn(lambda: library.now)
            (asked,) = made.asked
            assert asked.body["message"] == "Peters jul: fornyet til 12/1"
            status = {"id": 4711, "status": "DELIVERED", "userref": asked.body["userref"]}
            assert call(status) == 200
    assert states(library, card) == [("sms_renewed", "sms", "delivered")]
