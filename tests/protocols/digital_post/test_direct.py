"""The direct interface, against a platform that checks every call."""

from __future__ import annotations

import pytest

from protocols.digital_post.direct import DirectPost
from protocols.digital_post.outcomes import Denied, Rejected, Unanswered, Unreachable
from tests.builders.digital_post import A_UUID, CPR, CVR, a_memo
from tests.protocols.digital_post.platform import Behaviour, Platform

MEMOS = "/apis/v1/memos/"


def test_a_message_is_sent_under_its_uuid(platform: Platform, direct: DirectPost) -> None:
    accepted = direct.send(a_memo())
    assert accepted.message_uuid == A_UUID
    assert accepted.transmission_id
    (taken,) = platform.taken
    assert taken.message == a_memo()


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (Behaviour(status=503), Unreachable),
        (Behaviour(status=500), Unanswered),
        (Behaviour(is_dropped=True), Unanswered),
        (Behaviour(body=b"{}"), Unanswered),
        (Behaviour(fault=("memo.invalid", "no")), Rejected),
        (Behaviour(status=403), Denied),
    ],
)
def test_what_has_to_be_done_next(
    behaviour: Behaviour, failure: type[Exception], platform: Platform, direct: DirectPost
) -> None:
    platform.next_calls[MEMOS] = [behaviour]
    with pytest.raises(failure):
        direct.send(a_memo())


def test_who_has_a_box(platform: Platform, direct: DirectPost) -> None:
    platform.statuses = {CPR: "REGISTERED", "0202020000": "EXEMPT", CVR: "CLOSED"}
    platform.enrolled = {("nemsms", CPR)}
    assert direct.is_registered("CPR", CPR)
    assert not direct.is_registered("CPR", "0202020000")
    assert not direct.is_registered("CVR", CVR)
    assert not direct.is_registered("CPR", "0303030000")
    assert direct.has_nemsms("CPR", CPR)
    assert not direct.has_nemsms("CPR", "0202020000")


def test_receipts_wait_until_we_are_done_with_them(platform: Platform, direct: DirectPost) -> None:
    platform.receipts = {
        name: {"id": name, "messageUUID": A_UUID, "receiptStatus": "COMPLETED"}
        for name in ("r1", "r2")
    }
    assert [each["id"] for each in direct.receipts()] == ["r1", "r2"]
    platform.lists_ids = True
    assert [each["messageUUID"] for each in direct.receipts()] == [A_UUID, A_UUID]
    direct.done_with("r1")
    direct.done_with("r1")  # another process was quicker
    assert [each["id"] for each in direct.receipts()] == ["r2"]
    platform.next_calls["/apis/v1/receipts/"] = [Behaviour(body=b"?")]
    with pytest.raises(Unreachable):
        direct.receipts()
