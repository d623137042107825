"""Files of off-line programs: Koha's ``.koc`` and Evergreen's lines of JSON, told apart by content.

A ``.koc`` has tabs: time, command, fields; the time is that of the wall, with hyphens or colons,
and milliseconds. In an older layout the command comes first and the time last. Evergreen's lines
are objects with the seconds since 1970. Either end of line will do, and short lines have empty
fields. A last line without an end may have been cut: half an amount, or half a barcode that is
another's, so it is not taken. Programs go on writing to a file that was taken in already, so whole
files come again and again: a line is known by what it says and how often the file has said it
before (`OffLine.name`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from circulation.calendars.due_dates import end_of_day

_STAMP: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d)[:-](\d\d)[:-](\d\d)(?:[ .,](\d{1,6}))?", re.ASCII
)
_END: Final = re.compile("\r\n|\n|\r")
_VERSION: Final = "Version="
_AMOUNT: Final = re.compile(r"\d{1,7}([.,]\d{1,8})?", re.ASCII)


class Command(Enum):
    """What a desk did."""

    ISSUE = "issue"
    RENEW = "renew"
    RETURN = "return"
    PAYMENT = "payment"
    REGISTER = "register"  # somebody became a patron
    USE = "use"  # an item was used in the house


_KOC: Final = {"issue": Command.ISSUE, "return": Command.RETURN, "payment": Command.PAYMENT}
_EVERGREEN: Final = {
    "checkout": Command.ISSUE,
    "renew": Command.RENEW,
    "checkin": Command.RETURN,
    "register": Command.REGISTER,
    "in_house_use": Command.USE,
}
#: Octets of a file: a desk writes a few hundred a line.
LARGEST: Final = 64 * 1024 * 1024


class OffLine(NamedTuple):
    """A line of a file. `fault`: why it cannot be read, or tells of what is not done here.

    `happened` is by a right clock, and may have been put back by staff; `written` is when they did
    it, in which order files are taken. `due` where the desk said until when.
    """

    file: str
    number: int
    name: str  # the same whenever the line comes again
    command: Command | None = None
    happened: datetime | None = None
    written: datetime | None = None
    patron: str = ""
    item: str = ""
    amount: Decimal | None = None
    due: datetime | None = None
    fault: str = ""
    is_json: bool = False


class Origin(NamedTuple):
    """Where a file is from: the branch, its time zone, and how many seconds its clock was fast."""

    branch_id: int
    timezone: str
    seconds_fast: float = 0.0


class NotOffLine(ValueError):
    """A file that no off-line program has written."""


def read_off_line(path: Path, origin: Origin) -> list[OffLine]:
    """The lines of a file, in its order. Raises NotOffLine, OSError."""
    if path.stat().st_size > LARGEST:
        raise NotOffLine(f"{path.name} has more than {LARGEST:,} octets")
    text = path.read_bytes().decode("utf-8-sig", "replace")
    lines = [(number, line) for number, line in enumerate(_END.split(text), 1) if line.strip()]
    if not lines:
        return []
    is_json = lines[0][1].lstrip().startswith("{")
    has_head = lines[0][1].startswith(_VERSION)
    is_old = lines[0][1].partition("\t")[0].strip() in _KOC
    if not is_json and not has_head and not is_old:
        raise NotOffLine(f"{path.name} is neither a .koc file nor lines of JSON")
    read = _evergreen if is_json else _koc
    found = list(_named(path.name, lines[has_head:], read, origin))
    if found and not is_json and not text.endswith(("\n", "\r")):
        last = found[-1]
        found[-1] = OffLine(last.file, last.number, last.name, fault="the file ends within it")
    return found


def _named(
    file: str,
    lines: list[tuple[int, str]],
    read: Callable[[str, Origin], dict[str, Any]],
    origin: Origin,
) -> Iterator[OffLine]:
    before: Counter[str] = Counter()
    for number, line in lines:
        said = line.strip()
        before[said] += 1
        name = f"{origin.branch_id}\0{said}\0{before[said]}"
        try:
            found = OffLine(file, number, name, **read(line, origin))
            (found.patron + found.item).encode()
        except UnicodeEncodeError:
            yield OffLine(file, number, name, fault="a character that no text holds")
        except OverflowError:
            yield OffLine(file, number, name, fault="no time")
        except ValueError as wrong:
            yield OffLine(file, number, name, fault=str(wrong))
        else:
            if "\0" in found.patron + found.item:
                found = OffLine(file, number, name, fault="a character that no text holds")
            yield found


def _koc(line: str, origin: Origin) -> dict[str, Any]:
    time, command, *fields = (*line.split("\t"), "", "")
    if time.strip() in _KOC:  # the older layout: command, card, barcode, time
        card, barcode, time, *_ = (command, *fields, "", "")
        command = line.partition("\t")[0]
        fields = [barcode] if command.strip() == Command.RETURN.value else [card, barcode]
    known = _KOC.get(command.strip())
    if known is None:
        raise ValueError("an unknown command")
    at = _stamp(time.strip(), origin)
    found: dict[str, Any] = {"command": known, "happened": at, "written": at}
    first, second, *_ = (*fields, "", "")
    if known is Command.RETURN:
        return found | {"item": first.strip()}
    if known is Command.PAYMENT:
        return found | {"patron": first.strip(), "amount": _amount(second.strip())}
    return found | {"patron": first.strip(), "item": second.strip()}


def _stamp(text: str, origin: Origin) -> datetime:
    found = _STAMP.fullmatch(text)
    if found is None:
        raise ValueError("no time")
    *parts, fraction = found.groups()
    try:
        local = datetime(*map(int, parts), tzinfo=ZoneInfo(origin.timezone))  # type: ignore[misc, arg-type]
    except ValueError:
        raise ValueError("no time") from None
    shown = local + timedelta(milliseconds=int((fraction or "0")[:3]))
    return shown.astimezone(UTC) - timedelta(seconds=origin.seconds_fast)


def _amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise ValueError("no amount")
    amount = Decimal(text.replace(",", "."))
    if not amount:
        raise ValueError("no amount")
    return amount


def _evergreen(line: str, origin: Origin) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(said, dict):
        raise ValueError("no JSON of a transaction")
    command = _EVERGREEN.get(str(said.get("type")))
    if command is None:
        raise ValueError("an unknown command")
    told = said.get("checkout_time") or said.get("backdate")
    written = _epoch(said.get("timestamp") or told, origin)
    return {
        "command": command,
        "happened": _put_back(told, written, origin) if told else written,
        "written": written,
        "is_json": True,
        "patron": _card(said),
        "item": str(said.get("barcode") or "").strip(),
        "due": _due(said.get("due_date"), origin) if said.get("due_date") else None,
    }


def _card(said: dict[str, Any]) -> str:
    """Of the patron, or of whoever was registered."""
    user = said.get("user")
    card = user.get("card") if isinstance(user, dict) else None
    barcode = card.get("barcode") if isinstance(card, dict) else None
    return str(said.get("patron_barcode") or barcode or "").strip()


def _put_back(told: Any, written: datetime, origin: Origin) -> datetime:
    """When it has happened; a day alone is its end, and nothing happens after it was written."""
    happened = _epoch(told, origin)
    if isinstance(told, str) and len(told) <= 10:
        happened = end_of_day(_local(told, origin).date(), origin.timezone)
    return min(happened, written)


def _epoch(value: Any, origin: Origin) -> datetime:
    try:
        seconds = float(value)
        return datetime.fromtimestamp(seconds, UTC) - timedelta(seconds=origin.seconds_fast)
    except (TypeError, ValueError, OverflowError, OSError):
        return _local(value, origin) - timedelta(seconds=origin.seconds_fast)


def _local(value: Any, origin: Origin) -> datetime:
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("no time") from None
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(origin.timezone))


def _due(value: Any, origin: Origin) -> datetime:
    read = _local(value, origin)
    return end_of_day(read.date(), origin.timezone) if len(str(value)) <= 10 else read
