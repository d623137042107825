"""What a load frees is kept until its end, and then given back."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

#: Prints the megabytes that the process has, with and after a block of 24 that is freed.
_PROGRAM = """
import resource
from catalogue.loading.freed_memory import freed_memory_kept

def megabytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 2**20

def with_a_block():
    block = bytearray(24 * 2**20)
    return megabytes()

full = with_a_block()
print(full - megabytes())
with freed_memory_kept():
    full = with_a_block()
    print(full - megabytes())
print(full - megabytes())
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="the C library is not glibc, which alone is told"
)
def test_it_is_kept_during_a_load_and_given_back_after_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    before, during, after = map(int, done.stdout.split())
    assert before >= 20
    assert during <= 4
    assert after >= 20
