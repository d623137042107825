"""An insertion that comes again octet for octet is one insertion."""

from __future__ import annotations

from datetime import timedelta

from protocols.z3950.extended.once import WITHIN
from tests.protocols.z3950.extended import DELETE, INSERT, Place, send, supplied, update
from tests.protocols.z3950.library import NOON, marc_record


def test_an_insertion_that_comes_again_gets_its_answer(place: Place) -> None:
    request = update(INSERT, supplied(marc_record(7)), element_set_name="F")
    first = send(place.client(), request)
    assert first.operation_status == 1
    again = send(place.client(), request)  # on another connection, as after a restart
    assert again == first
    assert len(place.records("rec7")) == 1


def test_another_request_is_another_insertion(place: Place) -> None:
    client = place.client()
    for reference in (b"1", b"2"):
        request = update(INSERT, supplied(marc_record(7)))
        request.reference_id = reference
        assert send(client, request).operation_status == 1
    assert len(place.records("rec7")) == 2


def test_what_is_gone_is_inserted_once_more(place: Place) -> None:
    client, request = place.client(), update(INSERT, supplied(marc_record(7)))
    assert send(client, request).operation_status == 1
    assert send(client, update(DELETE, supplied(None, "rec7"))).operation_status == 1
    assert place.records("rec7") == []
    for _ in range(2):
        assert send(client, request).operation_status == 1
        assert len(place.records("rec7")) == 1


def test_a_repetition_is_one_for_a_time(place: Place) -> None:
    client, request = place.client(), update(INSERT, supplied(marc_record(7)))
    assert send(client, request).operation_status == 1
    later = NOON + WITHIN + timedelta(seconds=1)
    place.library.services.clock = lambda: later
    assert send(client, request).operation_status == 1
    assert len(place.records("rec7")) == 2


def test_a_refused_insertion_is_tried_again(place: Place) -> None:
    client, request = place.client(), update(INSERT, supplied(b"no record"))
    for _ in range(2):
        assert send(client, request).operation_status == 3
