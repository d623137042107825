"""Files of off-line programs: Koha's ``.koc`` and Evergreen's lines of JSON, told apart by content.

A ``.koc`` has tabs: time, command, fields; the time is that of the wall, with hyphens or colons,
and milliseconds. In an older layout the command comes first and the time last. Evergreen's lines
are objects with the seconds since 1970. Either end of line will do, and short lines have empty
fields. Programs go on writing to a file that was taken in already, so whole files come again and
again: a line is known by what it says and how often the file has said it before (`OffLine.name`).
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


_KOC: Final = {"issue": Command.ISSUE, "return": Command.RETURN, "payment": Command.PAYMENT}
_EVERGREEN: Final = {
    "checkout": Command.ISSUE,
    "renew": Command.RENEW,
    "checkin": Command.RETURN,
}


class OffLine(NamedTuple):
    """A line of a file. `fault`: why it cannot be read, or tells of what is not done here.

    `happened` is by a right clock; `due` where the desk said until when.
    """

    file: str
    number: int
    name: str  # the same whenever the line comes again
    command: Command | None = None
    happened: datetime | None = None
    patron: str = ""
    item: str = ""
    amount: Decimal | None = None
    due: datetime | None = None
    fault: str = ""


class Origin(NamedTuple):
    """Where a file is from: the branch, its time zone, and how many seconds its clock was fast."""

    branch_id: int
    timezone: str
    seconds_fast: float = 0.0


class NotOffLine(ValueError):
    """A file that no off-line program has written."""


def read_off_line(path: Path, origin: Origin) -> list[OffLine]:
    """The lines of a file, in its order. Raises NotOffLine, OSError."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = [(number, line) for number, line in enumerate(_END.split(text), 1) if line.strip()]
    if not lines:
        return []
    is_json = lines[0][1].lstrip().startswith("{")
    has_head = lines[0][1].startswith(_VERSION)
    is_old = lines[0][1].partition("\t")[0].strip() in _KOC
    if not is_json and not has_head and not is_old:
        raise NotOffLine(f"{path.name} is neither a .koc file nor lines of JSON")
    read = _evergreen if is_json else _koc
    return list(_named(path.name, lines[has_head:], read, origin))


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
    found: dict[str, Any] = {"command": known, "happened": _stamp(time.strip(), origin)}
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
    if not 0 < amount <= 1_000_000:
        raise ValueError("no amount")
    return amount


def _evergreen(line: str, origin: Origin) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(said, dict):
        raise ValueError("no JSON of a transaction")
    command = _EVERGREEN.get(str(said.get("type", "")))
    if command is None:
        raise ValueError("an unknown command")
    at = said.get("checkout_time") or said.get("backdate") or said.get("timestamp")
    return {
        "command": command,
        "happened": _epoch(at, origin),
        "patron": str(said.get("patron_barcode") or "").strip(),
        "item": str(said.get("barcode") or "").strip(),
        "due": _due(said.get("due_date"), origin) if said.get("due_date") else None,
    }


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
