"""Conversations a librarian can read: tests/transcripts/sip2/*.txt.

``#`` explains, ``>`` is what the terminal sends, ``<`` what it must get back; ``@`` lets time
pass (``@ 7 days``). Passwords are those of the test library described in `the_library`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from circulation.pins import hash_pin
from tests.builders.circulation import Library, a_patron, an_item
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal

FOLDER = Path(__file__).parents[2] / "transcripts" / "sip2"
TRANSCRIPTS = sorted(FOLDER.glob("*.txt"))


@pytest.fixture
def the_library(library: Library) -> Library:
    """Two patrons with the PIN 1234; four items, of which one belongs to the other branch."""
    pin = hash_pin("1234")
    a_patron(library, "P0000001", given_name="Karen", family_name="Blixen", pin_hash=pin)
    a_patron(library, "P0000002", given_name="Søren", family_name="Ærø", pin_hash=pin)
    an_item(library, "I0000001", title="Den afrikanske farm", call_number="Blixen")
    an_item(library, "I0000002", title="Peters jul", material_group="book")
    an_item(library, "I0000003", title="Rødgrød | en kogebog", home=library.other)
    an_item(library, "I0000004", title="Sult")
    return library


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 6


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=[path.stem for path in TRANSCRIPTS])
def test_a_conversation(path: Path, the_library: Library, a_terminal: ATerminal) -> None:
    terminal: Terminal = a_terminal(logged_in=False, kind=_kind(path))
    waiting: list[bytes] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        place = f"{path.name}:{number}"
        if line.startswith("> "):
            assert not waiting, f"{place}: {waiting[0]!r} was not expected before"
            waiting = terminal.ask(line[2:].encode()).split(b"\r")[:-1]
        elif line.startswith("< "):
            assert waiting, f"{place}: nothing more came"
            assert waiting.pop(0).decode() == line[2:], place
        elif line.startswith("@ "):
            amount, unit = line[2:].split()
            the_library.pass_time(**{unit: float(amount)})
        else:
            assert line == "" or line.startswith("#"), f"{place}: {line!r}"
    assert not waiting


def _kind(path: Path) -> str:
    return "sorter" if "sorter" in path.stem else "self-service"
