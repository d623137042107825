"""Slips and labels come out of the desk's printer, or whoever waits for them learns why not."""

from __future__ import annotations

import base64
import json
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest
from twisted.internet.defer import maybeDeferred
from twisted.internet.task import Clock
from twisted.web.resource import Resource

from circulation.staff.print_jobs import Document, forget_print_jobs
from circulation.staff.workstations import Printer, add_workstation, workstation_named
from protocols.desk.printing.cloudprnt import CloudPrintResource
from protocols.desk.printing.escpos import escpos
from protocols.desk.printing.lines import plain_text
from protocols.desk.printing.sending import NotPrinted, print_out
from protocols.desk.printing.service import SECONDS, PrintService
from protocols.desk.printing.star import star
from protocols.hosting.http_channel import EndingSite
from protocols.hosting.requests import BoundedRequest
from tests.builders.accounts import at_no_desk
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import ask, title
from tests.protocols.api.stage import Stage, a_stage
from tests.protocols.hosting.test_brief_requests import Client

DESK = "Desk 2"
NOTE = Document("On hold", ("Shelf number 43", "Kærlighed på første blik"), "da", "43", "I0000001")
PAPER_OUT = b"\x72"


class FakePrinter:
    """An ESC/POS printer on a port of its own; `status` is what it says of its paper."""

    def __init__(self, status: bytes = b"\x12") -> None:
        self.status = status
        self.printed: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                assert connection.recv(3) == b"\x10\x04\x04"
                connection.sendall(self.status)
                with connection.makefile("rb") as sent:
                    data = sent.read()
            if data:
                self.printed.append(data)

    def close(self) -> None:
        self._socket.close()

    def wait(self, number: int = 1) -> bytes:
        for _ in range(200):
            if len(self.printed) >= number:
                return self.printed[-1]
            sleep(0.01)
        raise AssertionError(self.printed)


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    with a_stage(database_url) as stage:
        yield stage


@pytest.fixture
def printer() -> Iterator[FakePrinter]:
    printer = FakePrinter()
    yield printer
    printer.close()


class Turns:
    """The server's looks for jobs, wound by hand."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.clock = Clock()
        PrintService(stage.services, self.clock.callLater, maybeDeferred)

    def go_on(self, **time: float) -> None:
        """Until it has printed what it found, and knows when it will look again."""
        self.stage.library.pass_time(**time)
        self.clock.advance(SECONDS)
        for _ in range(500):
            if self.clock.getDelayedCalls():  # type: ignore[no-untyped-call]
                return
            sleep(0.01)
        raise AssertionError("it does not look again")


def a_desk(stage: Stage, printer: Printer) -> tuple[str, str]:
    """A token of somebody at a workstation with that printer, and the workstation's key."""
    branch_id = stage.library.main.id
    key = at_no_desk(stage.library, lambda act: add_workstation(act, DESK, branch_id, printer))
    return stage.a_caller(device=DESK), key


def held(stage: Stage) -> str:
    """An item that somebody waits for."""
    library = stage.library
    item = an_item(library)
    ask(library, a_patron(library), title(library, item))
    return item


def states(stage: Stage, token: str) -> list[tuple[str, str]]:
    told = stage.ask("GET", "/prints", token=token)
    return [(each["kind"], each["state"]) for each in told.body["jobs"]]


def test_the_note_of_a_hold_prints_by_itself(stage: Stage, printer: FakePrinter) -> None:
    token, _ = a_desk(stage, Printer("escpos", printer.address))
    turns = Turns(stage)
    told = stage.ask("POST", "/checkins", {"item": held(stage)}, token=token)
    assert told.body["printing"] is not None
    assert states(stage, token) == [("pickup", "waiting")]
    turns.go_on()
    assert b"Hyldenummer 1" in printer.wait()
    assert states(stage, token) == [("pickup", "printed")]


def test_the_slip_of_what_goes_elsewhere_prints_by_itself(
    stage: Stage, printer: FakePrinter
) -> None:
    token, _ = a_desk(stage, Printer("escpos", printer.address))
    turns, library = Turns(stage), stage.library
    there = an_item(library, home=library.other)
    stage.ask("POST", "/desk/scan", {"text": there}, token=token)
    stage.ask("POST", "/desk/scan", {"text": an_item(library)}, token=token)  # stays: no slip
    turns.go_on()
    assert b"Til Havnefilialen" in printer.wait()
    assert states(stage, token) == [("transit", "printed")]


