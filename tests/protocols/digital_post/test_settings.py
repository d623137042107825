"""Settings are read as they should be, and what is wrong is said by name."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from catalogue.database import open_database
from circulation.kernel.engine import Circulation
from protocols.digital_post.channel import driver
from protocols.digital_post.settings import PLACES, DigitalPostSettings, What
from protocols.notices.channels import Surroundings, load_driver
from protocols.process.configuration import configuration_from
from protocols.process.foundation import ConfigurationError
from tests.protocols.digital_post.certificates import Authority, Pem

LEAST = {
    "environment": "test",
    "cvr": "12345678",
    "sender": "Byens Bibliotek",
    "certificate": "system.pem",
    "key": "system-key.pem",
}


def settings(**more: Any) -> DigitalPostSettings:
    return TypeAdapter(DigitalPostSettings).validate_python(LEAST | more)


def test_the_least_that_is_needed() -> None:
    found = settings()
    assert found.route == "sf1601"
    assert found.place == PLACES["sf1601", "test"]
    assert settings(route="direct", environment="production").place.url == (
        "https://api.digitalpost.dk/apis/v1"
    )
    assert settings(url="https://127.0.0.1:1/").place.url == "https://127.0.0.1:1/"


def test_what_a_channel_sends() -> None:
    assert settings().what("digital_post") is What.DIGITAL_POST
    assert settings().what("nemsms") is What.NEMSMS
    assert settings(letter_type=265).what("print") is What.LETTER
    assert settings(sends="nemsms").what("text") is What.NEMSMS
    with pytest.raises(ValueError, match="print: letters need letter_type"):
        settings().what("print")
    with pytest.raises(ValueError, match="route sf1601 alone"):
        settings(sends="automatic", route="direct", letter_type=1).what("digital_post")


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"cvr": "1234"}, "cvr"),
        ({"environment": "live"}, "environment"),
        ({"memo": "1.3"}, "memo"),
        ({"payment_url": "http://www.example.org"}, "payment_url"),
        ({"push_secret": "short"}, "push_secret"),
        ({"envelope": "A4"}, "envelope"),
        ({"colour": "blue"}, "colour"),
        ({"sender": ""}, "sender"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_what_is_wrong_is_said_by_name(more: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**more)
    assert [each["loc"][0] for each in caught.value.errors()] == [place]


def test_a_whole_configuration(tmp_path: Path) -> None:
    table = {"notices": {"channels": {"digital_post": LEAST | {"driver": "digital_post"}}}}
    found = configuration_from(table, tmp_path / "tiro.toml", {})
    assert found.notices.channels["digital_post"].options == settings()
    table["notices"]["channels"]["digital_post"]["cvr"] = "secret"
    with pytest.raises(ConfigurationError, match="cvr") as caught:
        configuration_from(table, tmp_path / "tiro.toml", {})
    assert "secret" not in str(caught.value)


def test_keys_that_belong_together(tmp_path: Path) -> None:
    path = tmp_path / "tiro.toml"
    keys = {"identifier_key": "ab" * 32, "seal_key": "cd" * 32}
    found = configuration_from({"circulation": keys}, path, {})
    assert found.circulation.identifiers.seal is not None
    assert configuration_from({}, path, {}).circulation.identifiers.seal is None
    with pytest.raises(ConfigurationError, match="seal_key needs identifier_key"):
        configuration_from({"circulation": {"seal_key": "cd" * 32}}, path, {})
    with pytest.raises(ConfigurationError, match="seal_key"):
        configuration_from({"circulation": keys | {"seal_key": "cd"}}, path, {})


def test_files_that_cannot_be_used(
    tmp_path: Path, own: Pem, authority: Authority, sqlite_url: str
) -> None:
    assert load_driver("digital_post") is driver
    with closing(open_database(sqlite_url)) as database:
        around = Surroundings(tmp_path, database, Circulation())
        files_are_tried(around, own, authority)


def files_are_tried(around: Surroundings, own: Pem, authority: Authority) -> None:
    with pytest.raises(ValueError, match="No such file"):
        driver.open("digital_post", settings(), around)
    right = {"certificate": str(own.certificate), "key": str(own.key)}
    driver.open("digital_post", settings(**right), around).close()
    stranger = authority.signed("another")
    with pytest.raises(ValueError, match="do not belong together"):
        driver.open("digital_post", settings(**right | {"key": str(stranger.key)}), around)
    (around.folder / "empty.pem").write_text("")
    with pytest.raises(ValueError, match="cannot be used"):
        driver.open("digital_post", settings(**right, authorities="empty.pem"), around)
