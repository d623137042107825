"""Probes of the line: who speaks first, the login, frames and error detection."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.sip2.asking.line import Line
from protocols.sip2.checking.findings import (
    ERROR_DETECTION,
    EXTENSIBLE,
    FRAMES,
    RESEND,
    Finding,
    error,
    of_message,
    warning,
)
from protocols.sip2.checking.visit import NO_ITEM, LoginRefused, Visit, is_answer
from protocols.sip2.codec import open_frame

STATUS = "9900802.00"


def greeting(visit: Visit) -> Iterator[Finding]:
    """The library system never speaks first; with a telnet login this is another kind of
    listener."""
    if visit.target.is_telnet:
        return
    with visit.line() as line:
        visit.doing = "connecting"
        if line.frame(visit.target.silence) is not None or line.waiting:
            yield error(
                "it speaks before it is spoken to: a telnet login? then --telnet",
                "SIP2 2.12, chapter 2: the terminal speaks first",
            )


def login(visit: Visit) -> Iterator[Finding]:
    """The right login, and an unknown one."""
    target = visit.target
    if target.login is not None:
        with visit.line() as line:
            visit.log_in(line)
    if target.is_telnet:
        return
    with visit.line() as line:
        answer = visit.ask(line, visit.login_message("tiro-check-nobody", "wrong"))
    if answer is None:
        yield error("a wrong login gets no answer", of_message("94"))
    elif answer[:3] == b"941":
        yield error("any login is accepted", of_message("94"))


def neighbours(visit: Visit) -> Iterator[Finding]:
    """Two terminals at once with the same login, which kiosks often share."""
    with visit.logged_in() as first, visit.line() as second:
        try:
            visit.log_in(second)
        except LoginRefused:
            yield warning("a second terminal with the same login is refused while the first is in")
            return
        if visit.ask(second, STATUS) is None:
            yield warning("a second terminal waits until the first has left")
        elif visit.ask(first, STATUS) is None:
            yield warning("the first terminal is not answered once a second has come")


def checksums(visit: Visit) -> Iterator[Finding]:
    """Right, wrong and no checksums, one after the other."""
    with visit.logged_in() as line:
        item = _item(visit)
        answer = visit.exchange(line, visit.framed(item, 3), "a message with a checksum")
        if answer is None:
            yield error("a message with a right checksum gets no answer", ERROR_DETECTION)
            return
        frame = open_frame(answer)
        if frame.checksum is None:
            yield error("the answer to a message with a checksum has none", ERROR_DETECTION)
        elif not frame.is_sound:
            yield error("the checksum of an answer is wrong", ERROR_DETECTION)
        if frame.sequence != b"3" and frame.checksum is not None:
            yield error("the answer has not the sequence number of its message", ERROR_DETECTION)
        yield from _wrong_sum(visit, line, visit.framed(item, 4))
        plain = visit.exchange(line, visit.framed(item), "a message without a checksum")
        if plain is None:
            yield warning("a message without checksum is not answered after one with it")
        elif open_frame(plain).checksum is not None:
            yield warning("answers go on with checksums after a message without", ERROR_DETECTION)


def _wrong_sum(visit: Visit, line: Line, frame: bytes) -> Iterator[Finding]:
    end = visit.dialect.terminator
    digits = b"0000" if frame.removesuffix(end)[-4:] != b"0000" else b"0001"
    wrong = frame.removesuffix(end)[:-4] + digits + end
    answer = visit.exchange(line, wrong, "a message with a wrong checksum")
    if answer is None:
        yield error("a message with a wrong checksum gets no answer, not even 96", ERROR_DETECTION)
    elif answer[:2] != b"96":
        yield error("a message with a wrong checksum is answered as if it was right", RESEND)
    elif b"AY" in answer:
        yield error("96 carries a sequence number", RESEND)
    elif answer != b"96AZFEF6":
        yield error(f"96 is sent as {answer!r}, not as 96AZFEF6", RESEND)


def resend(visit: Visit) -> Iterator[Finding]:
    """97: the last answer once more; 96 if there is none yet."""
    with visit.line() as line:
        first = visit.exchange(line, visit.framed("97"), "97 as the first message")
        if first is None:
            yield warning("97 as the first message gets no answer", RESEND)
        elif first[:2] != b"96":
            yield error(f"97 as the first message is answered with {first[:2]!r}, not 96", RESEND)
    with visit.logged_in() as line:
        for name, sequence, again in (
            ("without checksums", None, visit.framed("97")),
            ("with checksums", 5, b"97AZFEF5" + visit.dialect.terminator),
        ):
            answer = visit.exchange(line, visit.framed(_item(visit), sequence))
            repeated = visit.exchange(line, again, f"97 {name}")
            if answer is None:
                return  # `checksums` says so
            if repeated is None:
                yield error(f"97 {name} gets no answer", RESEND)
            elif repeated != answer:
                same = open_frame(repeated).body == open_frame(answer).body
                what = "its sequence number or checksum changed" if same else "another answer"
                yield error(f"97 {name} does not bring the last answer again: {what}", RESEND)


def retransmission(visit: Visit) -> Iterator[Finding]:
    """A message that comes again, as after a lost answer, gets the same answer."""
    with visit.logged_in() as line:
        frame = visit.framed(_item(visit), 7)
        first = visit.exchange(line, frame, "a message sent again")
        again = visit.exchange(line, frame, "a message sent again")
        if again is None:
            yield error("a message that comes again is not answered", ERROR_DETECTION)
        elif again != first:
            yield error("a message that comes again gets another answer", ERROR_DETECTION)


def line_ends(visit: Visit) -> Iterator[Finding]:
    """The ends of answers, and those that messages may have."""
    with visit.logged_in() as line:
        visit.ask(line, STATUS)
        line.frame(0.05)  # an LF that comes late
        for wrong in ("LF", "CRLF"):
            if line.ends[wrong] > 0:
                yield warning(f"answers end with {wrong}, the standard's end is CR", FRAMES)
    for name, end in (("CRLF", b"\r\n"), ("LF", b"\n")):
        for kind, sequence in (("", None), (" and a checksum", 1)):
            yield from _ended(visit, f"{name}{kind}", end, sequence)


def _ended(visit: Visit, name: str, end: bytes, sequence: int | None) -> Iterator[Finding]:
    with visit.logged_in() as line:
        for _ in range(2):  # the LF of a CRLF comes before the next message
            frame = visit.framed(_item(visit), sequence).rstrip(b"\r\n") + end
            answer = visit.exchange(line, frame, f"a message ended with {name}")
            if answer is None or open_frame(answer).body[:2] != b"18":
                yield warning(f"a message ended with {name} is not answered")
                return


def segments(visit: Visit) -> Iterator[Finding]:
    """TCP knows no messages: one may come in pieces, and several at once."""
    clause = "TCP is a stream: RFC 9293"
    with visit.logged_in() as line:
        visit.doing = "a message in two segments"
        frame = visit.framed(_item(visit))
        line.send(frame[:7])
        if line.frame(visit.target.silence) is not None:
            yield error("half a message is answered", clause)
        answer = visit.exchange(line, frame[7:])
        if not is_answer(answer, "17"):
            yield error("a message in two segments is not answered", clause)
    with visit.logged_in() as line:
        answers = [visit.exchange(line, frame * 2, "two messages in one segment")]
        answers.append(visit.answer(line))
        if not all(is_answer(each, "17") for each in answers):
            yield error("two messages in one segment do not get two answers", clause)


def unknown_message(visit: Visit) -> Iterator[Finding]:
    """An unknown message is ignored, and the next one is answered."""
    with visit.logged_in() as line:
        visit.doing = "an unknown message"
        line.send(visit.framed("51" + visit.where(AA="x")))
        if line.frame(visit.target.silence) is not None:
            yield error("an unknown message is answered, and should be ignored", EXTENSIBLE)
        if visit.ask(line, STATUS) is None:
            yield error("after an unknown message nothing is answered", EXTENSIBLE)


def _item(visit: Visit) -> str:
    """A question that changes nothing."""
    return f"17{visit.date}" + visit.where(AB=visit.target.item or NO_ITEM, AC="")
