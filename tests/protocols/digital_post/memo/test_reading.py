"""The official samples are read; what the official schema refuses is refused."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from protocols.digital_post.memo.checking import MemoInvalid, problems_of
from protocols.digital_post.memo.messages import MemoVersion, MessageType
from protocols.digital_post.memo.reading import memo_from, read_memo
from protocols.digital_post.memo.writing import memo_element, write_memo
from tests.builders.digital_post import A_UUID, CPR, a_memo, schema_of_memo

SAMPLES = [
    ("1.1", "MeMo_Full_Example.xml"),
    ("1.1", "MeMo_Minimum_Example.xml"),
    ("1.2", "MeMo_Full_Example.xml"),
    ("1.2", "MeMo_Minimum_Example.xml"),
]


def sample(official: Path, version: str, name: str) -> bytes:
    return (official / "data" / "memo" / f"samples-{version}" / name).read_bytes()


@pytest.mark.parametrize(("version", "name"), SAMPLES)
def test_an_official_sample_is_read_and_written_again(
    version: str, name: str, official: Path
) -> None:
    # The sample of 1.1 is older than the rule that addresses behind actions are absolute.
    document = re.sub(b"<memo:url>http://", b"<memo:url>https://", sample(official, version, name))
    message, found = read_memo(document)
    assert found is MemoVersion(version)
    again = memo_element(message, found)
    read = read_memo(etree.tostring(again))
    assert read == (message, found)
    theirs = etree.fromstring(document)
    assert [each.tag for each in again.iter()] == [
        each.tag for each in theirs.iter() if isinstance(each.tag, str)
    ]


def test_a_sample_of_a_nemsms_is_read(official: Path) -> None:
    document = sample(official, "1.2", "MeMo_NemSMS.xml")
    # Its ids are placeholders.
    document = re.sub(b"(UUID>)[^<]*<", b"\\g<1>" + A_UUID.encode() + b"<", document)
    message, version = read_memo(document)
    assert message.message_header.message_type is MessageType.NEMSMS
    assert message.message_body is None
    assert version is MemoVersion.V1_2


def mutilated(root: etree._Element) -> list[tuple[str, etree._Element]]:
    """Copies of a message with one element away, twice, or before the one that precedes it."""
    found = []
    elements = [each for each in root.iter() if isinstance(each.tag, str)]
    for number, element in enumerate(elements):
        if element is root:
            continue
        name = f"{number} {etree.QName(element).localname}"

        def changed(position: int = number) -> etree._Element:
            whole = copy.deepcopy(root)
            return [each for each in whole.iter() if isinstance(each.tag, str)][position]

        gone = changed()
        parent = gone.getparent()
        assert parent is not None
        parent.remove(gone)
        found.append((f"{name} away", parent.getroottree().getroot()))
        twice = changed()
        twice.addnext(copy.deepcopy(twice))
        found.append((f"{name} twice", twice.getroottree().getroot()))
        earlier = changed()
        before = earlier.getprevious()
        if before is not None and isinstance(before.tag, str) and before.tag != earlier.tag:
            before.addprevious(earlier)
            found.append((f"{name} earlier", earlier.getroottree().getroot()))
        stranger = changed()
        stranger.addnext(etree.Element(etree.QName("https://DigitalPost.dk/MeMo-1", "stranger")))
        found.append((f"{name} with a stranger", stranger.getroottree().getroot()))
    return found


def test_it_judges_as_the_schema_does(official: Path) -> None:
    """Each element of the full example is left out, doubled, moved, followed by a stranger."""
    schema = schema_of_memo(official)
    root = etree.fromstring(sample(official, "1.1", "MeMo_Full_Example.xml"))
    for each in list(root.iter(etree.Comment)):
        parent = each.getparent()
        assert parent is not None
        parent.remove(each)
    cases = mutilated(root)
    assert len(cases) > 500
    refused = 0
    for name, changed in cases:
        expected = schema.validate(changed)
        try:
            memo_from(changed)
            is_read = True
        except MemoInvalid:
            is_read = False
        assert is_read == expected, f"{name}: the schema says {schema.error_log.last_error}"
        refused += not is_read
    assert refused > 400


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b"", "well-formed"),
        (b"<memo/>", "no memo:Message"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "DTD"),
        (b"<Message xmlns='https://DigitalPost.dk/MeMo-1' memoVersion='1.2'/>", "prefix"),
        (b"<memo:Message xmlns:memo='https://DigitalPost.dk/MeMo-1'/>", "memoVersion"),
        (
            b"<memo:Message xmlns:memo='https://DigitalPost.dk/MeMo-1' memoVersion='1.1'/>",
            "memoSchVersion",
        ),
        (
            b"<memo:Message xmlns:memo='https://DigitalPost.dk/MeMo-1' memoVersion='1.2'/>",
            "MessageHeader",
        ),
    ],
)
def test_what_is_no_message(document: bytes, problem: str) -> None:
    with pytest.raises(MemoInvalid, match=problem):
        read_memo(document)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(document: bytes) -> None:
    with pytest.raises(MemoInvalid):
        read_memo(document)


@given(place=st.integers(0, 3000), other=st.binary(min_size=1, max_size=3))
def test_a_damaged_message_is_read_or_refused(place: int, other: bytes) -> None:
    document = write_memo(a_memo(), MemoVersion.V1_2)
    damaged = document[: place % len(document)] + other + document[place % len(document) :]
    try:
        problems = problems_of(*read_memo(damaged))
    except MemoInvalid as error:
        problems = error.problems
    assert CPR not in " ".join(problems)
