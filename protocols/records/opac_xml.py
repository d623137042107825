"""OPAC records as XML: a bibliographic record and its holdings, in the form that YAZ introduced.

The order of the elements is that of ``opacxml.xsd``; there is no namespace. Z39.50 serves it in the
record syntax XML, SRU as a record schema, both under the name ``opacxml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from circulation.kernel.results import CirculationStatus
from protocols.records.opac import Copy, Holding, holdings_by_place

#: The short name of the schema; its URI was never registered, but others use this one.
OPAC_XML: Final = "opacxml"
OPAC_XML_SCHEMA: Final = "info:srw/schema/1/opacxml-v1.0"

#: Characters that XML 1.0 does not allow (2.2).
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def opac_xml(record_xml: bytes, holdings: Sequence[CirculationStatus]) -> bytes:
    """An ``opacRecord`` around `record_xml`, which is one element in UTF-8 without a declaration.

    Every item of `holdings` is in it. The result is UTF-8 without a declaration as well.
    """
    places = "".join(map(_holding, holdings_by_place(holdings)))
    return b"".join(
        (
            b"<opacRecord><bibliographicRecord>",
            record_xml,
            b"</bibliographicRecord><holdings>",
            places.encode(),
            b"</holdings></opacRecord>",
        )
    )


def _holding(holding: Holding) -> str:
    told = _elements(
        ("nucCode", holding.nuc_code),
        ("localLocation", holding.local_location),
        ("shelvingLocation", holding.shelving_location),
        ("callNumber", holding.call_number),
        ("publicNote", holding.public_note),
    )
    circulations = "".join(map(_circulation, holding.copies))
    return f"<holding>{told}<circulations>{circulations}</circulations></holding>"


def _circulation(copy: Copy) -> str:
    told = _elements(
        ("availabilityDate", copy.availability_date),
        ("availableThru", copy.available_thru),
        ("restrictions", copy.restrictions),
        ("itemId", copy.item_id),
    )
    return (
        f"<circulation>{_flag('availableNow', copy.available_now)}{told}"
        f"{_flag('renewable', copy.renewable)}{_flag('onHold', copy.on_hold)}</circulation>"
    )


def _elements(*named: tuple[str, str]) -> str:
    return "".join(f"<{name}>{_escaped(text)}</{name}>" for name, text in named if text)


def _flag(name: str, is_so: bool) -> str:
    return f'<{name} value="{int(is_so)}"/>'


def _escaped(text: str) -> str:
    text = _FORBIDDEN.sub("", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
