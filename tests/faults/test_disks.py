"""A disk that is full, and one that cannot be written, under the database in a file."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.crash.stage import Stage
from tests.faults.clients import CAN_AGAIN, ON_LINE, Clients, clients_of, until
from tests.faults.disks import fill, small_disk, unwritable
from tests.servers import tiro_process


def test_a_full_disk(tmp_path: Path, sqlite_template: Path) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        database = disk / "tiro.sqlite"
        shutil.copy(sqlite_template, database)
        with clients_of(Stage.prepared(tmp_path, f"sqlite:///{database}")) as clients:
            filling = fill(disk)
            until(lambda: not _is_on_line(clients))
            for _ in range(3):
                clients.is_refused_for_now()
                clients.finds_a_book()
            assert clients.told("the disk is full") == 1
            filling.unlink()
            until(lambda: _is_on_line(clients))
            clients.is_served()
            clients.log_tells_once()


def _is_on_line(clients: Clients) -> bool:
    """A terminal that goes on asking, and lends as long as it can."""
    if clients.status().startswith(ON_LINE):
        clients.insert()
    return clients.status().startswith(ON_LINE)


def test_a_disk_that_has_become_read_only(tmp_path: Path, sqlite_template: Path) -> None:
    # What outlasts a restart is on a disk: in memory, who has an immutable file open may write it.
    with TemporaryDirectory(dir="/var/tmp") as folder:
        database = Path(folder, "tiro.sqlite")
        shutil.copy(sqlite_template, database)
        _is_refused_while_read_only(tmp_path, database)


def _is_refused_while_read_only(tmp_path: Path, database: Path) -> None:
    with clients_of(Stage.prepared(tmp_path, f"sqlite:///{database}")) as clients:
        with unwritable(database, database.with_name("tiro.sqlite-wal")):
            for _ in range(3):
                clients.is_refused_for_now()
                clients.finds_a_book()
        until(lambda: clients.told(CAN_AGAIN) == 1)
        assert clients.status().startswith(ON_LINE)
        clients.is_served()
        clients.log_tells_once()


def test_commands_say_that_the_disk_is_full(tmp_path: Path, sqlite_template: Path) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        shutil.copy(sqlite_template, disk / "tiro.sqlite")
        configuration = tmp_path / "tiro.toml"
        configuration.write_text(f'[database]\nurl = "sqlite:///{disk}/tiro.sqlite"\n')
        fill(disk)
        export = ("export", str(disk / "archive"))
        for words in (("serve",), ("patron", "show", "P1"), ("jobs", "run", "reminders"), export):
            done = tiro_process(configuration, *words)
            assert done.returncode == 1
            assert re.search(f"disk is full|{disk}.*No space left", done.stderr), done.stderr
            assert "Make room on the disk" in done.stderr
        assert "disk is full" in tiro_process(configuration, "check").stderr
