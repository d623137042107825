"""A proxy that runs, and terminals in front of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from protocols.proxy.journal.reading import read_journal
from protocols.proxy.journal.records import Record
from protocols.sip2.asking.line import Line, open_line
from tests.processes import start
from tests.protocols.proxy.systems import DATE

KEY = "0123456789abcdef" * 4
LOGIN = b"9300CNkiosk-1|COopen sesame|CPHB|\r"
OUT = f"11YN{DATE}{DATE}AOOLD|AAP1|ABI1|AC|AD1234|".encode()
IN = f"09N{DATE}{DATE}APHB|AOOLD|ABI1|AC|".encode()

SETTINGS = """
journal = "journal"
key = "{key}"
language = "en"
{more}
[listen]
port = 0
{listen}
[old]
host = "127.0.0.1"
port = {port}
answer_timeout = {patience}
retry_from = 0.05
retry_to = 0.2
{old}
"""


class Running:
    """The proxy of a folder: `port` is new with every start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.begin()

    def begin(self) -> None:
        self.process = start(
            "protocols.commands.command_line",
            *("proxy", "serve", "--file", str(self.folder / "proxy.toml")),
            errors=self.folder / "log",
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        assert line, (self.folder / "log").read_text()
        self.port = int(line.rpartition(":")[2])

    def kill(self) -> None:
        """As when the power goes: nothing is said, nothing is closed."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(60) == 0

    def terminal(self, login: bytes = LOGIN) -> Line:
        """A terminal that is on line."""
        line = open_line("127.0.0.1", self.port, timeout=5.0)
        if login:
            assert ask(line, login) == b"941"
        return line

    def records(self, kind: str = "") -> list[Record]:
        found = read_journal(self.folder / "journal")
        return [each for each in found if not kind or each["kind"] == kind]

    def journal(self) -> bytes:
        return b"".join(path.read_bytes() for path in (self.folder / "journal").glob("*.journal"))


def ask(line: Line, message: bytes) -> bytes:
    line.send(message if message.endswith(b"\r") else message + b"\r")
    answer = line.frame()
    assert answer is not None, "no answer"
    return answer


def settings(
    folder: Path,
    port: int,
    *,
    more: str = "",
    listen: str = "",
    old: str = "",
    patience: float = 2.0,
) -> None:
    """Writes proxy.toml."""
    text = SETTINGS.format(key=KEY, port=port, more=more, listen=listen, old=old, patience=patience)
    (folder / "proxy.toml").write_text(text)


@contextmanager
def proxy(folder: Path) -> Iterator[Running]:
    """The proxy with the settings in the folder; it must stop well."""
    running = Running(folder)
    try:
        yield running
        running.stop()
        assert "CRITICAL" not in (folder / "log").read_text()
    finally:
        if running.process.poll() is None:
            running.kill()
