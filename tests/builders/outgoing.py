"""Messages as channels are given them, and where channels are opened."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from circulation.kernel.engine import Circulation
from circulation.kernel.results import Branch
from circulation.notices.claiming import Outgoing
from circulation.notices.kinds import NoticeKind
from protocols.notices.channels import Channel, Surroundings, load_driver
from protocols.notices.settings import ChannelSettings, NoticeSettings

NOW = datetime(2027, 2, 1, 11, tzinfo=UTC)
BRANCH = Branch(
    1, "DK-900101", "Hovedbiblioteket", 1, "DK-900100", "Byens Biblioteker", "Europe/Copenhagen"
)


def a_message(**fields: Any) -> Outgoing:
    values: dict[str, Any] = {
        "id": 938025890612467819,
        "kind": NoticeKind.OVERDUE,
        "channel": "email",
        "address": "ida@example.org",
        "language": "da",
        "subject": "Lånetiden er udløbet",
        "body": "Kære Ida Ørsted\n\nLånetiden er udløbet for:\n* Peters jul <1866>\n* To\n\nHilsen",
        "recipient": "Ida Ørsted",
        "branch": BRANCH,
        "attempts": 1,
        "created": NOW,
        "postal": "Storegade 1, 1000 By",
    }
    return Outgoing(**values | fields)


def channel_settings(driver: str, name: str, **options: Any) -> ChannelSettings:
    """The section of a channel, checked as the configuration checks it."""
    section = {"channels": {name: {"driver": driver} | options}}
    return TypeAdapter(NoticeSettings).validate_python(section).channels[name]


def around(folder: Path) -> Surroundings:
    """Where a channel is opened that needs no database."""
    return Surroundings(folder, None, Circulation())  # type: ignore[arg-type]


def opened(driver: str, name: str, place: Path, /, **options: Any) -> Channel:
    """The channel, opened with these settings."""
    settings = channel_settings(driver, name, **options)
    return load_driver(driver).open(name, settings.options, around(place))
