"""What real terminals send that the standard does not foresee: each is taken, and answered once.

The rows are the probes that brought other servers down or to silence.
"""

from __future__ import annotations

import pytest

from protocols.sip2.codec import checksum
from protocols.sip2.wire.deviations import DATE_MISSING
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import LOGIN, Terminal, with_checksum

DATE = b"20261125    120000"
STATUS = b"9900802.00"


def test_a_terminal_that_ends_lines_with_crlf_plain_and_with_checksums(
    a_terminal: ATerminal,
) -> None:
    terminal = a_terminal(logged_in=False)
    assert terminal.feed(LOGIN + b"\r\n") == b"941\r"
    for _ in range(3):
        assert terminal.feed(STATUS + b"\r\n").startswith(b"98YYY")
    for sequence in range(3):
        answer = terminal.feed(with_checksum(STATUS, sequence) + b"\r\n")
        assert answer.startswith(b"98YYY")
        assert b"AY%dAZ" % sequence in answer


def test_a_terminal_that_ends_lines_with_lf(terminal: Terminal) -> None:
    assert terminal.feed(STATUS + b"\n").startswith(b"98YYY")


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b"202611250000120000", id="zone 0000"),
        pytest.param(b" " * 18, id="blank dates"),
        pytest.param(b"0" * 18, id="dates of zeros"),
        pytest.param(b"not a date at all!", id="no dates"),
    ],
)
def test_odd_dates(library: Library, terminal: Terminal, odd: bytes) -> None:
    card, item = a_patron(library).encode(), an_item(library).encode()
    who = b"AODK-900100|AA" + card + b"|"
    assert terminal.ask(b"23001" + odd + who + b"AC|").startswith(b"24              ")
    assert terminal.ask(b"17" + odd + b"AODK-900100|AB" + item + b"|").startswith(b"1803")
    out = terminal.ask(b"11NN" + odd + odd + who + b"AB" + item + b"|AC|")
    assert out.startswith(b"121")
    assert terminal.ask(b"09N" + odd + odd + b"AP|AO|AB" + item + b"|AC|").startswith(b"101")


def test_a_message_without_the_terminal_password(library: Library, terminal: Terminal) -> None:
    card = a_patron(library).encode()
    answer = terminal.ask(b"23001" + DATE + b"AODK-900100|AA" + card + b"|")
    assert answer.startswith(b"24              ")


def test_a_message_without_the_institution(library: Library, terminal: Terminal) -> None:
    item = an_item(library).encode()
    assert terminal.ask(b"17" + DATE + b"AB" + item + b"|").startswith(b"1803")


def test_a_message_without_its_last_delimiter(library: Library, terminal: Terminal) -> None:
    item = an_item(library).encode()
    answer = terminal.ask(b"17" + DATE + b"AODK-900100|AB" + item)
    assert answer.startswith(b"1803")
    assert b"AB" + item + b"|" in answer
    checked = terminal.ask(with_checksum(b"17" + DATE + b"AODK-900100|AB" + item, 4))
    assert b"AB" + item + b"|" in checked


def test_a_field_sent_twice(library: Library, terminal: Terminal) -> None:
    card = a_patron(library).encode()
    answer = terminal.ask(b"23001" + DATE + b"AOX|AA" + card + b"|AAother|AC|")
    assert b"|AA" + card + b"|AE" in answer


def test_a_delimiter_at_the_end_of_99(terminal: Terminal) -> None:
    assert terminal.ask(STATUS + b"|").startswith(b"98YYY")


def test_an_unknown_message_is_ignored_and_the_next_is_answered(terminal: Terminal) -> None:
    assert terminal.ask(b"5100120261125    120000AOX|") == b""
    assert terminal.ask(STATUS).startswith(b"98YYY")


def test_an_unknown_field(terminal: Terminal) -> None:
    assert terminal.ask(STATUS + b"ZZwhat is this|").startswith(b"98YYY")


def test_an_unknown_field_before_the_login(a_terminal: ATerminal) -> None:
    terminal = a_terminal(logged_in=False)
    assert terminal.ask(LOGIN + b"ZZ1|") == b"941\r"


def test_a_request_in_two_segments(terminal: Terminal) -> None:
    for cut in range(1, len(STATUS)):
        assert terminal.feed(STATUS[:cut]) == b""
        assert terminal.feed(STATUS[cut:] + b"\r").startswith(b"98YYY")


def test_two_requests_in_one_segment(terminal: Terminal) -> None:
    answers = terminal.feed(STATUS + b"\r" + STATUS + b"\r").split(b"\r")
    assert [answer[:2] for answer in answers] == [b"98", b"98", b""]


def test_the_same_checkout_sent_twice_is_done_once(library: Library, terminal: Terminal) -> None:
    card, item = a_patron(library), an_item(library)
    fields = f"AODK-900100|AA{card}|AB{item}|AC|".encode()
    message = with_checksum(b"11YN" + DATE + DATE + fields, 3)
    first = terminal.ask(message)
    assert first.startswith(b"121N")
    assert terminal.ask(message) == first
    assert terminal.requests == 1
    assert [event.kind.value for event in library.events_of(item)] == ["checked_out"]


