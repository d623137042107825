"""What is installed is whole: every file of the packages is in the wheel."""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path

import pytest

from tests.sources import PACKAGES, ROOT, modules, nodes_of
from tests.walking import each


@pytest.fixture(scope="module")
def configuration() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def data_files() -> list[Path]:
    """All that is no Python in the packages' folders."""
    return sorted(
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and "__pycache__" not in path.parts
    )


@pytest.fixture(scope="module")
def installed(configuration: configparser.ConfigParser) -> set[Path]:
    """The data files that the globs of setup.cfg name: each is tried in every package's folder."""
    globs = configuration["options.package_data"]["*"].split()
    return {
        found.relative_to(ROOT)
        for package in PACKAGES
        for module in (ROOT / package).rglob("__init__.py")
        for glob in globs
        for found in module.parent.glob(glob)
    }


@each("path", sorted(data_files()), str)
def test_every_data_file_is_installed(path: Path, installed: set[Path]) -> None:
    assert path in installed, f"setup.cfg, [options.package_data]: nothing there matches {path}"


def test_there_are_templates_migrations_and_a_set_up() -> None:
    names = {path.name for path in data_files()}
    assert {"overdue.txt", "script.py.mako", "library.toml"} <= names


def test_every_folder_with_python_is_a_package() -> None:
    """Or `find:` leaves it out of the wheel."""
    folders = {path.parent for path in modules(*PACKAGES)}
    assert [str(each) for each in sorted(folders) if not (each / "__init__.py").exists()] == []


def test_nothing_installed_needs_the_tests() -> None:
    importing = []
    for path in modules(*PACKAGES):
        for node in nodes_of(path):
            names = (
                [each.name for each in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            importing += [f"{path}: {name}" for name in names if name.split(".")[0] == "tests"]
    assert importing == []


def test_nothing_says_to_install_it_from_an_index() -> None:
    """The name is not registered there, so another project that takes it would be installed.

    An extra (`tiro-ils[postgresql]`) is for a Tiro that is installed: pip keeps that one.
    """
    saying = [
        str(path.relative_to(ROOT))
        for pattern in ("*.md", "Makefile", ".ci/*", "[a-z]*/**/*")
        for path in ROOT.glob(pattern)
        if path.is_file() and path.suffix != ".pyc" and path.parent.suffix != ".egg-info"
        if re.search(rb"install[^\n]*[ '\"]tiro-ils\b(?!\[)", path.read_bytes())
    ]
    assert saying == []
