"""Messages are called the same in every try, and nobody else's are taken for ours."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from protocols.digital_post.identities import Identities
from protocols.digital_post.memo.values import UUID

IDS = st.integers(1, 2**63 - 1)
OURS = Identities(b"12345678 production tiro")


@given(IDS)
def test_a_message_is_found_by_its_names(message_id: int) -> None:
    trace = OURS.trace(message_id)
    assert trace == Identities(b"12345678 production tiro").trace(message_id)
    assert UUID.problem(trace.message_uuid) is None
    assert UUID.problem(trace.transaction_id) is None
    assert trace.message_uuid != trace.transaction_id
    assert OURS.message_id(str(message_id), trace.message_uuid.upper()) == message_id
    letter = OURS.letter_identifier(message_id)
    assert re.fullmatch(r"[0-9a-f-]{18,38}", letter)
    assert OURS.message_id(letter, "") == message_id
    assert OURS.message_id("", letter.upper()) == message_id


@given(IDS, IDS)
def test_other_names_are_nobodys(message_id: int, other_id: int) -> None:
    uuid = OURS.trace(message_id).message_uuid
    stranger = Identities(b"12345678 test tiro")
    assert stranger.message_id(str(message_id), uuid) is None
    assert stranger.message_id(OURS.letter_identifier(message_id), "") is None
    if other_id != message_id:
        assert OURS.message_id(str(other_id), uuid) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_names_are_somebodys_or_nobodys(name: str, uuid: str) -> None:
    assert OURS.message_id(name, uuid) is None
    assert "tiro" not in repr(OURS)
