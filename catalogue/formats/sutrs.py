"""SUTRS, plain text for people (Z39.50-2003, record syntax 101): lines of at most 72 characters.

A field is a line ``Label: text``; what does not fit is continued on lines that begin with four
blanks. A field in another script (880) has the label of the field it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import TextWrapper

from catalogue.formats import FULL, is_brief
from catalogue.formats.brief import BRIEF_TAGS
from catalogue.marc.iso2709 import fields, subfields
from catalogue.records import Record

LINE_LENGTH = 72

#: The fields of MARC 21 in words. A tag that is not listed is its own label.
LABELS: dict[str, str] = {
    "001": "Record", "010": "LC number", "015": "National bibliography", "020": "ISBN",
    "022": "ISSN", "024": "Identifier", "028": "Publisher number", "050": "LC class", "080": "UDC",
    "082": "Dewey", "084": "Class", "100": "Author", "110": "Author", "111": "Author",
    "130": "Uniform title", "240": "Uniform title", "245": "Title", "246": "Other title",
    "247": "Former title", "250": "Edition", "255": "Scale", "260": "Published", "264": "Published",
    "300": "Extent", "310": "Frequency", "362": "Numbering", "440": "Series", "490": "Series",
    "500": "Note", "502": "Thesis", "504": "Bibliography", "505": "Contents", "508": "Credits",
    "511": "Performers", "520": "Abstract", "521": "Audience", "538": "System", "546": "Language",
    "600": "Subject", "610": "Subject", "611": "Subject", "630": "Subject", "648": "Subject",
    "650": "Subject", "651": "Subject", "653": "Subject", "655": "Genre", "700": "Other author",
    "710": "Other author", "711": "Other author", "730": "Other title", "740": "Other title",
    "773": "In", "780": "Continues", "785": "Continued by", "800": "Series", "810": "Series",
    "811": "Series", "830": "Series", "852": "Holding", "856": "Address",
}  # fmt: skip

_wrap = TextWrapper(
    width=LINE_LENGTH,
    subsequent_indent="    ",
    break_long_words=False,  # half an address is no address
    break_on_hyphens=False,
).wrap


class Sutrs:
    """The format ``sutrs``, which every record has."""

    name = "sutrs"
    media_type = "text/plain"
    identifiers = ("1.2.840.10003.5.101",)
    element_sets = frozenset({"F", "B"})

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """Lines in UTF-8, each with its line feed.

        Brief: what a list of results shows. Full: every field except the coded ones (002 to 009).
        """
        brief = is_brief(element_set)
        if record.format == "marc21":
            lines = _marc21_lines(record.data, brief)
        elif brief:
            lines = _summary_lines(record)
        else:
            lines = _other_lines(record.data)
        made: list[str] = []
        for label, text in lines:
            text = " ".join(text.split())
            if text:
                made += _wrap(f"{label}: {text}")
        return ("\n".join(made) + "\n").encode("utf-8")


def _marc21_lines(data: bytes, brief: bool) -> Iterator[tuple[str, str]]:
    for tag_bytes, content in fields(data):
        tag = tag_bytes.decode("ascii", "replace")
        if tag == "880" and content[2:4] == b"\x1f6":
            tag = content[4:7].decode("ascii", "replace")
        if (tag.startswith("00") and tag != "001") or (
            brief and tag.encode("ascii", "replace") not in BRIEF_TAGS
        ):
            continue
        yield LABELS.get(tag, tag), _text(content, is_control=tag == "001")


def _summary_lines(record: Record) -> Iterator[tuple[str, str]]:
    yield LABELS["001"], record.control_number or ""
    yield LABELS["100"], record.author
    yield LABELS["245"], record.title
    yield LABELS["260"], "" if record.year is None else str(record.year)


def _other_lines(data: bytes) -> Iterator[tuple[str, str]]:
    for tag_bytes, content in fields(data):
        yield tag_bytes.decode("ascii", "replace"), _text(content, is_control=False)


def _text(content: bytes, *, is_control: bool) -> str:
    """What a field says: its lettered subfields, including $u, without links and sources."""
    if is_control or b"\x1f" not in content:
        return content.replace(b"\x1f", b" ").decode("utf-8", "replace")
    return " ".join(
        value.decode("utf-8", "replace") for code, value in subfields(content) if code.isalpha()
    )


SUTRS = Sutrs()
