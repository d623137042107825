"""Z39.50: APDUs of every kind that others send, drawn from the layouts and written by asn1tools,
half of them with lengths left open, as some systems do."""

from __future__ import annotations

from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings

from protocols.z3950.codec import encode
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.wire.layouts import tags_of
from tests.corpora.grammars import write
from tests.protocols.z3950 import second_opinion
from tests.protocols.z3950.forms import in_form
from tests.protocols.z3950.strategies import of_kind

#: The kinds of APDUs, as the names of recordings end.
KINDS = {
    "InitializeRequest": "initRequest",
    "InitializeResponse": "initResponse",
    "SearchRequest": "searchRequest",
    "SearchResponse": "searchResponse",
    "PresentRequest": "presentRequest",
    "PresentResponse": "presentResponse",
    "ScanRequest": "scanRequest",
    "ScanResponse": "scanResponse",
    "SortRequest": "sortRequest",
    "SortResponse": "sortResponse",
    "DeleteResultSetRequest": "deleteRequest",
    "DeleteResultSetResponse": "deleteResponse",
    "ExtendedServicesRequest": "esRequest",
    "ExtendedServicesResponse": "esResponse",
    "Close": "close",
}
_OF_EACH = 4


def make(folder: Path, chance: Random) -> None:
    """``z3950-apdus`` below a folder."""
    number = 0
    for kind in tags_of(Apdu):
        name = KINDS.get(kind.__name__)
        if name is None:
            continue
        for message in _drawn(kind, chance.randrange(2**31)):
            number += 1
            data = second_opinion.rewritten(encode(message))
            if number % 2:
                data = in_form(data, is_definite=False)
            write(folder / "z3950-apdus" / f"own-{number:03}-{name}.ber", data)


def _drawn(kind: type[Apdu], beginning: int) -> list[Apdu]:
    """A few messages of a kind, the same for the same beginning, and no two alike."""
    found: list[Apdu] = []

    @seed(beginning)
    @settings(
        max_examples=_OF_EACH * 3,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(of_kind(kind))
    def draw(message: Apdu) -> None:
        if message not in found:
            found.append(message)

    draw()
    return found[-_OF_EACH:]
