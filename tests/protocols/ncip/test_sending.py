"""A real process: the desk acts, the broker hears; the log, and the checker, by the command."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from protocols.commands.command_line import tiro
from protocols.ncip.asking.checking import Tried, try_request
from protocols.ncip.asking.client import NcipClient, NcipUnreachable
from protocols.ncip.messages import Code, ItemId, Refusal, RequestId, UserId
from protocols.ncip.models.circulation import RenewItem
from protocols.ncip.models.interlending import AcceptItem
from protocols.ncip.models.lookups import LookupUser, LookupUserResponse
from tests.protocols.ncip.broker import Broker, a_broker
from tests.protocols.ncip.life_cycle_stage import DAYS_TO_RENEWAL, SECRET, Processed, a_process


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with a_broker() as listening:
        yield listening


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sending")


@pytest.fixture(scope="module")
def process(folder: Path, broker: Broker) -> Iterator[Processed]:
    with a_process(folder, broker.url) as started:
        yield started


@pytest.fixture
def command(process: Processed, folder: Path) -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(tiro, ["--config", str(folder / "tiro.toml"), "ncip", *arguments])

    return run


def reshare(process: Processed, **changes: str) -> NcipClient:
    facts = {"agency": "RESHARE", "to_agency": "DK-900100", "secret": SECRET} | changes
    return NcipClient(process.ncip, **facts)


def until(command: Callable[..., Result], *arguments: str, has: str) -> str:
    """What the command prints, as soon as it holds this."""
    for _ in range(100):
        done = command(*arguments)
        assert done.exit_code == 0, done.output
        if has in done.output:
            return done.output
        time.sleep(0.1)
    raise AssertionError(f"{has} is not in {done.output}")


def test_the_desk_acts_and_the_broker_hears(
    process: Processed, broker: Broker, command: Callable[..., Result]
) -> None:
    with reshare(process) as client:
        answer = client.ask(
            AcceptItem(
                request_id=RequestId(request_identifier_value="REQ-1"),
                requested_action_type=Code("Hold For Pickup"),
                user_id=UserId(user_identifier_value="P0000001"),
                item_id=ItemId(item_identifier_value="ILL-1"),
            )
        )
        assert not isinstance(answer, Refusal), answer
    library = process.library
    library.check_out("P0000001", "ILL-1")
    assert type(broker.hears()).__name__ == "ItemCheckedOut"
    library.check_in("ILL-1")
    assert type(broker.hears()).__name__ == "ItemCheckedIn"
    sent = command("send-home", "REQ-1", "--branch", "DK-900101")
    assert sent.exit_code == 0
    assert re.search(r"^state: +completed$", sent.output, re.MULTILINE)
    assert type(broker.hears()).__name__ == "ItemShipped"

    log = until(command, "log", "--request", "REQ-1", has="ItemShipped REQ-1")
    assert SECRET not in log
    assert "***" in log
    assert log.index("< reshare AcceptItem REQ-1") < log.index("> reshare ItemCheckedOut REQ-1")
    shown = command("loans", "--request", "REQ-1", "--json")
    assert '"state": "completed"' in shown.output
    assert '"became": "waits"' not in shown.output
    assert json.loads(command("waiting", "--json").output) == {"partners": []}
    again = command("send-home", "REQ-1", "--branch", "DK-900101")
    assert again.exit_code == 1


def test_the_checker(process: Processed, command: Callable[..., Result]) -> None:
    arguments = (
        *("check", process.ncip, "--preset", "reshare", "--agency", "RESHARE"),
        *("--to-agency", "DK-900100", "--secret", SECRET, "--item", "BOX-reshare"),
        *("--institution", "INST-CHECK", "--patron", "P0000001", "--pickup", "DK-900101"),
    )
    done = command(*arguments)
    assert done.exit_code == 0, done.output
    assert "lender CheckOutItem: ok" in done.output
    assert "borrower DeleteItem: ok" in done.output
    assert "<AcceptItemResponse>" in done.output
    quiet = command(*arguments, "--quiet")
    assert quiet.exit_code == 0
    assert "<" not in quiet.output


def test_the_checker_sees_a_renewal_granted(
    process: Processed, command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    about = (
        *("check", process.ncip, "--preset", "vdx", "--agency", "VDX", "--quiet"),
        *("--to-agency", "DK-900100", "--secret", SECRET, "--item", "BOX-vdx"),
        *("--institution", "VDX-CHECK", "--number", "box-vdx", "--pickup", "DK-900101"),
    )
    at_once = command(*about)
    assert at_once.exit_code == 0, at_once.output
    assert "lender RenewItem: Item Not Renewable" in at_once.output

    def some_days_later(client: NcipClient, request: object) -> Tried:
        if isinstance(request, RenewItem):
            process.pass_time(DAYS_TO_RENEWAL)
        return try_request(client, request)

    monkeypatch.setattr("protocols.ncip.asking.checking.try_request", some_days_later)
    later = command(*about)
    assert later.exit_code == 0, later.output
    assert "lender RenewItem: ok" in later.output


def test_the_checker_finds_faults(process: Processed, command: Callable[..., Result]) -> None:
    about = ("--agency", "RESHARE", "--quiet", "--patron", "P0000001", "--preset", "illiad")
    wrong = command("check", process.ncip, *about, "--secret", "guess")
    assert wrong.exit_code == 1
    assert "FAILED borrower AcceptItem: Agency Authentication Failed" in wrong.output
    nobody = command("check", "http://127.0.0.1:9/ncip", *about)
    assert nobody.exit_code == 3


def test_the_client_by_itself(process: Processed) -> None:
    heard: list[bytes] = []
    about = LookupUser(user_id=UserId(user_identifier_value="P0000001"))
    with NcipClient(
        process.ncip,
        agency="reshare",
        secret=SECRET,
        secret_in="bearer",
        version="2.0",
        prefix="ns1",
    ) as client:
        client.hear = lambda request, answer: heard.extend((request, answer))
        assert isinstance(client.ask(about), LookupUserResponse)
        assert isinstance(client.ask(about), LookupUserResponse)
    assert all(b"<ns1:NCIPMessage" in each for each in heard)
    with NcipClient(f"{process.ncip}/{SECRET}", agency="reshare") as client:
        assert isinstance(client.ask(about), LookupUserResponse)
    with (
        NcipClient(process.ncip.replace("/ncip", "/nothing")) as client,
        pytest.raises(NcipUnreachable, match="404"),
    ):
        client.ask(about)
    for wrong in ("ftp://x", "nowhere"):
        with pytest.raises(ValueError, match="address"):
            NcipClient(wrong)
    with pytest.raises(ValueError, match="version"):
        NcipClient(process.ncip, version="3.0")


def test_a_partner_that_does_not_answer_keeps_no_other_waiting(
    process: Processed, broker: Broker
) -> None:
    """While one partner sits on a notice, another is told of its own at once."""
    for agency in ("ALMA", "DCB"):
        with reshare(process, agency=agency) as client:
            client.ask(
                AcceptItem(
                    request_id=RequestId(request_identifier_value=f"SLOW-{agency}"),
                    requested_action_type=Code("Hold For Pickup"),
                    user_id=UserId(user_identifier_value="P0000001"),
                    item_id=ItemId(item_identifier_value=f"SLOW-{agency}"),
                )
            )
    broker.slow = "ALMA"
    library = process.library
    library.check_out("P0000001", "SLOW-ALMA")
    library.check_in("SLOW-ALMA")
    time.sleep(0.5)
    library.check_out("P0000001", "SLOW-DCB")
    begun = time.monotonic()
    assert type(broker.hears(2.0)).__name__ == "ItemCheckedOut"
    assert time.monotonic() - begun < 2.0
    broker.release.set()
    assert type(broker.hears()).__name__ == "ItemCheckedIn"
