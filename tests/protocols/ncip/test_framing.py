"""Where a document ends, in whatever pieces it arrives."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ncip.wire.framing import DocumentScanner, Unframeable
from protocols.wire.xml_documents import DEPTH, DOCUMENT_BYTES

WHOLE = {
    "plain": b"<a><b>text</b></a>",
    "self-closing root": b"<a/>",
    "self-closing root with attributes": b"""<a b="/>" c='"'/>""",
    "self-closing children": b"<a><b/><c /></a>",
    "declaration": b'<?xml version="1.0" encoding="UTF-8"?><a></a>',
    "byte order mark": b"\xef\xbb\xbf<a></a>",
    "document type": b'<!DOCTYPE a PUBLIC "-//N>//" "http://x/y.dtd"><a></a>',
    "> in an attribute": b"""<a b="c>d" e='f>g'><h i=">"/></a>""",
    "quote in the other quotes": b"""<a b="it's"><c d='"'/></a>""",
    "quotes in text": b"""<a>it's "so</a>""",
    "comments": b"<!-- <a> --><a><!-- </a> -- - > --></a>",
    "section": b"<a><![CDATA[</a> ]] > ]>]]></a>",
    "instruction": b"<?x </a> ?><a><?y > </a>?></a>",
    "prefix": b'<n:a xmlns:n="u"><n:b></n:b></n:a >',
    "same name within": b"<a><aa></aa><b:a></b:a><a><a/></a></a>",
    "not ASCII": "<a>Ørsted 😀</a>".encode(),
    "bare ampersand": b"<a b='?x=1&y=2'>R&D</a>",
    "long names": b"<" + b"n" * 120 + b"><b/></" + b"n" * 120 + b">",
    "spaces in tags": b"<a \n b = 'c' \n></a \n >",
}


def documents(pieces: list[bytes]) -> list[bytes]:
    scanner = DocumentScanner()
    found = []
    for piece in pieces:
        scanner.feed(piece)
        while (document := scanner.next_document()) is not None:
            found.append(document)
    assert scanner.held == 0
    return found


@pytest.mark.parametrize("name", WHOLE)
def test_a_document_in_one_piece(name: str) -> None:
    assert documents([WHOLE[name]]) == [WHOLE[name].removeprefix(b"\xef\xbb\xbf")]


@pytest.mark.parametrize("name", WHOLE)
def test_byte_by_byte(name: str) -> None:
    found = documents([bytes([byte]) for byte in WHOLE[name]])
    assert [each.removeprefix(b"\xef\xbb\xbf") for each in found] == [
        WHOLE[name].removeprefix(b"\xef\xbb\xbf")
    ]


@pytest.mark.parametrize("name", WHOLE)
def test_with_others_around_it(name: str) -> None:
    stream = b"\r\n <x/>\n" + WHOLE[name].removeprefix(b"\xef\xbb\xbf") + b"\n\0\n<y></y> \n"
    assert documents([stream]) == [b"<x/>", WHOLE[name].removeprefix(b"\xef\xbb\xbf"), b"<y></y>"]


@given(
    st.lists(st.sampled_from(sorted(WHOLE.values())), min_size=1, max_size=5),
    st.lists(st.integers(0, 600), max_size=12),
)
def test_any_cutting_gives_the_same(chosen: list[bytes], cuts: list[int]) -> None:
    chosen = [each.removeprefix(b"\xef\xbb\xbf") for each in chosen]
    stream = b"\n".join(chosen) + b"\n"
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    assert documents(pieces) == chosen


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_give_documents_or_one_refusal(data: bytes, size: int) -> None:
    scanner = DocumentScanner()
    try:
        for start in range(0, len(data), size):
            scanner.feed(data[start : start + size])
            while scanner.next_document() is not None:
                pass
    except Unframeable:
        pass


@given(st.text("<>/!-[]CDATA?'\" ab&=", max_size=200))
def test_markup_at_random(text: str) -> None:
    whole, pieces = DocumentScanner(), DocumentScanner()
    whole.feed(text.encode())
    assert outcome(whole, [b""]) == outcome(pieces, [bytes([byte]) for byte in text.encode()])


