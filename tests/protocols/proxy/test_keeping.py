"""The state in a file: kept while the proxy runs, and equal to what the whole journal says."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from protocols.proxy.journal.reading import BEGIN, days, read_from
from protocols.proxy.snapshots import NAME, Kept, followed, keep_state, kept_state
from protocols.proxy.state import State
from tests.protocols.proxy.serving import IN, OUT, ask, proxy
from tests.protocols.proxy.systems import DATE
from tests.protocols.proxy.test_two_systems import Two, two, until

__all__ = ["two"]


def of_all(folder: Path) -> Kept:
    """What the whole journal says."""
    return followed(folder, Kept(State(), BEGIN, ""))


def lend(terminal: object, number: int) -> None:
    line: object = terminal
    for message in (OUT, IN, f"63001{DATE}  Y       AOOLD|AAP1|AC|AD1234|".encode()):
        ask(line, message.replace(b"ABI1", b"ABI%d" % number))  # type: ignore[arg-type]


def test_however_often_it_is_killed_the_state_is_that_of_the_journal(two: Two) -> None:
    chance = random.Random(20261130)
    two.settings("shadow", "new with write-back")
    path = two.folder / "proxy.toml"
    path.write_text("keep_state_after = 0.004\n" + path.read_text())
    journal = two.folder / "journal"
    with proxy(two.folder) as running:
        for turn in range(3):
            terminal = running.terminal()
            for number in range(chance.randrange(3, 12)):
                lend(terminal, 100 * turn + number)
            running.kill()
            kept = kept_state(journal)
            assert followed(journal, kept).state.dumped() == of_all(journal).state.dumped()
            running.begin()
        terminal, kept = running.terminal(), kept_state(journal)
        for number in range(5):
            lend(terminal, 900 + number)
        until(lambda: kept_state(journal).place > kept.place)
        running.stop()
    kept = kept_state(journal)
    whole = of_all(journal)
    assert (kept.place, kept.journal) == (whole.place, whole.journal)
    assert not list(journal.glob(f"{NAME}.*")), "nothing is left of those that were killed"


def test_a_start_reads_what_was_not_kept_alone(two: Two) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        lend(running.terminal(), 1)
        running.stop()
        journal = two.folder / "journal"
        # What is before the place is not looked at any more.
        path = days(journal)[-1]
        whole = path.read_bytes()
        name = whole.index(b"\n") + 1
        path.write_bytes(whole[:name] + b"x" * (len(whole) - name - 1) + b"\n")
        running.begin()
        terminal = running.terminal()
        assert ask(terminal, OUT).startswith(b"121")
        numbers = [record["id"] for record, _ in read_from(journal, kept_state(journal).place)]
        assert numbers == sorted(numbers)
        assert numbers[0] > 10


@pytest.mark.parametrize("change", ["gone", "other", "shorter", "of before", "broken"])
def test_a_state_that_is_not_of_this_journal_is_not_used(two: Two, change: str) -> None:
    two.settings("old")
    journal = two.folder / "journal"
    with proxy(two.folder) as running:
        lend(running.terminal(), 1)
        running.stop()
    kept = json.loads((journal / NAME).read_text())
    whole = of_all(journal).state.dumped()
    path = days(journal)[-1]
    if change == "gone":
        path.unlink()
    elif change == "shorter":
        path.write_bytes(path.read_bytes()[:-1000])
    elif change == "other":
        kept["journal"] = "0123abcd"
    elif change == "of before":
        kept["version"] = 1
    (journal / NAME).write_text(json.dumps(kept) if change != "broken" else "{")
    assert kept_state(journal).place == BEGIN
    if change in ("other", "of before", "broken"):
        assert followed(journal, kept_state(journal)).state.dumped() == whole


def test_a_line_without_its_end_is_read_when_it_has_one(two: Two, tmp_path: Path) -> None:
    two.settings("old")
    journal = two.folder / "journal"
    with proxy(two.folder) as running:
        lend(running.terminal(), 1)
        running.stop()
    path = days(journal)[-1]
    whole = path.read_bytes()
    shutil.copytree(journal, tmp_path / "copy")
    copy = tmp_path / "copy" / path.name
    (tmp_path / "copy" / NAME).unlink()
    state, place, name = State(), BEGIN, ""
    for end in range(0, len(whole), 97):
        copy.write_bytes(whole[:end])
        state, place, name = followed(copy.parent, Kept(state, place, name))
    copy.write_bytes(whole)
    found = followed(copy.parent, Kept(state, place, name))
    assert found.state.dumped() == of_all(journal).state.dumped()
    keep_state(copy.parent, found)
    assert kept_state(copy.parent).place == found.place
