"""Options that belong to a protocol: read here, checked by the protocol.

The engine stores profiles of terminals and agreements with partners without knowing what their
options mean. Whoever reads a set-up provides `Checks`: for each kind a function that takes the
options as they are written and says what is wrong, with a sentence for each name at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from circulation.languages.sentences import Sentence

Options = Mapping[str, Any]
#: Options -> name of one that is wrong -> what is wrong with it.
OptionCheck = Callable[[Options], Mapping[str, Sentence]]


def _anything(options: Options) -> Mapping[str, Sentence]:
    return {}


class Checks(NamedTuple):
    """The checks of options by protocols; without them anything that can be stored is accepted.

    `profile` checks each option of a profile or a terminal, `terminal` whether the options of a
    terminal and those of its profile make sense together.
    """

    profile: OptionCheck = _anything
    terminal: OptionCheck = _anything
    partner: OptionCheck = _anything


def can_be_kept(value: object) -> bool:
    """Is the value unchanged by being stored as JSON: a word, a number, or a list of them?"""
    if isinstance(value, list):
        return all(isinstance(each, str | int | float) for each in value)
    return isinstance(value, str | int | float)
