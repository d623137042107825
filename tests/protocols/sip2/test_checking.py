"""The conformance checker: nothing to find with us, and each fault of a server is found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from protocols.commands.standards.sip2 import sip2
from protocols.sip2.checking.answers import examine
from protocols.sip2.checking.findings import Weight
from protocols.sip2.checking.probes import PROBES, check_server, response_time
from protocols.sip2.checking.visit import LoginRefused, Target, Visit
from protocols.sip2.codec import encode
from protocols.sip2.wire.text import Dialect
from tests.builders.circulation import Library, a_patron, an_item
from tests.protocols.sip2.behind import SOUND, Fault, behind
from tests.protocols.sip2.cases import RESPONSES
from tests.protocols.sip2.terminals import LOGIN, PASSWORD, with_checksum

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def card(library: Library) -> str:
    """A patron with two loans, and with them the available item I1 and no PIN."""
    card = a_patron(library, "P1")
    an_item(library, "I1", title="Sult")
    for item in ("I2", "I3"):
        an_item(library, item)
        library.check_out(card, item)
        library.pass_time(minutes=1)
    return card


@contextmanager
def target(library: Library, fault: Fault, **given: Any) -> Iterator[Target]:
    facts: dict[str, Any] = {"login": "kiosk", "password": PASSWORD, "patron": "P1", "item": "I1"}
    facts |= {"timeout": 0.4, "silence": 0.05}
    with behind(library, fault) as port:
        yield Target("127.0.0.1", port, **(facts | given))


@pytest.mark.usefixtures("card")
def test_there_is_nothing_to_find_with_us(library: Library) -> None:
    # Nothing is waited for in vain, so there is time enough for a machine that is busy.
    with target(library, SOUND, timeout=10.0) as ours:
        results = {result.probe: result.findings for result in check_server(ours, NOW)}
    assert results == dict.fromkeys(PROBES, ())
    assert [event.kind.name for event in library.events_of("I1")] == ["CHECKED_OUT", "CHECKED_IN"]


@pytest.mark.usefixtures("card")
def test_without_an_item_nothing_is_changed(library: Library) -> None:
    before = library.read(lambda transaction: transaction.execute(_EVERYTHING, ()).fetchall())
    with target(library, SOUND, item=None) as ours:
        results = {result.probe: result for result in check_server(ours, NOW)}
    assert results["lent once"].weight is Weight.NOT_TRIED
    after = library.read(lambda transaction: transaction.execute(_EVERYTHING, ()).fetchall())
    assert after == before


_EVERYTHING = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM loans), *  FROM items"


def _without_sums(answer: bytes) -> bytes:
    return re.sub(rb"(AY\d)?AZ[0-9A-F]{4}\r", b"\r", answer)


def _from_now_on_another_date() -> Callable[[bytes], bytes]:
    """What comes again is dated anew, so that the server deals with it anew."""
    numbers = iter(range(10**6, 10**7))

    def dated(segment: bytes) -> bytes:
        if segment[:2] not in (b"11", b"09", b"17"):
            return segment
        return re.sub(rb"AY[^\r]*", b"", segment).replace(
            b"120000", b"%06d" % (next(numbers) % 240000)
        )

    return dated


def _again(segment: bytes, answer: bytes) -> bytes:
    """97 brings the answer without its sequence number, as two servers have it."""
    return re.sub(rb"AY\d", b"", answer) if segment[:2] == b"97" else answer


def _renumbered(segment: bytes, answer: bytes) -> bytes:
    """Answers are numbered by themselves, with a checksum that is right."""
    if b"AY3" not in answer:
        return answer
    return with_checksum(answer.partition(b"AY")[0], 8) + b"\r"


def _numbered() -> Callable[[bytes, bytes], bytes]:
    """Every answer is another one, as from a server that does everything anew."""
    numbers = iter(range(100))
    return lambda segment, answer: answer.replace(b"Sult", b"Sult %d" % next(numbers))


def _the_first_63() -> Callable[[bytes, bytes], bytes]:
    seen: list[bytes] = []

    def answered(segment: bytes, answer: bytes) -> bytes:
        seen.extend([segment] if segment[:2] == b"63" else [])
        return b"" if segment[:2] == b"63" and len(seen) > 1 else answer

    return answered


def _swap(old: bytes, new: bytes) -> Callable[[bytes, bytes], bytes]:
    return lambda segment, answer: answer.replace(old, new)


#: Probe, a word of its finding, and the fault.
FAULTS = [
    ("greeting", "telnet", Fault(greeting=b"login: ")),
    ("login", "any login", Fault(request=lambda s: LOGIN + b"\r" if s[:2] == b"93" else s)),
    ("login", "no answer", Fault(answer=lambda s, a: b"" if b"nobody" in s else a)),
    ("status", "off line", Fault(answer=_swap(b"98Y", b"98N"))),
    ("status", "BX says N to 09", Fault(answer=_swap(b"BXYYY", b"BXYYN"))),
    ("fields", "BX is not of 16", Fault(answer=_swap(b"BXYYY", b"BXYYYY"))),
    ("fields", "retries allowed", Fault(answer=_swap(b"300003", b"300 3 "))),
    ("messages", "closes the line", Fault(request=lambda s: None if s[:2] == b"65" else s)),
    ("messages", "no answer", Fault(answer=lambda s, a: b"" if s[:2] == b"19" else a)),
    ("messages", "answered with 96", Fault(answer=_swap(b"36Y", b"96\r"))),
    ("messages", "is granted", Fault(answer=_swap(b"120", b"121"))),
    ("checksums", "has none", Fault(answer=lambda s, a: _without_sums(a))),
    ("checksums", "is wrong", Fault(answer=_swap(b"AQ", b"AR"))),
    ("checksums", "sequence number of its message", Fault(answer=_renumbered)),
    ("checksums", "as if it was right", Fault(request=lambda s: s.replace(b"AZ0000\r", b"\r"))),
    ("checksums", "carries a sequence", Fault(answer=_swap(b"96AZFEF6", b"96AY4AZFE28"))),
    ("resend", "97 with checksums", Fault(answer=_again)),
    ("resend", "gets no answer", Fault(answer=lambda s, a: b"" if s[:2] == b"97" else a)),
    ("retransmission", "another answer", Fault(answer=_numbered())),
    ("line ends", "answers end with CRLF", Fault(answer=_swap(b"\r", b"\r\n"))),
    ("line ends", "ended with LF", Fault(request=lambda s: s.replace(b"\n", b""))),
    ("segments", "half a message", Fault(request=lambda s: s.rstrip(b"\r") + b"\r")),
    ("segments", "two messages", Fault(request=lambda s: s.split(b"\r")[0] + b"\r")),
    ("unknown message", "should be ignored", Fault(answer=lambda s, a: a or b"96\r")),
    (
        "sloppiness",
        "a missing AC closes",
        Fault(request=lambda s: s if b"AC" in s or s[:2] != b"17" else None),
    ),
    ("sloppiness", "an unknown field", Fault(request=lambda s: None if b"ZZ" in s else s)),
    ("sloppiness", "zone 0000", Fault(request=lambda s: b"" if re.match(rb"17\d{12}", s) else s)),
    ("values", "closes the line", Fault(request=lambda s: None if b"'" in s else s)),
    ("values", "changed", Fault(answer=_swap("Æ".encode(), b"?"))),
    ("fields", "control characters", Fault(answer=_swap(b"Sult", b"Su\x0blt"))),
    ("fields", "a delimiter in a value", Fault(answer=_swap(b"AJSult", b"AJSult | a novel"))),
    ("fields", "not ended by the delimiter", Fault(answer=_swap(b"|\r", b"\r"))),
    ("asked again", "then no more", Fault(answer=_the_first_63())),
    ("patron", "an empty PIN", Fault(answer=_swap(b"BLY|", b"BLY|CQY|"))),
    ("pages", "brings 2 of AU", Fault(request=lambda s: re.sub(rb"BP\d\|BQ\d\|", b"", s))),
    (
        "lent once",
        "a checkout that comes again gets another answer",
        Fault(request=_from_now_on_another_date()),
    ),
]


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(
    ("probe", "word", "fault"), FAULTS, ids=[f"{probe}: {word}" for probe, word, _ in FAULTS]
)
def test_a_fault_is_found(library: Library, probe: str, word: str, fault: Fault) -> None:
    with target(library, fault) as faulty:
        visit = Visit(faulty, NOW)
        if probe == "fields":
            list(PROBES["status"](visit))
            list(PROBES["checksums"](visit))
        findings = [each.text for each in PROBES[probe](visit)]
    assert any(word in text for text in findings), findings


def test_every_probe_has_a_fault_that_it_finds() -> None:
    assert {probe for probe, _, _ in FAULTS} == set(PROBES) - {"two terminals", "response time"}


def test_a_second_terminal_that_has_to_wait(library: Library) -> None:
    with target(library, Fault(one_at_a_time=True)) as faulty:
        findings = list(PROBES["two terminals"](Visit(faulty, NOW)))
    assert [each.weight for each in findings] == [Weight.WARNING]


def test_slow_answers() -> None:
    visit = Visit(Target("127.0.0.1", 1), NOW)
    visit.timeout_period = 3.0
    visit.seconds = [1.2, 1.2, 3.5]
    assert [each.weight for each in response_time(visit)] == [Weight.ERROR, Weight.WARNING]


@pytest.mark.parametrize(("message", "wire"), RESPONSES, ids=[str(w[:2]) for _, w in RESPONSES])
def test_our_answers_are_as_the_standard_has_them(message: Any, wire: bytes) -> None:
    assert list(examine(encode(message, Dialect()), Dialect())) == []
    assert list(examine(wire, Dialect())) == []


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "is none"),
        (b"180300", "cut short"),
        (b"941AOx|", "goes on"),
        (b"12YNNY20261125    120000AOX|AAP|ABI|AJ|AH|", "ok is 'Y'"),
        (b"121NNY2026112500  120000AOX|AAP|ABI|AJ|AH|", "transaction date"),
        (b"121NNY20261125    120000AOX|AAP|ABI|AJ|", "AH (due date) is missing"),
        (b"121NNY20261125    120000AOX|AAP|AAP|ABI|AJ|AH|", "AA stands 2 times"),
        (b"121NNY20261125    120000AOX|AAP|ABI|AJ" + b"x" * 256 + b"|AH|", "longer than 255"),
        (b"121NNY20261125    120000AOX|AAP|ABI|AJ|AH|BHDK|", "BH has 2 characters"),
        (b"121NNY20261125    120000AOX|AAP|ABI|AJ\xff|AH|", "charset"),
    ],
)
def test_an_answer_that_is_off(body: bytes, word: str) -> None:
    findings = [each.text for each in examine(body, Dialect())]
    assert any(word in text for text in findings), findings


# The command


@pytest.mark.usefixtures("card")
def test_the_command_prints_a_line_for_each_probe(library: Library) -> None:
    with behind(library) as port:
        arguments = ["check", f"127.0.0.1:{port}", "--login", "kiosk", "--password", PASSWORD]
        done = CliRunner().invoke(sip2, arguments)
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) == len(PROBES)
    assert "ok        checksums\n" in done.output
    assert "not tried lent once: no --patron and --item are given" in done.output


@pytest.mark.usefixtures("card")
def test_the_exit_status_tells_the_weight(library: Library) -> None:
    with behind(library, Fault(answer=_swap(b"\r", b"\r\n"))) as port:
        arguments = ["check", f"127.0.0.1:{port}", "--login", "kiosk", "--password", PASSWORD]
        done = CliRunner().invoke(sip2, [*arguments, "--json"])
    assert done.exit_code == Weight.WARNING
    (off,) = [each for each in json.loads(done.output) if each["result"] == "warning"]
    assert off["probe"] == "line ends"


def test_what_cannot_be_checked(library: Library) -> None:
    with behind(library) as port:
        wrong = CliRunner().invoke(sip2, ["check", f"127.0.0.1:{port}", "--login", "x"])
    assert (wrong.exit_code, "is refused" in wrong.output) == (3, True)
    gone = CliRunner().invoke(sip2, ["check", f"127.0.0.1:{port}"])
    assert (gone.exit_code, "cannot be reached" in gone.output) == (3, True)
    assert CliRunner().invoke(sip2, ["check", "nowhere"]).exit_code == 2


def test_a_login_that_is_refused_ends_the_check(library: Library) -> None:
    with target(library, SOUND, login="nobody") as ours, pytest.raises(LoginRefused):
        list(check_server(ours, NOW))
