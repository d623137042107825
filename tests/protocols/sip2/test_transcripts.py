"""The conversations of tests/transcripts/sip2 go as they are written down: see `transcripts`."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocols.sip2.messages import LAYOUTS
from tests.builders.circulation import Library
from tests.protocols.sip2.terminals import PASSWORD
from tests.protocols.sip2.transcripts import FOLDER, Speaker, furnish, options_of

TRANSCRIPTS = sorted(FOLDER.glob("*.txt"))
TEXTS = {path: path.read_text(encoding="utf-8") for path in TRANSCRIPTS}
#: The known pains of the field, by their numbers.
PAINS = frozenset(range(1, 29))


@pytest.fixture
def the_library(library: Library) -> Library:
    furnish(library)
    return library


@pytest.fixture
def nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield
    for secret in (PASSWORD, "1234"):
        assert secret not in re.sub(r"P0000\d+", "", caplog.text)


@pytest.mark.usefixtures("nothing_secret_is_logged")
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=[path.stem for path in TRANSCRIPTS])
def test_a_conversation(path: Path, the_library: Library) -> None:
    text = TEXTS[path]
    speaker = Speaker(the_library, options_of(text))
    waiting: list[str] = []
    try:
        for number, line in enumerate(text.splitlines(), 1):
            place = f"{path.name}:{number}"
            if line.startswith("< "):
                assert waiting, f"{place}: nothing more came"
                assert waiting.pop(0) == line[2:], place
                continue
            if line and not line.startswith("#"):
                assert not waiting, f"{place}: {waiting[0]!r} was not expected before"
            waiting += speaker.speak(line)
    finally:
        speaker.terminal.close()
    assert not waiting


def test_every_message_is_spoken_somewhere() -> None:
    spoken = {
        line[2:4]
        for text in TEXTS.values()
        for line in text.splitlines()
        if line[:2] in ("> ", "< ")
    }
    assert set(LAYOUTS) <= spoken


def test_every_known_pain_is_shown_not_to_happen() -> None:
    named = [path.stem.split("-")[1] for path in TRANSCRIPTS if path.stem.startswith("pain-")]
    assert {int(number) for number in named} == PAINS
    for path, text in TEXTS.items():
        if path.stem.startswith("pain-"):
            number = int(path.stem.split("-")[1])
            assert text.startswith(f"# Pain {number}: "), path.name
