"""OPAC records (OID.5.102): a bibliographic record, and where its copies are and what they do."""

from __future__ import annotations

from collections.abc import Sequence

from circulation.kernel.results import CirculationStatus
from protocols.records.opac import Copy, Holding, holdings_by_place
from protocols.z3950.codec import encode_value
from protocols.z3950.messages.structures import CircRecord, HoldingsAndCircData, OpacRecord
from protocols.z3950.wire.asn1 import External


def opac_record(bibliographic: External, items: Sequence[CirculationStatus]) -> bytes:
    """The BER of a whole OPACRecord; every item is in it."""
    return encode_value(OpacRecord(bibliographic, [*map(_holding, holdings_by_place(items))]))


def _holding(holding: Holding) -> External | HoldingsAndCircData:
    return HoldingsAndCircData(
        nuc_code=holding.nuc_code,
        local_location=holding.local_location,
        shelving_location=holding.shelving_location or None,
        call_number=holding.call_number or None,
        public_note=holding.public_note or None,
        circulation_data=[*map(_circulation, holding.copies)],
    )


def _circulation(copy: Copy) -> CircRecord:
    return CircRecord(
        available_now=copy.available_now,
        availablity_date=copy.availability_date or None,
        available_thru=copy.available_thru or None,
        restrictions=copy.restrictions or None,
        item_id=copy.item_id,
        renewable=copy.renewable,
        on_hold=copy.on_hold,
    )
