"""Any bytes through session, handlers and engine: an answer or silence, never an exception."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.database import open_database
from protocols.sip2.fields import FIELDS
from protocols.sip2.messages import LAYOUTS, REQUESTS, answer_code
from protocols.sip2.settings import Sip2Settings
from tests.builders.circulation import a_library, a_patron, an_item
from tests.examples import examples
from tests.fuzz.sip2 import Fuzzer, mutated, seeds, segments
from tests.protocols.sip2.terminals import LOGIN, Terminal, an_account, with_checksum

STATUS = b"9900802.00"


@pytest.fixture(scope="module")
def terminal(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    path = tmp_path_factory.mktemp("fuzz") / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    library = a_library(database)
    a_patron(library, "P1")
    an_item(library, "I1")
    terminal = Terminal(library, Sip2Settings(accounts=(an_account(),), login_tries=100))
    yield terminal
    terminal.close()
    database.close()


#: Values as they may come, among them those that the library knows.
_VALUE = st.one_of(
    st.sampled_from([b"P1", b"I1", b"DK-900100", b"DK-900102", b"Y", b"", b"\x00", b"9" * 40]),
    st.binary(max_size=40).map(lambda value: value.translate(None, b"\r\n|")),
    st.text(max_size=40).map(lambda v: v.encode("utf-8", "replace").translate(None, b"\r\n|")),
)
_FIELD = st.tuples(st.sampled_from([code.encode() for code in FIELDS if code != "CO"]), _VALUE)
_CODES = sorted(code for code, layout in LAYOUTS.items() if layout.message in REQUESTS)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request with its fixed fields whole, of any content, and any fields after them."""
    code = draw(st.sampled_from(_CODES))
    length = LAYOUTS[code].fixed_length - 2
    fixed = draw(st.text(st.sampled_from("YN 019+-x"), min_size=length, max_size=length))
    fields = draw(st.lists(_FIELD, max_size=8))
    return code.encode() + fixed.encode() + b"".join(c + v + b"|" for c, v in fields)


@examples(300)
@given(request=requests(), has_checksum=st.booleans())
def test_every_whole_request_gets_one_answer_of_its_pair(
    terminal: Terminal, request: bytes, has_checksum: bool
) -> None:
    terminal.connect()
    assert terminal.ask(LOGIN) == b"941\r"
    answer = terminal.ask(with_checksum(request, 3) if has_checksum else request)
    assert answer.count(b"\r") == 1
    assert answer.endswith(b"\r")
    assert answer[:2].decode() == answer_code(request[:2].decode())
    assert not set(answer[:-1]) & set(range(32))
    if has_checksum:
        assert answer[-10:-7] == b"AY3"
        assert (sum(answer[:-5]) + int(answer[-5:-1], 16)) & 0xFFFF == 0


@examples(200)
@given(pieces=st.lists(st.one_of(st.binary(max_size=400), requests()), max_size=12))
def test_any_bytes_leave_a_terminal_that_is_answered(
    terminal: Terminal, pieces: list[bytes]
) -> None:
    terminal.connect()
    terminal.ask(LOGIN)
    for piece in pieces:
        terminal.feed(piece)
    terminal.feed(b"\r")
    assert terminal.ask(STATUS)[:2] == b"98"


SEEDS = seeds()


@examples(300)
@given(frame=st.sampled_from(SEEDS), random=st.randoms(use_true_random=False))
def test_a_mutated_frame_is_answered_or_ignored(
    terminal: Terminal, frame: bytes, random: Random
) -> None:
    terminal.connect()
    terminal.ask(LOGIN)
    for piece in segments(mutated(frame, random, SEEDS), random):
        for answer in terminal.feed(piece).split(b"\r")[:-1]:
            assert answer[:2].isdigit()
            assert not set(answer) & set(range(32))
    assert terminal.session.closing or terminal.feed(b"\r" + STATUS + b"\r")[:2] == b"98"


def test_a_few_hundred_mutated_frames_in_a_row(terminal: Terminal) -> None:
    fuzzer = Fuzzer(terminal, seed=26)
    for _ in range(600):
        fuzzer.feed_one()
    assert len(fuzzer.answers) > 10
