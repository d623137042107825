"""The largest amount of money that is accepted, whichever way it comes."""

from __future__ import annotations

from typing import Final

#: What a person, a machine, a file, a partner or a rule may say: 10,000,000.00 of a currency with
#: two decimals. Sums may be larger: their columns have 64 bits.
MAX_AMOUNT_MINOR_UNITS: Final = 1_000_000_000
