"""What an agency asks of its patrons' PINs, and how many wrong ones it bears. Part of the set-up.

What the settings mean is told in `circulation.patrons.pin_rules`, which follows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar

from sqlalchemy import SmallInteger

from circulation.kernel.agency_rows import AgencyRows
from circulation.kernel.fitting import DESCRIBED, Between
from circulation.kernel.models import Model
from circulation.kernel.set_up import SetUp, SetUpPart
from circulation.languages.sentences import Sentence
from circulation.patrons.schema import pin_settings


@dataclass(frozen=True, slots=True)
class PinRules:
    """The rules of one agency, for its own patrons, at whatever branch they are."""

    __pydantic_config__: ClassVar = DESCRIBED

    minimum_length: Annotated[int, Between(4, 32), SmallInteger()] = 4
    """Characters of a PIN."""
    digits_only: bool = False
    """Has a PIN digits only?"""
    tries_at_device: Annotated[int, Between(3, 50), SmallInteger()] = 5
    """Wrong PINs of a patron at one machine, until none of theirs is believed there. One try is a
    typing error."""
    tries_in_all: Annotated[int, Between(3, 500), SmallInteger()] = 20
    """The same at all machines together."""
    lock_minutes: Annotated[int, Between(1, 24 * 60), SmallInteger()] = 15
    """How long a wrong PIN counts. A lock of days would be a way to keep somebody out."""

    @property
    def window(self) -> timedelta:
        """How long a failed try counts."""
        return timedelta(minutes=self.lock_minutes)


USUAL = PinRules()


class _PinSettings(Model[PinRules]):
    def problems(self, said: Mapping[str, object]) -> dict[str, Sentence]:
        problems = super().problems(said)
        if not problems:
            rules = PinRules(**said)  # type: ignore[arg-type]
            if rules.tries_in_all < rules.tries_at_device:
                problems["tries_in_all"] = Sentence("FEWER_TRIES")
        return problems


PIN_SETTINGS = AgencyRows(_PinSettings(PinRules), pin_settings)
PIN_RULES = SetUpPart("pin_rules", PIN_SETTINGS.read)


def pin_rules_of(set_up: SetUp, agency_id: int) -> PinRules:
    """What the agency asks of the PINs of its patrons."""
    return PIN_RULES.of(set_up).get(agency_id, USUAL)
