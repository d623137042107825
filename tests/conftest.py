"""Real databases, real files, real programs: what every test may ask for.

* `database_url`, `database`: a fresh, migrated database; the test runs once on SQLite and once on
  PostgreSQL (the server named by TIRO_TEST_POSTGRESQL, whose user may create databases).
* `shared`: the folder of sample records and messages (TIRO_SHARED, else ../shared); where that is
  not, one with samples of our own (`tests.corpora`). `official`: the real one, for what only the
  documents of others can say.
* `program("yaz-client")`: the path of an external program.
* `demo_server`: a running `tiro demo`, one for all tests; a test takes patrons and items that no
  other test takes (`demo_server.take_patron()`, `demo_server.take_item()`).

Of the tests of each module, and of what is long, some are drawn (`tests.trials`), and ``pytest
--trials`` runs all; so it is with the examples of the property tests (`tests.examples`).
A test may say how many of its cases are drawn: ``@pytest.mark.drawn(3)``. What runs where:
tests/README.md.

What is missing skips the test with a sentence that says what to install. With TIRO_TESTS_STRICT
set, as in CI, a skipped test is a failure; the value ``but-for-samples`` excepts those that lack
the sample data.
"""

from __future__ import annotations

import fcntl
import gc
import inspect
import os
import shutil
import signal
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from catalogue.database import Database, migrate
from protocols.hosting.destinations import set_allowed
from protocols.hosting.networks import LOOPBACK
from tests import drawing, trials
from tests.examples import load_settings
from tests.postgresql_copies import opened
from tests.processes import fork_from_now_on
from tests.servers import RunningServer, running_demo

if TYPE_CHECKING:
    from tests.postgresql_copies import Copies

ROOT = Path(__file__).parent.parent
NO_SAMPLES = "no sample data"
#: The databases that are used again, by server and template.
_COPIES: dict[tuple[str, str], Copies] = {}


#: Where files of tests are, if there is room for them: a file system in memory, whose changes wait
#: for no disk.
IN_MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30

# Who looks for garbage after every 700 new objects, as Python does, takes a twentieth of the time
# of all tests, and finds what a test leaves behind no sooner than it matters.
gc.set_threshold(50_000, 20, 20)
fork_from_now_on()
# What a shell runs in the background ignores SIGINT, and so would every server started from here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--trials", action="store_true", help="run what is long whole, not a draw")


def pytest_configure(config: pytest.Config) -> None:
    trials.begin(are_whole=config.getoption("--trials"))
    load_settings()
    if _has_room(IN_MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))


def _has_room(folder: Path) -> bool:
    """May many files, programs among them, be written there?"""
    if not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    return not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize >= ROOM


@pytest.fixture(autouse=True)
def _loopback_allowed() -> None:
    """The partners of clients that a test uses in its own process listen on this machine."""
    set_allowed(LOOPBACK)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """What is made to find the tests stays to the end: who looks for garbage need not look there,
    neither while it is made nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[pytest.Item] | None:
    """Finds nothing where a test is not drawn, and leaves the rest to pytest."""
    return [] if name in _left_out_of(collector) else None


@cache
def _left_out_of(collector: pytest.Module | pytest.Class) -> set[str]:
    if not isinstance(collector, pytest.Module):
        return set()
    found = {
        name: test
        for name, test in vars(collector.obj).items()
        if name.startswith("test_") and inspect.isfunction(test)
    }
    module = collector.nodeid.removeprefix("tests/")
    return drawing.tests_left_out(module, found, _asked(collector.config))


def _asked(config: pytest.Config) -> str:
    """The paths that were asked for."""
    return " ".join(config.args)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves what is drawn, and all that was asked for by its path. Tests of whole
    processes come first: what is left for the end is short, and all workers have some of it."""
    folder = ROOT / "tests"
    items.sort(key=lambda item: item.path.parent != folder)
    left_out = drawing.left_out(items, _asked(config))
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=list(left_out))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    strict = os.environ.get("TIRO_TESTS_STRICT")
    excepted = strict == "but-for-samples" and NO_SAMPLES in str(report.longrepr)
    if report.skipped and strict and not excepted and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Each reason for skipping once, with what to do about it; and how to draw the same again."""
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, number in reasons.most_common():
        terminalreporter.write_line(f"{number} skipped: {reason}", yellow=True)
    if not trials.are_whole():
        terminalreporter.write_line(
            f"This was drawn by {trials.again()}; make trials runs all of it"
        )


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.corpora import make, named

    if (named() / "data").is_dir():
        return named()
    with _shared_by_workers(tmp_path_factory, "corpora") as own:
        if not own.exists():
            make(own)
    return own


@pytest.fixture(scope="session")
def official() -> Path:
    from tests.corpora import named

    folder = named()
    if not (folder / "data").is_dir():
        pytest.skip(f"{NO_SAMPLES} at {folder}: set TIRO_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    packages = {
        **dict.fromkeys(("yaz-client", "yaz-ztest", "zoomsh"), "yaz"),
        **dict.fromkeys(("zebraidx", "zebrasrv"), "idzebra-2.0"),
        "curl": "curl",
        "xmlsec1": "xmlsec1",
        **dict.fromkeys(("pg_dump", "pg_restore"), "postgresql-client"),
    }

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(
                f"{name} is not installed: on Debian, apt-get install {packages.get(name, name)}"
            )
        return path

    return find


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, made by the first of the workers that asks for one."""
    with _shared_by_workers(tmp_path_factory, "template.sqlite") as path:
        if not path.exists():
            migrate(f"sqlite:///{path}")
    return path


@contextmanager
def _shared_by_workers(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A path that all workers know, for the first of them to make something there."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / name


@pytest.fixture(scope="session")
def postgresql_template() -> Iterator[tuple[str, str]]:
    """The server's URL up to the database name, and the name of a migrated database there."""
    import psycopg

    from tests.postgresql_copies import drop_database

    server = os.environ.get("TIRO_TEST_POSTGRESQL")
    if not server:
        pytest.skip(
            "no PostgreSQL for the tests: set TIRO_TEST_POSTGRESQL to a URL like "
            "postgresql://USER:PASSWORD@127.0.0.1/DATABASE whose user may create databases"
        )
    base = server.rpartition("/")[0]
    name = f"tiro_template_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        migrate(f"{base}/{name}")
        yield base, name
        if (copies := _COPIES.pop((base, name), None)) is not None:
            copies.close()
        drop_database(connection, name)


@contextmanager
def a_postgresql(template: tuple[str, str]) -> Iterator[str]:
    """The URL of a copy of the template, like new."""
    from tests.postgresql_copies import Copies

    if template not in _COPIES:
        _COPIES[template] = Copies(*template)
    with _COPIES[template].lent() as url:
        yield url


@contextmanager
def _fresh(request: pytest.FixtureRequest, path: Path, kind: str) -> Iterator[str]:
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    with a_postgresql(request.getfixturevalue("postgresql_template")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database, of each kind in turn."""
    with _fresh(request, tmp_path / "tiro.sqlite", request.param) as url:
        yield url


@pytest.fixture
def second_database_url(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str
) -> Iterator[str]:
    """The URL of another one, of the kind of the first."""
    kind = database_url.partition(":")[0]
    with _fresh(request, tmp_path / "second.sqlite", kind) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = opened(database_url)
    yield database
    database.close()


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The URL of a fresh, migrated SQLite file, where one kind of database is enough."""
    path = tmp_path / "tiro.sqlite"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_demo(tmp_path_factory.mktemp("demo")) as server:
        yield server
