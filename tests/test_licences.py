"""What is installed with Tiro may be used, changed and passed on as Tiro itself (Apache-2.0)."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement

#: Permissive licences, by the SPDX identifiers and by the names that older packages write.
PERMISSIVE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MIT-CMU"),
    *("PSF-2.0", "Python-2.0", "Unlicense", "Zlib", "ZPL-2.1", "CC0-1.0"),
    *("Apache 2.0", "Apache License 2.0", "Apache License, Version 2.0", "Apache Software License"),
    *("BSD", "BSD License", "MIT License", "ISC License (ISCL)", "Zope Public License"),
    *("The Unlicense (Unlicense)", "Python Software Foundation License", "HPND"),
    "SIL OFL V1.1",  # of fonts, which documents may embed whatever their licence
    "Historical Permission Notice and Disclaimer (HPND)",
    "Redistribution and use in source and binary forms, with or without",  # the BSD text itself
}
#: What is under another licence, and why it is fit all the same.
EXCEPTIONS = {
    "psycopg": "LGPL-3.0: only with the extra postgresql, used as a library and not changed",
    "psycopg-binary": "the same",
}
_CHOICE = re.compile(r"\s+(?:AND|OR)\s+|[()]")


def licences(found: Distribution) -> set[str]:
    """What a package says of its licence: an expression of SPDX, else classifiers, else a name."""
    told = found.metadata
    if expression := told.get("License-Expression"):
        return {each.partition(" WITH ")[0] for each in _CHOICE.split(expression) if each.strip()}
    classified = {
        each.rpartition(" :: ")[2]
        for each in told.get_all("Classifier", [])
        if each.startswith("License :: ") and not each.endswith("OSI Approved")
    }
    return classified or {(told.get("License") or "").partition("\n")[0]}


def needed(extras: frozenset[str]) -> dict[str, Distribution]:
    """All that is installed with Tiro and these extras, and with that in its turn."""
    found: dict[str, Distribution] = {}
    waiting = [("tiro-ils", extras)]
    while waiting:
        name, wanted = waiting.pop()
        package = distribution(name)
        for line in package.requires or ():
            requirement = Requirement(line)
            marker = requirement.marker
            if marker and not any(marker.evaluate({"extra": each}) for each in {*wanted, ""}):
                continue
            key = requirement.name.lower().replace("_", "-")
            if key not in found:
                found[key] = distribution(requirement.name)
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return found


NEEDED = needed(frozenset({"postgresql"}))


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_its_licence_is_permissive(name: str) -> None:
    told = licences(NEEDED[name])
    if name in EXCEPTIONS:
        assert told
        return
    assert told <= PERMISSIVE, f"{name} is under {told}: say in EXCEPTIONS why it may be used"


def test_nothing_that_is_always_installed_is_an_exception() -> None:
    assert not EXCEPTIONS.keys() & needed(frozenset()).keys()


def test_no_exception_is_for_what_is_gone() -> None:
    assert EXCEPTIONS.keys() <= NEEDED.keys()


def test_the_walk_gets_to_what_others_need() -> None:
    assert {"twisted", "pyopenssl", "markupsafe", "psycopg"} <= NEEDED.keys()
    with pytest.raises(PackageNotFoundError):
        distribution("no-such-package-of-ours")
