"""The six verbs, and what is answered to mistakes: each answer is valid by the schema."""

from __future__ import annotations

import pytest

from tests.protocols.oai.schema import ELEMENTS, OAI
from tests.protocols.oai.stage import BASE_URL, NAMESPACE, Stage, errors_of, id_of, sets_of


def texts(root: object, name: str) -> list[str]:
    return [each.text or "" for each in root.iter(f"{OAI}{name}")]  # type: ignore[attr-defined]


def test_identify(stage: Stage) -> None:
    empty = stage.ask(verb="Identify")
    assert texts(empty, "baseURL") == [BASE_URL]
    assert texts(empty, "deletedRecord") == ["persistent"]
    stage.add()
    stage.harvest()
    stage.library.pass_time(days=1)
    assert texts(stage.ask(verb="Identify"), "earliestDatestamp") == ["2026-11-25T11:00:00Z"]


def test_formats_of_all_and_of_a_record(stage: Stage) -> None:
    every = ["oai_dc", "marc21", "marcxchange"]
    assert texts(stage.ask(verb="ListMetadataFormats"), "metadataPrefix") == every
    american, danish = stage.add(), stage.add("Bøger", "danmarc2")
    stage.harvest()
    for number, prefixes in ((american, every), (danish, ["oai_dc", "marcxchange"])):
        root = stage.ask(verb="ListMetadataFormats", identifier=f"oai:{NAMESPACE}:{number}")
        assert texts(root, "metadataPrefix") == prefixes
    assert errors_of(stage.ask(verb="ListMetadataFormats", identifier="oai:x:1")) == [
        "idDoesNotExist"
    ]


def test_a_record_in_each_format(stage: Stage) -> None:
    number = stage.add("Soil & <water>")
    stage.add_copy(number)
    stage.harvest()
    identifier = f"oai:{NAMESPACE}:{number}"
    for prefix in ("oai_dc", "marc21", "marcxchange"):
        root = stage.ask(verb="GetRecord", identifier=identifier, metadataPrefix=prefix)
        (header,) = root.iter(f"{OAI}header")
        assert id_of(header) == number
        assert sets_of(header) == ["DK-900100", "DK-900100:DK-900101"]
        assert "Soil & <water>" in "".join(root.itertext())
    root = stage.ask(verb="GetRecord", identifier=identifier, metadataPrefix="oai_dc")
    assert [each.text for each in root.iter(f"{ELEMENTS}identifier")] == ["urn:ISBN:9788700000018"]


def test_a_format_that_a_record_has_not(stage: Stage) -> None:
    danish, american = stage.add("Bøger", "danmarc2"), stage.add()
    assert stage.told(prefix="marc21") == {american: "here"}
    assert stage.told(verb="ListIdentifiers", prefix="marc21") == {american: "here"}
    assert stage.told(prefix="marcxchange") == {danish: "here", american: "here"}
    root = stage.ask(
        verb="GetRecord", identifier=f"oai:{NAMESPACE}:{danish}", metadataPrefix="marc21"
    )
    assert errors_of(root) == ["cannotDisseminateFormat"]


def test_sets_are_agencies_and_branches(stage: Stage) -> None:
    stage.add_agency("DK-900200", "DK-900201", kind="school")
    stage.add_agency("DK/9+1", "FBS-751024")
    root = stage.ask(verb="ListSets")
    assert texts(root, "setSpec") == [
        *("DK-900100", "DK-900100:DK-900101", "DK-900100:DK-900102"),
        *("DK~2F9~2B1", "DK~2F9~2B1:FBS-751024"),
    ]
    assert texts(root, "setName")[:2] == ["Prøvekommunens Biblioteker", "Hovedbiblioteket"]
    number = stage.add()
    stage.add_copy(number, "FBS-751024")
    assert stage.told(set="DK~2F9~2B1:FBS-751024") == {number: "here"}


