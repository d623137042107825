"""The section ``[notices]`` of tiro.toml.

    [notices]
    templates = "templates"       # a folder of the library's own, beside this file
    region = "DK"                 # of telephone numbers without a country code
    every = 5.0                   # seconds between two looks for messages to send

    [notices.channels.email]      # a channel that rules may name, and the driver that serves it
    driver = "smtp"
    host = "mail.example.org"

A channel whose name is not built in says which built-in one it is `like`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from circulation.kernel.fitting import Checked
from circulation.languages.installed import own_folders
from circulation.languages.sentences import Sentence
from circulation.notices.channels import CHANNELS
from circulation.notices.post import Post
from circulation.notices.rendering import Templates
from protocols.hosting.validating import adapter_of, problem_of
from protocols.notices.channels import Channel, driver_names, load_driver


@dataclass(frozen=True)
class ChannelSettings:
    """A channel: its driver, the channel it is like, and the driver's own settings."""

    #: What sends its messages; each driver has settings of its own, below.
    driver: str
    #: The built-in channel whose addresses and form it uses; without it, that of its own name.
    like: str = ""
    options: Any = None


def _channels(value: object) -> dict[str, ChannelSettings]:
    if not isinstance(value, Mapping):
        raise ValueError("must be tables: [notices.channels.email]")
    return {name: _channel(name, table) for name, table in value.items()}


def _channel(name: str, table: object) -> ChannelSettings:
    if isinstance(table, ChannelSettings):
        return table
    if not isinstance(table, Mapping):
        raise ValueError(f"{name} must be a table")
    options = dict(table)
    driver, like = options.pop("driver", None), options.pop("like", name)
    if driver not in driver_names():
        raise ValueError(f"{name}: driver must be one of {', '.join(driver_names())}")
    if like not in CHANNELS:
        raise ValueError(f"{name}: like must be one of {', '.join(sorted(CHANNELS))}")
    try:
        settings = adapter_of(load_driver(driver).settings).validate_python(options)
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(str(part) for part in each['loc'])}: {problem_of(each)}"
            for each in error.errors()
        )
        raise ValueError(f"{name}: {told}") from None
    return ChannelSettings(driver, like, settings)


def _region(text: str) -> str:
    """Return the region of telephone numbers; empty where each needs its country code."""
    from phonenumbers import SUPPORTED_REGIONS

    if text and text not in SUPPORTED_REGIONS:
        raise ValueError(Sentence("MUST", what=Sentence("A_COUNTRY")))
    return text


@dataclass(frozen=True)
class NoticeSettings:
    """The section ``[notices]``; without channels nothing is sent, and what is due waits."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    #: A folder of the library's own templates, beside tiro.toml where it is relative.
    templates: str | None = None
    #: The country (ISO 3166) of telephone numbers without a country code.
    region: Annotated[str, Checked(_region)] = "DK"
    #: Seconds between two polls for messages that must be sent.
    every: Annotated[float, Field(gt=0, le=3600)] = 5.0
    #: Files of fonts, for letters with characters that the fonts of Tiro lack; paths start at the
    #: folder of tiro.toml.
    fonts: tuple[str, ...] = ()
    #: A table for each channel that rules may name, with its driver and the driver's settings.
    channels: Annotated[dict[str, ChannelSettings], BeforeValidator(_channels)] = field(
        default_factory=dict
    )


#: How the reason begins why a letter is not printed.
NO_FONT: Final = "no font has "


def own_fonts(settings: NoticeSettings, folder: Path) -> tuple[Path, ...]:
    """Return the files of the library's own fonts."""
    return tuple(folder / each for each in settings.fonts)


def post_of(
    settings: NoticeSettings, folder: Path, opened: Mapping[str, Channel] | None = None
) -> Post:
    """The settings for making messages; what open channels say of themselves comes first."""
    traits = {}
    for name, channel in settings.channels.items():
        like = CHANNELS[channel.like]
        is_open = (opened or {}).get(name)
        traits[name] = replace(
            like,
            knows_ids=like.knows_ids if is_open is None else is_open.knows_ids,
            confirms=like.confirms if is_open is None else is_open.confirms,
            takes_answers=is_open is not None and is_open.takes_answers,
        )
    own = [] if settings.templates is None else [folder / settings.templates]
    return Post(Templates(*own, *own_folders()), traits, settings.region)
