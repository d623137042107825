"""The session alone: frames in any pieces, error detection, logins, deadlines, limits."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.hosting.throttle import FailedLogins
from protocols.sip2.conversation.answered import MAX_REPEATS
from protocols.sip2.conversation.states import TRANSITIONS, Event, State
from protocols.sip2.messages import (
    Checkout,
    CheckoutResponse,
    ItemInformation,
    ItemInformationResponse,
    Login,
    LoginResponse,
    Message,
    PatronStatusRequest,
    PatronStatusResponse,
    Request,
    SCStatus,
    answer_code,
)
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Account, Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.entrance import Entrance
from tests.protocols.sip2.cases import DATE, DUE, REQUESTS
from tests.protocols.sip2.terminals import with_checksum

ACCOUNT = Account("kiosk", "$argon2id$v=19$not-checked-here", "DK-900101")
SETTINGS = Sip2Settings(accounts=(ACCOUNT,))
NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)
CHECKOUT = b"11NN20261125    12000020261125    120000AOX|AAP1|ABI1|AC|"


def a_session(settings: Sip2Settings = SETTINGS, *, logged_in: bool = True) -> Sip2Session:
    entrance = Entrance(settings, Accounts(settings), "192.0.2.7:50000", FailedLogins())
    session = Sip2Session(settings, 0.0, lambda: NOON, entrance)
    if logged_in:
        session.receive_data(b"9300CNkiosk|COsecret|\r", 0.0)
        assert isinstance(session.next_request(), Login)
        session.send(LoginResponse(True), 0.0)
        session.take_outgoing()
    return session


def requests_of(session: Sip2Session, *pieces: bytes) -> list[Request]:
    """The requests handed out, each answered with the same word."""
    found = []
    for piece in pieces:
        session.receive_data(piece, 1.0)
        while (request := session.next_request()) is not None:
            found.append(request)
            session.send(ItemInformationResponse("03", "00", "01", DATE, "I1", "x"), 1.0)
    return found


def whole(data: bytes) -> list[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[n : n + 1] for n in range(len(data))]


def joined_with_the_next(data: bytes) -> list[bytes]:
    return [data[:-1], data[-1:] + b"1720261125    120000AOX|ABnext|\r"]


FOR_HANDLERS = [case for case in REQUESTS if case[1][:2] not in (b"97",)]


@pytest.mark.parametrize("cut", [whole, byte_by_byte, joined_with_the_next])
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"], ids=["CR", "LF", "CRLF"])
@pytest.mark.parametrize("trailer", [False, True], ids=["plain", "checksum"])
@pytest.mark.parametrize(
    ("message", "data"), FOR_HANDLERS, ids=[data[:2].decode() for _, data in FOR_HANDLERS]
)
def test_a_message_is_read_in_any_pieces_and_with_any_end(
    message: Message,
    data: bytes,
    trailer: bool,
    end: bytes,
    cut: Callable[[bytes], list[bytes]],
) -> None:
    frame = (with_checksum(data) if trailer else data) + end
    found = requests_of(a_session(), *cut(frame))
    expected: list[Message] = [message]
    if cut is joined_with_the_next:
        expected.append(ItemInformation(DATE, "X", "next", None))
    assert found == expected


@given(st.data())
def test_any_cutting_of_a_conversation_gives_the_same_requests(data: st.DataObject) -> None:
    stream = b"".join(frame + b"\r" for _, frame in FOR_HANDLERS)
    places = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    edges = [0, *places, len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert requests_of(a_session(), *pieces) == [message for message, _ in FOR_HANDLERS]


def test_stray_control_bytes_are_dropped_before_the_checksum() -> None:
    session = a_session()
    frame = b"\n\x00\x02" + with_checksum(b"9900802.00") + b"\r"
    assert requests_of(session, frame) == [SCStatus("0", 80, "2.00")]


def test_one_request_is_handed_out_at_a_time_and_the_answers_keep_their_order() -> None:
    session = a_session()
    session.receive_data(
        b"".join(with_checksum(b"1720261125    120000AOX|ABI%d|" % n, n) + b"\r" for n in range(3)),
        1.0,
    )
    for number in range(3):
        request = session.next_request()
        assert isinstance(request, ItemInformation)
        assert request.item_identifier == f"I{number}"
        session.send(
            ItemInformationResponse("03", "00", "01", DATE, request.item_identifier, ""), 1.0
        )
    frames = session.take_outgoing().split(b"\r")
    assert [(f[26:30], f[-9:-6]) for f in frames[:-1]] == [
        (b"ABI%d" % n, b"AY%d" % n) for n in range(3)
    ]
    assert session.next_request() is None
    assert session.pending == 0


# Error detection


def _answered(session: Sip2Session, frame: bytes) -> bytes:
    requests_of(session, frame + b"\r")
    return session.take_outgoing()


PLAIN_ANSWER = b"1803000120261125    120000ABI1|AJx|"
ITEM = b"1720261125    120000AOX|ABI1|"


def test_error_detection_follows_the_terminal_frame_by_frame() -> None:
    session = a_session()
    assert _answered(session, ITEM) == PLAIN_ANSWER + b"\r"
    assert _answered(session, with_checksum(ITEM, 4)) == with_checksum(PLAIN_ANSWER, 4) + b"\r"
    assert _answered(session, ITEM) == PLAIN_ANSWER + b"\r"


def test_a_wrong_checksum_is_answered_with_96_without_a_sequence_number() -> None:
    session = a_session()
    assert _answered(session, ITEM + b"AY1AZ0000") == b"96AZFEF6\r"


def test_97_repeats_the_last_frame_byte_for_byte_even_a_96() -> None:
    session = a_session()
    first = _answered(session, with_checksum(ITEM, 5))
    assert _answered(session, b"97AZFEF5") == first
    assert _answered(session, b"97") == first
    assert _answered(session, ITEM + b"AY6AZ0000") == b"96AZFEF6\r"
    assert _answered(session, b"97AZFEF5") == b"96AZFEF6\r"


def test_97_before_anything_was_sent_is_answered_with_96() -> None:
    assert _answered(a_session(logged_in=False), b"97AZFEF5") == b"96AZFEF6\r"
    assert _answered(a_session(logged_in=False), b"97") == b"96\r"


def test_a_retry_gets_the_stored_answer_and_nothing_is_handed_out() -> None:
    session = a_session()
    frame = with_checksum(ITEM, 2) + b"\r"
    assert len(requests_of(session, frame)) == 1
    first = session.take_outgoing()
    assert requests_of(session, frame) == []
    assert session.take_outgoing() == first
    assert _answered(session, b"97AZFEF5") == first
    assert requests_of(session, frame) == []


def test_a_retry_sent_while_its_request_is_being_answered_is_answered_from_the_store() -> None:
    session = a_session()
    frame = with_checksum(ITEM, 2) + b"\r"
    session.receive_data(frame + frame, 1.0)
    assert session.next_request() is not None
    session.send(ItemInformationResponse("03", "00", "01", DATE, "I1", "x"), 1.0)
    assert session.next_request() is None
    first, second, end = session.take_outgoing().split(b"\r")
    assert first == second == with_checksum(PLAIN_ANSWER, 2)
    assert end == b""


@pytest.mark.parametrize(
    "other", [with_checksum(ITEM, 3), with_checksum(ITEM.replace(b"I1", b"I2"), 2), ITEM]
)
def test_another_sequence_number_or_checksum_or_none_is_a_new_request(other: bytes) -> None:
    session = a_session()
    _answered(session, with_checksum(ITEM, 2))
    assert len(requests_of(session, other + b"\r")) == 1


def test_a_terminal_that_never_counts_is_asked_about_one_item_after_the_other() -> None:
    """A sum does not know in which order digits stand."""
    session = a_session()
    first, other = (with_checksum(ITEM.replace(b"I1", item), 0) for item in (b"I012", b"I021"))
    assert first[-5:] == other[-5:]
    _answered(session, first)
    assert len(requests_of(session, other + b"\r")) == 1


def test_the_same_frame_without_error_detection_is_a_new_request() -> None:
    assert len(requests_of(a_session(), (ITEM + b"\r") * 2)) == 2


def test_a_message_cut_short_is_asked_for_again() -> None:
    assert _answered(a_session(), b"11YN2026") == b"96\r"
    assert _answered(a_session(), with_checksum(b"11YN2026")) == b"96AZFEF6\r"


@pytest.mark.parametrize("code", [b"51", b"98", b"12", b"96", b"GET / HTTP/1.1", b"\xff\xfe"])
def test_an_unknown_message_is_ignored(code: bytes) -> None:
    session = a_session()
    assert _answered(session, code + b" " * 80) == b""
    assert not session.closing


# Logins


def test_every_state_and_event_has_a_next_state() -> None:
    reachable = {State.AWAITING_LOGIN, State.READY}
    assert {(state, event) for state in reachable for event in Event} <= set(TRANSITIONS)
    assert set(TRANSITIONS.values()) == set(State)


def test_before_the_login_only_93_and_99_are_handed_out() -> None:
    for _, data in FOR_HANDLERS:
        session = a_session(logged_in=False)
        session.receive_data(data + b"\r", 1.0)
        request = session.next_request()
        assert isinstance(request, Login | SCStatus) == (data[:2] in (b"93", b"99"))
        if request is None:
            answer = session.take_outgoing()
            assert answer[:2].decode() == answer_code(data[:2].decode())
            assert b"AFThis machine is not logged in.|" in answer


def test_99_can_be_kept_for_after_the_login() -> None:
    session = a_session(
        Sip2Settings(accounts=(ACCOUNT,), status_before_login=False), logged_in=False
    )
    session.receive_data(b"9900802.00\r", 1.0)
    assert session.next_request() is None
    assert session.take_outgoing().startswith(b"98NNNNNN")


def _log_in(session: Sip2Session, ok: bool, login: bytes = b"kiosk") -> bytes:
    session.receive_data(b"9300CN" + login + b"|COx|CPhall|\r", 1.0)
    assert isinstance(session.next_request(), Login)
    session.send(LoginResponse(ok), 1.0)
    return session.take_outgoing()


def test_a_login_makes_ready_and_tells_the_account_and_the_device() -> None:
    session = a_session(logged_in=False)
    assert _log_in(session, True) == b"941\r"
    assert session.state is State.READY
    assert session.account is ACCOUNT
    assert session.device == "hall"


def test_the_third_bad_login_closes() -> None:
    session = a_session(logged_in=False)
    assert [_log_in(session, False) for _ in range(3)] == [b"940\r"] * 3
    assert session.closing
    session.receive_data(b"9300CNkiosk|COx|\r", 1.0)
    assert session.next_request() is None


def test_a_good_login_forgives_the_bad_ones_before_it() -> None:
    session = a_session(logged_in=False)
    for ok in (False, False, True, False, False):
        _log_in(session, ok)
    assert not session.closing


def test_a_bad_login_takes_the_account_of_an_earlier_one_away() -> None:
    session = a_session()
    _log_in(session, False, b"other")
    assert session.account is None
    assert _answered(session, ITEM).startswith(b"1801")


def test_the_account_s_dialect_holds_from_its_login_on() -> None:
    account = Account("kiosk", ACCOUNT.password, "DK-900101", charset="cp850", terminator="CRLF")
    session = a_session(Sip2Settings(accounts=(account,)), logged_in=False)
    assert _log_in(session, True) == b"941\r\n"
    (request,) = requests_of(session, b"1720261125    120000AOX|ABb\x9bg|\r")
    assert isinstance(request, ItemInformation)
    assert request.item_identifier == "bøg"
    session.receive_data(ITEM + b"\r", 1.0)
    session.next_request()
    session.take_outgoing()
    session.send(ItemInformationResponse("03", "00", "01", DATE, "I1", "Bøg"), 1.0)
    assert session.take_outgoing() == b"1803000120261125    120000ABI1|AJB\x9bg|\r\n"


def test_another_delimiter() -> None:
    session = a_session(Sip2Settings(accounts=(ACCOUNT,), delimiter="^"), logged_in=False)
    session.receive_data(b"9300CNkiosk^COa|b^\r", 1.0)
    request = session.next_request()
    assert isinstance(request, Login)
    assert request.login_password == "a|b"


# What is remembered of the terminal


def test_print_lines_are_wrapped_to_the_print_width_of_99_and_screen_messages_are_not() -> None:
    session = a_session()
    requests_of(session, b"9900162.00\r")
    session.take_outgoing()
    session.receive_data(CHECKOUT + b"\r", 1.0)
    assert isinstance(session.next_request(), Checkout)
    session.send(
        CheckoutResponse(
            *(False, False, "N", "N", DATE, "X", "P1", "I1", "", DUE),
            screen_message=("This item is on loan to you.",),
            print_line=("This item is on loan to you.",),
        ),
        1.0,
    )
    sent = session.take_outgoing()
    assert sent.endswith(b"AFThis item is on loan to you.|AGThis item is on|AGloan to you.|\r")


def test_the_language_is_the_patron_s_until_the_patron_leaves() -> None:
    session = a_session()
    session.receive_data(b"2300920261125    120000AOX|AAP1|AC|\r", 1.0)
    assert isinstance(session.next_request(), PatronStatusRequest)
    session.send(PatronStatusResponse(" " * 14, "009", DATE, "X", "P1", ""), 1.0)
    assert session.agreed.language == "009"
    requests_of(session, b"3520261125    120000AOX|AAP1|\r")
    assert session.agreed.language == "000"


# Deadlines and limits


def test_a_terminal_that_does_not_log_in_is_closed_however_much_it_sends() -> None:
    session = a_session(logged_in=False)
    assert session.deadline == 60.0
    session.receive_data(b"9900802.00\r", 59.0)
    assert session.deadline == 60.0
    session.expire(60.0)
    assert session.closing
    assert session.take_outgoing() == b""


def test_each_message_moves_the_deadline_of_silence() -> None:
    session = a_session()
    assert session.deadline == 600.0
    session.receive_data(b"9900802.00\r", 500.0)
    assert session.deadline == 1100.0
    session.expire(1100.0)
    assert session.closing


def test_a_frame_without_an_end_is_thrown_away_and_the_next_is_read() -> None:
    session = a_session()
    for _ in range(100):
        session.receive_data(b"17" + b"x" * 1000, 1.0)
        assert session.next_request() is None
        assert session.pending <= SETTINGS.max_frame
    assert session.pending == 0
    assert requests_of(session, b"tail\r9900802.00\r") == [SCStatus("0", 80, "2.00")]
    assert session.pending == 0


def test_pending_counts_the_bytes_not_used_up() -> None:
    session = a_session()
    session.receive_data(ITEM + b"\r" + ITEM, 1.0)
    assert session.pending == 2 * len(ITEM)
    session.next_request()
    assert session.pending == len(ITEM)


_PIECES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([data for _, data in REQUESTS]),
    st.sampled_from([b"\r", b"\n", b"|", b"AY1AZ0000", b"11YN", b"97AZFEF5", b"x" * 9000]),
)


@given(st.lists(_PIECES, max_size=30), st.booleans())
def test_any_bytes_at_all_leave_a_session_that_still_answers_99(
    pieces: list[bytes], logged_in: bool
) -> None:
    session = a_session(Sip2Settings(accounts=(ACCOUNT,), login_tries=100), logged_in=logged_in)
    requests_of(session, *pieces)
    assert session.pending <= SETTINGS.max_frame
    session.take_outgoing()
    assert requests_of(session, b"\r9900802.00\r")[-1] == SCStatus("0", 80, "2.00")
    assert session.take_outgoing() != b""


def test_a_session_knows_no_answer_to_a_request_of_another_one() -> None:
    """A retry is known within its connection only: sequence numbers start anew in each."""
    frame = with_checksum(ITEM, 2) + b"\r"
    assert len(requests_of(a_session(), frame)) == 1
    assert len(requests_of(a_session(), frame)) == 1


def test_an_answer_is_not_repeated_without_end() -> None:
    """A frame of three bytes must not ask for megabytes."""
    session = a_session()
    first = _answered(session, ITEM)
    session.receive_data(b"97\r" * 10_000, 1.0)
    assert session.next_request() is None
    assert session.take_outgoing() == first * MAX_REPEATS
    assert _answered(session, ITEM) == first
    assert _answered(session, b"97") == first


def test_a_long_location_code_is_cut() -> None:
    session = a_session(logged_in=False)
    session.receive_data(b"9300CNkiosk|COx|CP" + b"x" * 5000 + b"|\r", 1.0)
    assert session.next_request() is not None
    session.send(LoginResponse(True), 1.0)
    assert len(session.device) == 255
