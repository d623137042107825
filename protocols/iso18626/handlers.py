"""The function that deals with each kind of message: None where it was taken, else the error.

An error is found before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from protocols.hosting.answering import Context
from protocols.iso18626.messages import (
    Error,
    Request,
    RequestingAgencyMessage,
    SupplyingAgencyMessage,
)
from protocols.iso18626.requesting import take_supplier_message
from protocols.iso18626.settings import Partner
from protocols.iso18626.supplying import take_request, take_requester_message

HANDLERS: Final[dict[type[Any], Callable[[Any, Partner, Context], Error | None]]] = {
    Request: take_request,
    RequestingAgencyMessage: take_requester_message,
    SupplyingAgencyMessage: take_supplier_message,
}
