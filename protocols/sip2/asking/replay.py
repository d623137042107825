"""Replays a recorded conversation and compares the answers with the recorded ones. It reads what
`protocols.sip2.asking.recording` writes, and any log with ``>`` and ``<`` before messages. Masked
passwords and PINs are filled in; checksums are computed; dates count only on request.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from protocols.sip2.asking.line import Line, LineError
from protocols.sip2.codec import Frame, masked, open_frame, seal
from protocols.sip2.fields import Kind
from protocols.sip2.messages import LAYOUTS
from protocols.sip2.wire.text import Dialect

_LINE: Final = re.compile(r"(?:[^<>]*\s)?(?P<kind>[<>~]) ?(?P<message>\d\d.*|~?.*)$")
_CONNECTION: Final = re.compile(r"\+ *(?P<name>\S+)\s*$")
_TRAILER: Final = re.compile(r"(?P<number>AY\d)?AZ(?P<sum>[0-9A-Fa-f]{4}|\?{4})$")
_MASK: Final = "***"
#: Fields with an id that hold a date, in whatever form.
_DATES: Final = frozenset({"AH", "BW", "CJ", "CM", "FC"})
_LEADING: Final = bytes(range(33))


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent at one time, and what came back; `line` is its place in the recording.
    `is_segment`: the bytes are sent as they are, without adding an end.
    """

    line: int
    connection: str
    message: str
    is_segment: bool = False
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Secrets:
    """What replaces the masks; where it is None, masks are sent as they are."""

    login: str | None = None
    password: str | None = None
    pin: str | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """An exchange, and what was different this time, if anything."""

    exchange: Exchange
    differences: tuple[str, ...] = field(default=())


def read_recording(text: str) -> list[Exchange]:
    """The exchanges of a recording, in their order. Other lines are ignored."""
    exchanges: list[Exchange] = []
    connection, breaks = "1", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(("#", "!", "@", "*")):
            continue
        other = _CONNECTION.match(line)
        if other is not None:
            if other["name"] == "again":
                breaks += 1
                connection = f"{connection.partition('/')[0]}/{breaks}"
            else:
                connection = other["name"]
            continue
        found = _LINE.match(line)
        if found is None:
            continue
        if found["kind"] != "<":
            is_segment = found["kind"] == "~"
            exchanges.append(Exchange(number, connection, found["message"], is_segment))
        elif exchanges:
            last = exchanges[-1]
            exchanges[-1] = replace(last, answers=(*last.answers, found["message"]))
    return exchanges


def replay(
    exchanges: list[Exchange],
    open_line: Callable[[], Line],
    secrets: Secrets,
    dialect: Dialect,
    *,
    is_strict: bool = False,
    silence: float = 0.3,
) -> Iterator[Replayed]:
    """Replays the recording to a server; yields each exchange as soon as it is over. With
    `is_strict` answers must be equal byte for byte, checksums aside. Where no answer was recorded,
    none may come for `silence` seconds. Raises LineError if no line can be opened.
    """
    lines: dict[str, Line] = {}
    try:
        for exchange in exchanges:
            line = lines.get(exchange.connection)
            if line is None:
                line = lines[exchange.connection] = open_line()
            try:
                line.send(_frame(exchange, secrets, dialect))
                answers = _answers(line, len(exchange.answers), silence)
            except LineError as error:
                lines.pop(exchange.connection).close()
                yield Replayed(exchange, (str(error),))
                continue
            differences = tuple(_compared(exchange.answers, answers, dialect, is_strict))
            yield Replayed(exchange, differences)
    finally:
        for line in lines.values():
            line.close()


def _answers(line: Line, expected: int, silence: float) -> list[bytes]:
    answers: list[bytes] = []
    while (raw := line.frame(None if len(answers) < expected else silence)) is not None:
        answers.append(raw.lstrip(_LEADING))
        if expected and len(answers) == expected:
            break
    return answers


def shown(exchange: Exchange, dialect: Dialect) -> str:
    """A message as it may be printed."""
    text = exchange.message.encode(dialect.charset, "replace")
    return masked(text, dialect.delimiter.encode()).decode(dialect.charset, "replace")


# What is sent