def test_a_list_in_parts(stage: Stage) -> None:
    ids = [stage.add(f"Title {number}") for number in range(7)]
    root = stage.ask(verb="ListIdentifiers", metadataPrefix="oai_dc")
    cursors = []
    parts = []
    while True:
        parts.append([id_of(each) for each in root.iter(f"{OAI}header")])
        (token,) = root.iter(f"{OAI}resumptionToken")
        cursors.append(token.get("cursor"))
        if not token.text:
            break
        again = stage.ask(verb="ListIdentifiers", resumptionToken=token.text)
        root = stage.ask(verb="ListIdentifiers", resumptionToken=token.text)
        assert [each.text for each in again.iter()][3:] == [each.text for each in root.iter()][3:]
    assert parts == [ids[:3], ids[3:6], ids[6:]]
    assert cursors == ["0", "3", "6"]


def test_a_list_in_one_part_has_no_token(stage: Stage) -> None:
    for _ in range(3):
        stage.add()
    root = stage.ask(verb="ListRecords", metadataPrefix="oai_dc")
    assert list(root.iter(f"{OAI}resumptionToken")) == []


HIGHEST = f"oai:{NAMESPACE}:99999999999"
MISTAKES = [
    ({}, "badVerb"),
    ({"verb": "ListEverything"}, "badVerb"),
    ({"verb": ""}, "badVerb"),
    ({"verb": "Identify", "set": "DK-900100"}, "badArgument"),
    ({"verb": "GetRecord"}, "badArgument"),
    ({"verb": "GetRecord", "identifier": f"oai:{NAMESPACE}:1"}, "badArgument"),
    ({"verb": "GetRecord", "identifier": 'in "valid', "metadataPrefix": "oai_dc"}, "badArgument"),
    (
        {"verb": "GetRecord", "identifier": f"oai:{NAMESPACE}:1", "metadataPrefix": "mods"},
        "cannotDisseminateFormat",
    ),
    (
        {
            "verb": "GetRecord",
            "identifier": f"oai:{NAMESPACE}:99999999999",
            "metadataPrefix": "oai_dc",
        },
        "idDoesNotExist",
    ),
    (
        {"verb": "GetRecord", "identifier": f"oai:{NAMESPACE}:77", "metadataPrefix": "oai_dc"},
        "idDoesNotExist",
    ),
    ({"verb": "ListRecords"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": ""}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "mods"}, "cannotDisseminateFormat"),
    ({"verb": "ListRecords", "metadataPrefix": "a b"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-02-30"}, "badArgument"),
    (
        {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-02-01T10:00Z"},
        "badArgument",
    ),
    (
        {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-02-01T25:00:00Z"},
        "badArgument",
    ),
    (
        {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "\u0662026-02-01"},
        "badArgument",
    ),
    (
        {
            "verb": "ListRecords",
            "metadataPrefix": "oai_dc",
            "from": "2026-01-01",
            "until": "2026-01-01T00:00:00Z",
        },
        "badArgument",
    ),
    (
        {
            "verb": "ListRecords",
            "metadataPrefix": "oai_dc",
            "from": "2026-01-02",
            "until": "2026-01-01",
        },
        "badArgument",
    ),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "DK-1"}, "noRecordsMatch"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "DK 1"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "until": "1999-01-01"}, "noRecordsMatch"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "until": "0001-01-01"}, "noRecordsMatch"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "9999-12-31"}, "noRecordsMatch"),
    ({"verb": "ListRecords", "resumptionToken": "x"}, "badResumptionToken"),
    ({"verb": "ListRecords", "resumptionToken": "oai_dc,,0,,9,3,0"}, "badResumptionToken"),
    ({"verb": "ListRecords", "resumptionToken": ""}, "badResumptionToken"),
    ({"verb": "ListRecords", "resumptionToken": "x", "set": "a"}, "badArgument"),
    ({"verb": "ListSets", "resumptionToken": "x"}, "badResumptionToken"),
    ({"verb": "ListMetadataFormats", "identifier": "77"}, "idDoesNotExist"),
]


@pytest.mark.parametrize(("arguments", "code"), MISTAKES)
def test_mistakes(reading: Stage, arguments: dict[str, str], code: str) -> None:
    assert set(errors_of(reading.ask(*arguments.items()))) == {code}


def test_an_argument_that_is_given_twice(reading: Stage) -> None:
    twice = [("verb", "Identify"), ("verb", "Identify")]
    assert errors_of(reading.ask(*twice)) == ["badVerb"]
    prefixes = [("metadataPrefix", "oai_dc"), ("metadataPrefix", "marc21")]
    assert errors_of(reading.ask(("verb", "ListRecords"), *prefixes)) == ["badArgument"]
