"""Files of MARC records as libraries receive them, told apart by their content.

Plain, gzip or xz; ISO 2709, MARCXML, marcXchange or danMARC2 in lines. File names do not matter.
Everything is read as a stream.
"""

from __future__ import annotations

import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from catalogue.marc import danmarc2_lines, marcxml
from catalogue.marc.iso2709 import RECORD_END
from catalogue.marc.splitting import split

if TYPE_CHECKING:
    from typing_extensions import Buffer

_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\0"
#: How much of a file is searched for a record terminator before it is rejected as not MARC.
_LOOKED_AT = 256 * 1024
_PADDING = b" \t\r\n\0\x1a\xef\xbb\xbf"


class UnreadableFile(Exception):
    """A file that cannot be read as MARC; the message is a sentence for the librarian."""


class Found(NamedTuple):
    """What a file holds at `position` (from 1): bytes as found, ISO 2709 unless refused.

    `offset` is in uncompressed bytes. `refusal` says why this is not a record.
    """

    position: int
    offset: int
    data: bytes
    record_format: str | None
    refusal: str | None


class _Unpacked(io.RawIOBase):
    """A packed file read piece by piece, so that what precedes damage is not lost."""

    def __init__(self, packed: gzip.GzipFile | lzma.LZMAFile) -> None:
        self._packed = packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        data = self._packed.read1(len(view))
        view[: len(data)] = data
        return len(data)


class Source:
    """An open file of records; use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Opens `path` and determines its kind. Raises UnreadableFile."""
        self.path = path
        try:
            self.size = path.stat().st_size
            self._raw = io.BufferedReader(io.FileIO(path), _LOOKED_AT)
        except OSError as error:
            raise UnreadableFile(f"{path}: {error.strerror or error}") from error
        try:
            self._stream = self._unpacked()
            start = self._stream.peek(_LOOKED_AT).lstrip(_PADDING)
            self.is_xml = start[:1] == b"<"
            self.is_lines = bool(danmarc2_lines.FIRST_FIELD.match(start))
            if not (self.is_xml or self.is_lines or self._looks_like_iso2709(start)):
                raise UnreadableFile(f"{path} holds no MARC records")
        except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
            self._raw.close()
            raise UnreadableFile(f"{path} cannot be unpacked: {error}") from error
        except UnreadableFile:
            self._raw.close()
            raise

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    @property
    def is_iso2709(self) -> bool:
        """Are its records bytes as found, which `catalogue.marc.checking` must check?"""
        return not (self.is_xml or self.is_lines)

    @property
    def ending(self) -> str:
        """The extension of names of files with such records."""
        return "xml" if self.is_xml else "lines" if self.is_lines else "mrc"

    @property
    def bytes_read(self) -> int:
        """How many bytes of the file, of `size` in all, have been read."""
        return self._raw.tell()

    def records(self) -> Iterator[Found]:
        """Everything in the file in order. Raises UnreadableFile where it breaks off."""
        try:
            if not self.is_iso2709:
                reader = marcxml if self.is_xml else danmarc2_lines
                position = 0
                for position, record in enumerate(reader.read_records(self._stream), 1):
                    yield Found(position, *record)
                if position == 0:
                    raise UnreadableFile(f"{self.path} holds no MARC records")
                return
            for position, piece in enumerate(split(self._stream), 1):
                refusal = None if piece.is_whole else "cut short: it has no record terminator"
                yield Found(position, piece.offset, piece.data, None, refusal)
        except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
            raise UnreadableFile(f"{self.path} breaks off: {error}") from error

    def _unpacked(self) -> io.BufferedReader[Any]:
        magic = self._raw.read(6)
        self._raw.seek(0)
        if magic.startswith(_GZIP):
            return io.BufferedReader(_Unpacked(gzip.GzipFile(fileobj=self._raw)), _LOOKED_AT)
        if magic == _XZ:
            return io.BufferedReader(_Unpacked(lzma.LZMAFile(self._raw)), _LOOKED_AT)
        return self._raw

    @staticmethod
    def _looks_like_iso2709(start: bytes) -> bool:
        """Is there a leader, or at least a record terminator, near the start?"""
        return RECORD_END in start or (start[:5].isdigit() and start[20:22] == b"45")
