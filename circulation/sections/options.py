"""Options that belong to a protocol: read here, checked by the protocol.

The engine keeps profiles of terminals and agreements with partners without knowing what their
options mean. Who reads a set-up hands in `Checks`: for each kind a function that is given the
options as the text has them and tells what is wrong, a sentence for each name at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Options = Mapping[str, Any]
#: Options -> name of one that is wrong -> what is wrong with it.
OptionCheck = Callable[[Options], Mapping[str, str]]


def _anything(options: Options) -> Mapping[str, str]:
    return {}


class Checks(NamedTuple):
    """What protocols have to say of options; without them all is taken that can be kept.

    `profile` looks at each option of a profile or a terminal, `terminal` at whether those of a
    terminal and its profile together can be meant.
    """

    profile: OptionCheck = _anything
    terminal: OptionCheck = _anything
    partner: OptionCheck = _anything


def can_be_kept(value: object) -> bool:
    """Is it a value that is the same when it was kept as JSON: a word, a number, a list of them."""
    if isinstance(value, list):
        return all(isinstance(each, str | int | float) for each in value)
    return isinstance(value, str | int | float)
