"""The 18 characters of a date."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sip2.wire.dates import local_date, parse_date

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20261125    120000", datetime(2026, 11, 25, 11, tzinfo=UTC)),
        ("20260625    120000", datetime(2026, 6, 25, 10, tzinfo=UTC)),
        ("20261125   Z120000", datetime(2026, 11, 25, 12, tzinfo=UTC)),
        ("20261125   z120000", datetime(2026, 11, 25, 12, tzinfo=UTC)),
        ("20261125Z   120000", datetime(2026, 11, 25, 12, tzinfo=UTC)),
        ("20261125   Q120000", datetime(2026, 11, 25, 16, tzinfo=UTC)),
        ("20261125   A120000", datetime(2026, 11, 25, 11, tzinfo=UTC)),
        ("20261125   M120000", datetime(2026, 11, 25, 0, tzinfo=UTC)),
        ("202611250000120000", datetime(2026, 11, 25, 11, tzinfo=UTC)),
        (" " * 18, None),
        ("0" * 18, None),
        ("20261325    120000", None),
        ("20261125   J120000", None),
        ("20261125 CET120000", None),
        ("20261125    12000", None),
        ("2026112x    120000", None),
        ("²0261125    120000", None),
        ("00010101   M000000", None),
        ("", None),
    ],
)
def test_dates_are_read_as_terminals_write_them(text: str, expected: datetime | None) -> None:
    assert parse_date(text, COPENHAGEN) == expected


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
        lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
    )
)
def test_what_is_written_in_utc_is_read_back(moment: datetime) -> None:
    text = f"{moment:%Y%m%d   Z%H%M%S}"
    assert parse_date(text.rjust(18, "0"), COPENHAGEN) == moment
    assert parse_date(local_date(moment, UTC), UTC) == moment


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_none(text: str) -> None:
    moment = parse_date(text, COPENHAGEN)
    assert moment is None or moment.tzinfo is UTC


def test_local_time_is_that_of_the_branch() -> None:
    assert local_date(datetime(2026, 6, 25, 10, tzinfo=UTC), COPENHAGEN) == "20260625    120000"
