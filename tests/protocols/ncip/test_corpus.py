"""Messages that real systems send: each gets a valid answer, whole, in pieces and damaged."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from protocols.ncip.framing import DocumentScanner, Unframeable
from protocols.ncip.settings import NcipSettings
from tests.builders.circulation import a_patron, an_item
from tests.protocols.ncip.stage import N, Stage, problem_types

ANY = NcipSettings(any_partner=True, branch="DK-900101")


@pytest.fixture(scope="session")
def corpus(shared: Path) -> list[tuple[dict[str, Any], bytes]]:
    """Every message with its entry of the index."""
    folder = shared / "data" / "ncip-samples"
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return [(entry, (folder / entry["file"]).read_bytes()) for entry in index]


def outcome_of(entry: dict[str, Any], answer: etree._Element) -> str:
    """What kind of answer this is, checked against what the index says of the request."""
    if answer.tag == "NCIPVersionMessage":
        assert entry["version"] in {"1.0", "1.01"}, entry["file"]
        return "the versions spoken here"
    assert (
        entry["version"] not in {"1.0", "1.01"}
        or not entry["wellformed"]
        or (entry["ns"] is not None)
    ), entry["file"]
    if answer[0].tag == f"{N}Problem":
        return problem_types(answer)[0]
    service = str(answer[0].tag).removeprefix(N).removesuffix("Response")
    assert service == entry["service"], entry["file"]
    types = problem_types(answer)
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
    # Of the messages that are no XML at all, five; and one NCIPMessage is empty.
    assert outcomes["Invalid Message Syntax Error"] == 6
    assert outcomes["Unknown User"] > 40
    assert outcomes["Unknown Item"] > 20
    assert outcomes["the versions spoken here"] > 40


def test_every_response_of_the_corpus_is_refused(
    stage: Stage, corpus: list[tuple[dict[str, Any], bytes]]
) -> None:
    stage.use(ANY)
    for entry, document in corpus:
        if entry["direction"] == "response":
            answer = stage.schemas.check(stage.answer(document))
            if answer.tag != "NCIPVersionMessage":
                assert answer[0].tag == f"{N}Problem", entry["file"]


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
            if not (is_ours and entry["wellformed"] and not entry["version"].startswith("1")):
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
            stage.library.check_in(barcode)
    assert set(done) == set(wanted), done
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


@settings(
    max_examples=600,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
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