def test_what_is_not_printed_is_tried_again_and_given_up_with_a_message(stage: Stage) -> None:
    printer = FakePrinter(PAPER_OUT)
    token, _ = a_desk(stage, Printer("escpos", printer.address))
    turns = Turns(stage)
    item = an_item(stage.library)
    job = stage.ask("POST", "/prints", {"kind": "label", "item": item}, token=token).body["id"]
    turns.go_on()
    [told] = stage.ask("GET", "/prints", token=token).body["jobs"]
    assert (told["state"], "no paper" in told["problem"]) == ("waiting", True)
    for _ in range(8):
        turns.go_on(minutes=20)
    assert states(stage, token) == [("label", "given_up")]
    printer.status = b"\x12"
    again = stage.ask("POST", f"/prints/{job}/again", token=token)
    assert again.body["state"] == "waiting"
    turns.go_on()
    assert item.encode() in printer.wait()
    assert stage.ask("POST", f"/prints/{job}/again", token=token).status == 409
    printer.close()


def test_a_printer_that_is_off_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotPrinted, match=f"no answer from 127.0.0.1:{port}"):
        print_out(Printer("escpos", f"127.0.0.1:{port}"), NOTE)


def test_a_desk_without_a_printer_leaves_it_to_the_browser(stage: Stage) -> None:
    token = stage.a_caller()
    told = stage.ask("POST", "/checkins", {"item": held(stage)}, token=token)
    assert told.body["printing"] is None
    assert stage.ask("GET", "/prints", token=token).body == {"printer": "none", "jobs": []}
    wish = {"kind": "pick_list"}
    assert stage.ask("POST", "/prints", wish, token=token).status == 409


def test_a_receipt_is_forgotten_once_it_is_printed(stage: Stage, printer: FakePrinter) -> None:
    token, _ = a_desk(stage, Printer("escpos", printer.address))
    turns, library = Turns(stage), stage.library
    card = a_patron(library, family_name="Ørsted")
    an_item(library, title="Gift", on_loan_to=card)
    wish = {"kind": "receipt", "patron": stage.public_id(card)}
    assert stage.ask("POST", "/prints", wish, token=token).status == 200
    turns.go_on()
    assert "Ørsted".encode("cp1252") in printer.wait()
    kept = library.read(lambda transaction: workstation_named(transaction, name=DESK))
    assert kept is not None
    later = library.now + timedelta(days=2)
    assert library.write(lambda transaction: forget_print_jobs(transaction, now=later)) == 1


