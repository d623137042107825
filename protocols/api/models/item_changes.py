"""What requests say of an item: what has become of it, what is to be written of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from protocols.api.models.common import Barcode, Isil, Request, Why


class StateWish(Request):
    """What has become of an item. `why` is kept where it is withdrawn."""

    to: Literal["lost", "found", "claimed_returned", "claim_withdrawn", "withdrawn"]
    why: Why | None = None


class Price(Request):
    """An amount in minor units."""

    amount: Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR_UNITS)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


_CODE = Annotated[str, Field(max_length=100)]


class ItemChanges(Request):
    """What is to be changed of an item; what is not said stays. `price` null takes it away."""

    barcode: Barcode | None = None
    call_number: _CODE | None = None
    material_group: _CODE | None = None
    part: _CODE | None = None
    price: Price | None = None
    float_group: _CODE | None = None
    not_for_loan: _CODE | None = None
    home_branch: Isil | None = None
    department: _CODE | None = None
    location: _CODE | None = None
    sublocation: _CODE | None = None
    section: _CODE | None = None


class OneItemChange(ItemChanges):
    """The same for one item; `dry_run` changes nothing."""

    dry_run: bool = False
