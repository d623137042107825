"""What goes out: the same bytes until they are confirmed, in order, and never what was refused."""

from __future__ import annotations

import pytest

from circulation.interlending.notices import waiting_notices
from circulation.interlending.remarks import RemarkKind, settle_remark, unsettled_remarks
from protocols.iso18626.client import Answer, Unreachable
from protocols.iso18626.codec import decode
from protocols.iso18626.messages import Error, SupplyingAgencyMessage
from tests.protocols.iso18626.stage import ADDRESS, ODENSE, Stage, a_partner, a_title


def waits(stage: Stage) -> bool:
    return bool(stage.library.read(lambda transaction: waiting_notices(transaction)))


@pytest.mark.parametrize(
    "trouble",
    [
        Unreachable("nobody there"),
        Answer(503, b""),
        Answer(401, b"who are you?"),
        Answer(200, b"<html>It works!</html>"),
        Answer(302, b""),
    ],
)
def test_the_same_bytes_go_out_until_they_are_confirmed(
    stage: Stage, trouble: Answer | Exception
) -> None:
    barcode = a_title(stage.library)
    stage.say(stage.request())
    stage.instead = trouble
    stage.tell()
    stage.library.check_out(ODENSE, barcode)
    for _ in range(3):
        stage.library.pass_time(hours=7)
        stage.tell()
    assert len(stage.posted) == 4
    assert len(set(stage.posted)) == 1
    stage.instead = None
    stage.library.pass_time(hours=7)
    answer, shipped = stage.tell()
    assert isinstance(answer, SupplyingAgencyMessage)
    assert isinstance(shipped, SupplyingAgencyMessage)
    assert answer == decode(stage.posted[0]).message
    assert not waits(stage)
    assert stage.remarks() == []


@pytest.mark.parametrize("status", [400, 413, 415])
def test_what_is_refused_is_not_sent_again_and_somebody_reads_of_it(
    stage: Stage, status: int
) -> None:
    a_title(stage.library)
    stage.say(stage.request())
    stage.instead = Answer(status, b"no")
    stage.tell()
    assert not waits(stage)
    [remark] = stage.remarks()
    assert (remark.kind, remark.text) == (RemarkKind.REFUSED, f"answered: HTTP {status}")


def test_an_error_is_final(stage: Stage) -> None:
    a_title(stage.library)
    stage.say(stage.request())
    stage.error = Error("UnableToFindRequest", "what?")
    stage.tell()
    assert not waits(stage)
    [remark] = stage.remarks()
    assert remark.text == "answered: UnableToFindRequest: what?"
    library = stage.library
    assert library.read(
        lambda transaction: unsettled_remarks(transaction, branch_ids=[library.main.id], at_most=9)
    ) == [remark]
    settled = library.write(lambda transaction: settle_remark(transaction, remark.id, library.now))
    assert settled
    assert (
        library.read(
            lambda transaction: unsettled_remarks(
                transaction, branch_ids=[library.main.id], at_most=9
            )
        )
        == []
    )


def test_after_seven_days_it_is_given_up(stage: Stage) -> None:
    a_title(stage.library)
    stage.say(stage.request())
    stage.instead = Unreachable("nobody there")
    stage.tell()
    stage.library.pass_time(days=8)
    stage.tell()
    assert not waits(stage)
    assert [each.kind for each in stage.remarks()] == [RemarkKind.REFUSED]


def test_a_partner_without_an_address(stage: Stage) -> None:
    a_partner(stage.library, address="")
    a_title(stage.library)
    stage.say(stage.request())
    assert stage.tell() == []
    assert not waits(stage)
    assert [each.text for each in stage.remarks()] == ["answered: the partner has no address"]


def test_the_log_has_what_was_said(stage: Stage) -> None:
    a_title(stage.library)
    stage.say(stage.request())
    stage.tell()
    [line] = stage.log
    assert (line.direction, line.partner, line.peer) == ("out", ODENSE.casefold(), ADDRESS)
    assert (line.service, line.request_id, line.outcome) == (
        "supplyingAgencyMessage",
        "REQ-1",
        "ok",
    )
    assert b"WillSupply" in line.request
    assert b"OK" in line.answer
