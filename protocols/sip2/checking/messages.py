"""Probes of messages: what 98 promises, and the answers to sound and to sloppy ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from protocols.sip2.asking.line import LineError
from protocols.sip2.checking.findings import (
    EXTENSIBLE,
    FIELD,
    FRAMES,
    Finding,
    error,
    not_tried,
    of_message,
    warning,
)
from protocols.sip2.checking.lines import STATUS
from protocols.sip2.checking.visit import NO_ITEM, NO_PATRON, Visit, is_answer

#: The positions of BX.
BX: Final = tuple(re.findall("..", "23110901999793633537171925152965"))
#: Flags of 98, and the message without which each means nothing, by their places.
_FLAGS: Final = (("checkin ok", 3, "09"), ("checkout ok", 4, "11"), ("renewal policy", 5, "29"))


def status(visit: Visit) -> Iterator[Finding]:
    """98: what its fields say; their form is examined as in every answer."""
    with visit.logged_in() as line:
        answer = visit.ask(line, STATUS)
        if not is_answer(answer, "99") or answer is None:
            yield error("99 is not answered with a 98", of_message("98"))
            return
        text = answer.decode(visit.target.charset, "replace")
        supported = visit.field(answer, "BX") or ""
        if text[2:3] != "Y":
            yield warning("it says that it is off line", of_message("98"))
        if text[8:11].isdigit() and text[8:11] not in ("000", "999"):
            visit.timeout_period = int(text[8:11]) / 10
        elif text[8:11] == "000":
            yield warning("timeout period 000 stands for off line", of_message("98"))
        if len(supported) == len(BX):
            for name, place, code in _FLAGS:
                if text[place] == "Y" and supported[BX.index(code)] == "N":
                    yield warning(f"{name} is Y, but BX says N to {code}", of_message("98"))


def messages(visit: Visit) -> Iterator[Finding]:
    """Every message that BX promises is answered by its own pair, for a patron and an item that do
    not exist; none of them closes the line."""
    with visit.logged_in() as line:
        supported = visit.field(visit.ask(line, STATUS), "BX") or "Y" * len(BX)
    for code, message in _of_nobody(visit).items():
        promised = supported[BX.index(code) : BX.index(code) + 1] == "Y"
        with visit.logged_in() as line:
            try:
                answer = visit.ask(line, message)
                if answer is not None and visit.ask(line, STATUS) is None:
                    yield error(f"after a {code} nothing more is answered", of_message(code))
            except LineError:
                if promised:
                    yield error(f"a {code} about nobody closes the line", of_message(code))
                continue
        if answer is None:
            if promised:
                yield error(f"BX says Y to {code}, but it gets no answer", of_message("98"))
        elif not is_answer(answer, code):
            shown = answer[:2].decode("ascii", "replace")
            yield error(f"{code} is answered with {shown}", of_message(code))
        elif _is_granted(visit, answer):
            yield error(f"{code} is granted for a patron or item that is unknown", of_message(code))


def _of_nobody(visit: Visit) -> dict[str, str]:
    date = visit.date
    who = visit.where(AA=NO_PATRON, AC="")
    what = visit.where(AA=NO_PATRON, AB=NO_ITEM, AC="")
    item = visit.where(AB=NO_ITEM)
    return {
        "23": f"23001{date}{who}" + visit.fields(AD=""),
        "63": f"63001{date}  Y       {who}",
        "17": f"17{date}{item}",
        "11": f"11NN{date}{date}{what}",
        "09": f"09N{date}{date}" + visit.fields(AP=visit.target.location) + item,
        "29": f"29NN{date}{date}{what}",
        "65": f"65{date}{who}",
        "15": f"15+{date}{what}",
        "37": f"37{date}0100USD" + visit.fields(BV="0.01") + who,
        "19": f"19{date}{item}" + visit.fields(CH="x"),
        "01": f"01N{date}" + visit.fields(AO=visit.target.institution, AL="x", AA=NO_PATRON, AC=""),
        "25": f"25{date}{who}",
        "35": f"35{date}{who}",
    }


def _is_granted(visit: Visit, answer: bytes) -> bool:
    code = answer[:2]
    if code in (b"24", b"64", b"26"):
        return visit.field(answer, "BL") == "Y"
    if code in (b"12", b"10", b"30", b"66", b"16", b"20"):
        return answer[2:3] == b"1"
    return code == b"38" and answer[2:3] == b"Y"


def sloppiness(visit: Visit) -> Iterator[Finding]:
    """What terminals in the field get wrong, each on a line of its own."""
    date, item = visit.date, visit.target.item or NO_ITEM
    zone, blank = date[:8] + "0000" + date[12:], " " * 18
    who, what = visit.fields(AA=NO_PATRON), visit.where(AB=item, AC="")
    sloppy = {
        "a missing AC": ("17", f"17{date}" + visit.where(AB=item), FIELD),
        "a missing last delimiter": ("17", f"17{date}{what[:-1]}", FIELD),
        "a delimiter after 99": ("99", STATUS + visit.target.delimiter, FIELD),
        "a field sent twice": ("17", f"17{date}" + what + visit.fields(AB=NO_ITEM), FIELD),
        "an unknown field": ("17", f"17{date}{what}" + visit.fields(ZZ="x"), EXTENSIBLE),
        "fields in another order": (
            "17",
            f"17{date}" + visit.fields(AC="", AB=item, AO=visit.target.institution),
            FRAMES,
        ),
        "a date with zone 0000": ("17", f"17{zone}{what}", FIELD),
        "a blank date": ("17", f"17{blank}{what}", FIELD),
        "a blank nb due date": (
            "11",
            f"11NN{date}{blank}" + visit.where() + who + visit.fields(AB=NO_ITEM, AC=""),
            FIELD,
        ),
    }
    for name, (code, message, clause) in sloppy.items():
        find = warning if clause == FIELD else error
        with visit.logged_in() as line:
            try:
                answer = visit.ask(line, message)
            except LineError:
                yield find(f"{name} closes the line", clause)
                continue
        if not is_answer(answer, code):
            yield find(f"{name}: the message is not answered", clause)
        elif name == "a field sent twice" and visit.field(answer, "AB") != item:
            yield warning("of a field sent twice the second counts; others keep the first")


def values(visit: Visit) -> Iterator[Finding]:
    """Identifiers may hold any character but the delimiter and CR, and come back as they were."""
    for value in ("TIRO/CHECK '1'", 'TIRO "*?%&<>;=()', "Ærøskøbing-é"):
        with visit.logged_in() as line:
            message = f"17{visit.date}" + visit.where(AB=value, AC="")
            try:
                answer = visit.ask(line, message)
            except LineError:
                yield error(f"an item identifier like {value!r} closes the line", FRAMES)
                continue
            if not is_answer(answer, "17"):
                yield error(f"an item identifier like {value!r} is not answered", FRAMES)
            elif visit.field(answer, "AB") != value:
                yield warning(f"the item identifier {value!r} comes back changed", of_message("18"))


def asked_again(visit: Visit) -> Iterator[Finding]:
    """A second and third patron on one line; patron status and information agree."""
    patron = visit.target.patron or NO_PATRON
    who = visit.where(AA=patron, AC="") + _pin(visit)
    with visit.logged_in() as line:
        for _ in range(3):
            for code, message in (
                ("63", f"63001{visit.date}{' ' * 10}{who}"),
                ("23", f"23001{visit.date}{who}"),
            ):
                if not is_answer(visit.ask(line, message), code):
                    yield error(f"a {code} is answered once, and then no more", of_message(code))
                    return


def patron(visit: Visit) -> Iterator[Finding]:
    """The given patron: who they are, their PIN, and that an empty one does not count."""
    target = visit.target
    if target.patron is None:
        yield not_tried("no --patron is given")
        return
    who = visit.where(AA=target.patron, AC="")
    with visit.logged_in() as line:
        information = visit.ask(line, f"63001{visit.date}{' ' * 10}{who}" + _pin(visit))
        brief = visit.ask(line, f"23001{visit.date}{who}" + _pin(visit))
        empty = visit.ask(line, f"23001{visit.date}{who}" + visit.fields(AD=""))
    if visit.field(information, "BL") != "Y":
        yield warning(f"the patron {target.patron} is not valid (BL)", of_message("64"))
    if target.pin is not None and visit.field(information, "CQ") != "Y":
        yield warning("the PIN that is given is not accepted (CQ)", of_message("64"))
    if visit.field(empty, "CQ") == "Y":
        yield error("an empty PIN is accepted (CQ Y)", of_message("24"))
    for code in ("BL", "CQ", "BV", "AE"):
        if visit.field(information, code) != visit.field(brief, code):
            yield warning(f"{code} is not the same in 24 and 64", of_message("24"))


def pages(visit: Visit) -> Iterator[Finding]:
    """The lists of 64: as many lines as their count says, and in pages by BP and BQ."""
    if visit.target.patron is None:
        yield not_tried("no --patron is given")
        return
    has_lines = False
    with visit.logged_in() as line:
        for position, code in enumerate(("AS", "AT", "AU", "AV", "BU", "CD")):
            summary = "Y".rjust(position + 1).ljust(10)
            whole = _list(visit, visit.ask(line, _asking(visit, summary)), code)
            if len(whole) < 2:
                continue
            has_lines = True
            for number in (1, 2):
                page = visit.fields(BP=str(number), BQ=str(number))
                got = _list(visit, visit.ask(line, _asking(visit, summary) + page), code)
                if got != whole[number - 1 : number]:
                    yield error(
                        f"BP{number} BQ{number} brings {len(got)} of {code}, not number {number}",
                        of_message("63"),
                    )
        none = visit.ask(line, _asking(visit, " " * 10))
        if any(_list(visit, none, code) for code in ("AS", "AT", "AU", "AV", "BU", "CD")):
            yield warning("a list comes that no summary position asks for", of_message("63"))
    if not has_lines:
        yield not_tried("the patron has no list of two lines or more")


def _list(visit: Visit, answer: bytes | None, code: str) -> list[str]:
    return visit.all_fields(answer, code)


def _asking(visit: Visit, summary: str) -> str:
    who = visit.where(AA=visit.target.patron or "", AC="")
    return f"63001{visit.date}{summary}{who}" + _pin(visit)


def _pin(visit: Visit) -> str:
    """AD, which is mandatory in 23, and empty if no PIN is given."""
    return visit.fields(AD=visit.target.pin or "")
