"""The ports of a demo: those that were asked for, and for the rest whichever are free.

They are bound before anything is loaded, and kept for the server: what cannot be had is said at
once, all of it, and nobody else takes a port meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from protocols.hosting.sockets import Key, Sockets, key_of
from protocols.process.addresses import Address
from protocols.process.failures import Failure

#: Ports that are tried after the one that is taken.
_TRIES: Final = 100


def bind_all(
    wanted: Iterable[Address], given: Mapping[str, int], sockets: Sockets
) -> dict[Address, int]:
    """Binds every address; gives the ports that others had to take the place of.

    `given` are the ports of the command line by section: these or none. Raises Failure, which names
    all that cannot be had, with the options.
    """
    instead: dict[Address, int] = {}
    problems = []
    owners: dict[Key, str] = {}

    def bind(owner: str, host: str, number: int) -> str | None:
        """Why it cannot be had; None where it is bound now."""
        key = key_of(owner, host, number)
        if key in owners:
            return f"{owners[key]} does"
        try:
            sockets.shared(owner, host, number)
        except OSError as error:
            return error.strerror or str(error)
        owners[key] = owner
        return None

    def is_given(address: Address) -> bool:
        return given.get(address.owner.strip("[]")) == address.number

    for address in sorted(wanted, key=is_given, reverse=True):
        if not address.number:  # any will do, as the server finds it
            continue
        why = bind(*address)
        if why is None:
            continue
        others = range(address.number + 1, min(address.number + _TRIES, 65_535) + 1)
        if not is_given(address):
            free = (each for each in others if bind(address.owner, address.host, each) is None)
            if (found := next(free, None)) is not None:
                instead[address] = found
                continue
        option = f"--{address.owner.strip('[]')}-port"
        problems.append(
            f"{address.owner} cannot listen on {address.host}:{address.number}: {why} ({option})"
        )
    if problems:
        sockets.close()
        raise Failure(
            "\n".join(problems),
            "Nothing was made or loaded. Name other ports with these options, or leave them out: "
            "then free ones are found.",
        )
    return instead
