"""Finds the end of an XML document in a stream of bytes: NCIP over raw TCP has no other framing.

`DocumentScanner` follows just enough of XML's syntax to know when the root element is closed: by
its name, so that even a message whose other tags do not match has an end. Each byte is looked at a
bounded number of times, however the stream is cut up, and at most one document of the largest size
is held. The parser decides whether the document is sound; the scanner only refuses what has no end
that it could find.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from protocols.wire.xml_documents import DEPTH, DOCUMENT_BYTES, DOCUMENT_TAGS


class _Place(Enum):
    """What the next unread byte belongs to."""

    CONTENT = "text, or nothing yet"
    MARKUP = "a `<`, and it is not clear yet of what"
    START_TAG = "a start tag"
    END_TAG = "an end tag"
    COMMENT = "a comment"
    CDATA = "a CDATA section"
    INSTRUCTION = "a processing instruction or the XML declaration"
    DOCTYPE = "a document type declaration"


#: The string that ends each of these, if it is a single one.
_ENDS = {
    _Place.CONTENT: b"<",
    _Place.END_TAG: b">",
    _Place.COMMENT: b"-->",
    _Place.CDATA: b"]]>",
    _Place.INSTRUCTION: b"?>",
}
#: The most quoted values of a document, besides those of tags that arrived whole.
_MOST_QUOTES = 2 * DOCUMENT_TAGS
_SPACE = b" \t\r\n\x00"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
#: What a `<` may begin; longer ones before those that are their beginning.
_OPENINGS = (
    (b"<!--", _Place.COMMENT),
    (b"<![CDATA[", _Place.CDATA),
    (b"<!DOCTYPE", _Place.DOCTYPE),
    (b"<?", _Place.INSTRUCTION),
    (b"</", _Place.END_TAG),
)
#: Text and the markup after it, if all of that has arrived: a tag with its name, a comment, a
#: section or an instruction. It is most of a message, in one move each instead of four.
_PIECE = re.compile(
    rb"""
    [^<]*+<(?:
        (?P<end>/)?
        (?P<name>[^\s/>!?"'<][^\s/>"'<]{0,99})(?=[\s/>])
        (?(end)[^"'<>]*+|(?:[^"'<>]|"[^"<]*+"|'[^'<]*+')*+)>
      | !--.*?-->
      | !\[CDATA\[.*?\]\]>
      | \?.*?\?>
    )""",
    re.DOTALL | re.VERBOSE,
)
_TAG_STOP = re.compile(rb"[\"'>]")
#: Quoted values in a row, if all of them have arrived: one move.
_VALUES = re.compile(rb"""(?:[^"'<>\[]*+(?:"[^"]*+"|'[^']*+'))++""")
_DOCTYPE_STOP = re.compile(rb"[\"'>\[]")
_NAME = re.compile(rb"</?\s*([^\s/>]{1,100})")


@lru_cache(64)
def _run_within(root: bytes) -> re.Pattern[bytes]:
    """Text and tags without quotes in a row, none with the name of the root. They neither open nor
    end it, so all that have arrived are one move. The parser looks at how deeply they are nested.
    """
    return re.compile(
        rb"""(?:[^<]*+<(?!/?%b[\s/>])/?+[^\s/>!?"'<][^\s/>"'<]{0,99}(?=[\s/>])[^"'<>]*+>)++"""
        % re.escape(root)
    )


class Unframeable(Exception):
    """The stream is not at a document, and the next one cannot be found; the text says why."""


class DocumentScanner:
    """Bytes in, whole documents out."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._begin()

    def _begin(self) -> None:
        self._place = _Place.CONTENT
        self._at = 0  # bytes of the buffer that are dealt with
        self._opened = 0  # where the markup under way began
        self._quote = b""  # within an attribute value or a literal
        self._root = b""
        self._open_roots = 0  # open elements with the name of the root
        self._tags = 0
        self._quotes = 0

    @property
    def held(self) -> int:
        """The number of bytes that belong to no document handed out."""
        return len(self._buffer)

    def has_begun(self) -> bool:
        """Is anything of a document held? Blanks between documents do not count."""
        return bool(self._buffer.lstrip(_SPACE))

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next_document(self) -> bytes | None:
        """The next whole document; None while there is none.

        Raises Unframeable, after which the stream is of no use.
        """
        if self._at == 0:
            self._skip_space()
        while self._at < len(self._buffer):
            end = self._step()
            if end is None:
                break
            if self._tags > DOCUMENT_TAGS or self._quotes > _MOST_QUOTES:
                raise Unframeable(f"the message has more than {DOCUMENT_TAGS} tags")
            if self._at > DOCUMENT_BYTES:
                break
            if end:
                document = bytes(self._buffer[: self._at])
                del self._buffer[: self._at]
                self._begin()
                return document
        if len(self._buffer) > DOCUMENT_BYTES:
            raise Unframeable(f"the message is longer than {DOCUMENT_BYTES} bytes")
        return None

    def _skip_space(self) -> None:
        """Skips what stands between documents."""
        start = len(self._buffer) - len(self._buffer.lstrip(_SPACE))
        if self._buffer.startswith(_BYTE_ORDER_MARK, start):
            start += len(_BYTE_ORDER_MARK)
        del self._buffer[:start]
        begun = bytes(self._buffer[:3])
        if begun and not begun.startswith(b"<") and not _BYTE_ORDER_MARK.startswith(begun):
            raise Unframeable("the message does not begin with <")
        if begun[1:2] == b"\x00":  # its end could not be found
            raise Unframeable("the message is in UTF-16: over TCP it must be in UTF-8")

    def _step(self) -> bool | None:
        """One move: True at the end of the root, None when more bytes are needed."""
        if self._place is _Place.CONTENT and self._root:
            run = _run_within(self._root).match(self._buffer, self._at)
            if run is not None:
                self._tags += self._buffer.count(b"<", self._at, run.end())
                self._at = run.end()
                return False
        if self._place is _Place.CONTENT and (piece := _PIECE.match(self._buffer, self._at)):
            self._at = piece.end()
            if piece["name"] is None:
                self._tags += 1
                return False
            return self._closed(piece["name"]) if piece["end"] else self._opened_by(piece["name"])
        match self._place:
            case _Place.MARKUP:
                return self._open()
            case _Place.START_TAG:
                return self._walk_tag()
            case _Place.DOCTYPE:
                return self._walk_doctype()
            case place:
                return self._find(place)

    def _find(self, place: _Place) -> bool | None:
        end = _ENDS[place]
        found = self._buffer.find(end, self._at)
        if found < 0:
            # The end may have begun in the last bytes, which are looked at again.
            self._at = max(self._at, len(self._buffer) - len(end) + 1)
            return None
        if place is _Place.CONTENT:
            self._opened = self._at = found
            self._place = _Place.MARKUP
            return False
        self._at = found + len(end)
        self._place = _Place.CONTENT
        self._tags += place is not _Place.END_TAG
        return self._closed(self._name()) if place is _Place.END_TAG else False

    def _open(self) -> bool | None:
        """The kind of markup that begins at the last `<`."""
        begun = bytes(self._buffer[self._opened : self._opened + 9])
        for opening, place in _OPENINGS:
            if begun.startswith(opening):
                self._place = place
                self._at = self._opened + len(opening)
                return False
            if opening.startswith(begun):
                return None
        self._place = _Place.START_TAG
        self._at = self._opened + 1
        return False

    def _walk_tag(self) -> bool | None:
        if not self._leave_quote(_TAG_STOP):
            return None
        if self._quote:
            return False
        self._place = _Place.CONTENT
        return self._opened_by(self._name())

    def _opened_by(self, name: bytes) -> bool:
        """After a start tag: is that all of the root?"""
        self._tags += 1
        self._root = self._root or name
        is_root = name == self._root
        if self._buffer[self._at - 2] == 0x2F:  # />
            return is_root and not self._open_roots
        self._open_roots += is_root
        if self._open_roots > DEPTH:
            raise Unframeable(f"elements are nested more than {DEPTH} deep")
        return False

    def _walk_doctype(self) -> bool | None:
        if not self._leave_quote(_DOCTYPE_STOP):
            return None
        if self._quote:
            return False
        if self._buffer[self._at - 1] == 0x5B:  # [
            raise Unframeable("the message declares a document type of its own")
        self._place = _Place.CONTENT
        return False

    def _leave_quote(self, stop: re.Pattern[bytes]) -> bool:
        """Moves past the next quote or stop; False if it has not arrived yet."""
        if self._quote:
            found = self._buffer.find(self._quote, self._at)
            if found < 0:
                self._at = len(self._buffer)
                return False
            self._at = found + 1
            self._quote = b""
        if (values := _VALUES.match(self._buffer, self._at)) is not None:
            self._at = values.end()
        stopped = stop.search(self._buffer, self._at)
        if stopped is None:
            self._at = len(self._buffer)
            return False
        self._at = stopped.end()
        self._quotes += 1
        self._quote = stopped[0] if stopped[0] in (b'"', b"'") else b""
        return True

    def _closed(self, name: bytes) -> bool:
        """After an end tag: is the root closed? Even if other tags are missing or superfluous, the
        name of the root finds the end, and the parser decides."""
        self._tags += 1
        if not self._root:
            raise Unframeable("the message begins with an end tag")
        self._open_roots -= name == self._root
        return not self._open_roots

    def _name(self) -> bytes:
        """The name in the last tag."""
        found = _NAME.match(self._buffer, self._opened)
        if found is None:
            raise Unframeable("a tag has no name")
        return found[1]
