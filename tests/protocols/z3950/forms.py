"""The same octets in other forms: lengths left open, streams cut into pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from protocols.z3950.wire import ber


def in_form(data: bytes, *, is_definite: bool) -> bytes:
    """The same value with every constructed value in it of definite or of indefinite length."""
    identifier, start, end, _ = ber.header(data, 0, len(data), {})
    octets = identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
    if not octets[0] & ber.CONSTRUCTED:
        return data
    parts = []
    at = start
    while at < end:
        _, _, _, after = ber.header(data, at, end, {})
        parts.append(in_form(data[at:after], is_definite=is_definite))
        at = after
    inside = b"".join(parts)
    return ber.value(octets, inside) if is_definite else octets + b"\x80" + inside + b"\x00\x00"


def one_piece(data: bytes) -> Iterable[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> Iterable[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def in_sevens(data: bytes) -> Iterable[bytes]:
    return [data[at : at + 7] for at in range(0, len(data), 7)]


CHUNKINGS = [one_piece, byte_by_byte, in_sevens]
Chunking = Callable[[bytes], Iterable[bytes]]
