"""A partner of each preset lives its whole life cycle against a real process.

The transcripts hold both sides, and the Z39.50 look-up by which brokers find copies; they are
written anew by ``python -m tests.protocols.ncip.life_cycle_stage tests/transcripts/ncip/partners``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from protocols.ncip.asking.life_cycles import LIFE_CYCLES
from protocols.ncip.partners.presets import PRESETS
from tests.protocols.ncip.life_cycle_stage import Processed, a_process, converse
from tests.protocols.ncip.stage import Schemas

FOLDER = Path(__file__).parents[2] / "transcripts" / "ncip" / "partners"
#: What the life cycles meet that is no fault: what was never lent cannot come back.
EXPECTED = {"ok", "Item Not Checked Out"}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processed]:
    with a_process(tmp_path_factory.mktemp("partners")) as started:
        yield started


def test_every_preset_has_a_life_cycle_and_a_transcript() -> None:
    assert list(LIFE_CYCLES) == list(PRESETS)
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(PRESETS)


def test_a_life_cycle_keeps_to_the_services_of_its_preset() -> None:
    for preset, cycle in LIFE_CYCLES.items():
        assert cycle.lender, preset
        assert set(PRESETS[preset]["services"]) >= {"LookupUser"}


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_life_cycle(
    process: Processed, preset: str, program: Callable[[str], str], shared: Path
) -> None:
    conversation = converse(process, preset, program("yaz-client"))
    schemas = Schemas(shared)
    for tried in conversation.tried:
        assert tried.outcome in EXPECTED, (tried.service, tried.answer.decode())
        schemas.check(tried.request)
        schemas.check(tried.answer)
    assert conversation.text() == (FOLDER / f"{preset}.txt").read_text(encoding="utf-8")
