"""Serialised roaring bitmaps of record ids, made and joined without building the bitmap.

Most terms are in few records, and most bitmaps of a load are therefore one short array, which
the RoaringFormatSpec lays out as: cookie 12346, number of containers (both 32 bits, little
endian), for each container its key (the ids' upper 16 bits) and cardinality - 1 (16 bits each)
and the offset of its values (32 bits), then the sorted lower 16 bits of each id. Up to 4,096 ids
that share their upper bits are written so here; everything else goes through pyroaring.
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
#: Record ids per chunk of `postings`, which is what one container holds.
CHUNK_BITS = 16


def serialise(chunk: int, low: Sequence[int]) -> bytes:
    """The bitmap of the ids ``chunk << 16 | low``; `low` ascending, without repetition."""
    count = len(low)
    if count > _LONGEST_ARRAY or chunk > 0xFFFF:
        made: bytes = BitMap([chunk << CHUNK_BITS | part for part in low]).serialize()
        return made
    values = array("H", low)
    if sys.byteorder == "big":
        values.byteswap()
    return array_head(chunk, count) + values.tobytes()


def array_head(chunk: int, count: int) -> bytes:
    """What stands before the `count` values of a bitmap that is one array; empty where it is none.

    The values are the ids' lower 16 bits, little endian, ascending.
    """
    if count > _LONGEST_ARRAY or chunk > 0xFFFF:
        return b""
    return _ONE_ARRAY.pack(_COOKIE, 1, chunk, count - 1, _VALUES)


def merge(left: bytes, right: bytes) -> bytes:
    """The union of two bitmaps of the same chunk."""
    if len(left) > _VALUES < len(right):
        head, key, most, offset = _HEAD(left)
        other_head, other_key, other_most, other_offset = _HEAD(right)
        most += other_most + 1
        if (
            head == other_head == _ONE
            and key == other_key
            and offset == other_offset == _VALUES
            and most < _LONGEST_ARRAY
            and left[-1:] + left[-2:-1] < right[17:18] + right[16:17]
        ):  # two arrays, the second all after the first
            return _ONE_ARRAY.pack(_COOKIE, 1, key, most, _VALUES) + left[16:] + right[16:]
    union: bytes = (BitMap.deserialize(left) | BitMap.deserialize(right)).serialize()
    return union


def cardinality(bitmap: bytes) -> int:
    """How many ids a bitmap of one chunk holds."""
    if bitmap[:8] == _ONE_CONTAINER:
        return (bitmap[10] | bitmap[11] << 8) + 1
    return len(BitMap.deserialize(bitmap))


def join(bitmaps: Sequence[bytes]) -> BitMap:
    """The union of bitmaps: fast for those of one term, of which each is of another chunk.

    Bitmaps of one container each, in the order of their chunks, are one bitmap of several
    containers but for its head: reading that once costs a third of reading and uniting them all.
    """
    if len(bitmaps) < 2:
        return BitMap.deserialize(bitmaps[0]) if bitmaps else BitMap()
    count = len(bitmaps)
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
