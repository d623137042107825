"""Generated functions: compiled when they are needed, shown by their lines when they fail."""

from __future__ import annotations

import linecache
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from catalogue.generated import Source


def listing() -> Source:
    source = Source("tests numbers", {"zero": 0})
    source.add("half", "def half(x):\n    return whole(x) / (2 + zero)\n")
    source.add("whole", "def whole(x):\n    return [even(each) for each in x][0]\n")
    source.add("even", "def even(x):\n    return x or half([x - 1])\n")
    source.add("broken", "def broken(:\n")
    return source


def test_a_function_is_compiled_with_those_that_it_calls_and_no_others() -> None:
    source = listing()
    assert "half" not in source.names
    assert source.function("half")([6]) == 3
    assert {"half", "whole", "even"} <= set(source.names)
    assert "broken" not in source.names
    assert source.function("half") is source.function("half")


def test_what_is_called_may_be_added_later() -> None:
    source = Source("tests later")
    source.add("first", "def first():\n    return second()\n")
    source.add("second", "def second():\n    return 2\n")
    assert source.function("first")() == 2


def test_an_unknown_function_and_a_broken_one_are_errors() -> None:
    with pytest.raises(KeyError, match="third"):
        listing().function("third")
    with pytest.raises(SyntaxError):
        listing().function("broken")


def test_a_traceback_shows_the_line_that_failed() -> None:
    with pytest.raises(TypeError) as failure:
        listing().function("half")(["text"])
    shown = "".join(traceback.format_tb(failure.value.__traceback__))
    assert 'File "<tests numbers half>", line 2, in half' in shown
    assert "return whole(x) / (2 + zero)" in shown
    linecache.checkcache()
    assert "(2 + zero)" in "".join(traceback.format_tb(failure.value.__traceback__))


def test_the_same_source_is_kept_once_and_another_of_its_title_beside_it() -> None:
    listing().function("half")
    before = len(linecache.cache)
    listing().function("half")
    assert len(linecache.cache) == before
    other = Source("tests numbers")
    other.add("half", "def half(x):\n    return x // 2\n")
    assert other.function("half").__code__.co_filename == "<tests numbers half 2>"
    assert linecache.getline("<tests numbers half 2>", 2) == "    return x // 2\n"
    assert "zero" in linecache.getline("<tests numbers half>", 2)


def test_threads_that_need_a_function_at_once_get_the_same_one_whole() -> None:
    for _ in range(50):
        source = listing()
        with ThreadPoolExecutor(4) as pool:
            waiting = [pool.submit(source.function, "half") for _ in range(8)]
            found = [each.result() for each in waiting]
        assert all(each is found[0] for each in found)
        assert found[0]([4]) == 2
