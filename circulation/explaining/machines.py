"""The machines that sort what they take back, of which only who explains their bins asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from circulation.kernel.engine import Memory
from circulation.kernel.set_up import SetUp

if TYPE_CHECKING:  # nobody else loads what lends and the callers
    from circulation.explaining.sorters import Machine


def _of_set_up() -> Callable[[SetUp], Mapping[str, Machine]]:
    from circulation.explaining.sorters import machines_of

    return machines_of


#: The machines by their logins. Their protocol, where it is served, knows more of them than the
#: set-up does, and further ones, and puts that here.
MACHINES: Final[Memory[Callable[[SetUp], Mapping[str, Machine]]]] = Memory(_of_set_up)