class CloudPrinter:
    """A printer that asks the server, as Star's do."""

    def __init__(self, stage: Stage, key: str) -> None:
        root = Resource()  # type: ignore[no-untyped-call]
        resource = CloudPrintResource(stage.services)
        root.putChild(b"cloudprnt", resource)  # type: ignore[no-untyped-call]
        site = EndingSite(root, requestFactory=BoundedRequest, timeout=120, reactor=Clock())
        self._client = Client(site)
        self._shown = base64.b64encode(f"{DESK}:{key}".encode()).decode()

    def ask(self, method: str, query: str = "", body: bytes = b"") -> tuple[int, bytes]:
        head = [
            f"{method} /cloudprnt{query} HTTP/1.1",
            "Host: x",
            f"Authorization: Basic {self._shown}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        told = self._client.ask("\r\n".join([*head, "", ""]).encode() + body)
        for _ in range(500):
            if told:
                break
            sleep(0.01)
            told = self._client.answers()
        first, _, rest = told.partition(b"\r\n\r\n")
        return int(first.split()[1]), rest


def test_a_printer_that_polls_fetches_its_jobs(stage: Stage) -> None:
    token, key = a_desk(stage, Printer("cloudprnt", "00:11:62:00:00:01"))
    turns, cloud = Turns(stage), CloudPrinter(stage, key)
    poll: Callable[[], Any] = lambda: json.loads(cloud.ask("POST", body=b"{}")[1])  # noqa: E731
    assert poll() == {"jobReady": False}
    stage.ask("POST", "/checkins", {"item": held(stage)}, token=token)
    turns.go_on()  # nobody else prints it
    told = poll()
    assert told["jobReady"]
    query = f"?mac=00:11:62:00:00:01&token={told['jobToken']}"
    status, data = cloud.ask("GET", f"{query}&type={told['mediaTypes'][0]}")
    assert status == 200
    assert b"Hyldenummer 1" in data
    assert cloud.ask("DELETE", f"{query}&code=520%20paper")[0] == 200
    [job] = stage.ask("GET", "/prints", token=token).body["jobs"]
    assert (job["state"], job["problem"]) == ("waiting", "520 paper")
    turns.go_on(minutes=2)
    assert poll()["jobReady"]
    assert b"Hyldenummer 1" in cloud.ask("GET", f"{query}&type=text/plain")[1]
    cloud.ask("DELETE", f"{query}&code=200%20OK")
    assert states(stage, token) == [("pickup", "printed")]


def test_nobody_fetches_the_slips_of_another_desk(stage: Stage) -> None:
    _, key = a_desk(stage, Printer("escpos", "127.0.0.1:9"))
    assert CloudPrinter(stage, key).ask("POST", body=b"{}")[0] == 401  # no such printer there
    assert CloudPrinter(stage, "wrong").ask("POST", body=b"{}")[0] == 401


def test_the_number_is_large_and_the_barcode_is_drawn() -> None:
    data = escpos(NOTE, 42)
    assert b"\x1d!\x55" + b"43\n" in data
    assert b"\x1dkI\x0a{BI0000001" in data
    assert "Kærlighed på".encode("cp1252") in data
    assert data.endswith(b"\x1dVB\x00")
    assert b"\x1bi\x05\x05" + b"43\n" in star(NOTE, 42)
    assert b"I0000001\x1e" in star(NOTE, 42)


def test_a_title_gives_a_printer_no_commands() -> None:
    """Not to open the drawer, nor to begin another job after the barcode."""
    drawer, opens = "\x1bp\x00\x19\xfa", b"\x1bp"
    bad = Document(
        f"Gift{drawer}", (f"* Kys {drawer}",), big=f"4{drawer}", barcode=f"I1\x1e{drawer}"
    )
    for data in (escpos(bad, 42), star(bad, 42), plain_text(bad, 42).encode()):
        assert b"Gift" in data
        assert opens not in data
    assert star(bad, 42).count(b"\x1e") == 1
    assert "\x1b" not in plain_text(bad, 42)


def test_lines_are_no_wider_than_the_paper() -> None:
    long = Document("A heading that is rather long", ("* " + "word " * 30,), big="1234567")
    for width in (20, 32, 42):
        assert all(len(line) <= width for line in plain_text(long, width).splitlines())


@contextmanager
def a_queue_of_cups(folder: Path, script: str) -> Iterator[None]:
    """A program lp that does what the script says."""
    program = folder / "lp"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}:/bin:/usr/bin")
        assert shutil.which("lp") == str(program)
        yield


def test_a_queue_of_cups_gets_plain_text(tmp_path: Path) -> None:
    with a_queue_of_cups(tmp_path, f'echo "$@" > {tmp_path}/asked; cat > {tmp_path}/got'):
        print_out(Printer("cups", "counter"), NOTE)
    assert "-d counter" in (tmp_path / "asked").read_text()
    assert "Shelf number 43" in (tmp_path / "got").read_text()
    with (
        a_queue_of_cups(tmp_path, "echo 'lp: no such queue' >&2; exit 1"),
        pytest.raises(NotPrinted, match="no such queue"),
    ):
        print_out(Printer("cups", "counter"), NOTE)


@pytest.mark.parametrize("form", [escpos, star])
def test_a_receipt_printer_gets_names_in_its_letters(
    form: Callable[[Document, int], bytes],
) -> None:
    names = ("Анна Щёлкова", "Δημήτρης Παπαδόπουλος", "Łukasz Ørsted", "محمد", "שלום", "中文")
    printed = form(Document("Reserveret", names, big="Щ1"), 20).decode("cp1252")
    for words in ("Anna Shchelkova", "Dimitris", "Papadopoylos", "Lukasz Ørsted", "mhmd", "slvm"):
        assert words in printed
    assert "ZhongWen" in printed
    assert "Shch1" in printed
    assert "?" not in printed
