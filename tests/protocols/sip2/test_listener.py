"""A real server: the client of the package Sip2, and sockets that behave badly."""

from __future__ import annotations

import contextlib
import io
import shlex
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from Sip2.sip2 import Sip2  # type: ignore[import-untyped]

from catalogue.database import open_database
from protocols.sip2.listener import standard
from protocols.sip2.settings import Sip2Settings
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.sip2.serving import serving
from tests.protocols.sip2.terminals import LOGIN, PASSWORD, with_checksum

STATUS = b"9900802.00"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sip2") / "server.log"


@pytest.fixture(scope="module")
def port(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, log: Path
) -> Iterator[int]:
    """A server over a library of ten patrons with PIN 1234 and two hundred items."""
    path = tmp_path_factory.mktemp("library") / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    library = a_library(database)
    pin = hashed("1234")
    for number in range(10):
        a_patron(library, f"P{number}", pin_hash=pin)
    for number in range(200):
        an_item(library, f"I{number}", title=f"Bøg {number}")
    database.close()
    with serving(f"sqlite:///{path}", log) as server:
        yield server.port


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 10)


def read(connection: socket.socket, answers: int) -> list[bytes]:
    """So many answers; fewer where the server closes."""
    data = b""
    while data.count(b"\r") < answers:
        block = connection.recv(65536)
        if not block:
            break
        data += block
    return data.split(b"\r")[:-1]


# The client of the package Sip2: the library that many kiosks and discovery systems use


class Client:
    """Its requests, and its own parsing of the answers."""

    def __init__(self, port: int, has_checksum: bool) -> None:
        self.sip = Sip2()
        for name, value in {
            "hostName": "127.0.0.1",
            "hostPort": port,
            "tlsEnable": False,
            "hostEncoding": "utf-8",
            "withCrc": has_checksum,
            "withSeq": has_checksum,
            "language": "009",
            "institutionId": "DK-900100",
            "scLocation": "DK-900101",
            "patron": "P1",
            "patronpwd": "1234",
            "logfile_path": tempfile.gettempdir(),  # else it writes into the folder we are in
        }.items():
            assert hasattr(self.sip, name)
            setattr(self.sip, name, value)
        with contextlib.redirect_stdout(io.StringIO()):
            assert self.sip.connect()

    def ask(self, name: str, *arguments: Any, **options: Any) -> Any:
        request = getattr(self.sip, f"sip_{name}_request")(*arguments, **options)
        return getattr(self.sip, f"sip_{name}_response")(self.sip.get_response(request))


@pytest.mark.parametrize("has_checksum", [True, False], ids=["checksums", "plain"])
def test_a_whole_day_with_the_client_of_the_package_sip2(port: int, has_checksum: bool) -> None:
    client = Client(port, has_checksum)
    item = "I190" if has_checksum else "I191"
    assert client.ask("login", "kiosk", PASSWORD)["fixed"]["Ok"] == "1"

    status = client.ask("sc_status")
    assert status["fixed"]["OnlineStatus"] == "Y"
    assert status["variable"]["BX"] == ["YYYYYYYYYYYYNYYY"]

    patron = client.ask("patron_status")
    assert patron["variable"]["AE"] == ["Ida Ørsted"]
    assert (patron["variable"]["BL"], patron["variable"]["CQ"]) == (["Y"], ["Y"])

    shown = client.ask("item_information", item)
    assert shown["fixed"]["CirculationStatus"] == "03"
    assert shown["variable"]["AJ"] == [f"Bøg {item[1:]}"]

    out = client.ask("checkout", item)
    assert out["fixed"]["Ok"] == "1"
    assert out["variable"]["AB"] == [item]
    assert client.ask("item_information", item)["fixed"]["CirculationStatus"] == "04"

    loans = client.ask("patron_information", "charged")
    assert loans["variable"]["AU"] == [item]
    assert int(loans["fixed"]["ChargedItemsCount"]) == 1

    again = client.ask("renew", item)
    assert again["fixed"]["Ok"] == "0"
    assert again["variable"]["AF"]

    assert client.ask("end_patron_session")["fixed"]["EndSession"] == "Y"
    back = client.ask("checkin", item)
    assert back["fixed"]["Ok"] == "1"
    assert back["variable"]["AA"] == ["P1"]
    assert client.ask("item_information", item)["fixed"]["CirculationStatus"] == "03"
    client.sip.disconnect()


