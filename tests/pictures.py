"""Takes the pictures that the documents show: python -m tests.pictures docs/pictures

A demo is begun. A desk in a real Chromium does what a desk does, and its page is written down; a
kiosk talks to it, and what was said is drawn.
"""

from __future__ import annotations

import json
import re
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from lxml import etree

from tests.protocols.desk.browser import Desk, a_browser
from tests.servers import RunningServer, run_tiro, running_demo

#: What the kiosk says, and what it means; ``~`` stands for the time.
CONVERSATION: Final = (
    ("9300CNkiosk|COkiosk|", "The kiosk logs in.", "Welcome."),
    (
        "63009~          AODK-900100|AAP0000001|AC|AD1234|",
        "Who is this, and is the PIN right?",
        "It is right: no holds, no loans, nothing owed.",
    ),
    (
        "11YN~~AODK-900100|AAP0000001|ABI0000022|AC|AD1234|",
        "May this book go home?",
        "It may, until this day.",
    ),
    (
        "09N~~APHovedbiblioteket|AODK-900100|ABI0000022|AC|",
        "It is back.",
        "Taken back; it stays here.",
    ),
)
_WIDTH, _LINE = 860, 19
#: As much of a message as a line holds, up to the end of a field.
_PART: Final = re.compile(r".{1,96}(?:\||$)")
_SVG = "http://www.w3.org/2000/svg"


def take_pictures(folder: Path) -> None:
    """Writes ``desk.png``, a patron with loans and a stop that keeps nobody from scanning on,
    ``kiosk.svg``, a loan over SIP2, and ``hold.svg``, what becomes of a hold."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as data, running_demo(Path(data) / "library") as server:
        (folder / "kiosk.svg").write_bytes(_drawn(_a_conversation(server)))
        _draw_a_hold(server, folder / "hold.svg")
        with a_browser() as browser:
            desk = Desk(browser, f"http://127.0.0.1:{server.http}").log_in("desk", "desk")
            desk.scan("P0000004", "I0000040")
            desk.outcomes(2)
            desk.scan("P0000003", "I0000001", "I0000002", "I0000003", "I0000040")
            desk.outcomes(7)
            desk.wait("li.row.x")
            browser.save_screenshot(str(folder / "desk.png"))


def _draw_a_hold(server: RunningServer, path: Path) -> None:
    """Of a book that somebody else has."""

    def tiro(*words: str) -> str:
        done = run_tiro(server.data / "tiro.toml", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    tiro("loan", "out", "P0000005", "I0000050", "--at", "DK-900101")
    placed = tiro("hold", "place", "P0000006", "--record", "50", "--at", "DK-900101", "--json")
    hold = json.loads(placed)["holds"][0]["id"]
    tiro("statistics", "--hold", hold, "--plot", str(path))


def _a_conversation(server: RunningServer) -> list[tuple[str, str, str]]:
    """Who speaks (``>`` the kiosk, ``<`` Tiro), the message, and what it means."""
    now = datetime.now(UTC).strftime("%Y%m%d   Z%H%M%S")
    found: list[tuple[str, str, str]] = []
    with (
        socket.create_connection(("127.0.0.1", server.sip2), 20) as connection,
        connection.makefile("rwb", buffering=0) as line,
    ):
        for request, question, meaning in CONVERSATION:
            asked = request.replace("~", now)
            line.write(f"{asked}\r".encode())
            answer = b""
            while not answer.endswith(b"\r"):
                answer += line.read(1) or b"\r"
            found.append((">", re.sub(r"(CO|AD)[^|]+", r"\1****", asked), question))
            found.append(("<", answer.decode().strip(), meaning))
    return found


def _drawn(conversation: list[tuple[str, str, str]]) -> bytes:
    """The conversation as an SVG that a browser shows with its own fonts, light or dark."""
    lines: list[tuple[str, str]] = []
    for who, message, meaning in conversation:
        lines.append((f"said {'ours' if who == '<' else 'theirs'}", f"{who} {meaning}"))
        lines += [("wire", part) for part in _PART.findall(message)]
    height = _LINE * (len(lines) + 1)
    root = etree.fromstring(f'<svg xmlns="{_SVG}" role="img"/>'.encode())
    root.set("viewBox", f"0 0 {_WIDTH} {height}")
    root.set("width", str(_WIDTH))
    style = etree.SubElement(root, f"{{{_SVG}}}style")
    style.text = (
        "text{font:13px ui-monospace,monospace;fill:#5a5a5a;white-space:pre}"
        ".said{font:14px system-ui,sans-serif;fill:#1a1a1a}.ours{fill:#0b6e4f}"
        "rect{fill:#fbfaf7}@media(prefers-color-scheme:dark){rect{fill:#1c1c1a}"
        "text{fill:#a8a8a2}.said{fill:#f0efea}.ours{fill:#6fd3ae}}"
    )
    etree.SubElement(root, f"{{{_SVG}}}rect", {"width": "100%", "height": "100%"})
    for number, (kind, words) in enumerate(lines, 1):
        place = {"x": "12" if kind != "wire" else "30", "y": str(number * _LINE), "class": kind}
        etree.SubElement(root, f"{{{_SVG}}}text", place).text = words
    return etree.tostring(root, pretty_print=True)


if __name__ == "__main__":
    take_pictures(Path(sys.argv[1]))
