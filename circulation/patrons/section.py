"""What library.toml says of PINs."""

from __future__ import annotations

from circulation.patrons.pin_settings import PIN_SETTINGS
from circulation.sections.parts import Noun
from circulation.sections.rules import AgencyRowsSection

PINS = AgencyRowsSection(
    "pins", Noun("PIN rules", lambda key: f"PIN rules of {key[0]}"), PIN_SETTINGS
)