def test_a_wrong_checksum(terminal: Terminal) -> None:
    assert terminal.ask(STATUS + b"AY1AZ0000") == b"96AZFEF6\r"
    assert terminal.requests == 0


def test_97_first(a_terminal: ATerminal) -> None:
    assert a_terminal(logged_in=False).ask(b"97AZFEF5") == b"96AZFEF6\r"


def test_98_gives_timeout_and_retries_in_three_digits_each(a_terminal: ATerminal) -> None:
    terminal = a_terminal(settings={"answer_timeout": 3.0, "answer_retries": 3})
    assert terminal.ask(STATUS)[8:14] == b"030003"


def test_98_names_sixteen_messages(terminal: Terminal) -> None:
    answer = terminal.ask(STATUS)
    (supported,) = [f[2:] for f in answer[36:].split(b"|") if f.startswith(b"BX")]
    assert supported == b"YYYYYYYYYYYYNYYY"


def test_99_before_93(a_terminal: ATerminal) -> None:
    terminal = a_terminal(logged_in=False)
    assert terminal.ask(STATUS).startswith(b"98YYY")
    assert terminal.ask(LOGIN) == b"941\r"


def test_blanks_round_identifiers(library: Library, terminal: Terminal) -> None:
    card, item = a_patron(library), an_item(library)
    answer = terminal.ask(f"11NN{' ' * 36}AO|AA {card} |AB {item}  |AC|".encode())
    assert answer.startswith(b"121")


def test_a_second_63_on_the_same_connection(library: Library, terminal: Terminal) -> None:
    card = a_patron(library, pin_hash=hashed("1234")).encode()
    ask = b"63001" + DATE + b"  Y       AODK-900100|AA" + card + b"|AD1234|"
    assert terminal.ask(ask) == terminal.ask(ask)


def test_a_hundred_requests_at_once_get_a_hundred_answers_in_order(
    library: Library, terminal: Terminal
) -> None:
    card = a_patron(library)
    items = [an_item(library) for _ in range(50)]
    messages = []
    for item in items:
        messages.append(f"11NN{' ' * 36}AO|AA{card}|AB{item}|AC|".encode())
        messages.append(f"17{' ' * 18}AO|AB{item}|".encode())
    frames = [with_checksum(message, n % 10) for n, message in enumerate(messages)]
    answers = terminal.feed(b"".join(frame + b"\r" for frame in frames)).split(b"\r")
    assert answers.pop() == b""
    assert len(answers) == terminal.requests == 100
    for number, answer in enumerate(answers):
        expected = b"121" if number % 2 == 0 else b"1804"
        assert answer.startswith(expected)
        assert b"AB" + items[number // 2].encode() + b"|" in answer
        assert answer[-9:-6] == b"AY%d" % (number % 10)


#: As php-sip2, its ports and node-sip2 send them: a date of the fixed part is not there.
NO_DATES = [
    (b"65AO|AA{card}|AC|AD1234|BON|", b"6610001"),
    (b"01NAO|ALleft behind|AA{card}|AC|", b"24Y"),
    (b"11NN" + DATE + b"AO|AA{card}|AB{free}|AC|", b"121"),
    (b"11NNAO|AA{card}|AB{free}|AC|", b"121"),
    (b"09NAP|AO|AB{item}|AC|", b"101"),
    (b"09N" + DATE + b"AP|AO|AB{item}|AC|", b"101"),
    (b"23001AO|AA{card}|AC|", b"24  "),
    (b"17AO|AB{item}|", b"1804"),
    (b"29NNAO|AA{card}|AB{item}|", b"301"),
    (b"35AO|AA{card}|", b"36Y"),
]


@pytest.mark.parametrize(("message", "answer"), NO_DATES)
def test_a_date_that_was_left_out_hides_no_field_and_is_counted(
    library: Library, terminal: Terminal, message: bytes, answer: bytes
) -> None:
    library.policy(loan_days=28, renewals=9, renewal_from="due")
    card = a_patron(library, "P7", pin_hash=hashed("1234"))
    item, free = an_item(library, on_loan_to=card), an_item(library)
    for name, value in (("card", card), ("item", item), ("free", free)):
        message = message.replace(f"{{{name}}}".encode(), value.encode())
    given = terminal.ask(message)
    assert given.startswith(answer), given
    assert terminal.session.tally.take()["kiosk", DATE_MISSING] >= 1


def test_what_holds_no_field_either_is_cut_short(terminal: Terminal) -> None:
    for message in (b"65", b"65A", b"11NN", b"11NN" + DATE, b"01", b"6520261125"):
        assert terminal.ask(message) == b"96\r", message


@pytest.mark.parametrize("number", [b"0", b"9", b"10", b"11", b"007", b"1234"])
def test_a_sequence_number_comes_back_as_it_was_sent(terminal: Terminal, number: bytes) -> None:
    summed = STATUS + b"AY" + number + b"AZ"
    answer = terminal.ask(summed + checksum(summed))
    assert b"|AY" + number + b"AZ" in answer


def test_answers_that_no_branch_is_known_for_carry_local_time(a_terminal: ATerminal) -> None:
    for terminal in (a_terminal(logged_in=False), a_terminal(branch="DK-999999")):
        assert DATE in terminal.ask(b"17" + DATE + b"AO|ABx|")
