"""The demo contract: what `tiro demo` promises to those who only see it from outside."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymarc import Field, Indicators, Record, Subfield

from tests.servers import RunningServer, free_ports, run_tiro, running_demo, start_demo, talk


def test_it_prints_that_it_is_ready_and_a_line_to_try_each_listener(
    demo_server: RunningServer,
) -> None:
    ready = demo_server.printed.index("Tiro is ready")
    lines = [line for line in demo_server.printed[ready + 1 :] if not line.startswith("# ")]
    for port in (demo_server.sip2, demo_server.z3950, demo_server.http, demo_server.ncip):
        assert any(str(port) in line for line in lines), (port, lines)


def test_every_line_to_try_works_in_a_shell(demo_server: RunningServer, program) -> None:  # type: ignore[no-untyped-def]
    program("curl")
    ready = demo_server.printed.index("Tiro is ready")
    greeting = demo_server.printed[ready + 1 :]
    assert greeting[0].startswith("# ")
    assert str(demo_server.data) in greeting[0]
    lines = [line for line in greeting if not line.startswith("# ")]
    assert all(greeting[greeting.index(line) - 1].startswith("# ") for line in lines)
    for line in lines:
        done = subprocess.run(
            line, shell=True, capture_output=True, text=True, timeout=30, executable="/bin/bash"
        )
        assert done.returncode == 0, (line, done.stderr)
        assert done.stdout.strip(), line
        assert not re.search(r"hits: 0|<(\w+:)?Problem|numberOfRecords>0<", done.stdout), line


def test_everything_listens_on_the_loopback_only(demo_server: RunningServer) -> None:
    for port in (demo_server.sip2, demo_server.z3950, demo_server.http, demo_server.ncip):
        socket.create_connection(("127.0.0.1", port), 5).close()
        with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
            socket.create_connection(("127.0.0.2", port), 1).close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_five_seconds_with_status_0(
    tmp_path: Path, how: signal.Signals
) -> None:
    server = start_demo(tmp_path / "d", "--patrons", "2", "--items", "3", afresh=True)
    with socket.create_connection(("127.0.0.1", server.sip2)) as idle:
        idle.sendall(b"9300CNkiosk|COkiosk|\r")
        assert idle.recv(100).startswith(b"941")
        assert server.stop(how) == 0
    assert "Traceback" not in server.log.read_text()


def test_a_library_is_continued_not_seeded_again(tmp_path: Path) -> None:
    data = tmp_path / "library"
    login = b"9300CNkiosk|COkiosk|\r"
    checkout = (
        b"11YN20261125    12000020261125    120000AODK-900100|AAP0000001|ABI0000003|AC|AD1234|\r"
    )
    with running_demo(data, "--patrons", "3", "--items", "5") as server:
        assert talk(server.sip2, [login], b"\r") == b"941\r"
        with socket.create_connection(("127.0.0.1", server.sip2)) as kiosk:
            kiosk.sendall(login)
            assert kiosk.recv(100) == b"941\r"
            kiosk.sendall(checkout)
            assert kiosk.recv(1000).startswith(b"121")
    with running_demo(data, "--patrons", "9", "--items", "9") as server:
        assert any("Continuing" in line for line in server.printed)
        with socket.create_connection(("127.0.0.1", server.sip2)) as kiosk:
            kiosk.sendall(login)
            assert kiosk.recv(100) == b"941\r"
            kiosk.sendall(b"1720261125    120000AODK-900100|ABI0000003|\r")
            assert kiosk.recv(1000).startswith(b"1804")
            kiosk.sendall(b"1720261125    120000AODK-900100|ABI0000007|\r")
            assert kiosk.recv(1000).startswith(b"1801")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RunningServer]:
    """One that is known by its command line, as a forked one is not."""
    with running_demo(tmp_path / "own", "--patrons", "1", "--items", "1", afresh=True) as server:
        yield server


def test_the_folder_holds_a_configuration_for_every_other_command(
    own_server: RunningServer, tmp_path: Path
) -> None:
    config = own_server.data / "tiro.toml"
    assert tomllib.loads(config.read_text())["sip2"]["port"] == own_server.sip2
    assert "kiosk" not in [
        account["password"] for account in tomllib.loads(config.read_text())["sip2"]["accounts"]
    ]
    for words in (("check",), ("check", "--running")):  # its ports are its own
        checked = run_tiro(config, *words)
        assert checked.returncode == 0, checked.stderr
    record = Record(force_utf8=True)
    record.add_field(
        Field("245", Indicators("0", "0"), [Subfield("a", "Loaded while the demo runs")])
    )
    path = tmp_path / "one.mrc"
    path.write_bytes(record.as_marc())
    loaded = run_tiro(config, "load", str(path))
    assert loaded.returncode == 0, loaded.stderr


def test_a_taken_port_is_said_in_a_sentence_with_the_section_to_change(tmp_path: Path) -> None:
    with running_demo(tmp_path / "a", "--patrons", "1", "--items", "1") as server:
        others = free_ports(3)
        with pytest.raises(AssertionError, match=r"\[sip2\] cannot listen on 127\.0\.0\.1"):
            start_demo(
                tmp_path / "b",
                *("--patrons", "1", "--items", "1", "--sip2-port", str(server.sip2)),
                *("--z3950-port", str(others[0])),
            )


def test_what_patrons_are_told_and_owe_can_be_read_and_explained(tmp_path: Path) -> None:
    """A loan that nobody returns: the commands of the demo contract, run as they stand there."""
    day = max(date(2027, 2, 1), datetime.now(UTC).date() + timedelta(days=60))
    data = tmp_path / "library"
    today = f"{datetime.now(UTC):%Y%m%d    %H%M%S}".encode()
    out = b"11YN" + today + today + b"AODK-900100|AAP0000001|ABI0000003|AC|AD1234|\r"
    with running_demo(data, "--patrons", "2", "--items", "4") as server:
        assert talk(server.sip2, [b"9300CNkiosk|COkiosk|\r"], b"\r") == b"941\r"
        with socket.create_connection(("127.0.0.1", server.sip2)) as kiosk:
            kiosk.sendall(b"9300CNkiosk|COkiosk|\r")
            assert kiosk.recv(100) == b"941\r"
            kiosk.sendall(out)
            assert kiosk.recv(1000).startswith(b"121")
    config = data / "tiro.toml"

    def tiro(*arguments: str) -> Any:
        done = run_tiro(config, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def run_jobs(on: date) -> None:
        done = run_tiro(config, "jobs", "run", "--date", f"{on}")
        assert done.returncode == 0, done.stderr

    run_jobs(day)
    told = tiro("notices", "--patron", "P0000001")["messages"]
    assert told
    for message in told:
        assert set(message) >= {"kind", "channel", "address", "state", "created", "sent", "text"}
    (late,) = [message for message in told if message["state"] == "sent"]
    assert late["text"]
    written = data / "outbox" / late["channel"]
    assert any(f"{late['id']}" in path.name for path in written.iterdir())
    for later in (31, 62):
        run_jobs(day + timedelta(days=later))
    charged = tiro("charges", "--patron", "P0000001")["charges"]
    assert {charge["kind"] for charge in charged} == {"compensation", "late_fee"}
    for charge in charged:
        assert set(charge) >= {"kind", "amount", "balance", "reason"}
        assert charge["amount"] % 100 == 0
        why = tiro("charges", "explain", charge["id"])
        assert [loan["barcode"] for loan in why["loans"]] == ["I0000003"]
        (loan,) = why["loans"]
        assert loan["facts"]["due"]
        assert loan["rules"], loan
        assert why["steps"]
    told = tiro("notices", "--patron", "P0000001")["messages"]
    assert {"bill", "reminder"} <= {message["kind"] for message in told}
    for message in told:
        why = tiro("notices", "explain", message["id"])
        for cause in why["tells"]:
            assert cause["loans"] or cause["charges"] or cause["facts"], message["kind"]
            assert cause["rules"]["channels"]["value"]
            assert cause["rules"]["channels"]["rule"]["at"] == "DK-900100"