_MARKUP = st.sampled_from(
    [
        *("<a", "<b", "<", "</a>", "</b>", "</", ">", "/>", " c='", ' c="', "'", '"', '"d">', " "),
        *("<a>", "<b/>", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "?>", "\n", "text", "a" * 101),
    ]
)


@given(st.lists(_MARKUP, max_size=30).map("".join), st.integers(1, 9))
def test_markup_in_one_piece_or_many(text: str, size: int) -> None:
    stream = b"<a>" + text.encode() + b"</a>"
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert outcome(DocumentScanner(), [stream]) == outcome(DocumentScanner(), pieces)


@pytest.mark.parametrize("size", [DOCUMENT_BYTES * 2, 65_536])
def test_the_limit_is_the_same_however_it_is_cut(size: int) -> None:
    for length, is_refused in ((DOCUMENT_BYTES, False), (DOCUMENT_BYTES + 1, True)):
        stream = b"<a>" + b"<b>%b</b>" % (b"y" * 193) * ((length - 7) // 200)
        stream += b"x" * (length - len(stream) - 4) + b"</a>"
        assert len(stream) == length
        pieces = [stream[at : at + size] for at in range(0, length, size)]
        found, why = outcome(DocumentScanner(), pieces)
        assert (found == [], bool(why)) == (is_refused, is_refused)


@pytest.mark.parametrize("within", [b"<b/>", b"<b></b>", b"<!---->", b"<b a='' b=''/>"])
def test_so_many_tags_are_too_many_long_before_the_limit(within: bytes) -> None:
    """Each costs a move in the thread that serves everybody."""
    scanner = DocumentScanner()
    scanner.feed(b"<a>" + within * (DOCUMENT_BYTES // len(within) - 10))
    begun = time.process_time()
    with pytest.raises(Unframeable, match="tags"):
        scanner.next_document()
    assert time.process_time() - begun < 0.2


def outcome(scanner: DocumentScanner, pieces: list[bytes]) -> tuple[list[bytes], str]:
    found = []
    try:
        for piece in pieces:
            scanner.feed(piece)
            while (document := scanner.next_document()) is not None:
                found.append(document)
    except Unframeable as error:
        return found, str(error)
    return found, ""


@pytest.mark.parametrize(
    "stream",
    [
        b"POST /ncip HTTP/1.1\r\n",
        b"hello",
        b"\xef\xbbx",
        b"\xff\xfe<\x00",
        b"<a/>junk",
        b"</a>",
        b"<>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
        b"<a>" * (DEPTH + 1),
        "<a/>".encode("utf-16-le"),
        "<a/>".encode("utf-16-be"),
    ],
)
def test_what_can_have_no_end_is_refused(stream: bytes) -> None:
    with pytest.raises(Unframeable):
        documents([stream])


@pytest.mark.parametrize("stream", [b"<a><b></a>", b"<a></b></a>", b"<a><b/></b></c><d></a>"])
def test_the_end_of_the_root_is_the_end_whatever_is_within(stream: bytes) -> None:
    assert documents([stream, b"<c/>"]) == [stream, b"<c/>"]


@pytest.mark.parametrize("opening", [b"<a>", b"<a b='", b"<!--", b"<a><![CDATA[", b"<?x ", b"<a "])
def test_a_long_document_byte_by_byte_costs_time_in_proportion(opening: bytes) -> None:
    def seconds(length: int) -> float:
        scanner = DocumentScanner()
        scanner.feed(opening)
        start = time.process_time()
        for _ in range(length):
            scanner.feed(b"x")
            scanner.next_document()
        return time.process_time() - start

    seconds(1000)
    # Eight times as long: in proportion to its square it would be 64.
    assert seconds(40_000) < 32 * max(seconds(5_000), 0.002)


@pytest.mark.parametrize("opening", [b"<a>", b"<a b='", b"<!--", b"<?"])
def test_a_document_without_an_end_is_refused_at_the_limit(opening: bytes) -> None:
    scanner = DocumentScanner()
    scanner.feed(opening)
    for _ in range(DOCUMENT_BYTES // 65536 - 1):
        scanner.feed(b"y" * 65536)
        assert scanner.next_document() is None
    scanner.feed(b"y" * 65536)
    with pytest.raises(Unframeable, match="longer"):
        scanner.next_document()
    assert scanner.held <= DOCUMENT_BYTES + 65536 + 10
