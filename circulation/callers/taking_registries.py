"""Taking in the file of a registry: who is new, who has changed, who is gone.

A partner that is missing is asked for nothing more, and kept until nothing is under way with it. As
long as rows are set aside whose library is not known, nobody counts as gone: it may stand in them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from catalogue.database import Transaction
from circulation.callers.partners import all_partners, folded_agency
from circulation.callers.registries import (
    STILL_NEEDED,
    PartnerRegistry,
    RegisteredPartner,
    all_registered,
    all_registries,
    forget_registered,
    store_registered,
)
from circulation.callers.registry_files import (
    Library,
    NotARegistry,
    RegistryFile,
    SetAside,
    read_file,
)
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.organisation import all_agencies
from circulation.kernel.set_up import all_branches, set_up_changed

log = logging.getLogger(__name__)

#: The least part of the partners of the last file that the next must have.
LEAST: Final = 0.99


class TooShort(ValueError):
    """The file has fewer libraries than it may: nothing was taken."""

    def __init__(self, former: int, now: int) -> None:
        super().__init__(f"it has {now} libraries that can be used, where {former} were taken last")


@dataclass
class Taken:
    """What taking in a file has done. All but `set_aside` are agencies; those of `ours` are taken
    and stay what library.toml says."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # and kept, as something is under way
    removed: list[str] = field(default_factory=list)
    ours: list[str] = field(default_factory=list)
    same: int = 0
    set_aside: list[SetAside] = field(default_factory=list)


def take_registry(
    act: Act, registry: PartnerRegistry, found: RegistryFile, *, may_be_shorter: bool = False
) -> Taken:
    """Makes the partners of the registry those of the file. Raises TooShort.

    The event tells which partners have changed, and nothing of their secrets.
    """
    transaction = act.transaction
    known = {each.key: each for each in all_registered(transaction)}
    former = [each for each in known.values() if each.registry == registry.code]
    libraries, taken = _usable(transaction, registry, found, known)
    present = sum(each.gone is None for each in former)
    if len(libraries) < LEAST * present and not may_be_shorter:
        raise TooShort(present, len(libraries))
    stated = {folded_agency(each.agency) for each in all_partners(transaction)}
    for key, library in libraries.items():
        new = _registered(key, registry, library)
        if key in stated:
            taken.ours.append(library.isil)
        if known.get(key) == new:
            taken.same += 1
            continue
        store_registered(transaction, new)
        is_new = key not in known or known[key].gone is not None
        (taken.added if is_new else taken.changed).append(library.isil)
    _let_go(act, [each for each in former if each.key not in libraries], taken)
    _tell(act, registry, taken)
    return taken


def _usable(
    transaction: Transaction,
    registry: PartnerRegistry,
    found: RegistryFile,
    known: dict[str, RegisteredPartner],
) -> tuple[dict[str, Library], Taken]:
    """The libraries by key, without ourselves and those of another registry."""
    own = {folded_agency(each.isil) for each in all_agencies(transaction)}
    own |= {folded_agency(each.isil) for each in all_branches(transaction)}
    libraries: dict[str, Library] = {}
    taken = Taken(set_aside=list(found.set_aside))
    for library in found.libraries:
        key = folded_agency(library.isil)
        other = known.get(key)
        if key in own:
            reason = "is one of ours"
        elif other is not None and other.registry != registry.code:
            reason = f"stands in the registry {other.registry}"
        else:
            libraries[key] = library
            continue
        taken.set_aside.append(SetAside(library.line, library.isil, reason))
    taken.set_aside.sort()
    return libraries, taken


def _registered(key: str, registry: PartnerRegistry, library: Library) -> RegisteredPartner:
    return RegisteredPartner(
        key,
        library.isil,
        registry.code,
        library.name,
        library.address,
        library.account,
        library.secret,
        library.is_closed,
        gone=None,
    )


def _let_go(act: Act, missing: list[RegisteredPartner], taken: Taken) -> None:
    """Those that the file has no more, unless they may stand in a row that was set aside."""
    named = {folded_agency(each.isil) for each in taken.set_aside}
    if "" in named:
        return
    for each in missing:
        if each.key in named:
            continue
        if any(needed(act.transaction, each.key) for needed in STILL_NEEDED):
            if each.gone is None:
                store_registered(act.transaction, each._replace(gone=act.now))
            taken.gone.append(each.agency)
        else:
            forget_registered(act.transaction, key=each.key)
            taken.removed.append(each.agency)


def _tell(act: Act, registry: PartnerRegistry, taken: Taken) -> None:
    told = [
        f"partner {agency} of the registry {registry.code}: {what}"
        for what, agencies in (
            ("added", taken.added),
            ("changed", taken.changed),
            ("gone", taken.gone),
            ("removed", taken.removed),
        )
        for agency in agencies
    ]
    if told:
        set_up_changed(act.transaction)
        append_event(act, NewEvent(EventKind.SET_UP_CHANGED, after={"changes": told}))


@dataclass
class TakenAll:
    """What taking in all files has done, in numbers."""

    added: int = 0
    changed: int = 0
    gone: int = 0
    set_aside: int = 0
    refused: int = 0  # files that were not taken in


def take_all(act: Act) -> TakenAll:
    """Takes in the files of all registries that have one. One that cannot be taken in is told to
    the log, and leaves its partners as they are."""
    done = TakenAll()
    for registry in all_registries(act.transaction):
        if not registry.file:
            continue
        try:
            taken = take_registry(act, registry, read_file(Path(registry.file)))
        except (NotARegistry, TooShort) as error:
            log.error("the registry %s was not taken in: %s", registry.code, error)
            done.refused += 1
            continue
        done.added += len(taken.added)
        done.changed += len(taken.changed)
        done.gone += len(taken.gone) + len(taken.removed)
        done.set_aside += len(taken.set_aside)
    return done
