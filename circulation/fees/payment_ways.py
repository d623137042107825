"""How an agency is paid: what its bills say of it. Part of the set-up."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, many, send
from circulation.fees.schema import payment_ways
from circulation.kernel.set_up import SetUpPart


class PaymentWays(NamedTuple):
    """What of these there is, the others being empty.

    * `self_service`: the address of a page where one pays;
    * `account`: to transfer to: registration and account number, ``0216 4069123456``, or an IBAN;
    * `fik`: the line of a Danish payment slip: ``+73<+87654321<`` with the creditor's number, or
      ``+71<...+87654321<`` with the number of a payer before it.
    """

    self_service: str = ""
    account: str = ""
    fik: str = ""


_ADDRESS = re.compile(r"https://[^\s<>]{1,180}")
_ACCOUNT = re.compile(r"[0-9]{4}[ -]?[0-9]{4,10}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_FIK = re.compile(r"\+(01|73)<\+[0-9]{7,8}<|\+(71<[0-9]{15}|75<[0-9]{16})\+[0-9]{7,8}<")

_all = many(
    select(payment_ways.c.agency_id, *(payment_ways.c[name] for name in PaymentWays._fields)),
    lambda agency_id, *ways: (agency_id, PaymentWays(*ways)),
)
_forget = send(delete(payment_ways).where(payment_ways.c.agency_id == bindparam("of")), "of")
_insert = send(
    insert(payment_ways).values(
        {
            payment_ways.c[name]: bindparam(f"new_{name}")
            for name in ("agency_id", *PaymentWays._fields)
        }
    ),
    *(f"new_{name}" for name in ("agency_id", *PaymentWays._fields)),
)


def read_payment_ways(transaction: Transaction) -> dict[int, PaymentWays]:
    """Those of each agency that has said some, by its id."""
    return dict(_all(transaction))


#: By the id of the agency.
PAYMENT_WAYS = SetUpPart("payment_ways", read_payment_ways)


def payment_problems(said: dict[str, Any]) -> dict[str, str]:
    """What is wrong with ways to pay: a sentence for each that is at fault."""
    problems = {}
    for name, value in said.items():
        if not isinstance(value, str) or not _is_sound(name, value):
            problems[name] = f"{_SHOULD_BE[name]}, not {value!r}"
    return problems


_SHOULD_BE = {
    "self_service": "self_service is an address that begins with https://",
    "account": "account is a registration and account number, or an IBAN with its check digits",
    "fik": 'fik is the line of a payment slip, such as "+73<+87654321<", with its check digit',
}


def _is_sound(name: str, value: str) -> bool:
    if name == "self_service":
        return _ADDRESS.fullmatch(value) is not None
    if name == "account":
        return _ACCOUNT.fullmatch(value) is not None or _is_iban(value.replace(" ", ""))
    if _FIK.fullmatch(value) is None:
        return False
    payer = value[4:].partition("+")[0]
    return not payer or _has_check_digit(payer)


def _is_iban(text: str) -> bool:
    """ISO 13616: the number with its head put last, letters as 10 to 35, leaves 1 by 97."""
    if _IBAN.fullmatch(text) is None:
        return False
    return int("".join(str(int(each, 36)) for each in text[4:] + text[:4])) % 97 == 1


def _has_check_digit(digits: str) -> bool:
    """Modulus 10 with weights 1 and 2 from the right, as payment slips have it."""
    weighted = (int(each) * (1 + place % 2) for place, each in enumerate(reversed(digits)))
    return sum(each - 9 if each > 9 else each for each in weighted) % 10 == 0


def store_payment_ways(transaction: Transaction, agency_id: int, said: dict[str, Any]) -> None:
    """The agency's ways to be paid, in place of those it had.

    Call `circulation.kernel.set_up.set_up_changed` afterwards. Raises ValueError with all that is
    wrong.
    """
    if problems := payment_problems(said):
        raise ValueError("; ".join(problems.values()))
    _forget(transaction, agency_id)
    if said:
        _insert(transaction, agency_id, *(said.get(name, "") for name in PaymentWays._fields))
