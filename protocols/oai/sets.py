"""Sets: one for each agency, and below it one for each of its branches (clause 2.6).

``DK-900100`` is an agency, ``DK-900100:DK-900101`` a branch of it. What a set's name may not hold
of an ISIL is written as ``~`` and two hexadecimal digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from catalogue.database import Transaction
from catalogue.holders import open_holders
from protocols.oai.messages import SetEntry

_NOT_IN_A_SPEC: Final = re.compile(r"[^A-Za-z0-9\-_.!*'()]")


class Sets(NamedTuple):
    """The sets, and the names in ``held_records`` that they stand for."""

    entries: tuple[SetEntry, ...]
    spec_of: dict[str, str]
    holder_of: dict[str, str]

    def holder(self, spec: str) -> str | None:
        """Whose records are in the set; None where there is no such set."""
        return self.holder_of.get(spec)

    def specs(self, holders: Iterable[str]) -> tuple[str, ...]:
        """The sets of these holders; those of schools that keep their stock to themselves have
        none."""
        return tuple(sorted(self.spec_of[each] for each in holders if each in self.spec_of))


def _part(isil: str) -> str:
    return _NOT_IN_A_SPEC.sub(
        lambda found: "".join(f"~{octet:02X}" for octet in found[0].encode()), isil
    )


def sets_in(transaction: Transaction) -> Sets:
    """All sets there are, by their names."""
    spec_of, entries = {}, []
    for each in open_holders(transaction):
        parts = (each.agency_isil, each.isil) if each.agency_isil else (each.isil,)
        spec = spec_of[each.name] = ":".join(map(_part, parts))
        entries.append(SetEntry(spec, each.called))
    holder_of = {spec: holder for holder, spec in spec_of.items()}
    return Sets(tuple(sorted(entries)), spec_of, holder_of)
