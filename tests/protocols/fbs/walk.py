"""The ways in which a call of FBS can name a patron, made from the table itself.

`requests_to` reads the path, the query and the body of a call, and names one patron in every way
that they allow. A part that is not known here raises: a call with a new way of naming a patron
cannot be forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from inspect import getclosurevars
from itertools import product
from typing import Any, Final, NamedTuple, get_args

from pydantic import AliasChoices, BaseModel

from protocols.fbs.calls import Call
from protocols.fbs.codec import read_text, read_truth

#: What stands in a path, a query or a body; keys of the names that the test knows, or a value.
PATH: Final[dict[str, tuple[str, ...]]] = {
    "agencyid": ("isil", "other_isil", "agencyid"),
    "patronid": ("number", "patronid"),
    "feeId": ("charge",),
    "key": ("none",),
    "recordid": ("record",),
}
QUERY: Final[dict[str, str]] = {
    "reservationid": "hold",
    "bookingid": "booking",
    "recordid": "record",
    "exclude": "none",
    "includepaid": "true",
    "includenonpayable": "true",
}
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "libraryCardNumber": ("card", "login", "national"),
    "username": ("card",),
    "recordId": ("record",),
    "reservationId": ("hold", "shelf_hold"),
    "bookingId": ("booking",),
    "guardianPersonId": ("national", "card"),
    "personIdentifier": ("national",),
    "cprNumber": ("national",),
    "personId": ("national",),
    "patronId": ("number",),
    "identifier": ("card", "login"),
    "feeIds": ("charge",),
    "enduserId": ("card", "login", "national", "number"),
}
PLAIN: Final[dict[str, Any]] = {
    **dict.fromkeys(("expiryDate", "to"), "2031-03-09"),
    **dict.fromkeys(("activationDate", "from", "blockedSince"), "2031-03-03"),
    **dict.fromkeys(("pickupBranch", "preferredPickupBranch"), "DK-900101"),
    **dict.fromkeys(("requestedFromBranchId", "deliverBranchId"), "DK-900101"),
    **dict.fromkeys(("emailAddress", "email"), "other@example.dk"),
    **dict.fromkeys(("phoneNumber", "mobilePhoneNumber"), "+4522334455"),
    **dict.fromkeys(("receiveEmail", "receiveSms", "receiveNotification", "consent"), True),
    **dict.fromkeys(("guardianVisibility", "receivePostalMail", "nationalRegistryConsent"), True),
    **dict.fromkeys(("volume", "volumeYear", "volumeNumber", "number", "year"), "7"),
    **dict.fromkeys(("name", "note", "coName", "street", "city"), "Bo"),
    **dict.fromkeys(("preferredMaterials", "minimumMaterials"), 1),
    "automaticForwardLoan": False,
    "patronGroupId": 0,
    "pincode": "4929",
    "password": "4929",
    "preferredLanguage": "da",
    "postalCode": "6760",
    "country": "DK",
    "blockedReason": "F",
    "type": "normal",
    "orderId": "order 1",
    "requestingAgency": "DK-900100",
}
_TEXTS: Final = ("card", "login", "national", "number", "surname", "email")
_VARIABLE: Final = re.compile(r"\{([A-Za-z]+)\}")


class UnknownName(Exception):
    """A call has a part that is neither known to name a patron nor known not to."""


class Ask(NamedTuple):
    """A request that names the patron in one way."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: bytes | None

    def __str__(self) -> str:
        body = "" if self.body is None else self.body.decode()
        return f"{self.method} {self.path} {dict(self.query)} {body}"


def requests_to(call: Call, known: Mapping[str, Any]) -> Iterator[Ask]:
    """Yield requests that name the patron in every way that the call knows."""
    query = {}
    for name in sorted(call.names | call.lists):
        if name not in QUERY:
            raise UnknownName(f"{call.name}: does {name} name a patron?")
        query[name] = [str(known.get(QUERY[name], QUERY[name]))]
    for path, body in product(_paths(call, known), _bodies(call, known)):
        yield Ask(call.method, path, query, body)


def _paths(call: Call, known: Mapping[str, Any]) -> Iterator[str]:
    variables = _VARIABLE.findall(call.path)
    if unknown := set(variables) - set(PATH):
        raise UnknownName(f"{call.name}: does {unknown} name a patron?")
    for chosen in product(*(PATH[each] for each in variables)):
        values = {
            name: str(known.get(key, key)) for name, key in zip(variables, chosen, strict=True)
        }
        yield _VARIABLE.sub(lambda found, values=values: values[found[1]], call.path)


def _bodies(call: Call, known: Mapping[str, Any]) -> Iterator[bytes | None]:
    if call.reads is None:
        yield None
    elif call.reads is read_truth:
        yield b"true"
    elif call.reads is read_text:
        yield from (json.dumps(str(known[each])).encode() for each in _TEXTS)
    else:
        held = getclosurevars(call.reads).nonlocals
        if "model" in held:
            yield from (json.dumps(each).encode() for each in _objects(held["model"], known))
        elif held["adapter"].json_schema()["items"].get("type") == "integer":  # of loans
            yield json.dumps([known["loan"]]).encode()
        else:
            raise UnknownName(f"{call.name}: does its body name a patron?")


def _objects(model: type[BaseModel], known: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the object with all its fields, and the patron named in them in every way."""
    fields: dict[str, list[Any]] = {}
    for name, field in model.model_fields.items():
        written = field.validation_alias or field.alias or name
        choices = written.choices if isinstance(written, AliasChoices) else [written]
        inner = _model_in(field.annotation)
        for each in map(str, choices):
            if inner is not None:
                is_list = "tuple" in str(field.annotation)
                values = list(_objects(inner, known))
                fields[each] = [[value] for value in values] if is_list else values
            elif each in NAMES:
                values = [known[key] for key in NAMES[each]]
                fields[each] = [[value] for value in values] if each == "feeIds" else values
            elif each in PLAIN:
                fields[each] = [PLAIN[each]]
            else:
                raise UnknownName(f"{model.__name__}: does {each} name a patron?")
    for chosen in product(*fields.values()):
        yield dict(zip(fields, chosen, strict=True))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(each) for each in get_args(annotation))
    return next((each for each in found if each is not None), None)
