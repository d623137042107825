"""Whether what is said of a patron can be true: one check, whoever says it, before it is stored.

Only what is new is checked: what stands in the database from before (an archive, an older system)
stays until it is changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from catalogue.database import Transaction
from circulation.kernel.trees import CATEGORIES
from circulation.languages.sentences import said_in, several
from circulation.patrons.languages import ISO_639_2

if TYPE_CHECKING:
    import phonenumbers

#: Nobody who was born before that day borrows.
EARLIEST_BIRTH: Final = date(1900, 1, 1)
#: Where a telephone number without a country code belongs (ISO 3166).
REGION: Final = "DK"
#: At most so long (RFC 5321, 4.5.3.1).
_LONGEST_ADDRESS: Final = 254
_LOCAL: Final = re.compile(r"[^\s@.,:;<>()\[\]\\\"]+(?:\.[^\s@.,:;<>()\[\]\\\"]+)*")
_LABEL: Final = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
#: What may stand in a number that somebody typed. Letters are refused: they would be read as the
#: keys that bear them, and "22334455 (mor)" as a longer number.
_TYPED: Final = re.compile(r"[+0-9 ()./\-\u00a0]{4,32}")


class PatronProblem(NamedTuple):
    """What is wrong with a field, in a sentence for whoever has given it."""

    field: str
    text: str


class PatronUnfit(ValueError):
    """A patron cannot be as described: everything that is wrong with it."""

    def __init__(self, problems: Iterable[PatronProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(several([each.text for each in self.problems]) if self.problems else "")

    def said_in(self, language: str) -> str:
        """Return all that is wrong in that language, as far as it has words for it."""
        return "; ".join(said_in(language, each.text) for each in self.problems)


def is_email(text: str) -> bool:
    """Is it an e-mail address (RFC 5321), with a local part and a domain with a dot? Whether
    anybody reads it is not known."""
    local, at, domain = text.rpartition("@")
    labels = domain.split(".")
    return (
        bool(at)
        and len(text) <= _LONGEST_ADDRESS
        and len(local) <= 64
        and _LOCAL.fullmatch(local) is not None
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def telephone(typed: str, region: str = REGION) -> phonenumbers.PhoneNumber | None:
    """The text as a possible telephone number; None for anything else.

    Its length must be right where it belongs. Whether such numbers are given out is not asked: that
    changes faster than what we know of it.
    """
    if not _TYPED.fullmatch(typed.strip()):
        return None
    import phonenumbers  # loads the numbering plans of the world

    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def dialled(number: phonenumbers.PhoneNumber) -> str:
    """As it is dialled from anywhere (E.164): ``+4522334455``."""
    import phonenumbers

    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written


def fitting(
    transaction: Transaction, fields: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The fields as they are stored (telephone numbers in E.164). Raises PatronUnfit."""
    if problems := patron_problems(transaction, fields, now=now):
        raise PatronUnfit(problems)
    stored = dict(fields)
    if stored.get("email"):
        stored["email"] = stored["email"].strip()
    number = telephone(stored.get("phone") or "")
    return stored | ({"phone": dialled(number)} if number is not None else {})


def patron_problems(
    transaction: Transaction, fields: Mapping[str, Any], *, now: datetime
) -> list[PatronProblem]:
    """All that is wrong with these of a patron's fields (see `PatronFields`)."""
    problems = []
    if "category" in fields and (text := _category(transaction, fields["category"])):
        problems.append(PatronProblem("category", text))
    for name, check in _CHECKS.items():
        value = fields.get(name)
        if value and (text := check(value, now)):
            problems.append(PatronProblem(name, text))
    return problems


def _category(transaction: Transaction, category: str) -> str | None:
    """Where no categories are named, any code will do."""
    known = [node.code for node in CATEGORIES.all(transaction)]
    if not known or category in known:
        return None
    return f"there is no category {category!r}; there are {', '.join(sorted(known))}"


def _birth_date(value: date, now: datetime) -> str | None:
    if value > (now + timedelta(hours=14)).date():  # the day has begun nowhere yet
        return f"a date of birth is not in the future: {value}"
    if value < EARLIEST_BIRTH:
        return f"a date of birth is not before {EARLIEST_BIRTH.year}: {value}"
    return None


def _email(value: str, now: datetime) -> str | None:
    return None if is_email(value.strip()) else f"{value!r} is no e-mail address"


def _phone(value: str, now: datetime) -> str | None:
    if telephone(value) is not None:
        return None
    return f"{value!r} is no telephone number (abroad: with + and the code of the country)"


def _language(value: str, now: datetime) -> str | None:
    if value in ISO_639_2:
        return None
    return f"there is no language {value!r} (ISO 639-1); there are {', '.join(sorted(ISO_639_2))}"


_CHECKS: Final[dict[str, Callable[[Any, datetime], str | None]]] = {
    "birth_date": _birth_date,
    "email": _email,
    "phone": _phone,
    "language": _language,
}
