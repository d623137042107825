"""Scripts of mock partners."""

from __future__ import annotations

import pytest

from protocols.iso18626.codes import Action, Status
from protocols.iso18626.rehearsal.scripts import (
    PRESETS,
    NotAScript,
    Step,
    read_script,
    script_of,
)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_script(name: str) -> None:
    script_of(PRESETS[name])


def test_a_script() -> None:
    text = '[[New]]\nstatus = "WillSupply"\n[[Loaned]]\naction = "Received"\nafter = 2\n'
    assert read_script(text) == {
        "New": (Step(status=Status.WILL_SUPPLY),),
        "Loaned": (Step(action=Action.RECEIVED, after=2.0),),
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[New", "Expected"),
        ('[[Newer]]\nstatus = "Loaned"\n', "nothing that comes is called Newer"),
        ('[[New]]\nstatus = "Lent"\n', "New.0.status"),
        ("[[New]]\nafter = -1\n", "New.0.after"),
        ('[[New]]\nstatus = "Loaned"\nwhen = 3\n', "no such option"),
        ("[[New]]\nafter = 1\n", "a step has a status, an action or send"),
        ('[[New]]\nstatus = "Loaned"\naction = "Cancel"\n', "a step has a status"),
    ],
)
def test_what_is_no_script(text: str, why: str) -> None:
    with pytest.raises(NotAScript, match=why):
        read_script(text)
