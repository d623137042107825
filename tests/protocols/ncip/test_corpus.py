"""Messages that real systems send: each gets a valid answer, whole, in pieces and damaged."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from lxml import etree

from protocols.ncip.codec import MalformedMessage, decode_response
from protocols.ncip.messages import Refusal
from protocols.ncip.models.services import NOTIFICATIONS
from protocols.ncip.problems.problem_lists import allowed
from protocols.ncip.settings import NcipSettings
from protocols.ncip.wire.dialects import NEWEST, VERSIONS
from protocols.ncip.wire.framing import DocumentScanner, Unframeable
from protocols.ncip.wire.version_1 import UNKNOWN_SERVICE
from tests.builders.circulation import a_patron, an_item
from tests.examples import examples
from tests.protocols.ncip.stage import N, Stage, problem_types, service_of

ANY = NcipSettings(any_partner=True, any_partner_serves=("*",), branch="DK-900101")


@pytest.fixture(scope="session")
def corpus(shared: Path) -> list[tuple[dict[str, Any], bytes]]:
    """Every message with its entry of the index."""
    folder = shared / "data" / "ncip-samples"
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return [(entry, (folder / entry["file"]).read_bytes()) for entry in index]


#: Requests of the corpus that name no service there is, as their samples have it.
NO_SERVICE = {"(empty)", "?", "Ext", "DestroyItem", "ItemRequest"}
#: Elements whose content must not come back.
SECRET = re.compile(
    rb"<(?:\w+:)?(?:AuthenticationInputData|From(?:Agency|System)Authentication)[^>]*>([^<]+)</"
)
IDENTIFIER = re.compile(rb"<(?:\w+:)?\w+(?:Identifier\w*|Id|Value)(?: [^>]*)?>([^<]+)</")


def is_version_1(entry: dict[str, Any]) -> bool:
    return bool(entry["version"] in {"1.0", "1.01"} and entry["ns"] is None)


def outcome_of(entry: dict[str, Any], answer: etree._Element) -> str:
    """What kind of answer this is, checked against what the index says of the request."""
    assert answer.tag != "NCIPVersionMessage", entry["file"]
    types, service = problem_types(answer), service_of(answer)
    if service is None:
        # There is no word for this in version 1: the newest version says it.
        assert entry["service"] in NO_SERVICE or not entry["wellformed"], entry["file"]
        assert types, entry["file"]
        return types[0]
    assert service == entry["service"], entry["file"]
    if entry["wellformed"]:
        assert is_version_1(entry) == (answer.tag == "NCIPMessage"), entry["file"]
    said = {kind.value for kind in allowed(service)} | {UNKNOWN_SERVICE}
    assert said.issuperset(types), (entry["file"], types)
    return types[0] if types else f"{service} carried out"


def test_every_request_of_the_corpus_gets_a_valid_answer(
    stage: Stage, corpus: list[tuple[dict[str, Any], bytes]]
) -> None:
    stage.use(ANY)
    outcomes: Counter[str] = Counter()
    for entry, document in corpus:
        if entry["direction"] == "request":
            answer = stage.schemas.check(stage.answer(document))
            outcomes[outcome_of(entry, answer)] += 1
    assert outcomes.total() > 250
    assert outcomes["Temporary Processing Failure"] == 0
    # Of the messages that are no XML at all, five; and two NCIPMessages are empty.
    assert outcomes["Invalid Message Syntax Error"] == 7
    assert outcomes["Unknown User"] > 40
    assert outcomes["Unknown Item"] > 20


def test_an_answer_is_in_the_version_of_the_question(
    stage: Stage, corpus: list[tuple[dict[str, Any], bytes]]
) -> None:
    """The version string comes back to the letter, where it names a version there is."""
    stage.use(ANY)
    echoed = 0
    for entry, document in corpus:
        said = entry.get("version_attr")
        if entry["direction"] == "request" and entry["wellformed"] and said:
            answer = stage.schemas.check(stage.answer(document))
            given = answer.get(f"{N}version") or answer.get("version")
            if said == "5.6":
                assert given == VERSIONS[NEWEST]
            elif service_of(answer) is not None:
                assert given == said, entry["file"]
                echoed += 1
    assert echoed > 180


def test_no_answer_quotes_a_secret(
    stage: Stage, corpus: list[tuple[dict[str, Any], bytes]]
) -> None:
    stage.use(ANY)
    looked_for = 0
    for entry, document in corpus:
        quotable = {each.strip() for each in IDENTIFIER.findall(document)}
        secrets = {each.strip() for each in SECRET.findall(document)} - quotable
        answer = stage.answer(document)
        for secret in secrets:
            if len(secret) > 3:
                looked_for += 1
                assert secret not in answer, entry["file"]
    assert looked_for > 50


def test_every_response_of_the_corpus_is_refused(
    stage: Stage, corpus: list[tuple[dict[str, Any], bytes]]
) -> None:
    stage.use(ANY)
    for entry, document in corpus:
        if entry["direction"] == "response":
            answer = stage.schemas.check(stage.answer(document))
            assert problem_types(answer) in (
                ["Protocol Error"],
                ["Invalid Message Syntax Error"],
            ), entry["file"]


def test_every_response_of_the_corpus_is_read_by_those_who_ask(
    corpus: list[tuple[dict[str, Any], bytes]],
) -> None:
    read: Counter[str] = Counter()
    for entry, document in corpus:
        if entry["direction"] == "response" and entry["wellformed"]:
            read[_kind_of_response(entry, document)] += 1
    assert read["Refusal"] >= 30
    assert read["LookupUserResponse"] >= 25


def _kind_of_response(entry: dict[str, Any], document: bytes) -> str:
    """The class of a response, or the type of the Problem it is no response for."""
    try:
        response, dialect = decode_response(document)
    except MalformedMessage as error:
        kind = error.problem.problem_type
        return kind.value if kind else ""
    if "v1_0" in (entry.get("version_attr") or ""):
        assert dialect.is_version_1, entry["file"]
    if isinstance(response, Refusal):
        if response.service in NOTIFICATIONS and not response.problem:
            return "acknowledgement"
        assert response.problem[0].problem_type or b"Type>" not in document
    return type(response).__name__


def _fill_in(document: bytes, values: dict[str, str]) -> bytes:
    """The document with the first element of each of these names holding this text instead."""
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False))
    for name, value in values.items():
        for element in root.iter(f"{{*}}{name}"):
            element.text = value
            break
    return etree.tostring(root)


def test_the_requests_of_the_corpus_are_carried_out_for_users_and_items_there_are(
    stage: Stage, corpus: list[tuple[dict[str, Any], bytes]]
) -> None:
    stage.use(ANY)
    card, barcode = a_patron(stage.library), an_item(stage.library)
    done: Counter[str] = Counter()
    wanted = ("LookupUser", "LookupItem", "CheckOutItem", "CheckInItem", "RenewItem")
    for service in wanted:
        for entry, document in corpus:
            is_ours = entry["direction"] == "request" and entry["service"] == service
            if not (is_ours and entry["wellformed"]):
                continue
            if service in ("CheckInItem", "RenewItem"):
                stage.library.check_out(card, barcode)
                stage.library.pass_time(days=10)
            elif service == "CheckOutItem":
                stage.library.check_in(barcode)
            values = {"UserIdentifierValue": card, "ItemIdentifierValue": barcode}
            answer = stage.schemas.check(stage.answer(_fill_in(document, values)))
            if not problem_types(answer):
                done[service] += 1
                done["in version 1"] += answer.tag == "NCIPMessage"
            stage.library.check_in(barcode)
    assert set(done) == {*wanted, "in version 1"}, done
    assert done["in version 1"] >= 9
    assert done["LookupUser"] >= 15
    assert done["CheckInItem"] >= 12


def test_every_document_is_framed_as_it_is(
    corpus: list[tuple[dict[str, Any], bytes]],
) -> None:
    """Whole, byte by byte and all in one stream: the parser gets the same bytes."""
    sound = [document.strip() for entry, document in corpus if entry["wellformed"]]
    for size in (1, 1000, 10_000_000):
        scanner, found = DocumentScanner(), []
        stream = b"\n".join(sound)
        for start in range(0, len(stream), size):
            scanner.feed(stream[start : start + size])
            while (document := scanner.next_document()) is not None:
                found.append(document)
        assert len(found) >= len(sound)
        assert b"".join(b"".join(found).split()) == b"".join(
            stream.replace(b"\xef\xbb\xbf", b"").split()
        )


DAMAGES: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "cut": lambda chance, data: data[: chance.randrange(len(data))],
    "byte": lambda chance, data: _replaced(chance, data, bytes([chance.randrange(256)])),
    "markup": lambda chance, data: _replaced(
        chance, data, chance.choice([b"<", b">", b"&", b'"', b"<!--", b"]]>", b"<a>", b"</b>"])
    ),
    "repeat": lambda chance, data: _repeated(chance, data),
    "drop": lambda chance, data: _dropped(chance, data),
}


def _replaced(chance: random.Random, data: bytes, new: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + new + data[at + 1 :]


def _span(chance: random.Random, data: bytes) -> tuple[int, int]:
    start = chance.randrange(len(data))
    return start, min(len(data), start + chance.randrange(1, 200))


def _repeated(chance: random.Random, data: bytes) -> bytes:
    start, end = _span(chance, data)
    return data[:end] + data[start:end] + data[end:]


def _dropped(chance: random.Random, data: bytes) -> bytes:
    start, end = _span(chance, data)
    return data[:start] + data[end:]


@examples(600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.integers(0, 10_000),
    damage=st.lists(st.sampled_from(sorted(DAMAGES)), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
)
def test_damaged_messages_get_a_valid_answer(
    stage: Stage,
    corpus: list[tuple[dict[str, Any], bytes]],
    which: int,
    damage: list[str],
    seed: int,
) -> None:
    stage.use(ANY)
    chance = random.Random(seed)
    _, document = corpus[which % len(corpus)]
    for name in damage:
        document = DAMAGES[name](chance, document or b"<")
    answer = stage.schemas.check(stage.answer(document))
    assert "Temporary Processing Failure" not in problem_types(answer)
    scanner = DocumentScanner()
    try:
        scanner.feed(document)
        while scanner.next_document() is not None:
            pass
    except Unframeable:
        pass
