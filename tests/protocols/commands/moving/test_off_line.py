"""`tiro off-line`: files in, each line told, the list for desks out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.builders.circulation import a_patron, an_item
from tests.builders.staff import Staff

HEAD = "Version=1.0\tGenerator=kocfile\tGeneratorVersion=0.1\n"


def written(staff: Staff, folder: Path, name: str, *lines: str) -> str:
    """A .koc file, its lines a minute apart and all in the last hour."""
    at = staff.library.now - timedelta(hours=1)
    stamps = (at + timedelta(minutes=number) for number in range(len(lines)))
    text = "".join(
        f"{stamp:%Y-%m-%d %H:%M:%S} 000\t{line}\n"
        for stamp, line in zip(stamps, lines, strict=True)
    )
    (folder / name).write_text(HEAD + text)
    return str(folder / name)


def test_files_of_two_desks(staff: Staff, tmp_path: Path) -> None:
    card, item = a_patron(staff.library), an_item(staff.library)
    one = written(staff, tmp_path, "one.koc", f"issue\t{card}\t{item}")
    two = written(staff, tmp_path, "two.koc", "dance\tP1", f"return\t{item}")
    words = ("off-line", "play", one, "--from", two, "DK-900102", "--at", "DK-900101")
    dry = staff.json(*words, "--dry-run", code=1)
    assert dry["counts"] == {"done": 2, "unreadable": 1}
    told = staff.json(*words, code=1)
    assert [each["outcome"] for each in told["lines"]] == ["done", "done", "unreadable"]
    assert staff.json(*words, code=1)["counts"] == {"done already": 2, "unreadable": 1}
    assert staff.run("off-line", "play", one, "--at", "DK-900101").exit_code == 0


def test_another_file_is_refused(staff: Staff, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("milk\n")
    said = staff.run("off-line", "play", str(path), "--at", "DK-900101")
    assert said.exit_code == 1
    assert "neither a .koc file nor" in said.output


def test_the_list_for_desks(staff: Staff, tmp_path: Path) -> None:
    expired = a_patron(staff.library, expires=staff.library.today - timedelta(days=3))
    path = tmp_path / "list.txt"
    told = staff.json("off-line", "block-list", str(path), "--at", "DK-900101")
    assert told["cards"] == 1
    assert path.read_text() == f"{expired} E\n"
