"""All methods of PAIA 1.4, those that are not supported among them."""

from __future__ import annotations

from typing import Final

from protocols.discovery.handling import changing, fees, items, patron, tokens
from protocols.discovery.messages import Change, Documents, Login, Logout, PatronChange
from protocols.discovery.methods import Base, Method
from protocols.hosting.answering import Lane

_READ_MESSAGES: Final = ("read_notifications",)
_DELETE_MESSAGES: Final = ("delete_notifications",)


def _core(verb: str, path: str, handler: object = None, *scopes: str, **more: object) -> Method:
    return Method(base=Base.CORE, verb=verb, path=path, handler=handler, scopes=scopes, **more)  # type: ignore[arg-type]


def _auth(path: str, handler: object = None, *scopes: str, **more: object) -> Method:
    return Method(base=Base.AUTH, verb="POST", path=path, handler=handler, scopes=scopes, **more)  # type: ignore[arg-type]


_WRITING: Final = {"lane": Lane.WRITE, "body": Documents}

METHODS: Final[tuple[Method, ...]] = (
    _core("GET", "", patron.show_patron, "read_patron"),
    _core(
        "PATCH",
        "",
        patron.change_patron_of,
        "update_patron",
        "update_patron_email",
        lane=Lane.WRITE,
        body=PatronChange,
    ),
    _core("GET", "items", items.list_items, "read_items"),
    _core("POST", "request", changing.request_documents, "write_items", **_WRITING),
    _core("POST", "renew", changing.renew_documents, "write_items", **_WRITING),
    _core("POST", "cancel", changing.cancel_documents, "write_items", **_WRITING),
    _core("GET", "fees", fees.list_fees, "read_fees"),
    # Messages are sent to patrons where they want them, and not kept here to be dismissed.
    _core("GET", "notifications", None, *_READ_MESSAGES),
    _core("DELETE", "notifications", None, *_DELETE_MESSAGES),
    _core("GET", "notifications/{id}", None, *_READ_MESSAGES),
    _core("DELETE", "notifications/{id}", None, *_DELETE_MESSAGES),
    _auth("login", tokens.log_in, lane=Lane.WRITE, body=Login, is_open=True),
    _auth("logout", tokens.log_out, lane=Lane.WRITE, body=Logout),
    _auth("change", tokens.change_password, "change_password", lane=Lane.WRITE, body=Change),
    _auth("reset", is_open=True),
)
