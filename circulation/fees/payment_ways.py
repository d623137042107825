"""How an agency is paid: what its bills say of it. Part of the set-up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar

from circulation.fees.schema import payment_ways
from circulation.kernel.agency_rows import AgencyRows
from circulation.kernel.fitting import DESCRIBED
from circulation.kernel.models import Model, Wanted
from circulation.kernel.set_up import SetUpPart

_ADDRESS = re.compile(r"https://[^\s<>]{1,180}")
_ACCOUNT = re.compile(r"[0-9]{4}[ -]?[0-9]{4,10}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_FIK = re.compile(r"\+(01|73)<\+[0-9]{7,8}<|\+(71<[0-9]{15}|75<[0-9]{16})\+[0-9]{7,8}<")


def _is_address(value: object) -> bool:
    return isinstance(value, str) and _ADDRESS.fullmatch(value) is not None


def _is_account(value: object) -> bool:
    return isinstance(value, str) and (
        _ACCOUNT.fullmatch(value) is not None or _is_iban(value.replace(" ", ""))
    )


def _is_slip(value: object) -> bool:
    if not isinstance(value, str) or _FIK.fullmatch(value) is None:
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


@dataclass(frozen=True, slots=True)
class PaymentWays:
    """What of these there is, the others being empty."""

    __pydantic_config__: ClassVar = DESCRIBED

    self_service: Annotated[str, Wanted("AN_HTTPS_ADDRESS", _is_address)] = ""
    """The address of a page where one pays."""
    account: Annotated[
        str,
        Wanted("AN_ACCOUNT", _is_account),
    ] = ""
    """To transfer to: registration and account number, ``0216 4069123456``, or an IBAN."""
    fik: Annotated[
        str,
        Wanted("A_PAYMENT_SLIP", _is_slip),
    ] = ""
    """The line of a Danish payment slip: ``+73<+87654321<`` with the creditor's number, or
    ``+71<...+87654321<`` with the number of a payer before it."""


PAYMENT_SETTINGS = AgencyRows(Model(PaymentWays), payment_ways)
#: By the id of the agency.
PAYMENT_WAYS = SetUpPart("payment_ways", PAYMENT_SETTINGS.read)
