"""Every parser of what comes from outside, for a moment: ``make fuzz`` is the whole."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from lxml import etree

from tests.fuzz.cases import CASES
from tests.fuzz.driving import drive
from tests.fuzz.guided import explore
from tests.fuzz.parsers import PARSERS, Parser
from tests.fuzz.xml_mutations import mutated_xml

INPUTS = 400
SHARED = Path(os.environ.get("TIRO_SHARED") or Path(__file__).parents[2] / "shared")


@pytest.mark.parametrize("name", PARSERS)
def test_any_bytes_are_messages_or_the_parsers_own_error(name: str) -> None:
    parser = PARSERS[name]
    seeds = parser.seeds(SHARED if (SHARED / "data").is_dir() else None)
    assert seeds
    run = drive(parser, [*CASES.get(name, ()), *seeds[:200]], INPUTS, seed=1)
    assert run.is_sound, run.text()


def test_a_fault_is_seen() -> None:
    """What raises, and what takes too long, is told with the input."""

    def feed(data: bytes) -> None:
        if b"\0" in data:
            raise KeyError("lost")

    run = drive(Parser("faulty", lambda samples: [b"a"], feed), [b"a", b"b\0"], 10, seed=1)
    assert not run.is_sound
    assert run.errors["KeyError: 'lost'"] == b"b\0"
    assert "1 errors" in run.text()


def test_most_documents_are_well_formed_after_they_were_changed() -> None:
    seeds = [b'<a x="1"><b>text</b><b/><!-- none --><c xmlns="urn:x"><d/></c></a>', b"<e>other</e>"]
    chance, readable, different = Random(1), 0, set()
    for _ in range(300):
        data = mutated_xml(seeds[0], chance, seeds)
        different.add(data)
        try:
            etree.fromstring(data)
        except etree.XMLSyntaxError:
            continue
        readable += 1
    assert readable > 200
    assert len(different) > 200


def test_the_engine_atheris_feeds_the_same_parsers_or_says_how_to_get_it(tmp_path: Path) -> None:
    if find_spec("atheris") is None:
        with pytest.raises(SystemExit, match=r"'\.\[fuzz\]'"):
            explore("proxy", 10, 1, tmp_path / "proxy", None)
        return
    assert explore("proxy", 2_000, 1, tmp_path / "proxy", None)
    assert len(list((tmp_path / "proxy").iterdir())) > len(PARSERS["proxy"].seeds(None))
