"""Messages to a program of the library's own: signed, given once, and told of later."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from circulation.notices.kinds import NoticeState
from protocols.notices.channels import Call, Channel, Doubtful, NotSent, Report, Sent, TryAgain
from protocols.notices.webhook import signature
from tests.builders.outgoing import NOW, a_message, opened
from tests.protocols.notices.servers import Gateway, gateway

SECRET = "a secret of some length"


def channel(folder: Path, url: str, **options: Any) -> Channel:
    return opened("webhook", "push", folder, url=url, secret=SECRET, **options)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Gateway, Channel]]:
    with gateway() as made:
        yield made, channel(tmp_path, made.url)


def test_a_message_as_the_program_gets_it(served: tuple[Gateway, Channel]) -> None:
    made, push = served
    message = a_message(channel="push", address="P0000001", body="Klar til dig")
    assert push.send(message, NOW) == Sent(str(message.uuid))
    (asked,) = made.asked
    assert asked.body == {
        "id": str(message.uuid),
        "type": "overdue",
        "to": "P0000001",
        "language": "da",
        "subject": "Lånetiden er udløbet",
        "text": "Klar til dig",
        "library": "DK-900101",
    }
    assert asked.headers["idempotency-key"] == str(message.uuid)
    seconds, signed = asked.headers["tiro-signature"].removeprefix("t=").split(", v1=")
    body = json.dumps(asked.body, ensure_ascii=False).encode()
    wanted = hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    assert (int(seconds), signed) == (int(NOW.timestamp()), wanted)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(204, Sent), (404, NotSent), (410, NotSent), (403, TryAgain), (503, TryAgain)],
)
def test_answers(status: int, kind: type[Any], served: tuple[Gateway, Channel]) -> None:
    made, push = served
    made.answer = lambda asked: (status, {})
    assert isinstance(push.send(a_message(), NOW), kind)


def test_a_program_that_hangs_up(tmp_path: Path) -> None:
    with gateway() as made:
        made.answer = lambda asked: None
        knows = channel(tmp_path, made.url)
        forgets = channel(tmp_path, made.url, idempotent=False)
        assert (knows.knows_ids, forgets.knows_ids) == (True, False)
        assert isinstance(knows.send(a_message(), NOW), TryAgain)
        assert isinstance(forgets.send(a_message(), NOW), Doubtful)


def call(body: bytes, *, age: timedelta = timedelta(0), secret: str = SECRET) -> Call:
    signed = signature(secret, body, NOW - age)
    return Call("POST", "", {"tiro-signature": signed}, {}, body, NOW)


def test_what_became_of_it(served: tuple[Gateway, Channel]) -> None:
    _, push = served
    uuid = str(a_message().uuid)
    body = json.dumps({"id": uuid, "state": "read"}).encode()
    assert push.receive(call(body)).reports == (Report(NoticeState.READ, reference=uuid),)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (call(b'{"id": "1", "state": "read"}', secret="another secret, as long"), 403),
        (call(b'{"id": "1", "state": "read"}', age=timedelta(minutes=6)), 403),
        (call(b'{"id": "1", "state": "eaten"}'), 400),
        (call(b"[]"), 400),
        (call(b"\xff"), 400),
        (Call("POST", "", {}, {}, b"{}", NOW), 403),
        (Call("GET", "", {}, {}, b"", NOW), 404),
    ],
)
def test_other_calls_are_not_taken(
    made: Call, status: int, served: tuple[Gateway, Channel]
) -> None:
    received = served[1].receive(made)
    assert (received.status, received.reports) == (status, ())
