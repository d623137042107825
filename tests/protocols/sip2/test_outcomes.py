"""Which responses count as refusals."""

from __future__ import annotations

import pytest

from protocols.hosting.traces import OK, REFUSED
from protocols.sip2.conversation.answered import Written
from protocols.sip2.messages import LoginResponse
from protocols.sip2.outcomes import outcome_of


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"121NUY20261126    120000", OK),
        (b"120NNN20261126    120000", REFUSED),
        (b"101YUN20261126    120000", OK),
        (b"100NNN20261126    120000", REFUSED),
        (b"301", OK),
        (b"300", REFUSED),
        (b"160N", REFUSED),
        (b"200", REFUSED),
        (b"660", REFUSED),
        (b"36Y20261126", OK),
        (b"36N20261126", REFUSED),
        (b"38N20261126", REFUSED),
        (b"1801000120261126", OK),  # the circulation status begins with 0
        (b"24NNNN", OK),
        (b"98YYYYYY", OK),
    ],
)
def test_the_field_that_says_no_decides(body: bytes, outcome: str) -> None:
    assert outcome_of(Written(body)) == outcome


def test_a_login_is_not_written_yet() -> None:
    assert outcome_of(LoginResponse(ok=True)) == OK
    assert outcome_of(LoginResponse(ok=False)) == REFUSED
