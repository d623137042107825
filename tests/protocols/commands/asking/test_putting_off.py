"""A module that is put off is loaded when it is asked for something, and is then as any other."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from protocols.commands.asking.putting_off import put_off

PACKAGE = "a_package_of_the_test"
Write = Callable[..., None]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes the modules of a package, named by keyword; `all_of_it` is the package itself."""
    folder = tmp_path / PACKAGE
    folder.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(all_of_it: str = "", **modules: str) -> None:
        for name, text in {"__init__": all_of_it, **modules}.items():
            (folder / f"{name}.py").write_text(text)
        importlib.invalidate_caches()

    yield write
    for name in [each for each in sys.modules if each.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def package() -> Any:
    return importlib.import_module(PACKAGE)


def is_loaded() -> bool:
    return "was_run" in vars(sys.modules[PACKAGE])


def test_who_imports_it_does_not_load_it(written: Write) -> None:
    written("was_run = 1")
    put_off(PACKAGE)
    package()
    assert not is_loaded()
    assert package().was_run == 1


def test_once_it_is_loaded_it_answers_by_itself(written: Write) -> None:
    written("was_run = 1")
    put_off(PACKAGE)
    assert package().was_run == 1
    assert "__getattr__" not in vars(package())
    with pytest.raises(AttributeError):
        _ = package().nothing


def test_a_getattr_of_its_own_is_kept(written: Write) -> None:
    written("def __getattr__(name): return name.upper()")
    put_off(PACKAGE)
    assert (package().one, package().two) == ("ONE", "TWO")


def test_a_part_is_had_without_all_of_it(written: Write) -> None:
    written(f"from {PACKAGE}.parts import small\nwas_run = 1", parts="small = object()")
    put_off(PACKAGE, {"small": "parts"})
    part = package().small
    assert not is_loaded()
    assert package().was_run
    assert package().small is part


def test_a_module_of_it_is_imported_as_ever(written: Write) -> None:
    written("was_run = 1", other=f"import {PACKAGE}\nfound = {PACKAGE}.was_run + 1")
    put_off(PACKAGE)
    assert importlib.import_module(f"{PACKAGE}.other").found == 2


def test_what_is_in_a_package_is_found_in_it(written: Write) -> None:
    written(inner="was_run = 1")
    package()
    put_off(f"{PACKAGE}.inner")
    assert "was_run" not in vars(package().inner)
    assert package().inner.was_run == 1


def test_a_module_that_asks_itself_gets_no_other_answer_than_ever(written: Write) -> None:
    written(f"import {PACKAGE}\nhas = hasattr({PACKAGE}, 'later')\nlater = 1")
    put_off(PACKAGE)
    assert (package().has, package().later) == (False, 1)


def test_what_is_loaded_already_is_left_alone(written: Write) -> None:
    written("was_run = 1")
    before = package()
    put_off(PACKAGE)
    assert package() is before
    assert is_loaded()


def test_what_there_is_not_cannot_be_put_off() -> None:
    with pytest.raises(ModuleNotFoundError):
        put_off("there_is_no_such_module")


def test_two_threads_that_ask_at_once_load_it_once(written: Write) -> None:
    written("runs = globals().get('runs', 0) + 1\nlast = runs")
    put_off(PACKAGE)
    both, found = Barrier(2), []

    def ask() -> None:
        both.wait()
        found.append(package().last)

    threads = [Thread(target=ask) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [1, 1]
