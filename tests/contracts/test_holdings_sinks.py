"""What every sink of holdings must keep: run over each driver that is installed, by entry point.

Each is told by settings that lead to a small server of the tests, or to a folder.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from circulation.holdings.states import HeldItem, HeldState, RecordHoldings
from protocols.holdings.sinks import Unavailable, driver_names, load_driver
from protocols.hosting.validating import adapter_of
from tests.protocols.holdings.well import Hook, Well, running

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SECRET = "a secret that is long enough"


def settings_of(name: str, port: int) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}/"
    return {
        "data_well": {"url": url},
        "files": {"folder": "out"},
        "webhook": {"url": url, "secret": SECRET},
    }[name]


def holdings(number: int, *states: HeldState, known_as: str = "51000001") -> RecordHoldings:
    items = tuple(
        HeldItem(
            f"I{place}",
            "DK-900101",
            "Main & more",
            "voksen",
            "",
            "",
            "book",
            "2026:11" if place else "",
            state,
            date(2026, 12, 1) if state is HeldState.ON_LOAN else None,
            date(2026, 1, 2),
        )
        for place, state in enumerate(states)
    )
    return RecordHoldings(1, 1, "DK-900100", known_as, number, items, () if items else ("I0",))


@pytest.fixture(params=driver_names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def well(name: str) -> Iterator[Well]:
    with running(Well() if name == "data_well" else Hook()) as well:
        yield well


def read(name: str, well: Well, folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """What the other side has in the end."""
    if name == "files":
        for path in sorted((folder / "out").glob("*.jsonl")):
            for line in path.read_text().splitlines():
                Hook.take_json(well, json.dumps({"holdings": [json.loads(line)]}).encode())  # type: ignore[arg-type]
    return well.held()


def test_settings_are_frozen_and_documented(name: str) -> None:
    kind = load_driver(name).settings
    assert dataclasses.is_dataclass(kind)
    assert kind.__doc__


def test_the_last_that_it_is_told_is_what_it_has(name: str, well: Well, tmp_path: Path) -> None:
    driver = load_driver(name)
    settings = adapter_of(driver.settings).validate_python(settings_of(name, well.port))
    sink = driver.open("one", settings, tmp_path)
    first = holdings(1_000_000, HeldState.ON_SHELF, HeldState.ON_LOAN)
    sink.tell([first, holdings(1_100_000, HeldState.LOST, known_as="51000002")], NOW)
    sink.tell([holdings(2_000_000, HeldState.ON_LOAN, HeldState.NOT_FOR_LOAN)], NOW)
    sink.tell([holdings(2_000_000, HeldState.ON_LOAN, HeldState.NOT_FOR_LOAN)], NOW)
    sink.tell([holdings(3_000_000, known_as="51000002")], NOW)
    assert read(name, well, tmp_path) == {
        ("900100", "51000001"): {"I0": "OnLoan", "I1": "NotForLoan"}
    }


def test_what_cannot_be_told_is_told_again(name: str, tmp_path: Path) -> None:
    driver = load_driver(name)
    settings = adapter_of(driver.settings).validate_python(settings_of(name, 1))
    (tmp_path / "out").write_text("a file stands where the folder should")
    sink = driver.open("one", settings, tmp_path)
    with pytest.raises(Unavailable):
        sink.tell([holdings(1, HeldState.ON_SHELF)], NOW)


def test_a_line_that_a_kill_cut_short(tmp_path: Path) -> None:
    driver = load_driver("files")
    sink = driver.open("one", driver.settings("out"), tmp_path)
    sink.tell([holdings(1, HeldState.ON_SHELF)], NOW)
    (path,) = (tmp_path / "out").iterdir()
    with path.open("a") as file:
        file.write('{"agency": "DK-9001')
    sink.tell([holdings(2, HeldState.LOST)], NOW)
    lines = path.read_text().splitlines()
    assert json.loads(lines[-1])["number"] == 2
