"""Modules that others name in passing and a command has no use for: loaded when they are asked for
something."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from threading import RLock
from types import MappingProxyType
from typing import Any, Final

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def put_off(name: str, parts: Mapping[str, str] = _NONE) -> None:
    """Has the module loaded when it is first asked for something; nothing where it is loaded.

    `parts` are names of a package that one of its modules is loaded for, and not all of it: name ->
    module. Raises ModuleNotFoundError.
    """
    if name in sys.modules:
        return
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"no module named {name!r}", name=name)
    module, run = module_from_spec(spec), spec.loader.exec_module
    lock, is_begun, is_there = RLock(), False, False

    def asked_for(what: str) -> Any:
        nonlocal is_begun, is_there
        if what in parts:
            return getattr(import_module(f"{name}.{parts[what]}"), what)
        with lock:  # another thread waits until all of it is there
            if not is_begun:
                is_begun = True
                run(module)
                if module.__getattr__ is asked_for:  # it may have one of its own
                    del module.__getattr__
                is_there = True
            elif not is_there:  # the module itself asks
                raise AttributeError(f"module {name!r} has no attribute {what!r}", name=what)
        return getattr(module, what)

    module.__getattr__ = asked_for  # type: ignore[method-assign]
    sys.modules[name] = module
    around, _, own = name.rpartition(".")
    if around:
        setattr(sys.modules[around], own, module)
