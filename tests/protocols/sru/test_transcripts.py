"""The conversations under tests/transcripts/sru, held with a real library.

    # a remark
    > GET /sru/catalogue?query=soil
    < the answer, indented; how it is indented does not matter

A blank line ends an exchange.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from protocols.hosting.parameters import parameters_in
from tests.protocols.sru.stage import BASE_URL, Schemas, Stage

TRANSCRIPTS = sorted((Path(__file__).parents[2] / "transcripts" / "sru").glob("*.txt"))
_PATH = "GET /sru/"


@pytest.fixture
def furnished(stage: Stage) -> Stage:
    """What the transcripts are about: two copies of one book, one of them on loan."""
    stage.add_copy("I0000001", "10000001", department="Voksne", call_number="55.3 Smith")
    stage.add_copy("I0000002", "10000001", "DK-900102")
    stage.lend("I0000001")
    return stage


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 6
    assert BASE_URL.endswith(_PATH.removeprefix("GET "))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, furnished: Stage, schemas: Schemas) -> None:
    happened: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("> "):
            happened.append(line)
            address = line.removeprefix(f"> {_PATH}")
            database, _, query = address.partition("?")
            document = furnished.ask(database, **dict(parameters_in(query.encode())))
            root = schemas.check(document)
            etree.indent(root)
            happened += [
                f"< {each}" for each in etree.tostring(root, encoding="unicode").split("\n")
            ]
        elif not line.startswith("< "):
            happened.append(line)
    assert "\n".join(happened) == path.read_text(encoding="utf-8").rstrip()
