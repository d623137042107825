"""Cutting a stream into records: any bytes give records and rejections, the same in any blocks."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.marc import splitting
from catalogue.marc.iso2709 import build
from catalogue.marc.splitting import split

HEAD = b"00000nam a2200000 a 4500"


def a_record(text: bytes = b"value") -> bytes:
    return build(HEAD, [(b"001", b"1"), (b"245", b"10\x1fa" + text)])


def pieces(data: bytes) -> list[tuple[int, bytes, bool]]:
    return [tuple(piece) for piece in split(io.BytesIO(data))]


def test_records_one_after_the_other() -> None:
    one, two = a_record(b"one"), a_record(b"two, longer")
    assert pieces(one + two) == [(0, one, True), (len(one), two, True)]


@pytest.mark.parametrize("padding", [b"\n", b"\r\n", b"\0\0", b"   \n", b"\x1a", b"    "])
def test_padding_belongs_to_no_record(padding: bytes) -> None:
    one, two = a_record(b"one"), a_record(b"two")
    found = pieces(padding + one + padding + two + padding)
    assert [data for _, data, _ in found] == [one, two]
    assert [start for start, _, _ in found] == [len(padding), len(one) + 2 * len(padding)]


def test_byte_order_mark_is_padding() -> None:
    assert pieces(b"\xef\xbb\xbf" + a_record()) == [(3, a_record(), True)]


def test_rest_without_terminator_is_not_whole() -> None:
    one = a_record()
    assert pieces(one + one[:40]) == [(0, one, True), (len(one), one[:40], False)]


def test_terminator_inside_a_record_of_right_length_is_data() -> None:
    one, two = a_record(b"in\x1dside"), a_record()
    assert [data for _, data, _ in pieces(one + two)] == [one, two]
    assert [data for _, data, _ in pieces(two + one)] == [two, one]


def test_length_that_is_too_long_takes_no_neighbours() -> None:
    one, two = a_record(), a_record()
    lying = b"%05d" % (len(one) + len(two)) + one[5:]
    assert [data for _, data, _ in pieces(lying + two)] == [lying, two]


def test_endless_stretch_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "LONGEST_STRETCH", 5_000)
    monkeypatch.setattr(splitting, "_BLOCK", 1_000)
    found = pieces(b"x" * 20_000 + b"\x1d" + a_record())
    assert max(len(data) for _, data, _ in found) <= 6_001
    assert found[-1][1:] == (a_record(), True)
    assert sum(len(data) for _, data, _ in found) == 20_001 + len(a_record())


PARTS = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"\x1d", b"\x1e", b" ", b"\n", b"00050", a_record(), a_record()[:30]]),
)


@given(st.lists(PARTS, max_size=12), st.integers(1, 50))
def test_any_bytes_in_any_blocks(parts: list[bytes], block: int) -> None:
    data = b"".join(parts)
    whole = pieces(data)
    before = splitting._BLOCK
    try:
        splitting._BLOCK = block
        assert pieces(data) == whole
    finally:
        splitting._BLOCK = before
    at = 0
    for offset, piece, is_whole in whole:
        assert offset >= at
        assert data[offset : offset + len(piece)] == piece
        assert not data[at:offset].strip(b" \t\r\n\0\x1a\xef\xbb\xbf")
        assert is_whole == piece.endswith(b"\x1d")
        at = offset + len(piece)
    assert not data[at:].strip(b" \t\r\n\0\x1a\xef\xbb\xbf")
