"""A supplier is tried, ours and the mock; and the mock plays what its script says."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from catalogue.database import open_database
from circulation.patrons.pins import hash_pin
from protocols.iso18626.codes import Status
from protocols.iso18626.messages import (
    SupplyingAgencyMessage,
)
from protocols.iso18626.rehearsal.correspondent import Correspondent, Heard
from protocols.iso18626.rehearsal.life import Life, Row
from protocols.iso18626.rehearsal.mock import INFO, Mock
from protocols.iso18626.rehearsal.scripts import PRESETS, Script, script_of
from protocols.iso18626.settings import Partner
from tests.builders.circulation import Library, a_library, present
from tests.protocols.iso18626.schemas import Schemas
from tests.protocols.iso18626.stage import ODENSE, OURS, Stage, a_partner, a_title
from tests.protocols.ncip.serving import running
from tests.servers import LOOPBACK_ALLOWED

SECRET = "open sesame"


class Hurried(queue.SimpleQueue[Heard]):
    """Waits as long as something may come: not where the last that the mock has heard is what it
    says nothing to."""

    def __init__(self, told: list[str], silent_on: tuple[str, ...]) -> None:
        super().__init__()
        self._told, self._silent_on = told, tuple(f"< {name}" for name in silent_on)

    def get(self, block: bool = True, timeout: float | None = None) -> Heard:
        until = time.monotonic() + (timeout or 0.0)
        while True:
            try:
                return super().get(timeout=0.05)
            except queue.Empty:
                said = self._told[-1] if self._told else ""
                if said.startswith(self._silent_on) or time.monotonic() > until:
                    raise


@contextmanager
def a_mock(
    script: Script, version: str = "1.2", silent_on: tuple[str, ...] = ()
) -> Iterator[tuple[Correspondent, list[str], Hurried]]:
    """A mock called Odense, and who plays with it: the correspondent, what the mock tells, and what
    the correspondent hears."""
    told: list[str] = []
    heard = Hurried(told, silent_on)
    with ExitStack() as stack:
        # Neither knows where the other listens before it does.
        us = Correspondent(OURS, Partner(ODENSE, "", version=version), ("127.0.0.1", 0), heard.put)
        stack.enter_context(us)
        other = Partner(OURS, "", address=us.address, version=version)
        mock = Mock(ODENSE, other, script, told.append)
        stack.enter_context(mock.correspondent)
        us.other = Partner(ODENSE, "", address=mock.correspondent.address, version=version)
        mock.start()
        yield us, told, heard


def tried(life: Life) -> dict[str, Row]:
    return {row.name: row for row in life.rows()}


@pytest.mark.parametrize("version", ["1.2", "2021-2"])
def test_the_mock_keeps_to_the_standard(version: str) -> None:
    with a_mock(script_of(PRESETS["lends"]), version) as (us, told, heard):
        rows = tried(Life(us, INFO, 10.0, 10.0, lambda text: None, heard))
    assert [row for row in rows.values() if not row.is_good] == []
    assert len(rows) > 28
    assert not [line for line in told if "not valid" in line]


def test_what_does_not_hold_is_said() -> None:
    """A supplier that says nothing to renewals and returns."""
    script = script_of({"New": [{"status": "WillSupply"}, {"status": "Loaned"}], "Renew": []})
    with a_mock(script, silent_on=("Renew", "ShippedReturn")) as (us, _, heard):
        rows = tried(Life(us, INFO, 30.0, 30.0, lambda text: None, heard))
    wrong = {name for name, row in rows.items() if not row.is_good}
    assert wrong == {"RenewResponse says Y or N", "LoanCompleted comes with the check-in"}


def test_tiro_holds_it_all(sqlite_url: str, tmp_path: Path, schemas: Schemas) -> None:
    """A server process of ours, whose staff lend the title and take it back."""
    stage = Stage(a_library(open_database(sqlite_url)), schemas)
    barcode = a_title(stage.library)
    heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
    us = Correspondent(
        ODENSE, Partner(OURS, "", address="http://x.example"), ("127.0.0.1", 0), heard.put
    )
    secret = hash_pin(SECRET)
    a_partner(stage.library, shared_secret=secret, addresses=["127.0.0.1"], address=us.address)
    stage.close()
    path = tmp_path / "tiro.toml"
    path.write_text(
        f'[database]\nurl = "{sqlite_url}"\n[http]\nport = 0\n[iso18626]\ntell_seconds = 0.05\n'
        + LOOPBACK_ALLOWED,
        encoding="utf-8",
    )
    library = Library(open_database(sqlite_url), stage.library.main, stage.library.other)

    def staff(text: str) -> None:
        library.now = present()
        if text.startswith("lend"):
            library.check_out(ODENSE, barcode)
        else:
            library.check_in(barcode)

    with us, running("tests.protocols.iso18626.test_http", path, tmp_path / "log") as (line, _):
        us.other = Partner(
            OURS,
            "",
            address=f"http://127.0.0.1:{int(line)}/iso18626",
            address_user=ODENSE,
            address_secret=SECRET,
        )
        rows = tried(Life(us, INFO, 20.0, 20.0, staff, heard))
    library.database.close()
    assert [row for row in rows.values() if not row.is_good] == []


def wait_for(told: list[str], line: str) -> None:
    until = time.monotonic() + 20
    while not any(line in each for each in told):
        assert time.monotonic() < until, told
        time.sleep(0.02)


def quick(name: str) -> Script:
    """The preset, without its pauses."""
    return script_of(
        {key: [{**step, "after": 0} for step in steps] for key, steps in PRESETS[name].items()}
    )


@pytest.mark.parametrize(
    ("preset", "status"),
    [
        ("lends", Status.WILL_SUPPLY),
        ("lends-later", Status.EXPECT_TO_SUPPLY),
        ("refuses", Status.UNFILLED),
        ("offers", Status.RETRY_POSSIBLE),
        ("copies", Status.COPY_COMPLETED),
        ("asks-terms", Status.WILL_SUPPLY),
    ],
)
@pytest.mark.parametrize("version", ["1.2", "2021-2"])
def test_suppliers(preset: str, status: Status, version: str) -> None:
    with a_mock(quick(preset), version) as (us, _, heard):
        life = Life(us, INFO, heard=heard)
        us.send(life._request(INFO))
        first: Heard = heard.get(timeout=10)
    assert isinstance(first.message, SupplyingAgencyMessage)
    assert (first.message.status, first.faults) == (status, [])


@pytest.mark.parametrize("preset", ["borrows", "cancels", "cancels-late"])
def test_requesters(preset: str) -> None:
    """One mock plays with the other."""
    told: dict[str, list[str]] = {"lends": [], preset: []}
    with ExitStack() as stack:
        # The lender takes its time: Cancel is to be in time.
        lends, borrows = script_of(PRESETS["lends"]), quick(preset)
        mocks = {
            "lends": Mock(ODENSE, Partner(OURS, ""), lends, told["lends"].append),
            preset: Mock(OURS, Partner(ODENSE, ""), borrows, told[preset].append),
        }
        for name, other in (("lends", preset), (preset, "lends")):
            stack.enter_context(mocks[name].correspondent)
            theirs = mocks[other].correspondent
            agency = theirs.agency.agency_id_value
            mocks[name].correspondent.other = Partner(agency, "", address=theirs.address)
        mocks[preset].start()
        wait_for(told[preset], "< Cancelled" if preset == "cancels" else "< LoanCompleted")
    for lines in told.values():
        assert not [line for line in lines if "not valid" in line], lines


def test_a_message_that_comes_again_is_played_once() -> None:
    with a_mock(quick("refuses")) as (us, told, _):
        request = Life(us, INFO)._request(INFO)
        answers = [us.send(request) for _ in range(3)]
        assert answers[0] is not None
        assert answers == [answers[0]] * 3
        wait_for(told, "> Unfilled")
    assert len([line for line in told if line.startswith("< New")]) == 1
