"""What many requests are made of. They are strict: what no field names is refused."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from circulation.patrons.public_ids import PATTERN

PatronId = Annotated[str, Field(pattern=PATTERN, description="a patron, as answers name them")]
Card = Annotated[
    str, Field(min_length=1, max_length=100, description="a card or another identifier, as scanned")
]
Barcode = Annotated[str, Field(min_length=1, max_length=100, description="the barcode of an item")]
Number = Annotated[str, Field(pattern="^[1-9][0-9]{0,18}$", description="a number, as a text")]
Isil = Annotated[str, Field(min_length=1, max_length=32, description="the ISIL of a branch")]
Secret = Annotated[str, Field(min_length=1, max_length=500)]
Sentence = Annotated[str, Field(max_length=1_000)]
Why = Annotated[str, Field(min_length=1, max_length=1_000)]
BatchName = Annotated[str, Field(min_length=1, max_length=200)]
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")


def _read_moment(value: Any) -> Any:
    """Return the date and time that a text of ISO 8601 tells. Refuse a number, also one that is
    written as a text: it would be read as Unix time."""
    if isinstance(value, str) and _MOMENT.match(value.strip()):
        with suppress(ValueError):
            return datetime.fromisoformat(value.strip())
    if isinstance(value, datetime):
        return value
    raise PydanticCustomError("datetime_parsing", "must be a date and time of ISO 8601")


Moment = Annotated[AwareDatetime, BeforeValidator(_read_moment)]
#: What a request asks for at once.
Limit = Annotated[int, Field(ge=1, le=1_000)]
Cursor = Annotated[
    str,
    Field(max_length=400, pattern="^[A-Za-z0-9_-]+$", description="from the link to the next page"),
]


class Request(BaseModel):
    """What a request may hold, and nothing else. What checks it is built for the first request."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Continued(Request):
    """Where a part of a list begins."""

    cursor: Cursor | None = None


class Paging(Continued):
    """Which part of a list."""

    limit: Limit = 100
