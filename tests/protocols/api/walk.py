"""The ways in which a request to an operation can name a patron, made from the table itself.

`requests_to` reads the path, the query and the model of the body of an operation, and names one
patron in every way that its fields allow. A field that is in neither list here raises: an operation
with a new way of naming a patron cannot be forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from protocols.api.messages import JSON
from protocols.api.operation import Operation
from tests.protocols.api.wishes import BODIES, QUERIES

#: What names a patron in a request, and by what: keys of the names that the test knows.
IN_PATH: Final[dict[str, tuple[str, ...]]] = {
    "patron": ("patron",),
    "ward": ("patron",),
    "guardian": ("guardian", "patron"),
    "item": ("item", "shelf_item", "booked_item"),
    "hold": ("hold", "shelf_hold"),
    "title": ("title", "held_title"),
    "job": ("job", "print_job"),
    **{
        each: (each,)
        for each in (
            *("charge", "payment", "claim", "file", "loan", "group", "booking", "notice"),
            *("contact", "address", "conflict", "remark", "app"),
        )
    },
}
IN_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "patron": ("patron", "card"),
    "card": ("card", "national", "login"),
    "guardian": ("patron",),
    "identifier": ("card",),
    "replaces": ("card",),
    "item": ("item", "free_item", "shelf_item", "booked_item"),
    "items": ("item", "free_item", "shelf_item", "booked_item"),
    "text": ("card", "national", "login", "item", "shelf_item", "booked_item", "surname", "email"),
    "find": ("card", "national", "item"),
    "charges": ("charge",),
    "group": ("group",),
    "notice": ("notice",),
    "request": ("request_id",),
    "title": ("held_title",),
}
#: Variables and fields that name no patron, nor anything that belongs to one.
_PLAIN_IN_PATH: Final = """
record inventory placement account workstation program branch first last sink source reason
consent kind batch delivery line partner passkey request session
"""
PLAIN_IN_PATH: Final = frozenset(_PLAIN_IN_PATH.split())
_PLAIN_FIELDS: Final = """
accept_fee activates actor alternative acts_for address after agreed all all_agencies amount at
author availability barcode bearer birth_date blocked branch by call_number category changes
channels city client_id client_secret code code_challenge code_challenge_method code_verifier copies
country cql credential currency cursor day days decision deliver_to department
despite_readiness disabled done dry_run
email ends errand everywhere expected expires facets family_name first float_group format
from_the_beginning give given_name grant_type happened here home home_branch house_number
interest_days interest_until is_all is_protected iso2709 kind language last lends_onward limit lines
loan_days location marcxml mark material_group message method minimum minutes mode most municipality
name national_id needed_before new not_for_loan not_lent_since note notices number old open order
overdue part partner passkey password phone pickup_branch pin place postal_code priority q ready
reason reasons record redirect_uri redirect_uris refresh_token refused requests_per_minute
response_type rights roles scanned scope section seen sees_account settled silent_batch source state
street subject sublocation supplier suppliers survivor take_unexpected takes_over terminal terminals
to to_go token token_type_hint under unmarked unobtainable until url user valid_from valid_until
value waiting waiving_limit wanted why width workstation_key year
"""
PLAIN_FIELDS: Final = frozenset(_PLAIN_FIELDS.split())
#: Either of them names the patron; both together are refused.
_EITHER: Final = {"card": "patron", "patron": "card"}
_VARIABLE: Final = re.compile(r"\{([a-z_]+)\}")


class UnknownName(Exception):
    """An operation has a field that is neither known to name a patron nor known not to."""


class Ask(NamedTuple):
    """A request that names the patron in one way."""

    operation: Operation
    path: str
    body: Any
    headers: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.operation.method} {self.path} {json.dumps(self.body, default=str)}"


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models of an annotation: one, several of a union, those of a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from models_in(each)


def fields_of(model: Any) -> dict[str, Any]:
    """Return the fields of a body or a query that hold no model, and their annotations."""
    found: dict[str, Any] = {}
    for each in models_in(model):
        for name, field in each.model_fields.items():
            inner = list(models_in(field.annotation))
            found |= fields_of(field.annotation) if inner else {name: field.annotation}
    return found


def check_names(operation: Operation) -> None:
    """Raise UnknownName for a variable or a field that is in neither list."""
    variables = set(_VARIABLE.findall(operation.path))
    fields = {**fields_of(operation.body), **fields_of(operation.query)}
    unknown = (variables - set(IN_PATH) - PLAIN_IN_PATH) | (
        set(fields) - set(IN_FIELDS) - PLAIN_FIELDS
    )
    if unknown:
        raise UnknownName(f"{operation.id}: does {', '.join(sorted(unknown))} name a patron?")


def requests_to(operation: Operation, known: Mapping[str, str]) -> Iterator[Ask]:
    """Yield requests that name the patron in every way that the operation knows."""
    check_names(operation)
    headers = {"if-match": "*"} if operation.is_versioned else {}
    if operation.media_type != JSON:
        headers["content-type"] = operation.media_type
    seen = set()
    for path, body in product(_paths(operation, known), _bodies(operation, known)):
        ask = Ask(operation, path, body, headers)
        if str(ask) not in seen:
            seen.add(str(ask))
            yield ask


def _paths(operation: Operation, known: Mapping[str, str]) -> Iterator[str]:
    variables = _VARIABLE.findall(operation.path)
    keys = [IN_PATH.get(each, (each,)) for each in variables]
    query = QUERIES.get(operation.id, "").format_map(known)
    for chosen in product(*keys):
        values = dict(zip(variables, (known[each] for each in chosen), strict=True))
        path = _VARIABLE.sub(lambda found, values=values: values[found[1]], operation.path)
        yield path + query
        for field in fields_of(operation.query):
            for key in IN_FIELDS.get(field, ()):
                yield f"{path}{query}{'&' if query else '?'}{field}={known[key]}"


def _bodies(operation: Operation, known: Mapping[str, str]) -> Iterator[Any]:
    make = BODIES.get(operation.id)
    body = None if make is None else make(known)  # type: ignore[arg-type]
    if not isinstance(body, dict):
        yield body
        return
    choices = dict(_choices(operation.body))
    for varied in _named(body, operation.body, known):
        yield varied
        for field, values in choices.items():
            yield from ({**varied, field: value} for value in values)


def _choices(model: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the fields of a body that choose between words, with the words."""
    for each in models_in(model):
        for name, field in each.model_fields.items():
            if get_origin(field.annotation) is Literal:
                yield name, get_args(field.annotation)


def _named(body: dict[str, Any], model: Any, known: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the body, and those with another name for the patron in one of its fields."""
    yield body
    for each in models_in(model):
        for name, field in each.model_fields.items():
            inner = list(models_in(field.annotation))
            if inner and isinstance(body.get(name), list):
                for part in body[name]:
                    for varied in _named(part, field.annotation, known):
                        yield {**body, name: [varied]}
            elif not inner:
                for key in IN_FIELDS.get(name, ()):
                    is_list = isinstance(body.get(name), list) or name in ("items", "charges")
                    value = [known[key]] if is_list else known[key]
                    rest = {k: v for k, v in body.items() if k != _EITHER.get(name)}
                    yield {**rest, name: value}
