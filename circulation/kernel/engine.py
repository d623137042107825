"""What every verb of circulation needs besides its transaction."""

from __future__ import annotations

from dataclasses import dataclass, field

from catalogue.database import Transaction
from circulation.kernel.ids import IdSource
from circulation.kernel.set_up import SetUp, read_set_up, version_of
from circulation.patrons.guesses import GuessGuard
from circulation.patrons.identifiers import IdentifierKey
from circulation.patrons.pins import PinVerifier


@dataclass(slots=True)
class Circulation:
    """The engine's memory: PIN verdicts, the id source, the library's set-up as last read.

    One for each process, shared by all its threads. ``Circulation()`` is ready for use, national
    numbers apart: those need `identifiers` with the installation's key.
    """

    pins: PinVerifier = field(default_factory=PinVerifier)
    ids: IdSource = field(default_factory=IdSource)
    identifiers: IdentifierKey = field(default_factory=IdentifierKey)
    guesses: GuessGuard = field(default_factory=GuessGuard, repr=False)
    _set_up: SetUp | None = field(default=None, repr=False)

    def set_up(self, transaction: Transaction, version: int) -> SetUp:
        """The set-up of `version`, which the transaction has just read with its facts."""
        known = self._set_up
        if known is None or known.version != version:
            known = self._set_up = read_set_up(transaction)
        return known

    def set_up_at_hand(self, transaction: Transaction) -> SetUp:
        """The set-up as it was last read, for who has just called what reads it anyway."""
        known = self._set_up
        return self.current_set_up(transaction) if known is None else known

    def current_set_up(self, transaction: Transaction) -> SetUp:
        """The set-up as it is now, for who reads no facts with it: one short statement."""
        return self.set_up(transaction, version_of(transaction))
