"""Conversations written down masked, and spoken again."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from protocols.commands.standards.sip2 import sip2
from protocols.sip2.asking.line import open_line
from protocols.sip2.asking.recording import MAX_FILE, line_of, record
from protocols.sip2.asking.replay import Exchange, Secrets, read_recording, replay, shown
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.wire.text import Dialect
from tests.builders.circulation import Library, a_patron, an_item
from tests.protocols.sip2.behind import SOUND, Fault, behind
from tests.protocols.sip2.terminals import LOGIN, PASSWORD, Terminal, an_account, with_checksum
from tests.protocols.sip2.transcripts import FOLDER, furnish, hashed

PLAIN = Dialect()
SECRETS = Secrets("kiosk", PASSWORD, "1234")
DATE = "20261125    120000"


def recorded(library: Library, folder: Path, is_wanted: bool = True, **account: Any) -> Terminal:
    accounts = (an_account(record=is_wanted, **account),)
    terminal = Terminal(library, Sip2Settings(accounts=accounts))
    record(terminal.session, folder, "192.0.2.7:50000", lambda: library.now)
    return terminal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where recordings go; it is made when there is one."""
    return tmp_path / "recordings"


def test_what_is_written_down(library: Library, folder: Path) -> None:
    card = a_patron(library, "P1", pin_hash=hashed("1234"))
    item = an_item(library, "I1", title="Sult")
    terminal = recorded(library, folder)
    terminal.ask(LOGIN)
    terminal.ask(with_checksum(f"11YN{DATE}{DATE}AO|AA{card}|AB{item}|ACx|AD1234|".encode(), 4))
    terminal.ask(b"17AZ0000")
    terminal.close()
    (path,) = folder.iterdir()
    assert path.read_text() == (
        "# kiosk at 192.0.2.7:50000, 2026-11-25T11:00:00+00:00\n"
        "> 9300CNkiosk|CO***|\n"
        "< 941\n"
        f"> 11YN{DATE}{DATE}AO|AAP1|ABI1|AC***|AD***|AY4AZ????\n"
        f"< 121NUY{DATE}AODK-900100|AAP1|ABI1|AJSult|AH20261223    235959|CK000|AY4AZ????\n"
        "> 17AZ0000\n"
        "< 96\n"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_who_is_not_to_be_recorded_is_not(library: Library, folder: Path) -> None:
    terminal = recorded(library, folder, is_wanted=False)
    terminal.ask(LOGIN)
    terminal.ask(b"9900802.00")
    terminal.close()
    assert not folder.exists()


def test_what_cannot_be_written_does_not_disturb(
    library: Library, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file")
    terminal = recorded(library, folder / "below")
    assert terminal.ask(LOGIN) == b"941\r"
    terminal.close()
    assert "cannot be recorded" in caplog.text


def test_a_file_does_not_grow_without_end(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("protocols.sip2.asking.recording.MAX_FILE", 1_000)
    terminal = recorded(library, folder)
    terminal.ask(LOGIN)
    for _ in range(50):
        terminal.ask(b"9900802.00")
    terminal.close()
    (path,) = folder.iterdir()
    assert path.stat().st_size < 1_500 < MAX_FILE


def test_a_name_that_is_no_file_name(library: Library, folder: Path) -> None:
    terminal = recorded(library, folder, login="../kiosk/1")
    terminal.ask(LOGIN.replace(b"kiosk", b"../kiosk/1"))
    terminal.close()
    (path,) = folder.iterdir()
    assert path.name.startswith(".._kiosk_1-20261125T110000-192.0.2.7_50000")


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (b"9300CNAC-DC|COsecret|", "9300CNAC***|CO***|"),
        (b"17" + b" " * 18 + b"AO|ABCO123|ACAD|", "17" + " " * 18 + "AO|ABCO123|AC***|"),
        (b"97AZFEF5\r", "97AZ????"),
    ],
)
def test_masks_hide_passwords_and_leave_barcodes(frame: bytes, line: str) -> None:
    assert line_of(frame, PLAIN) == line


# Reading


def test_reading_a_log_of_another_server() -> None:
    text = (
        "2026-11-25 12:00:00,100 kiosk > 9900802.00\n"
        "2026-11-25 12:00:00,200 kiosk < 98YYYYYY\n"
        "nothing of interest\n"
        "> 17x\n"
    )
    assert read_recording(text) == [
        Exchange(1, "1", "9900802.00", answers=("98YYYYYY",)),
        Exchange(4, "1", "17x"),
    ]


def test_reading_connections_and_segments() -> None:
    text = "# first\n> 9900802.00\n< 98Y\n+ 2\n~ 17\\r\\n\n+ again\n> 97\n"
    assert [(each.connection, each.message, each.is_segment) for each in read_recording(text)] == [
        ("1", "9900802.00", False),
        ("2", "17\\r\\n", True),
        ("2/1", "97", False),
    ]


# Speaking again


@pytest.mark.parametrize(
    "name", ["1-an-evening-at-the-kiosk", "5-error-detection", "pain-14-ends-of-lines"]
)
@pytest.mark.parametrize("is_strict", [False, True])
def test_the_transcripts_of_the_tests_replay(library: Library, name: str, is_strict: bool) -> None:
    furnish(library)
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").partition("\n@")[0]
    exchanges = read_recording(text)
    with behind(library) as port:
        done = list(
            replay(
                exchanges,
                lambda: open_line("127.0.0.1", port, timeout=2.0),
                SECRETS,
                PLAIN,
                is_strict=is_strict,
                silence=0.05,
            )
        )
    assert len(done) == len(exchanges) > 3
    assert [(each.exchange.line, each.differences) for each in done if each.differences] == []


def test_a_recording_replays_with_its_secrets_put_in(library: Library, folder: Path) -> None:
    card = a_patron(library, "P1", pin_hash=hashed("1234"))
    terminal = recorded(library, folder)
    terminal.ask(LOGIN)
    terminal.ask(with_checksum(f"23001{DATE}AO|AA{card}|ACx|AD1234|".encode(), 4))
    terminal.close()
    (path,) = folder.iterdir()
    arguments = ["--login", "kiosk", "--password", PASSWORD]
    with behind(library) as port:
        address = f"127.0.0.1:{port}"
        alike = CliRunner().invoke(
            sip2, ["replay", str(path), address, *arguments, "--pin", "1234", "--strict"]
        )
        wrong_pin = CliRunner().invoke(
            sip2, ["replay", str(path), address, *arguments, "--pin", "4321"]
        )
        as_json = CliRunner().invoke(sip2, ["replay", str(path), address, "--json"])
    assert (alike.exit_code, alike.output) == (0, "2 messages, 0 answered differently\n")
    assert wrong_pin.exit_code == 1
    assert "CQ: recorded 'Y', now 'N'" in wrong_pin.output
    assert "AD***" in wrong_pin.output
    assert "4321" not in wrong_pin.output
    assert as_json.exit_code == 1
    assert "\"ok: recorded '1', now '0'\"" in as_json.output


DIFFERENT: list[tuple[str, Callable[[bytes, bytes], bytes | None]]] = [
    ("AJ: recorded 'Sult', now 'Pan'", lambda s, a: a.replace(b"Sult", b"Pan")),
    ("AQ: recorded 'DK-900101', now nothing", lambda s, a: a.replace(b"AQDK-900101|", b"")),
    ("ZZ: recorded nothing, now 'x'", lambda s, a: a.replace(b"AQ", b"ZZx|AQ")),
    ("circulation status: recorded '03', now '04'", lambda s, a: a.replace(b"1803", b"1804")),
    ("now no answer", lambda s, a: b"" if s[:2] == b"17" else a),
    ("recorded no answer, now '96'", lambda s, a: a + b"96\r" if s[:2] == b"51" else a),
    ("closed", lambda s, a: None if s[:2] == b"17" else a),
]


@pytest.mark.parametrize(("difference", "answer"), DIFFERENT)
def test_a_difference_is_told(library: Library, difference: str, answer: Any) -> None:
    an_item(library, "I1", title="Sult")
    text = f"> 9300CNkiosk|CO***|\n< 941\n> 17{DATE}AO|ABI1|\n< {{}}\n> 51x\n"
    with behind(library, SOUND) as port, open_line("127.0.0.1", port) as line:
        line.send(LOGIN + b"\r" + f"17{DATE}AO|ABI1|\r".encode())
        line.frame()
        frame = line.frame()
        assert frame is not None
        exchanges = read_recording(text.format(frame.decode()))
    with behind(library, Fault(answer=answer)) as port:
        done = replay(
            exchanges,
            lambda: open_line("127.0.0.1", port, timeout=0.2),
            SECRETS,
            PLAIN,
            silence=0.05,
        )
        told = [text for each in done for text in each.differences]
    assert any(difference in text for text in told), told


def test_dates_count_only_when_asked(library: Library) -> None:
    an_item(library, "I1", title="Sult")
    exchanges = read_recording(f"> 9300CNkiosk|CO***|\n< 941\n> 17{DATE}AO|ABI1|\n< 1803000119")
    then = "1803000119990101    000000ABI1|AJSult|BGDK-900100|CK000|AQDK-900101|APDK-900101|"
    exchanges[-1] = Exchange(3, "1", exchanges[-1].message, answers=(then,))

    def differences(is_strict: bool) -> list[int]:
        with behind(library) as port:
            done = replay(
                exchanges,
                lambda: open_line("127.0.0.1", port),
                SECRETS,
                PLAIN,
                is_strict=is_strict,
            )
            return [len(each.differences) for each in done]

    assert differences(is_strict=False) == [0, 0]
    assert differences(is_strict=True) == [0, 1]


def test_what_is_shown_of_a_message_is_masked() -> None:
    assert shown(Exchange(1, "1", "9300CNkiosk|COsecret|"), PLAIN) == "9300CNkiosk|CO***|"


def test_a_file_without_messages(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text("nothing\n")
    done = CliRunner().invoke(sip2, ["replay", str(path), "127.0.0.1:1"])
    assert (done.exit_code, "holds no messages" in done.output) == (1, True)
