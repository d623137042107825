"""The brokers and systems of the field, as settings of a `Partner`, by preset. A partner names a
preset and only says what is different.

| preset | what it is, and what is known of it |
|---|---|
| plain | a library that keeps to the standard |
| crosslink-opaque | the broker of Index Data, which shows only itself: all requests are its own |
| crosslink-transparent | the same, which writes in the names of the libraries behind it |
| reshare | ReShare: writes in the names of its libraries; takes no RenewResponse |
| alma | Alma: knows no ExpectToSupply, as its status of a request that waits |
| worldshare | OCLC WorldShare: proves itself in requestingAgencyAuthentication |
| dbc | the national server of Denmark: an address and a password for each library, DK ISILs |

Some wait for a word that their conditions are accepted (`agrees_with`).
"""

from __future__ import annotations

from typing import Any, Final

PRESETS: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    # As a requester it answers ERROR to RenewResponse and StatusRequestResponse.
    "crosslink-opaque": {"answers_apart": False, "agrees_with": "ACCEPT"},
    "crosslink-transparent": {"answers_apart": False, "agencies": ["*"]},
    "reshare": {
        "agencies": ["*"],
        "answers_apart": False,
        "agrees_with": "#ReShareLoanConditionAgreeResponse#",
    },
    "alma": {"expects": False, "agrees_with": "ACCEPT"},
    "worldshare": {
        "agencies": ["OCLC-*"],
        "address_secret_in": "message",
        "secret_in": ["message"],
    },
    "dbc": {"agencies": ["DK-*"], "secret_in": ["message", "basic"], "record_numbers": "FAUST"},
}
