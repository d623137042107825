"""What is written is what the official schema allows, and is read back as it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from lxml import etree

from protocols.digital_post.memo.checking import MemoInvalid
from protocols.digital_post.memo.messages import MemoVersion
from protocols.digital_post.memo.reading import read_memo
from protocols.digital_post.memo.writing import write_memo
from tests.builders.digital_post import a_body, a_file, a_memo, a_nemsms, schema_of_memo
from tests.examples import examples
from tests.protocols.digital_post.memo.messages import messages

V1, V2 = MemoVersion.V1_1, MemoVersion.V1_2
SLOW = examples(150, suppress_health_check=[HealthCheck.data_too_large])


@pytest.fixture(scope="module")
def schema(shared: Path) -> etree.XMLSchema:
    return schema_of_memo(shared)


@SLOW
@given(data=st.data())
def test_every_1_1_message_fits_the_schema(schema: etree.XMLSchema, data: st.DataObject) -> None:
    message = data.draw(messages(V1))
    document = write_memo(message, V1)
    schema.assertValid(etree.fromstring(document))
    assert read_memo(document) == (message, V1)


@SLOW
@given(message=messages(V2))
def test_every_1_2_message_is_read_back(message: object) -> None:
    document = write_memo(message, V2)  # type: ignore[arg-type]
    assert read_memo(document) == (message, V2)


def test_the_common_part_of_1_2_fits_the_schema(schema: etree.XMLSchema) -> None:
    """There is no schema of 1.2: but for the version, a message without its news is one of 1.1."""
    root = etree.fromstring(write_memo(a_memo(), V2))
    assert root.get("memoVersion") == "1.2"
    assert root.get("memoSchVersion") is None
    root.set("memoVersion", "1.1")
    root.set("memoSchVersion", "1.1.0")
    schema.assertValid(root)


@pytest.mark.parametrize("version", MemoVersion)
def test_a_nemsms_has_no_body(version: MemoVersion, schema: etree.XMLSchema) -> None:
    root = etree.fromstring(write_memo(a_nemsms(), version))
    assert [etree.QName(child).localname for child in root] == ["MessageHeader"]
    if version is V1:
        schema.assertValid(root)


def test_the_prefix_and_the_encoding_are_those_that_receivers_take_literally() -> None:
    document = write_memo(a_memo(label="Blåbærgrød à la carte €"), V2)
    assert document.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<memo:Message ")
    text = document.decode("utf-8")
    assert "Blåbærgrød à la carte €" in text
    assert not re.search(r"<[^/?!][^>:]*[ >]", text), "an element without a prefix"
    assert 'xmlns="' not in text


def test_a_message_that_is_too_long_is_not_written() -> None:
    with pytest.raises(MemoInvalid, match="bytes"):
        write_memo(a_memo(a_body(main_document=_heavy())), V1)


def _heavy() -> object:
    from protocols.digital_post.memo.documents import MainDocument

    return MainDocument((a_file(b"\0" * 74_700_000),))
