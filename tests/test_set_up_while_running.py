"""A set-up applied by another process to a library that is open."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from click.testing import CliRunner

from circulation.patrons.pins import hash_pin
from protocols.commands.command_line import tiro
from protocols.demo.seeding import SET_UP
from tests.servers import RunningServer, run_tiro, running_demo, talk

NEW_KIND = '[terminal_profiles.new]\nkind = "desk"\n'
NEW_TERMINAL = '[terminals.new]\nbranch = "DK-900101"\nprofile = "new"\npassword = "{}"\n'


def due_of_a_check_out(server: RunningServer) -> str:
    """Lends an item at the demo's kiosk; the due date that the kiosk is told."""
    patron, item = server.take_patron(), server.take_item()
    check_out = f"11YN20260101    080000                  AO|AA{patron}|AB{item}|AC|AD1234|\r"
    answer = talk(server.sip2, [b"9300CNkiosk|COkiosk|\r", check_out.encode()], b"|\r")
    fields = answer.decode().rpartition("\r12")[2].split("|")
    assert fields[0].startswith("1"), answer
    return next(field for field in fields if field.startswith("AH"))


def test_a_changed_rule_holds_for_the_next_check_out_without_a_restart(tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo", "--patrons", "5", "--items", "5") as server:
        config = server.data / "tiro.toml"
        library = tmp_path / "library.toml"
        text = SET_UP.read_text(encoding="utf-8")
        library.write_text(text, encoding="utf-8")
        same = run_tiro(config, "apply", str(library), "--yes")
        assert same.stdout.startswith("Nothing to do"), same
        before = due_of_a_check_out(server)
        library.write_text(text.replace("loan_days = 30", "loan_days = 90"), encoding="utf-8")
        applied = run_tiro(config, "apply", str(library), "--yes")
        assert applied.returncode == 0, applied
        assert "loan_days 30 -> 90" in applied.stdout
        assert due_of_a_check_out(server) > before


def test_terminals_come_change_and_go_without_dropping_a_connection(tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo", "--patrons", "5", "--items", "5") as server:
        config = server.data / "tiro.toml"
        library = tmp_path / "library.toml"
        text = SET_UP.read_text(encoding="utf-8")
        mine = text + NEW_KIND + NEW_TERMINAL.format(hash_pin("secret"))

        def apply(changed: str) -> None:
            library.write_text(changed, encoding="utf-8")
            arguments = ["--config", str(config), "apply", str(library), "--yes"]
            applied = CliRunner().invoke(tiro, arguments)
            assert applied.exit_code == 0, applied.output
            time.sleep(1.1)  # within a second a terminal may be dealt with as before

        login = b"9300CNnew|COsecret|\r"
        assert talk(server.sip2, [login], b"\r") == b"940\r"
        apply(mine)
        with socket.create_connection(("127.0.0.1", server.sip2), timeout=10) as line:

            def ask(message: bytes) -> bytes:
                line.sendall(message)
                answer = b""
                while not answer.endswith(b"\r"):
                    answer += line.recv(4096)
                return answer

            assert ask(login) == b"941\r"
            lends = slice(4, 5)  # of 98: may items be lent?
            assert ask(b"9900802.00\r")[lends] == b"Y"
            apply(mine.replace(NEW_KIND, NEW_KIND.replace("desk", "sorter")))
            assert ask(b"9900802.00\r")[lends] == b"N"
            apply(text)  # the terminal is taken away: the line stays, and nothing is done on it
            refused = ask(b"17" + b"20260101    080000AO|ABI0000001|AC|\r")
            assert refused.startswith(b"1801")
            assert ask(login) == b"940\r"
