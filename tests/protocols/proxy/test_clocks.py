"""Clocks that differ: acts are dated by the proxy, and an act that Tiro ignored is not done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from catalogue.database import Database
from circulation.accounts.loans import PatronLoans, patron_loans
from protocols.hosting.proxy_control import ask as tell_proxy
from protocols.hosting.standard import installed_standards
from protocols.process.configuration import load_configuration
from protocols.process.health.proxy import proxy_findings
from protocols.proxy.clocks import SystemClock, SystemDates
from protocols.sip2.wire.dates import parse_date
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.proxy.serving import IN, OUT, Running, ask, proxy, settings
from tests.protocols.proxy.systems import DATE, OldSystem
from tests.protocols.proxy.test_two_systems import NEW, TERMINAL, carried, two, until
from tests.protocols.sip2.serving import serving
from tests.protocols.sip2.terminals import PASSWORD

__all__ = ["two"]
ZONE = ZoneInfo("Europe/Copenhagen")
NOW = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Watched:
    """A measured clock, and the time of the proxy."""

    def __init__(self) -> None:
        self.now = NOW
        self.heard: list[float] = []
        self.clock = SystemClock(ZONE, lambda: self.now, self.heard.append)

    def answer(self, said: datetime | str, code: str = "98YYYYYN600003", asked: str = "99") -> None:
        self.now += timedelta(seconds=7)
        local = said if isinstance(said, str) else f"{said.astimezone(ZONE):%Y%m%d    %H%M%S}"
        self.clock.note_answer(asked.encode(), f"{code}{local}2.00AOX|".encode(), 0.0)


def test_an_offset_is_the_median_of_the_last_answers() -> None:
    watched = Watched()
    for number in range(9):
        late = timedelta(minutes=number == 3)  # it was slow once
        watched.answer(watched.now + timedelta(seconds=7) - HOUR - late)
    assert watched.clock.offset == pytest.approx(-3600, abs=1)
    assert watched.heard
    dates = SystemDates(ZONE, watched.heard[-1], is_in_utc=False)
    assert dates.written(NOW)[:16] == "20261203    0900"
    assert SystemDates(ZONE, -2.0, is_in_utc=False).written(NOW) == "20261203    100000"
    assert SystemDates(ZONE, 0.0, is_in_utc=True).written(NOW) == "20261203   Z090000"


def test_a_date_that_is_no_clock_is_not_measured() -> None:
    watched = Watched()
    for number in range(40):
        watched.answer("20261203    080000")  # a constant
        watched.answer("20261231    235900", "121NNY")  # the due date
        watched.answer(watched.now + timedelta(days=28), "101YNN")  # one that moves
        shown = f"{watched.now - HOUR:%Y%m%d    %H%M%S}"
        watched.answer(shown, "18030001", asked=f"17{shown}")  # that of the request
        watched.answer(f"202612{number % 28 + 1:02}    1200{number:02}", "36Y")  # nonsense
    assert watched.clock.offset is None
    assert watched.heard == []
    for _ in range(9):
        watched.answer(watched.now + timedelta(seconds=7) + HOUR)
    assert watched.clock.offset == pytest.approx(3600, abs=1), "98 alone has the time"


class Before:
    """A fake old system, a real Tiro, and the proxy in front of them."""

    def __init__(self, folder: Path, library: Library) -> None:
        self.folder, self.library, self.old = folder, library, OldSystem()
        self.card = a_patron(library, pin_hash=hashed("1234"))
        self.item = an_item(library)
        self.out = OUT.replace(b"AAP1", f"AA{self.card}".encode()).replace(
            b"ABI1", f"AB{self.item}".encode()
        )
        self.back = IN.replace(b"ABI1", f"AB{self.item}".encode())

    @contextmanager
    def running(self, *modes: str, more: str = "") -> Iterator[Running]:
        password = hashed(PASSWORD)
        own: dict[str, dict[str, Any]] = {
            "replays": {"follows": "replay"},
            "follows": {"follows": "shadow", "learns_pins": True},
            "judges": {"judges": True},
            "kiosk-1": {},
            "kiosk-2": {},
        }
        accounts = [
            {
                "login": login,
                "password": password,
                "branch": "DK-900101",
                "kind": "desk",
                **options,
                **({} if login.startswith("kiosk") else {"any_branch_of_agency": True}),
            }
            for login, options in own.items()
        ]
        url = self.library.database.url
        with serving(url, self.folder / "tiro.log", "info", accounts=accounts) as tiro:
            text = NEW.format(port=tiro.port).replace('"x"', f'"{PASSWORD}"')
            text += "".join(
                TERMINAL.format(number=number, mode=mode) for number, mode in enumerate(modes, 1)
            )
            account = 'account = { login = "writes-back", password = "x" }'
            settings(self.folder, self.old.port, old=f"{account}\n{text}\n{more}", patience=5.0)
            with proxy(self.folder) as running:
                yield running

    def loans(self) -> list[str]:
        library = self.library
        found = library.read(
            lambda transaction: patron_loans(library.act(transaction), patron=self.card)
        )
        assert isinstance(found, PatronLoans)
        return [each.item.barcode for each in found.loans]

    def status(self) -> dict[str, Any]:
        return tell_proxy(self.folder / "journal", ask="status")

    def unequal(self) -> list[dict[str, Any]]:
        """Return the rows in which the systems differ."""
        found: list[dict[str, Any]] = tell_proxy(self.folder / "journal", ask="unequal")["rows"]
        return found


@pytest.fixture
def before(database: Database, tmp_path: Path) -> Iterator[Before]:
    found = Before(tmp_path, a_library(database))
    found.old.pins[found.card] = "1234"
    with found.old:
        yield found


def test_an_old_system_an_hour_behind_leaves_no_loan_that_is_over(before: Before) -> None:
    """Lent by the proxy while it was down, and handed in by its clock before that."""
    before.old.habits.ahead = -HOUR
    with before.running("shadow") as running:
        terminal = running.terminal()
        before.old.stop()
        assert ask(terminal, before.out).startswith(b"121")
        until(lambda: before.loans() == [before.item])
        before.old.start()
        until(lambda: ("old", "replay", "done") in carried(running))
        assert ask(terminal, before.back).startswith(b"101")
        until(lambda: carried(running).count(("new", "follow", "done")) == 2)
        assert before.loans() == []
        for _ in range(6):  # its clock is found out from its answers
            time.sleep(1.0)
            ask(terminal, b"9900802.00")
        assert before.status()["systems"]["old"]["clock_seconds"] == pytest.approx(-3600, abs=2)
        assert abs(running.records("clock")[-1]["seconds"] + 3600) < 2
        config = before.folder / "tiro.toml"
        config.write_text(
            f'[database]\nurl = "{before.library.database.url}"\n'
            f'[api]\nproxy_journal = "{before.folder / "journal"}"\n'
        )
        configuration = load_configuration(config, installed_standards())
        (warned,) = (each.text for each in proxy_findings(configuration))
        assert "the clock of the old system differs by -36" in warned
        before.old.stop()
        before.old.heard.clear()
        ask(terminal, before.out.replace(b"|AC|", b"|ACx|"))
        before.old.start()
        until(lambda: bool(before.old.asked("11")))
        told = parse_date(before.old.asked("11")[0][4:22], ZONE)
        assert told is not None
        behind = datetime.now(UTC) - told
        assert timedelta(minutes=59) < behind < timedelta(minutes=62), "by its own clock"
    assert "the clock of the old system differs by -3600 seconds" in (
        (before.folder / "log").read_text()
    )


def test_a_return_that_tiro_ignored_is_for_a_person(before: Before) -> None:
    """The terminal's line was down when the item came back, and it was lent again since."""
    with before.running("shadow") as running:
        terminal = running.terminal()
        ask(terminal, before.out)
        until(lambda: before.loans() == [before.item])
        earlier = datetime.now(ZONE) - HOUR
        stored = before.back.replace(DATE.encode(), f"{earlier:%Y%m%d    %H%M%S}".encode())
        assert ask(terminal, stored.replace(b"09N", b"09Y")).startswith(b"101")
        until(lambda: ("new", "follow", "ignored") in carried(running))
        (listed,) = before.status()["for_a_person"]
        assert (listed["item"], listed["system"]) == (before.item, "new")
        assert listed["why"].startswith("Tiro took no notice of it")
