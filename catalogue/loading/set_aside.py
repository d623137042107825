"""Records of a load that could not be taken, kept as they were found, with the reasons.

Beside each other lie ``NAME.rejected.mrc`` (``.xml`` for MARCXML: the elements, one after the
other; ``.lines`` for danMARC2 in lines), the bytes, and ``NAME.rejected.txt``, one line for each
record with tabs between: position in the file (from 1), offset of its first byte in the
uncompressed file, length in bytes, control number (``-`` if none can be told), reason.

``NAME.noted.txt`` has lines of the same kind for records that were loaded, with what of them could
not be read as it should be.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from catalogue.loading.preparation import Noted, Rejected
from catalogue.marc.checking import control_number
from catalogue.marc.sources import Found


class SetAside:
    """The files of one load; each is created with its first record."""

    def __init__(self, folder: Path, name: str, ending: str = "mrc") -> None:
        self.records_path = folder / f"{name}.rejected.{ending}"
        self.reasons_path = folder / f"{name}.rejected.txt"
        self.notes_path = folder / f"{name}.noted.txt"
        self._is_iso2709 = ending == "mrc"

    def continue_from(self, position: int) -> None:
        """Drops what an interrupted run set aside or noted after the last position it committed."""
        _keep(self.notes_path, position)
        if not self.reasons_path.exists():
            return
        kept = _keep(self.reasons_path, position)
        if not kept:
            self.records_path.unlink(missing_ok=True)
            return
        os.truncate(self.records_path, sum(int(line.split("\t")[2]) for line in kept))

    def add(self, rejected: Sequence[Rejected]) -> None:
        """Appends records; on the disk when it returns."""
        if not rejected:
            return
        lines = [self._line(found, reason) for found, reason in rejected]
        self._append(self.records_path, b"".join(item.found.data for item in rejected))
        self._append(self.reasons_path, "".join(lines).encode("utf-8", "backslashreplace"))

    def note(self, noted: Sequence[Noted]) -> None:
        """Appends notes on records that were loaded; on the disk when it returns."""
        if noted:
            lines = [self._line(found, note) for found, note in noted]
            self._append(self.notes_path, "".join(lines).encode("utf-8", "backslashreplace"))

    def _line(self, found: Found, remark: str) -> str:
        number = control_number(found.data) if self._is_iso2709 else ""
        fields = (
            str(found.position),
            str(found.offset),
            str(len(found.data)),
            number or "-",
            remark,
        )
        return "\t".join(" ".join(field.split()) or "-" for field in fields) + "\n"

    @staticmethod
    def _append(path: Path, data: bytes) -> None:
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _keep(path: Path, position: int) -> list[str]:
    """Keeps the lines of a file up to a position, and gives them; without any there is no file."""
    if not path.exists():
        return []
    kept = []
    for line in path.read_text("utf-8").splitlines():
        parts = line.split("\t")
        if len(parts) != 5 or not parts[0].isdigit() or int(parts[0]) > position:
            break
        kept.append(line + "\n")
    if kept:
        path.write_text("".join(kept), "utf-8")
    else:
        path.unlink()
    return kept
