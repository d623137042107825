"""Small disks that are filled, and files that may not be written, for tests."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@contextmanager
def small_disk(at: Path, megabytes: int) -> Iterator[Path]:
    """A disk in memory, mounted there; skips where tests may not mount."""
    at.mkdir()
    options = f"size={megabytes}m,mode=0777"
    if not _run("mount", "-t", "tmpfs", "-o", options, "tiro-test", str(at)):
        pytest.skip("may not mount a small disk: run these tests as root")
    try:
        yield at
    finally:
        assert _run("umount", str(at)) or _run("umount", "--lazy", str(at))


def fill(disk: Path) -> Path:
    """Fills the disk to the last byte; gives the file to remove."""
    path = disk / "filling"
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65536)
    with path.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0")
    return path


@contextmanager
def unwritable(*paths: Path) -> Iterator[None]:
    """Files that nobody may change, not even who has them open; skips where that cannot be."""
    names = [str(path) for path in paths if path.exists()]
    if not _run("chattr", "+i", *names):
        _run("chattr", "-i", *names)
        pytest.skip("files cannot be made immutable: run these tests as root, on ext4")
    try:
        yield
    finally:
        assert _run("chattr", "-i", *names)
