"""What an agency asks of its patrons' PINs, and how many wrong ones it bears. Part of the set-up.

What the settings mean is told in `circulation.patrons.pin_rules`, which follows them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, many, send
from circulation.kernel.set_up import SetUp, SetUpPart
from circulation.patrons.schema import pin_settings


class PinRules(NamedTuple):
    """The rules of one agency, for its own patrons, at whatever branch they are."""

    minimum_length: int = 4
    digits_only: bool = False
    tries_at_device: int = 5
    tries_in_all: int = 20
    lock_minutes: int = 15

    @property
    def window(self) -> timedelta:
        """How long a failed try counts."""
        return timedelta(minutes=self.lock_minutes)


USUAL = PinRules()
#: The least and the most that each number may be. A lock of days would be a way to keep somebody
#: out, and one try is a typing error.
BOUNDS = {
    "minimum_length": (4, 32),
    "tries_at_device": (3, 50),
    "tries_in_all": (3, 500),
    "lock_minutes": (1, 24 * 60),
}

_COLUMNS = tuple(pin_settings.c[name] for name in PinRules._fields)


def _row(agency_id: int, *said: Any) -> tuple[int, dict[str, Any]]:
    named = zip(PinRules._fields, said, strict=True)
    return agency_id, {name: value for name, value in named if value is not None}


_all = many(select(pin_settings.c.agency_id, *_COLUMNS), _row)
_forget = send(delete(pin_settings).where(pin_settings.c.agency_id == bindparam("of")), "of")
_insert = send(
    insert(pin_settings).values(
        {
            column: bindparam(f"new_{column.name}", type_=column.type)
            for column in (pin_settings.c.agency_id, *_COLUMNS)
        }
    ),
    *(f"new_{name}" for name in ("agency_id", *PinRules._fields)),
)


def said_of_pins(transaction: Transaction) -> dict[int, dict[str, Any]]:
    """What each agency has said, by its id."""
    return dict(_all(transaction))


def read_pin_rules(transaction: Transaction) -> dict[int, PinRules]:
    """The rules of each agency that has said something of them."""
    said = said_of_pins(transaction)
    return {agency_id: USUAL._replace(**fields) for agency_id, fields in said.items()}


PIN_RULES = SetUpPart("pin_rules", read_pin_rules)


def pin_rules_of(set_up: SetUp, agency_id: int) -> PinRules:
    """What the agency asks of the PINs of its patrons."""
    return PIN_RULES.of(set_up).get(agency_id, USUAL)


def pin_settings_problems(said: dict[str, Any]) -> dict[str, str]:
    """What is wrong with settings: a sentence for each that is at fault."""
    problems = {}
    for name, value in said.items():
        if name == "digits_only":
            if not isinstance(value, bool):
                problems[name] = f"digits_only must be true or false, not {value!r}"
            continue
        least, most = BOUNDS[name]
        if type(value) is not int or not least <= value <= most:
            problems[name] = f"{name} is a whole number from {least} to {most}, not {value!r}"
    rules = USUAL._replace(**said)
    if not problems and rules.tries_in_all < rules.tries_at_device:
        problems["tries_in_all"] = "tries_in_all cannot be less than tries_at_device"
    return problems


def store_pin_settings(transaction: Transaction, agency_id: int, said: dict[str, Any]) -> None:
    """The agency's settings, in place of those it had; what is not said is as built in.

    Call `circulation.kernel.set_up.set_up_changed` afterwards. Raises ValueError with all that is
    wrong.
    """
    if problems := pin_settings_problems(said):
        raise ValueError("; ".join(problems.values()))
    _forget(transaction, agency_id)
    if said:
        _insert(transaction, agency_id, *(said.get(name) for name in PinRules._fields))
