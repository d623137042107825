"""The table of elements says the same of a document as the schema."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from protocols.iso18626.codec import encode
from protocols.iso18626.codes import Action, Version
from protocols.iso18626.messages import RequestingAgencyMessage
from protocols.iso18626.rehearsal.validity import faults
from tests.protocols.iso18626.schemas import N, Schemas, samples
from tests.protocols.iso18626.stage import Stage


def _is_of_elements(error: etree._LogEntry) -> bool:
    """Not of texts and of attributes."""
    return not any(each in error.type_name for each in ("DATATYPE", "ENUMERATION", "TYPE_3_1_1"))


@pytest.mark.parametrize("version", Version)
def test_it_agrees_with_the_schema_on_all_samples(
    version: Version, schemas: Schemas, shared: Path
) -> None:
    agreed = 0
    for name, data in samples(shared).items():
        try:
            root = etree.fromstring(data)
        except etree.XMLSyntaxError:
            assert faults(data, version), name
            continue
        errors = schemas.errors(root, version)
        expected = [each for each in errors if _is_of_elements(each)]
        assert bool(faults(data, version)) == bool(expected), (name, expected)
        agreed += not expected
    assert agreed > (60 if version is Version.V1_2 else 3)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<action>Renew</action>", "", "requestingAgencyMessage has no action"),
        (
            "<action>Renew</action>",
            "<action>Renew</action><action>Renew</action>",
            "requestingAgencyMessage has action more than once",
        ),
        ("<action>", "<deed/><action>", "which 1.2 does not know"),
        ("<action>Renew</action>", "<note/><action>Renew</action>", "in another order"),
        ("<action>Renew", "<action><b/>Renew", "action holds elements"),
        ("xmlns=", "xmlns:other=", "no ISO18626Message of the namespace"),
        ("ill:version", "version", "version has no namespace"),
        ("</ISO18626Message>", "", "not well-formed"),
    ],
)
def test_what_is_wrong_is_said(stage: Stage, old: str, new: str, fault: str) -> None:
    message = RequestingAgencyMessage(stage.header(), Action.RENEW)
    text = encode(message, Version.V1_2).decode()
    assert faults(text.encode(), Version.V1_2) == []
    assert old in text
    assert any(fault in each for each in faults(text.replace(old, new).encode(), Version.V1_2))


def test_two_messages_in_one() -> None:
    two = f'<ISO18626Message xmlns="{N[1:-1]}" version="1.2"><request/><request/></ISO18626Message>'
    assert "it does not hold one message" in faults(two.encode(), Version.V1_2)
