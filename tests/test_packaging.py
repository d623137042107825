"""What is installed is whole: every file of the packages is in the wheel."""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


#: The extras that a lock file holds, besides what Tiro always requires.
LOCKED = {
    "deploy/requirements.txt": ("postgresql", "passkeys"),
    "tests/requirements.txt": ("postgresql", "passkeys", "test", "docs", "release", "lint"),
}


def required(
    configuration: configparser.ConfigParser, extras: tuple[str, ...]
) -> list[Requirement]:
    lists = [configuration["options"]["install_requires"]]
    lists += [configuration["options.extras_require"][each] for each in extras]
    return [Requirement(line) for each in lists for line in each.split("\n") if line]


def locked(file: str) -> dict[str, list[tuple[Requirement, list[str]]]]:
    """Return the pinned releases of a lock file by name, each with the words that follow it."""
    found: dict[str, list[tuple[Requirement, list[str]]]] = {}
    text = re.sub(r"^ *#.*$", "", (ROOT / file).read_text("utf-8"), flags=re.MULTILINE)
    for entry in text.replace("\\\n", " ").split("\n"):
        release, _, hashes = entry.partition("--hash")
        if release.strip():
            pinned = Requirement(release)
            words = f"--hash{hashes}".split() if hashes else []
            found.setdefault(canonicalize_name(pinned.name), []).append((pinned, words))
    return found


@pytest.mark.parametrize("file", LOCKED)
def test_a_lock_file_holds_what_setup_cfg_asks_for(
    file: str, configuration: configparser.ConfigParser
) -> None:
    releases = locked(file)
    assert len(releases) > 30
    for asked in required(configuration, LOCKED[file]):
        pinned = releases.get(canonicalize_name(asked.name), [])
        assert pinned, f"{asked} is not in {file}: make lock"
        for release, _ in pinned:
            (pin,) = release.specifier
            assert asked.specifier.contains(pin.version), f"{release}, but {asked}: make lock"


@pytest.mark.parametrize("file", LOCKED)
def test_a_lock_file_has_hashes_and_no_address_of_an_index(file: str) -> None:
    assert "://" not in (ROOT / file).read_text("utf-8")
    for pinned in locked(file).values():
        for release, hashes in pinned:
            assert [each.operator for each in release.specifier] == ["=="]
            assert hashes, release
            assert all(re.fullmatch("--hash=sha256:[0-9a-f]{64}", each) for each in hashes), release


def test_the_tests_run_with_the_releases_of_the_image() -> None:
    tested = locked("tests/requirements.txt")
    for name, pinned in locked("deploy/requirements.txt").items():
        assert {str(each.specifier) for each, _ in pinned} == {
            str(each.specifier) for each, _ in tested[name]
        }


def test_what_tiro_requires_has_an_upper_bound(configuration: configparser.ConfigParser) -> None:
    extras = ("bcrypt", "passkeys", "postgresql")
    for asked in required(configuration, extras):
        operators = {each.operator for each in asked.specifier}
        assert operators & {"<", "==", "~="}, f"{asked} takes any later release"
