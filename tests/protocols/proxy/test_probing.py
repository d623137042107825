"""`tiro probe`: what it finds out about old systems with habits of their own."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from circulation.moving.kinds.table import FIELDS
from circulation.moving.plans import read_plan
from protocols.commands.command_line import tiro
from protocols.proxy.probing.asking import Trial, probe, utc_now
from protocols.proxy.probing.findings import Findings
from protocols.proxy.probing.report import write_report
from protocols.proxy.settings import load_settings
from protocols.sip2.asking.line import LineError
from protocols.sip2.checking.visit import LoginRefused, Target
from tests.protocols.proxy.systems import DATE, OldSystem

ZONE = ZoneInfo("Europe/Copenhagen")


class Other(OldSystem):
    """An old system whose answers are changed on their way by `change`, given code and body."""

    def __init__(self, change: Callable[[str, bytes], bytes] = lambda code, body: body) -> None:
        self.change = change
        super().__init__()

    def _answer(self, code: str, body: bytes) -> bytes:
        return self.change(code, super()._answer(code, body))


def dated(offset: timedelta) -> Callable[[str, bytes], bytes]:
    """Put the present, so much later, in the place of the date of all answers."""

    def change(code: str, body: bytes) -> bytes:
        now = datetime.now(ZONE) + offset
        return body.replace(DATE.encode(), f"{now:%Y%m%d    %H%M%S}".encode(), 1)

    return change


@contextmanager
def other(change: Callable[[str, bytes], bytes] = lambda code, body: body) -> Iterator[Other]:
    with Other(change) as system:
        yield system


def probed(system: OldSystem, *, pause: float = 0.0, **given: Any) -> Findings:
    trial = Trial(given.pop("blocked", ""), given.pop("lends", False), given.pop("speed", False))
    target = Target("127.0.0.1", system.port, timeout=0.5, **given)
    return probe(target, trial, ZONE, utc_now, pause)


TEST = {"patron": "P1", "pin": "1234", "item": "I1"}


@pytest.mark.parametrize("minutes", [-61, 0, 117])
def test_its_clock_is_measured(minutes: int) -> None:
    with other(dated(timedelta(minutes=minutes))) as system:
        found = probed(system)
    assert found.clock is not None
    assert abs(found.clock.offset - 60 * minutes) < 2
    assert ("Have it set right" in write_report(found)) == bool(minutes)


def test_a_clock_that_stands_still_is_not_taken_for_a_slow_one() -> None:
    with other() as system:
        found = probed(system, pause=1.0)
    assert found.clock is not None
    assert found.clock.is_stopped
    assert "Have it set right" not in write_report(found)


def test_the_time_is_asked_with_17_where_98_has_none() -> None:
    now = dated(timedelta(hours=1))
    with other(lambda code, body: body if code == "99" else now(code, body)) as system:
        system.change, changed = (
            lambda code, body: (
                body.replace(DATE.encode(), b"0" * 18) if code == "99" else changed(code, body)
            ),
            system.change,
        )
        found = probed(system)
    assert found.clock is not None
    assert abs(found.clock.offset - 3600) < 2


@pytest.mark.parametrize(("knows", "no_block"), [(True, "honoured"), (False, "ignored")])
def test_no_block_is_tried_with_an_item_that_is_handed_in(knows: bool, no_block: str) -> None:
    with other() as system:
        system.habits.knows_no_block = knows
        system.habits.blocked.add("P2")
        found = probed(system, lends=True, blocked="P2", **TEST)
        assert not system.loans
    assert found.no_block == no_block
    assert found.takes_due_date is knows
    assert found.ignores_blocks is knows
    assert found.due_form == "99999999    999999"


def test_nothing_is_changed_without_leave_or_with_an_item_on_loan() -> None:
    with other() as system:
        probed(system, **TEST)
        assert not [each for each in system.heard if each[:2] in ("37", "01")]
        assert not [each for each in system.heard if each[2:4].endswith("Y") and each[:2] == "11"]
        system.loans["I1"] = "P2", DATE
        found = probed(system, lends=True, **TEST)
        assert system.loans["I1"] == ("P2", DATE)
    assert found.no_block == "not tried"


def test_an_item_that_stays_on_loan_is_named() -> None:
    with other() as system:
        system.habits.silent_on = frozenset({"09"})
        found = probed(system, lends=True, **TEST)
    assert any("I1 is still on loan there" in each for each in found.remarks)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [(b"0002" + b"0" * 16 + b"0001", "two"), (b"0001" + b"0" * 16 + b"    ", "one")],
)
def test_how_holds_are_counted(counts: bytes, expected: str) -> None:
    def change(code: str, body: bytes) -> bytes:
        return body[:37] + counts + body[61:] if code == "63" else body

    with other(change) as system:
        assert probed(system, **TEST).hold_counts == expected


def test_fields_that_are_left_out_are_named() -> None:
    with other() as system:
        without = probed(system, **TEST).leaves_out
        system.owes = {}
        with_debts = probed(system, **TEST).leaves_out
    assert {*without} - {*with_debts} == {"24.BV", "64.BV"}


@pytest.mark.parametrize("charset", ["utf-8", "cp850", "windows-1252"])
def test_its_characters_are_recognized(charset: str) -> None:
    name = "Åse Sørensen, født i Ærø".encode(charset)
    with other(lambda code, body: body.replace(b"AEJo", b"AE" + name)) as system:
        assert probed(system, **TEST).charset == charset


def test_messages_that_are_promised_and_not_answered_are_a_task() -> None:
    with other() as system:
        system.habits.silent_on = frozenset({"15", "17"})
        found = probed(system)
    assert found.messages["15"] == found.messages["17"] == "no answer"
    assert found.messages["19"] == "refused"
    assert found.messages["23"] == "answered"
    assert "98 promises 17, 15, yet there is no answer" in write_report(found)


def test_its_speed_is_measured_over_several_lines() -> None:
    with other() as system:
        system.habits.seconds = 0.01
        found = probed(system, speed=True)
    assert found.speed is not None
    assert found.speed.median >= 0.01
    assert [*found.speed.by_lines] == [1, 2, 4, 8]


@pytest.mark.parametrize("nonsense", [b"", b"96", b"64", b"98", b"\xff\xfe\x00AB|", b"x" * 5000])
def test_a_system_that_answers_nonsense_is_described(nonsense: bytes) -> None:
    with other(lambda code, body: nonsense if code != "93" else body) as system:
        found = probed(system, speed=True, lends=True, **TEST)
    assert found.clock is None
    assert found.remarks
    assert write_report(found)


def test_a_system_that_is_not_there_or_refuses_the_login() -> None:
    with other() as system:
        with pytest.raises(LoginRefused):
            probed(system, login="proxy", password="wrong")
        port = system.port
    gone = Target("127.0.0.1", port, timeout=0.5)
    with pytest.raises(LineError):
        probe(gone, Trial(), ZONE, utc_now, 0)


def test_the_command_writes_files_that_can_be_used(tmp_path: Path) -> None:
    folder = tmp_path / "move"
    with other(dated(timedelta())) as system:
        options = [f"127.0.0.1:{system.port}", "--login", "proxy", "--password", "se'cr\"et"]
        options += ["--branch", "DK-900101", "--like", "koha", "--no-speed", "--timeout", "0.5"]
        options += ["--patron", "P1", "--item", "I1"]
        done = CliRunner().invoke(tiro, ["probe", *options, "--write", str(folder), "--json"])
        assert done.exit_code == 0, done.output
        again = CliRunner().invoke(tiro, ["probe", *options, "--write", str(folder)])
    assert json.loads(done.stdout)["institution"] == "OLD"
    assert again.exit_code == 1
    assert "already there" in again.output
    assert (folder / "proxy.toml").stat().st_mode & 0o777 == 0o600
    settings = load_settings(folder / "proxy.toml")
    assert settings.old.account is not None
    assert settings.old.account.password == "se'cr\"et"
    assert settings.old.institution == "OLD"
    assert "24.BV" in settings.old.dialect.leaves_out
    assert settings.terminals[0].branch == "DK-900101"
    assert settings.old.error_detection
    assert read_plan(folder / "plan.toml", FIELDS).timezone == "Europe/Copenhagen"
    assert tomllib.loads((folder / "plan.toml").read_text("utf-8"))["source"] == "koha"
    assert "# Probe of 127.0.0.1" in (folder / "probe.md").read_text("utf-8")
