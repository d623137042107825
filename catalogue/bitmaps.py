"""Serialised bitmaps of record ids, made and joined without building the bitmap.

Most terms are in few records. Up to four ids are written as they are, ascending, 32 bits each,
little endian: an index is a tenth smaller by that. More are what the RoaringFormatSpec makes of
them, mostly one short array: cookie 12346, number of containers (both 32 bits, little
endian), for each container its key (the ids' upper 16 bits) and cardinality - 1 (16 bits each)
and the offset of its values (32 bits), then the sorted lower 16 bits of each id. Up to 4,096 ids
that share their upper bits are written so here; everything else goes through pyroaring. Of four
ids or fewer the specification makes 15 octets, 18 or more, so that the two are told apart by their
size; indexes that were written so are read all the same.
Source: https://github.com/RoaringBitmap/RoaringFormatSpec
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from struct import Struct

from pyroaring import BitMap

#: The name of `merge` in the SQL of a SQLite connection
#: (`catalogue.database.sqlite_files.connect`).
MERGE_BITMAPS = "merge_bitmaps"

_ONE_ARRAY = Struct("<IIHHI")
_COOKIE = 12346
_COUNT = Struct("<II")
_ONE_CONTAINER = _COUNT.pack(_COOKIE, 1)
_HEAD = Struct("<QHHI").unpack_from
_ONE = 1 << 32 | _COOKIE
#: Bytes before the values, and so also their offset.
_VALUES = 16
_LONGEST_ARRAY = 4096
#: So many ids are written as they are.
FEW = 4
_FEW_IDS = [Struct(f"<{count}I") for count in range(FEW + 1)]
_FEW_BYTES = 4 * FEW
#: A bitmap of nothing, as the specification has it.
_EMPTY = _COUNT.pack(_COOKIE, 0)
#: Record ids per chunk of `postings`, which is what one container holds.
CHUNK_BITS = 16


def serialise(chunk: int, low: Sequence[int]) -> bytes:
    """The bitmap of the ids ``chunk << 16 | low``; `low` ascending, without repetition."""
    count = len(low)
    if count <= FEW:
        return _FEW_IDS[count].pack(*[chunk << CHUNK_BITS | part for part in low])
    if count > _LONGEST_ARRAY or chunk > 0xFFFF:
        made: bytes = BitMap([chunk << CHUNK_BITS | part for part in low]).serialize()
        return made
    return array_head(chunk, count) + _lower(low)


def serialise_ids(ids: BitMap) -> bytes:
    """The bitmap of these ids."""
    count = len(ids)
    made: bytes = _FEW_IDS[count].pack(*ids) if count <= FEW else ids.serialize()
    return made


def deserialise(bitmap: bytes) -> BitMap:
    """The ids of a bitmap."""
    if _is_few(bitmap):
        return BitMap(_ids_of(bitmap), optimize=False)
    return BitMap.deserialize(bitmap)


def _is_few(bitmap: bytes) -> bool:
    size = len(bitmap)
    return size <= _FEW_BYTES and not size & 3 and bitmap != _EMPTY


def _ids_of(few: bytes) -> tuple[int, ...]:
    return _FEW_IDS[len(few) >> 2].unpack(few)


def _lower(low: Sequence[int]) -> bytes:
    values = array("H", low)
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _as_specified(bitmap: bytes) -> bytes:
    """The same bitmap of one chunk, as the specification has it."""
    if not bitmap or not _is_few(bitmap):
        return bitmap or _EMPTY
    found = _ids_of(bitmap)
    chunk = found[0] >> CHUNK_BITS
    return array_head(chunk, len(found)) + _lower([each & 0xFFFF for each in found])


def array_head(chunk: int, count: int) -> bytes:
    """What stands before the `count` values of a bitmap that is one array; empty where there are
    too many for one.

    The values are the ids' lower 16 bits, little endian, ascending.
    """
    if count > _LONGEST_ARRAY or chunk > 0xFFFF:
        return b""
    return _ONE_ARRAY.pack(_COOKIE, 1, chunk, count - 1, _VALUES)


def merge(left: bytes, right: bytes) -> bytes:
    """The union of two bitmaps of the same chunk."""
    if _is_few(left) and _is_few(right):
        first, second = _ids_of(left), _ids_of(right)
        if len(left) + len(right) <= _FEW_BYTES and first[-1:] < second[:1]:
            return left + right
    left, right = _as_specified(left), _as_specified(right)
    if len(left) > _VALUES < len(right):
        head, key, most, offset = _HEAD(left)
        other_head, other_key, other_most, other_offset = _HEAD(right)
        most += other_most + 1
        if (
            head == other_head == _ONE
            and key == other_key
            and offset == other_offset == _VALUES
            and FEW <= most < _LONGEST_ARRAY
            and left[-1:] + left[-2:-1] < right[17:18] + right[16:17]
        ):  # two arrays, the second all after the first
            return _ONE_ARRAY.pack(_COOKIE, 1, key, most, _VALUES) + left[16:] + right[16:]
    return serialise_ids(BitMap.deserialize(left) | BitMap.deserialize(right))


def cardinality(bitmap: bytes) -> int:
    """How many ids a bitmap of one chunk holds."""
    if _is_few(bitmap):
        return len(bitmap) >> 2
    if bitmap[:8] == _ONE_CONTAINER:
        return (bitmap[10] | bitmap[11] << 8) + 1
    return len(BitMap.deserialize(bitmap))


def join(bitmaps: Sequence[bytes]) -> BitMap:
    """The union of bitmaps: fast for those of one term, of which each is of another chunk.

    Bitmaps of one container each, in the order of their chunks, are one bitmap of several
    containers but for its head: reading that once costs a third of reading and uniting them all.
    """
    if len(bitmaps) < 2:
        return deserialise(bitmaps[0]) if bitmaps else BitMap()
    count = len(bitmaps)
    bitmaps = list(map(_as_specified, bitmaps))
    heads, values, offsets = [], [], []
    offset = 8 + 8 * count
    last = -1
    for bitmap in bitmaps:
        chunk = bitmap[8] | bitmap[9] << 8
        if bitmap[:8] != _ONE_CONTAINER or chunk <= last:
            return BitMap.union(*map(BitMap.deserialize, bitmaps))
        last = chunk
        heads.append(bitmap[8:12])
        values.append(bitmap[_VALUES:])
        offsets.append(offset)
        offset += len(bitmap) - _VALUES
    numbers = array("I", offsets)
    if sys.byteorder == "big":
        numbers.byteswap()
    head = _COUNT.pack(_COOKIE, count)
    return BitMap.deserialize(b"".join((head, *heads, numbers.tobytes(), *values)))
