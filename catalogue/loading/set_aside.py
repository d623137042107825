"""Records of a load that could not be taken, kept as they were found, with the reasons.

Beside each other lie ``NAME.rejected.mrc`` (``.xml`` for MARCXML: the elements, one after the
other; ``.lines`` for danMARC2 in lines), the bytes, and ``NAME.rejected.txt``, one line for each
record with tabs between: position in the file (from 1), offset of its first byte in the
uncompressed file, length in bytes, control number (``-`` if none can be told), reason.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from catalogue.loading.preparation import Rejected
from catalogue.marc.checking import control_number


class SetAside:
    """The two files of one load; they come into being with the first record."""

    def __init__(self, folder: Path, name: str, ending: str = "mrc") -> None:
        self.records_path = folder / f"{name}.rejected.{ending}"
        self.reasons_path = folder / f"{name}.rejected.txt"
        self._is_iso2709 = ending == "mrc"

    def continue_from(self, position: int) -> None:
        """Drops what an interrupted run set aside after the last position it committed."""
        if not self.reasons_path.exists():
            return
        kept = []
        length = 0
        for line in self.reasons_path.read_text("utf-8").splitlines():
            parts = line.split("\t")
            if len(parts) != 5 or not parts[0].isdigit() or int(parts[0]) > position:
                break
            kept.append(line + "\n")
            length += int(parts[2])
        if not kept:
            self.reasons_path.unlink()
            self.records_path.unlink(missing_ok=True)
            return
        self.reasons_path.write_text("".join(kept), "utf-8")
        os.truncate(self.records_path, length)

    def add(self, rejected: Sequence[Rejected]) -> None:
        """Appends records; on the disk when it returns."""
        if not rejected:
            return
        lines = []
        for found, reason in rejected:
            number = control_number(found.data) if self._is_iso2709 else ""
            fields = (
                str(found.position),
                str(found.offset),
                str(len(found.data)),
                number or "-",
                reason,
            )
            lines.append("\t".join(" ".join(field.split()) or "-" for field in fields) + "\n")
        self._append(self.records_path, b"".join(item.found.data for item in rejected))
        self._append(self.reasons_path, "".join(lines).encode("utf-8", "backslashreplace"))

    @staticmethod
    def _append(path: Path, data: bytes) -> None:
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