# Sockets


def test_a_hundred_requests_at_once_get_a_hundred_answers_in_order(port: int) -> None:
    messages = [
        (f"11NN{' ' * 36}AO|AAP2|ABI{n}|AC|AD1234|" if n % 2 else f"17{' ' * 18}AO|ABI{n}|")
        for n in range(100)
    ]
    frames = [with_checksum(message.encode(), n % 10) for n, message in enumerate(messages)]
    with connect(port) as kiosk:
        kiosk.sendall(LOGIN + b"\r")
        assert read(kiosk, 1) == [b"941"]
        kiosk.sendall(b"\r".join(frames) + b"\r")
        answers = read(kiosk, 100)
        kiosk.sendall(STATUS + b"\r")
        assert read(kiosk, 1)[0].startswith(b"98")
    assert len(answers) == 100
    for number, answer in enumerate(answers):
        assert answer.startswith(b"121" if number % 2 else b"1803")
        assert f"ABI{number}|".encode() in answer
        assert answer[-9:-6] == b"AY%d" % (number % 10)


def test_byte_by_byte_with_crlf(port: int) -> None:
    with connect(port) as kiosk:
        for byte in LOGIN + b"\r\n" + STATUS + b"\r\n":
            kiosk.sendall(bytes([byte]))
        login, status = read(kiosk, 2)
    assert login == b"941"
    assert status.startswith(b"98Y")


def test_three_bad_logins_end_the_connection_and_no_other(port: int) -> None:
    with connect(port) as neighbour, connect(port) as kiosk:
        neighbour.sendall(LOGIN + b"\r")
        assert read(neighbour, 1) == [b"941"]
        kiosk.sendall(b"9300CNkiosk|COwrong-secret-99|\r" * 5)
        assert read(kiosk, 5) == [b"940"] * 3
        neighbour.sendall(STATUS + b"\r")
        assert read(neighbour, 1)[0].startswith(b"98Y")


def test_noise_is_ignored_and_the_next_message_answered(port: int) -> None:
    with connect(port) as kiosk:
        kiosk.sendall(bytes(range(256)) * 100 + b"\r" + STATUS + b"\r")
        answers = read(kiosk, 1)
    assert answers[-1].startswith(b"98Y")


def test_a_terminal_that_leaves_in_the_middle_hurts_nobody(port: int) -> None:
    for _ in range(10):
        with connect(port) as kiosk:
            kiosk.sendall(LOGIN + b"\r" + f"11NN{' ' * 36}AO|AAP3|ABI150|AC|AD1234|".encode())
            kiosk.sendall(b"\r")
    with connect(port) as kiosk:
        kiosk.sendall(LOGIN + b"\r" + f"17{' ' * 18}AO|ABI150|".encode() + b"\r")
        login, item = read(kiosk, 2)
    assert login == b"941"
    assert item[:4] in (b"1803", b"1804")


def test_the_log_tells_of_logins_and_of_no_secret(port: int, log: Path) -> None:
    with connect(port) as kiosk:
        kiosk.sendall(b"9300CNkiosk|COwrong-secret-98|\r" + LOGIN + b"\r")
        assert read(kiosk, 2) == [b"940", b"941"]
        kiosk.sendall(b"2300120261125    120000AO|AAP1|AC|ADpin-secret-97|\r")
        assert b"CQN" in read(kiosk, 1)[0]
    text = log.read_text()
    assert "kiosk at 127.0.0.1:" in text
    assert "login refused" in text
    assert "Traceback" not in text
    for secret in ("wrong-secret", "pin-secret", PASSWORD, "AD1234"):
        assert secret not in text


def test_the_example_can_be_pasted_into_a_shell(port: int) -> None:
    """All that it says of a login is right for the demo, which tests/test_demo.py tries."""
    (line,) = standard.examples(Sip2Settings(), [port], None)
    assert f" 127.0.0.1:{port} " in line
    login = shlex.split(line, comments=True)
    assert login[:3] == ["tiro", "sip2", "ask"]
    assert login[-1] == "17{now}AO|ABI0000001|"
