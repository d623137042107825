"""What the rules on messages say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Annotated, ClassVar, Literal

from sqlalchemy import SmallInteger

from circulation.kernel.fitting import DESCRIBED, Between
from circulation.kernel.models import AsText, Model, Wanted
from circulation.notices.kinds import TRAITS, NoticeKind

_CHANNEL = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_QUIET = re.compile(r"([0-9]{1,2}:[0-9]{2})-([0-9]{1,2}:[0-9]{2})", re.ASCII)


def parse_time(text: str) -> time | None:
    """A time of the day as rules write it, ``9:30``; None where it is none."""
    hour, separator, minute = text.partition(":")
    if not separator or len(minute) != 2 or not (hour + minute).isascii():
        return None
    try:
        return time(int(hour), int(minute))
    except ValueError:
        return None


def parse_quiet(text: str) -> tuple[time, time] | None:
    """From when to when, perhaps over midnight; None where nothing is quiet."""
    found = _QUIET.fullmatch(text)
    if found is None:
        return None
    first, last = parse_time(found[1]), parse_time(found[2])
    return None if first is None or last is None or first == last else (first, last)


def _are_channels(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and all(isinstance(each, str) and _CHANNEL.fullmatch(each) for each in value)
        and len(set(value)) == len(value)
    )


def _are_groups(value: object) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(each, str) and len(each.split()) == 1 for each in value
    )


def _is_time(value: object) -> bool:
    return isinstance(value, str) and parse_time(value) is not None


def _is_quiet(value: object) -> bool:
    return isinstance(value, str) and (not value or parse_quiet(value) is not None)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PARTED_BY_BLANKS = AsText(" ".join, _split)
Channels = Annotated[
    tuple[str, ...],
    Wanted("CHANNELS", _are_channels, "ARE_NOT"),
    _PARTED_BY_BLANKS,
]
Groups = Annotated[tuple[str, ...], Wanted("GROUPS", _are_groups), _PARTED_BY_BLANKS]


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    """What the rules say of one kind of message to one patron category at one branch."""

    __pydantic_config__: ClassVar = DESCRIBED

    channels: Channels = ()
    """Where it is sent: the first that has an address; where that fails, the next. Without any
    nobody is told."""
    digest: Literal["none", "together", "day"] = "together"
    """Each for itself, all that are due in one message, or kept until `send_at` of the day and then
    in one."""
    send_at: Annotated[str, Wanted("A_TIME", _is_time)] = "09:00"
    """See `digest`."""
    quiet: Annotated[str, Wanted("QUIET_HOURS", _is_quiet)] = ""
    """Hours in which no channel is used that rings; empty: none."""
    verified: bool = False
    """Only to addresses that the patron has shown to be theirs."""
    guardians: Literal["none", "fallback", "copy", "instead"] = "fallback"
    """Guardians of children are never told, or where no channel reaches the child, or have a copy,
    or are told instead of the child. From 15 on only those to whom the child shows its account."""
    absent: Literal["send", "wait", "skip"] = "send"
    """While the patron is away it is sent, kept, or left."""
    days: Annotated[int, Between(0, 365), SmallInteger()] = 0
    """Before the date that it warns of, or after it where it tells that it is past."""
    on_request: bool = False
    """Only to patrons who have asked for it."""
    valid_hours: Annotated[int, Between(0, 8_784)] | None = None
    """Not sent any more so long after it was due; without it whenever."""
    keep_days: Annotated[int, Between(0, 36_500)] | None = None
    """How long its text is kept; without it what its kind is built in with."""
    at_desk: Groups = ()
    """In a rule of `hold_ready`: material groups, with those below them, that are handed over at
    the desk: who waits for one is told `ready_at_desk`."""
    in_reading_room: Groups = ()
    """The same of what is read in the house: `ready_in_reading_room`."""

    def days_kept(self, kind: NoticeKind) -> int:
        """How long the text is kept: what tells of amounts as proof, until no claim is left."""
        if self.keep_days is not None:
            return self.keep_days
        return _PROOF_DAYS if TRAITS[kind].is_proof else _USUAL_DAYS


#: Claims lapse after three years, one of them under collection; a year to close the accounts.
_PROOF_DAYS = 5 * 365
_USUAL_DAYS = 28


NOTICE_TERMS = Model(NoticeTerms, "NO_SUCH_MESSAGE_FIELD")
