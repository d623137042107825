"""`tiro move from-fbs`: a server that speaks FBS as the old system; what it tells is taken in."""

from __future__ import annotations

import csv
import http.client
import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from protocols.commands.moving.fbs_client import Access, FbsClient, FbsFailed
from protocols.commands.moving.fbs_files import rows_of
from protocols.commands.moving.from_fbs import PASSWORD
from tests.builders.circulation import an_item
from tests.builders.staff import Staff
from tests.servers import RunningServer, run_tiro

PLAN = Path("plan.toml")


class Old:
    """The old system: a demo, and a user of its external API."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.config = server.data / "tiro.toml"
        rights = ("patrons.view", "lend")
        arguments = [word for each in rights for word in ("--right", each)]
        name = f"move {uuid4()}"
        told = run_tiro(
            self.config,
            *("token", "add", name, "--at", "DK-900101", "--json"),
            *("--requests-per-minute", "60000", *arguments),
        )
        assert told.returncode == 0, told.stderr
        self.site = json.loads(told.stdout)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.http}/external"

    def desk(self, path: str, body: Mapping[str, Any]) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.http, timeout=30)
        headers = {"Authorization": "Basic ZGVzazpkZXNr", "Content-Type": "application/json"}
        headers["Idempotency-Key"] = f"{path} {sorted(body.items())}"[:60].replace(" ", "-")
        connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        assert answer.status in (200, 201), told
        return told

    def fetch(self, patrons: Path, folder: Path, *more: str) -> Any:
        return run_tiro(
            self.config,
            *("move", "from-fbs", str(patrons), "--to", str(folder), "--address", self.address),
            *("--agency", "DK-900100", "--user", self.site["client_id"], "--json"),
            *("--per-second", "500", *more),
        )


@pytest.fixture
def old(demo_server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Old:
    made = Old(demo_server)
    monkeypatch.setenv(PASSWORD, made.site["secret"])
    return made


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_fetched_and_taken_in(old: Old, staff: Staff, tmp_path: Path) -> None:
    card, other = old.server.take_patron(), old.server.take_patron()
    lent, wanted = old.server.take_item(), old.server.take_item()
    old.desk("/checkouts", {"card": card, "item": lent})
    old.desk("/holds", {"card": card, "item": wanted})
    patrons = tmp_path / "cards.txt"
    patrons.write_text(f"{card}\nP-NOBODY\n\n{other}\n{card}\n")
    folder = tmp_path / "delivery"
    folder.mkdir()
    told = old.fetch(patrons, folder)
    assert told.returncode == 0, told.stderr
    assert old.site["secret"] not in told.stdout + told.stderr
    counts = json.loads(told.stdout)
    assert (counts["patrons"], counts["loans"], counts["holds"]) == (2, 1, 1)
    assert [each["line"] for each in rows(folder, "not-fetched")] == ["2", "5"]
    assert card not in (folder / "not-fetched.csv").read_text()
    assert stat.S_IMODE((folder / "patrons.csv").stat().st_mode) == 0o600
    assert not (folder / "from-fbs.part").exists()
    [loan] = rows(folder, "loans")
    assert loan["item"] == lent
    [hold] = rows(folder, "holds")
    assert hold["position"]
    # And into a new system, which has the copies already.
    an_item(staff.library, lent)
    plan = tmp_path / "plan.toml"
    plan.write_text(staff.json("move", "plan", "fbs")["plan"])
    taken = staff.json("move", "load", str(plan), "--files", str(folder))
    kinds = {each["kind"]: each for each in taken["kinds"]}
    assert (kinds["patrons"]["new"], kinds["loans"]["new"]) == (2, 1)
    again = staff.json("move", "load", str(plan), "--files", str(folder))
    assert all(each.get("new", 0) == 0 for each in again["kinds"])


def test_a_run_that_breaks_off_goes_on(
    old: Old, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was fetched is not asked for again; half a line at the end is."""
    cards = [old.server.take_patron() for _ in range(4)]
    patrons = tmp_path / "cards.txt"
    patrons.write_text("\n".join(cards))
    asked: list[str] = []
    real = FbsClient.patron_id

    def failing(self: FbsClient, identifier: str) -> int | None:
        asked.append(identifier)
        if len(asked) == 3:
            raise FbsFailed("the other system cannot be asked: TimeoutError, again and again")
        return real(self, identifier)

    monkeypatch.setattr(FbsClient, "patron_id", failing)
    told = old.fetch(patrons, tmp_path)
    assert told.returncode == 1
    assert "run the same command again" in told.stderr
    journal = tmp_path / "from-fbs.part"
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    with journal.open("a") as file:
        file.write('{"named": "half')
    told = old.fetch(patrons, tmp_path)
    assert told.returncode == 0, told.stderr
    assert asked == [*cards[:3], *cards[2:]]
    assert [each["card"] for each in rows(tmp_path, "patrons")] == cards


def test_by_number(old: Old, tmp_path: Path) -> None:
    card = old.server.take_patron()
    patrons = tmp_path / "cards.txt"
    patrons.write_text(card)
    assert old.fetch(patrons, tmp_path).returncode == 0
    [first] = rows(tmp_path, "patrons")
    patrons.write_text(f"{first['id']} {card}\nno number\n1\n")
    assert old.fetch(patrons, tmp_path, "--by-number").returncode == 0
    assert rows(tmp_path, "patrons") == [first]
    assert [each["line"] for each in rows(tmp_path, "not-fetched")] == ["2", "3"]


def test_what_is_wrong_is_said_without_the_secret(
    old: Old, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patrons = tmp_path / "cards.txt"
    patrons.write_text("P0000001")
    monkeypatch.setenv(PASSWORD, "wrong-secret")
    told = old.fetch(patrons, tmp_path)
    assert (told.returncode, "wrong-secret" in told.stderr) == (1, False)
    assert "answers 403" in told.stderr
    told = old.fetch(patrons, tmp_path, "--address", "http://old.example.org/external")
    assert "https://" in told.stderr
    monkeypatch.delenv(PASSWORD)
    assert PASSWORD in old.fetch(patrons, tmp_path).stderr


class Waits:
    """A clock that sleeping turns."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_no_more_than_so_many_a_second(old: Old) -> None:
    waits = Waits()
    access = Access(old.address, "DK-900100", old.site["client_id"], old.site["secret"])
    client = FbsClient(access, 2.0, waits.sleep, lambda: waits.now)
    for _ in range(5):
        assert client.patron_id("P-NOBODY") is None
    assert waits.now == pytest.approx(2.5)  # a log-in and five requests
    client._session = "over"
    assert client.patron_id("P-NOBODY") is None  # logs in again
    assert client._session != "over"
    client.close()


def test_a_system_that_is_not_there(old: Old) -> None:
    waits = Waits()
    access = Access("http://127.0.0.1:9/external", "DK-900100", "user", "secret")
    client = FbsClient(access, 10.0, waits.sleep, lambda: waits.now, patience=1.0)
    with pytest.raises(FbsFailed) as raised:
        client.patron_id("0101801928")
    assert "0101801928" not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_block_comes_with_its_message() -> None:
    blocks = [
        {"blockedReason": "U", "message": "shouted; twice"},
        {"blockedReason": "E", "message": None},
    ]
    told = rows_of(1, "P1", {"patronId": 7, "blockStatus": blocks}, [], [], [])
    assert told.rows["patrons"][0]["blocks"] == "U: shouted, twice;E"
