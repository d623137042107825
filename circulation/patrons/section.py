"""What library.toml says of PINs."""

from __future__ import annotations

from circulation.languages.sentences import Sentence
from circulation.patrons.pin_settings import PIN_SETTINGS
from circulation.patrons.schema import patrons
from circulation.sections.parts import CATEGORY, Noun
from circulation.sections.rules import AgencyRowsSection


class PinSection(AgencyRowsSection):
    named_in = {CATEGORY: patrons.c.category}


PINS = PinSection(
    "pins", Noun("PIN rules", lambda key: Sentence("PIN_RULES_OF", place=key[0])), PIN_SETTINGS
)
