"""What a system is told of something that has happened already: messages with no block = Y.

They name the item, the patron, when it happened, and the date that the patron was told; no PIN, for
it was checked when it happened. The new system gets the journal's id of the request in the field QJ
and does each once, however often it is told.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from protocols.proxy.clocks import SystemDates
from protocols.proxy.dates import BLANK, wire_date
from protocols.proxy.journal.records import bytes_of, moment_of, text_of
from protocols.proxy.kinds import all_fields, fixed_length, layout_of, text_field
from protocols.proxy.tasks import Task

#: The field of the journal's id, and that which says that a PIN has been proven.
JOURNAL_ID: Final = "QJ"
PIN_PROVEN: Final = "QL"
#: In an answer of the new system: it took no notice of the act.
IGNORED: Final = "QI"
#: Fields that are between a terminal and one system.
_OF_ONE: Final = frozenset({"AC", "AD", "AO", "BO"})
#: A return date that is earlier by less than this is that of the message itself.
_JUST_NOW: Final = timedelta(minutes=1)
#: Where a request says that it was done before, while its line was down (no block).
_NO_BLOCK_AT: Final = {"11": 3, "29": 3, "09": 2}


def happened(task: Task, dates: SystemDates) -> str:
    """When it happened, as the system that is told reads it.

    That is when the proxy got the message: clocks of terminals and systems differ. Only an act that
    the terminal stored while its line was down is dated by the terminal.
    """
    received = moment_of(task.at)
    if task.sent[_NO_BLOCK_AT.get(task.sent[:2], 0)] == "Y":
        place = 3 if task.sent[:2] == "09" else 4
        stored = dates.read(task.sent[place : place + 18])
        if stored is not None and stored < received:
            return dates.repeated(stored)
    return dates.written(received)


def due(task: Task) -> str:
    """The due date that the patron was told, in 18 characters; blanks where none was told."""
    return wire_date(text_field(bytes_of(task.answer), "AH"))


def needs_date(task: Task) -> bool:
    """Is it a renewal by a system that has not said until when?"""
    return task.sent[:2] == "29" and task.purpose != "replay" and due(task) == BLANK


def told_body(task: Task, institution: str, number: str | None, dates: SystemDates) -> bytes:
    """The message that tells of it, without its trailer. `institution` is the place as the system
    calls it (AO; empty: as the terminal did), `number` the journal's id, where it is known there.
    `dates` are those of the system.
    """
    sent, answer = bytes_of(task.sent), bytes_of(task.answer)
    code = task.sent[:2]
    place = institution or text_field(sent, "AO")
    item = text_field(sent, "AB") or text_field(answer, "AB")
    card = text_field(sent, "AA") or text_field(answer, "AA")
    when = happened(task, dates)
    if code == "29" or (code == "11" and task.answer[3:4] == "Y"):
        text = f"29NY{when}{due(task)}AO{place}|AA{card}|AB{item}|"
    elif code == "11":
        text = f"11{task.sent[2]}Y{when}{due(task)}AO{place}|AA{card}|AB{item}|AC|"
    elif code == "09":
        returned = _returned(task, when, dates)
        at = institution or text_field(sent, "AP")
        text = f"09Y{when}{returned}AP{at}|AO{place}|AB{item}|AC|"
    else:
        text = _as_it_was(task.sent, place, number is not None)
    if number is not None:
        text += f"{JOURNAL_ID}{number}|"
    return bytes_of(text)


def _returned(task: Task, when: str, dates: SystemDates) -> str:
    """When the item came back (09): just now, unless the terminal gives an earlier date."""
    sent, returned = dates.read(task.sent[3:21]), dates.read(task.sent[21:39])
    if returned is None or returned > (sent or moment_of(task.at)) - _JUST_NOW:
        return when
    return dates.repeated(returned)


def _as_it_was(sent: str, place: str, is_new: bool) -> str:
    """The message itself, but for what is between the terminal and the other system."""
    layout = layout_of(sent[:2])
    start = layout.fixed_length
    left_out = _OF_ONE | ({"CG"} if is_new else set())
    kept = [part for part in sent[start:].split("|") if part and part[:2] not in left_out]
    needed = [each.code for each in layout.variable if each.is_required and each.code == "AC"]
    parts = [f"AO{place}", *kept, *needed]
    return sent[:start] + "".join(f"{part}|" for part in parts)


def asked_body(body: bytes, institution: str, *, with_pin: bool = True) -> bytes:
    """A terminal's message as a system is asked on a line of the proxy's: what would it say?"""
    start = fixed_length(body)
    parts = body[start:].split(b"|")
    if institution:
        place = bytes_of(institution)
        parts = [part[:2] + place if part[:2] == b"AO" else part for part in parts]
    if not with_pin:
        parts = [part[:2] if part[:2] in (b"AC", b"AD") else part for part in parts]
    return body[:start] + b"|".join(parts)


def learning_body(body: bytes, institution: str, date: str) -> bytes:
    """63 with a PIN that the old system has found right in the message `body`."""
    card, pin = text_field(body, "AA"), text_field(body, "AD")
    place = institution or text_field(body, "AO")
    return bytes_of(f"63000{date}{' ' * 10}AO{place}|AA{card}|AD{pin}|{PIN_PROVEN}Y|")


def item_question(task: Task, institution: str, date: str) -> bytes:
    """17: how is the item there? `date` is now, in 18 characters."""
    sent = bytes_of(task.sent)
    place = institution or text_field(sent, "AO")
    item = text_field(sent, "AB")
    return bytes_of(f"17{date}AO{place}|AB{item}|")


def patron_question(task: Task, institution: str, date: str) -> bytes:
    """63: what does the patron have on loan there? `date` is now, in 18 characters."""
    sent = bytes_of(task.sent)
    place = institution or text_field(sent, "AO")
    card = text_field(sent, "AA") or text_field(bytes_of(task.answer), "AA")
    return bytes_of(f"63000{date}  Y       AO{place}|AA{card}|AC|AD|")


def is_as_told(task: Task, answer: bytes) -> bool:
    """Does an 18 say that the item is as it should be after this?"""
    if answer[:2] != b"18":
        return False
    is_lent = answer[2:4] == b"04"
    if task.sent[:2] == "09":
        return not is_lent
    if due(task) == BLANK:
        # On loan it was before it was renewed, too.
        return is_lent and (task.sent[:2] != "29" or task.is_unknown)
    return is_lent and wire_date(text_field(answer, "AH"))[:8] == due(task)[:8]


def has_on_loan(task: Task, answer: bytes) -> bool:
    """Does a 64 say that the patron has the item?"""
    item = text_field(bytes_of(task.sent), "AB")
    return item in {text_of(each).strip() for each in all_fields(answer, b"AU")}
