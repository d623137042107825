"""Receipts as they come, from real samples to what is none."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from circulation.notices.kinds import NoticeState
from protocols.digital_post.outcomes import without_numbers
from protocols.digital_post.receipts import (
    ReceiptUnreadable,
    read_pulled,
    read_push,
    report_of,
    write_answer,
)
from protocols.digital_post.statuses import DIRECT_STATUSES, STATUSES, outcome_of, word_of
from tests.builders.digital_post import A_UUID, CPR, a_push

NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)


def nobody(name: str, uuid: str) -> None:
    return None


def ours(name: str, uuid: str) -> int | None:
    return 7 if name == "7" else None


def test_a_real_success(official: Path) -> None:
    path = official / "data" / "memo" / "receipts" / "PostStatusBeskedModtag.success.xml"
    asked: list[tuple[str, str]] = []
    receipt = read_push(path.read_bytes(), lambda *names: asked.append(names), NOW)
    assert asked == [
        ("0d7a7d95-0c4a-4f86-bd98-c599d0b81128", "8853363b-43ec-4d0a-a54d-65447f9447ed")
    ]
    assert receipt.name == "push bd12c645-de98-453a-ac80-f58a76942eda"
    assert receipt.status == "Afleveret Digital Post"
    assert receipt.channel == "Digital Post"
    assert receipt.transmission_id == "1ab6eb87-a457-4ad3-8952-ed8f18a1676a"
    assert receipt.at == datetime(2023, 2, 13, 11, 22, 5, 154000, tzinfo=UTC)
    assert report_of(receipt).state is NoticeState.DELIVERED


def test_a_real_failure(official: Path) -> None:
    path = official / "data" / "memo" / "receipts" / "PostStatusBeskedModtag.error.xml"
    receipt = read_push(path.read_bytes(), nobody, NOW)
    assert (receipt.status, receipt.error_code) == ("Fejlet", "memo.invalid")
    assert 'tag name "mandatory" is not allowed' in receipt.error_text
    report = report_of(receipt)
    assert report.state is NoticeState.FAILED
    assert report.why.startswith("memo.invalid: ")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Modtaget Digital Post", NoticeState.SENT),
        ("Afleveret Digital Post", NoticeState.DELIVERED),
        ("Fejlet", NoticeState.FAILED),
        ("Klar", NoticeState.SENT),
        ("Modtaget Post Danmark", NoticeState.SENT),
        ("Opdatering fra Post Danmark", None),
        ("Tilbagekaldt", NoticeState.FAILED),
        ("Noget helt nyt", None),
    ],
)
def test_what_a_status_means(status: str, state: NoticeState | None) -> None:
    receipt = read_push(a_push("e1", A_UUID, "7", status), ours, NOW)
    assert receipt.message_id == 7
    assert report_of(receipt).state is state


def test_the_tables_agree() -> None:
    assert [word_of(uuid.upper()) for uuid, _ in STATUSES.values()] == list(STATUSES)
    assert all(outcome_of(each) is DIRECT_STATUSES[each] for each in DIRECT_STATUSES)


def test_a_refused_repetition_is_no_failure() -> None:
    push = a_push("e1", A_UUID, "7", "Fejlet", error=("memo.uuid", "duplicate messageUUID"))
    report = report_of(read_push(push, ours, NOW))
    assert report.state is None
    assert report.receipt is not None
    assert report.receipt.status == "Fejlet"


def test_a_number_in_an_error_is_covered() -> None:
    push = a_push("e1", A_UUID, "7", "Fejlet", error=("recipient", f"{CPR} 010111-0000"))
    receipt = read_push(push, ours, NOW)
    assert receipt.error_text == "xxxxxx-xxxx xxxxxx-xxxx"


def test_an_event_of_another_kind_is_kept() -> None:
    push = a_push("e1", A_UUID, "7", "Fejlet").replace(b64encode(b"<PKO_Post")[:8], b"eHh4eHh4")
    receipt = read_push(push, ours, NOW)
    assert receipt.message_id is None
    assert receipt.error_text.startswith("a message of type ")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "well-formed"),
        (b"<a/>", "no ModtagBeskedInput"),
        (b"<!DOCTYPE a><a/>", "DTD"),
        (b"<ModtagBeskedInput/>", "no BeskedId"),
    ],
)
def test_what_is_no_receipt(document: bytes, why: str) -> None:
    with pytest.raises(ReceiptUnreadable, match=why):
        read_push(document, nobody, NOW)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(document: bytes) -> None:
    with pytest.raises(ReceiptUnreadable):
        read_push(document, nobody, NOW)


@given(
    st.dictionaries(
        st.sampled_from(["id", "messageUUID", "receiptStatus", "timeStamp", "errorMessage"]),
        st.none() | st.integers() | st.text(max_size=30),
    )
)
def test_any_table_is_a_receipt_or_refused(told: dict[str, Any]) -> None:
    try:
        receipt = read_pulled(told, nobody, NOW)
    except ReceiptUnreadable:
        return
    assert receipt.at.tzinfo is not None


def test_a_pulled_receipt() -> None:
    told = {
        "id": "r1",
        "transmissionId": "t1",
        "messageUUID": A_UUID,
        "messageId": "7",
        "receiptStatus": "COMPLETED",
        "timeStamp": "2026-11-02T08:31:00Z",
    }
    receipt = read_pulled(told, ours, NOW)
    assert (receipt.name, receipt.message_id) == ("pull r1 COMPLETED", 7)
    assert report_of(receipt).state is NoticeState.DELIVERED


def test_the_answer_to_a_push() -> None:
    names = {"sts": "urn:oio:sts:1.0.0", "sag": "urn:oio:sagdok:3.0.0"}
    for is_taken, code in ((True, "20"), (False, "40")):
        root = etree.fromstring(write_answer(is_taken))
        assert root.tag == "{urn:oio:sts:1.0.0}ModtagBeskedOutput"
        assert root.findtext("sag:StandardRetur/sag:StatusKode", None, names) == code


@given(st.from_regex(r"\A[0-9]{6}[- ]?[0-9]{4}\Z"))
def test_numbers_are_covered(number: str) -> None:
    assert without_numbers(f"to {number}.") == "to xxxxxx-xxxx."
