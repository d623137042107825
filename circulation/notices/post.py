"""What messages are made with in this process: templates, channels, a country."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from circulation.kernel.engine import Memory

if TYPE_CHECKING:
    from circulation.notices.channels import ChannelTraits
    from circulation.notices.rendering import Templates


def _shipped() -> Templates:
    from circulation.notices.rendering import Templates  # loads Jinja2

    return Templates()


def _usual() -> Mapping[str, ChannelTraits]:
    from circulation.notices.channels import CHANNELS  # a command that tells nobody needs none

    return CHANNELS


@dataclass
class Post:
    """What messages are made with: templates, and the channels that there are.

    `region` (ISO 3166) is where telephone numbers without a country code belong.
    """

    templates: Templates = field(default_factory=_shipped)
    channels: Mapping[str, ChannelTraits] = field(default_factory=_usual)
    region: str = "DK"


#: What the messages of this process are made with, as its configuration says.
POST: Final = Memory(Post)
