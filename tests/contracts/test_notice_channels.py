"""What every channel must keep: run over each driver that is installed, by entry point.

A driver is opened with settings that lead nowhere: whatever it does there, it says so as an
outcome. One that needs more than these settings has them in `SETTINGS`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import open_database
from circulation.kernel.engine import Circulation
from protocols.notices.channels import (
    Call,
    Channel,
    Doubtful,
    NotSent,
    Received,
    Sent,
    Surroundings,
    TryAgain,
    driver_names,
    load_driver,
)
from tests.builders.outgoing import NOW, a_message, channel_settings
from tests.protocols.digital_post.certificates import Authority

NOWHERE = "https://127.0.0.1:1/"
SECRET = "a secret that is long enough for all"
SETTINGS: dict[str, dict[str, Any]] = {
    "digital_post": {
        "environment": "test",
        "cvr": "12345678",
        "sender": "Bib",
        "certificate": "own.pem",
        "key": "own-key.pem",
        "url": NOWHERE,
        "issue_url": NOWHERE,
        "push_secret": SECRET.replace(" ", "-"),
    },
    "files": {"folder": "out"},
    "http_sms": {"url": NOWHERE, "token": SECRET, "sender": "Bib", "callback_secret": SECRET},
    "print": {"folder": "paper"},
    "smtp": {
        "host": "127.0.0.1",
        "port": 1,
        "sender": "bib@example.org",
        "password": SECRET,
        "user": "bib",
    },
    "webhook": {"url": NOWHERE, "secret": SECRET},
}
DRIVERS = driver_names()


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def channel(driver: str, sqlite_url: str, tmp_path: Path) -> Iterator[Channel]:
    database = open_database(sqlite_url)
    settings = channel_settings(driver, "sms", **SETTINGS[driver])
    Authority(tmp_path).signed("own")  # for channels that show a certificate
    around = Surroundings(tmp_path, database, Circulation())
    made = load_driver(driver).open("sms", settings.options, around)
    yield made
    made.close()
    database.close()


def test_the_drivers_are_installed() -> None:
    assert set(driver_names()) >= {"digital_post", "files", "http_sms", "print", "smtp", "webhook"}


def test_settings_are_frozen_and_refuse_what_they_do_not_know(driver: str) -> None:
    settings = load_driver(driver).settings
    assert dataclasses.is_dataclass(settings)
    assert settings.__dataclass_params__.frozen  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="misspelt"):
        channel_settings(driver, "sms", **SETTINGS[driver] | {"misspelt": 1})


def test_a_mistake_in_the_settings_does_not_show_a_secret(driver: str) -> None:
    with pytest.raises(ValueError, match="sms: ") as caught:
        channel_settings(driver, "sms", **SETTINGS[driver] | {"timeout": SECRET, "folder": 1})
    assert SECRET not in str(caught.value)


def test_what_goes_wrong_is_an_outcome(channel: Channel) -> None:
    message = a_message(channel="sms", address="+4522334455")
    for each in (message, a_message(address="", body="", subject="")):
        try:
            outcome = channel.send(each, NOW)
        except ValueError:
            assert not each.address, "only a message without an address may be refused so"
            continue
        assert isinstance(outcome, Sent | TryAgain | NotSent | Doubtful)
        assert SECRET not in getattr(outcome, "why", "")


def test_whether_it_knows_ids_is_a_flag_that_stays(channel: Channel) -> None:
    assert channel.knows_ids in (True, False)
    first = channel.knows_ids
    channel.send(a_message(channel="sms", address="+4522334455"), NOW)
    assert channel.knows_ids is first


def test_whether_it_confirms_is_a_flag(channel: Channel) -> None:
    assert channel.confirms in (True, False)


def test_whether_it_takes_answers_is_a_flag(channel: Channel) -> None:
    assert channel.takes_answers in (True, False)


def test_a_channel_that_knows_ids_takes_a_message_once(
    driver: str, channel: Channel, tmp_path: Path
) -> None:
    if not channel.knows_ids:
        return  # its messages are staff's to decide on
    message = a_message(channel="sms", address="+4522334455")
    outcomes = [channel.send(message, NOW) for _ in range(2)]
    assert type(outcomes[0]) is type(outcomes[1])
    written = [path for path in tmp_path.rglob(f"*{message.id}*") if path.is_file()]
    assert len(written) <= 1


def test_nothing_is_told_where_nothing_is_known(channel: Channel) -> None:
    told: list[Any] = []
    assert channel.collect(told.append) == 0
    assert told == []


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("body", [b"", b"{}", b"\x00\xff", b"[1, 2]"])
def test_a_stranger_who_calls_learns_and_changes_nothing(
    method: str, body: bytes, channel: Channel
) -> None:
    received = channel.receive(Call(method, "x/y", {"a": "b"}, {"key": "x"}, body, NOW))
    assert isinstance(received, Received)
    assert received.status in (400, 401, 403, 404, 405)
    assert not received.reports
    assert not received.texts


def test_it_may_be_closed_twice(channel: Channel) -> None:
    channel.close()
    channel.close()