def _frame(exchange: Exchange, secrets: Secrets, dialect: Dialect) -> bytes:
    if exchange.is_segment:
        raw = exchange.message.encode("latin-1", "backslashreplace")
        return codecs.decode(raw, "unicode_escape").encode(dialect.charset, "replace")
    trailer = _TRAILER.search(exchange.message)
    body = exchange.message[: trailer.start()] if trailer else exchange.message
    filled = _with_secrets(body, secrets, dialect.delimiter)
    encoded = filled.encode(dialect.charset, "replace")
    if trailer is None:
        return encoded + dialect.terminator
    if trailer["sum"] != "????" and (filled == body or not _was_right(exchange, dialect)):
        return encoded + trailer[0].encode() + dialect.terminator
    number = trailer["number"]
    return seal(encoded, number[2:].encode() if number else None, True, dialect)


def _was_right(exchange: Exchange, dialect: Dialect) -> bool:
    return open_frame(exchange.message.encode(dialect.charset, "replace")).is_sound


def _with_secrets(body: str, secrets: Secrets, delimiter: str) -> str:
    layout = LAYOUTS.get(body[:2])
    if layout is None:
        return body
    start = layout.fixed_length
    pieces = body[start:].split(delimiter)
    is_login = body[:2] == "93"
    for place, piece in enumerate(pieces):
        match piece[:2]:
            case "CN" if is_login and secrets.login is not None:
                pieces[place] = "CN" + secrets.login
            case "CO" if is_login and secrets.password is not None:
                pieces[place] = "CO" + secrets.password
            case "AD" if piece[2:] and secrets.pin is not None:
                pieces[place] = "AD" + secrets.pin
            case "AC" if piece[2:] == _MASK:
                pieces[place] = "AC"
    return body[:start] + delimiter.join(pieces)


# What came back


def _compared(
    then: tuple[str, ...], now: list[bytes], dialect: Dialect, is_strict: bool
) -> Iterator[str]:
    for recorded, answer in zip(then, now, strict=False):
        frame = open_frame(answer)
        if not frame.is_sound:
            yield "the checksum is wrong"
        text = frame.body.decode(dialect.charset, "replace")
        trailer = _TRAILER.search(recorded)
        yield from _trailers(trailer, frame)
        before = recorded[: trailer.start()] if trailer else recorded
        if is_strict:
            if before != text:
                yield f"recorded {before!r}, now {text!r}"
        else:
            yield from _by_fields(before, text, dialect.delimiter)
    for recorded in then[len(now) :]:
        yield f"recorded {recorded!r}, now no answer"
    for answer in now[len(then) :]:
        yield f"recorded no answer, now {answer.decode(dialect.charset, 'replace')!r}"


def _trailers(trailer: re.Match[str] | None, frame: Frame) -> Iterator[str]:
    if (trailer is None) != (frame.checksum is None):
        yield f"a checksum: recorded {_yes(trailer)}, now {_yes(frame.checksum)}"
    elif trailer is not None:
        number = (trailer["number"] or "")[2:]
        if number != (frame.sequence or b"").decode():
            yield f"the sequence number is not {number or 'left out'}"


def _yes(thing: object) -> str:
    return "no" if thing is None else "yes"


def _by_fields(then: str, now: str, delimiter: str) -> Iterator[str]:
    layout = LAYOUTS.get(then[:2])
    if layout is None or then[:2] != now[:2]:
        if then != now:
            yield f"recorded {then!r}, now {now!r}"
        return
    place = 2
    for each in layout.fixed:
        end = place + each.length
        if each.kind is not Kind.DATE and then[place:end] != now[place:end]:
            name = each.name.replace("_", " ")
            yield f"{name}: recorded {then[place:end]!r}, now {now[place:end]!r}"
        place = end
    before, after = (_fields(text[place:], delimiter) for text in (then, now))
    for code in dict.fromkeys((*before, *after)):
        was, is_now = before.get(code), after.get(code)
        if code in _DATES and was and is_now:
            continue
        if was != is_now:
            yield f"{code}: recorded {_values(was)}, now {_values(is_now)}"


def _fields(text: str, delimiter: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for piece in text.split(delimiter):
        if piece:
            found.setdefault(piece[:2], []).append(piece[2:])
    return found


def _values(values: list[str] | None) -> str:
    return "nothing" if values is None else ", ".join(map(repr, values))
