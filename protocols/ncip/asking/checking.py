"""Tries a responder, ours or any other: a partner's whole life cycle on a sandbox item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from protocols.ncip.asking.client import NcipClient, NcipUnreachable
from protocols.ncip.asking.life_cycles import Sandbox, Step
from protocols.ncip.messages import LookupVersion
from protocols.ncip.partners.journal import outcome_of

#: Problems that are no failure: it is already in, or gone; it was lent a moment ago.
_AS_GOOD: Final = {
    "CheckInItem": frozenset({"Item Not Checked Out", "Unknown Item"}),
    "RenewItem": frozenset({"Item Not Renewable"}),
    "DeleteItem": frozenset({"Unknown Item"}),
}


class Tried(NamedTuple):
    """A step: both sides, and how it went."""

    service: str
    outcome: str
    is_good: bool
    request: bytes
    answer: bytes


def run_steps(client: NcipClient, box: Sandbox, steps: Sequence[Step]) -> Iterator[Tried]:
    """Takes the steps one after the other, even after one that fails. Raises NcipUnreachable if
    there is no answer at all.
    """
    for step in steps:
        request = step(box)
        yield try_request(client, request)


def try_request(client: NcipClient, request: object) -> Tried:
    """Asks for one thing. Raises NcipUnreachable."""
    heard: list[bytes] = [b"", b""]

    def hear(asked: bytes, answered: bytes) -> None:
        heard[:] = asked, answered

    client.hear = hear
    service = type(request).__name__
    try:
        outcome = outcome_of(client.ask(request))
    except NcipUnreachable as error:
        if not heard[1]:
            raise
        outcome = str(error)
    is_good = outcome == "ok" or outcome in _AS_GOOD.get(service, ())
    return Tried(service, outcome, is_good, *heard)


def ask_versions(client: NcipClient) -> Tried:
    """LookupVersion: which versions the responder speaks."""
    document = (
        b'<?xml version="1.0" encoding="UTF-8"?><NCIPMessage xmlns="http://www.niso.org/2008/ncip" '
        b'xmlns:ncip="http://www.niso.org/2008/ncip" '
        b'ncip:version="http://www.niso.org/schemas/ncip/v2_02/ncip_v2_02.xsd"><LookupVersion/>'
        b"</NCIPMessage>"
    )
    answer = client.exchange(document)
    is_good = b"VersionSupported" in answer
    return Tried(
        LookupVersion.__name__, "ok" if is_good else "no version", is_good, document, answer
    )
