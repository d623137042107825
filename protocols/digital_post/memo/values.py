"""The simple types of MeMo (MeMo_dataTypes.xsd): how values become text and back, and their limits.
A message about a value that breaks a limit never quotes the value, which may be personal.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from protocols.digital_post.memo.documents import ActionCode
from protocols.digital_post.memo.messages import MessageType

_UUID_4 = re.compile(
    r"[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-4[a-fA-F0-9]{3}-[aAbB89][a-fA-F0-9]{3}-[a-fA-F0-9]{12}",
    re.ASCII,
)
_LANGUAGE = re.compile(r"[a-zA-Z]{1,2}", re.ASCII)
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z", re.ASCII
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
#: What XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Simple:
    """One simple type. `read` raises ValueError; `problem` says what is wrong with a value."""

    kind: type[Any]
    write: Callable[[Any], str]
    read: Callable[[str], Any]
    problem: Callable[[Any], str | None]


def _text_problem(longest: int) -> Callable[[str], str | None]:
    def problem(value: str) -> str | None:
        if len(value) > longest:
            return f"has more than {longest} characters"
        if _NOT_XML.search(value):
            return "holds a control character"
        return None

    return problem


def _text(longest: int, further: Callable[[str], str | None] | None = None) -> Simple:
    basic = _text_problem(longest)

    def problem(value: str) -> str | None:
        return basic(value) or (None if further is None else further(value))

    return Simple(str, str, str, problem)


def _matches(pattern: re.Pattern[str], otherwise: str) -> Callable[[str], str | None]:
    return lambda value: None if pattern.fullmatch(value) else otherwise


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.strip()]


def _date_time(text: str) -> datetime:
    if not _DATE_TIME.fullmatch(text.strip()):
        raise ValueError("no time that ends in Z")
    whole, _, fraction = text.strip()[:-1].partition(".")
    return datetime.fromisoformat(whole).replace(
        microsecond=int(fraction[:6].ljust(6, "0")) if fraction else 0, tzinfo=UTC
    )


def _write_date_time(value: datetime) -> str:
    shown = value.astimezone(UTC).replace(tzinfo=None)
    exact = "milliseconds" if shown.microsecond else "seconds"
    return shown.isoformat(timespec=exact) + "Z"


def _date(text: str) -> date:
    if not _DATE.fullmatch(text.strip()):
        raise ValueError("no date")
    return date.fromisoformat(text.strip())


def _content(text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except NoBase64 as error:
        raise ValueError("no base64") from error


def _at_most(longest: int) -> Callable[[int], str | None]:
    return lambda value: None if 0 <= value <= longest else "is no number of that register"


def _never(value: object) -> None:
    return None


TEXT = _text(256)
COMMENT = _text(512)
NOTIFICATION = _text(150)
LICENCE_NUMBER = _text(7)
URI = _text(256)
UUID = _text(36, _matches(_UUID_4, "is no UUID of version 4"))
LANGUAGE = _text(2, _matches(_LANGUAGE, "is no language of two letters"))
P_NUMBER = Simple(int, str, int, _at_most(9_999_999_999))
GLN = Simple(int, str, int, _at_most(9_999_999_999_999))
BOOLEAN = Simple(bool, lambda value: "true" if value else "false", _boolean, _never)
DATE = Simple(date, lambda value: str(value.isoformat()), _date, _never)
DATE_TIME = Simple(
    datetime,
    _write_date_time,
    _date_time,
    lambda value: "has no time zone" if value.tzinfo is None else None,
)
CONTENT = Simple(bytes, lambda value: b64encode(value).decode("ascii"), _content, _never)
MESSAGE_TYPE = Simple(MessageType, lambda value: str(value.value), MessageType, _never)
ACTION_CODE = Simple(ActionCode, lambda value: str(value.value), ActionCode, _never)
