"""Whose patrons are served where, and who of them must show that they are who they say."""

from __future__ import annotations

from typing import NamedTuple


class Clientele(NamedTuple):
    """Whose patrons a desk serves, and whose it serves without their PIN: ids of agencies.

    None stands for those of all agencies.
    """

    served: frozenset[int] | None = None
    served_without_pin: frozenset[int] | None = None

    def serves(self, agency_id: int) -> bool:
        """Are patrons of this agency served at all?"""
        return self.served is None or agency_id in self.served

    def knows(self, agency_id: int) -> bool:
        """May the desk be told of a patron of this agency who has not given their PIN?"""
        return self.serves(agency_id) and (
            self.served_without_pin is None or agency_id in self.served_without_pin
        )


#: Of staff, and of callers whose own protocol decides.
EVERYBODY = Clientele()
