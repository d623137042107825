"""The transcripts of tests/transcripts/ncip, over HTTP's way and through raw TCP's in pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocols.ncip.session import NcipSession
from tests.builders.circulation import a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.ncip.stage import Stage
from tests.protocols.ncip.transcripts import read_transcript

FOLDER = Path(__file__).parents[2] / "transcripts" / "ncip"
TRANSCRIPTS = sorted(FOLDER.glob("*.txt"))
PIN_HASH = hashed("1234")


@pytest.fixture
def furnished(stage: Stage) -> Stage:
    """What the transcripts are about: a patron with PIN 1234, and two items."""
    a_patron(stage.library, "P0000001", pin_hash=PIN_HASH, email="ida@example.dk")
    an_item(stage.library, "I0000001", call_number="Kro", department="Børn")
    an_item(stage.library, "I0000002", title="Vildanden", author="Ibsen, Henrik")
    return stage


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 4
    assert all(read_transcript(path) for path in TRANSCRIPTS)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_transcript_document_by_document(furnished: Stage, path: Path) -> None:
    for exchanged in read_transcript(path):
        furnished.library.pass_time(days=exchanged.days)
        answer = furnished.answer(exchanged.request_bytes)
        furnished.schemas.check(answer)
        assert answer.decode() == exchanged.answer_bytes.decode()


@pytest.mark.parametrize("size", [1, 17, 1_000_000])
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_transcript_over_raw_tcp(furnished: Stage, path: Path, size: int) -> None:
    session = NcipSession(0.0)
    for exchanged in read_transcript(path):
        furnished.library.pass_time(days=exchanged.days)
        stream = exchanged.request_bytes + b"\n"
        for start in range(0, len(stream), size):
            session.receive_data(stream[start : start + size], 0.0)
            while (document := session.next_request()) is not None:
                session.send(furnished.answer(document), 0.0)
        assert session.take_outgoing().decode() == exchanged.answer_bytes.decode() + "\n"
        assert not session.closing
        assert session.pending == 0
