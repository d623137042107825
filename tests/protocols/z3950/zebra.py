"""Zebra as a second opinion: the same records, the same fields under the same use attributes."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from catalogue.index.access_points import ACCESS_POINTS
from tests.servers import free_ports

PROFILE = "/usr/share/idzebra-2.0/tab"

#: Our access points and the names of Bib-1 in Zebra's attribute set.
_NAMES = {
    "title": "title",
    "author": "author",
    "subject": "subject-heading",
    "publisher": "Publisher",
}


def modules() -> Path:
    """Where Debian keeps Zebra's modules: under the name of the machine's architecture."""
    return next(Path("/usr/lib").glob("*/idzebra-2.0/modules"))


def rules() -> str:
    """Index rules for Zebra's ``grs.marcxml`` that take what our table takes of MARC 21.

    Zebra takes no account of the order of subfields: of what stands "from $t on", $t alone.
    """
    lines = ["name tiro", "attset bib1.att", "esetname F @", "marc usmarc.mar", "xpath disable"]
    for point, name in _NAMES.items():
        for taken in ACCESS_POINTS[point].marc21.split():
            found = re.fullmatch(r"([\d.]{3})(>?)([a-z]+|\*)\+?(/\d)?", taken)
            assert found is not None, taken
            tag, begins, codes, _ = found.groups()
            if begins:
                codes = codes[0]
            tags = [tag.replace(".", str(digit)) for digit in range(10)] if "." in tag else [tag]
            subfields = "abcdefghijklmnopqrstvxyz" if codes == "*" else codes
            lines += [f"melm {t}${code}\t{name}:w,{name}:p" for t in tags for code in subfields]
    lines.append("melm 020$a\tISBN:w")
    return "\n".join(lines) + "\n"


@contextmanager
def zebra(folder: Path, program: Callable[[str], str], records: bytes) -> Iterator[int]:
    """The port of a Zebra that has the records, which are ISO 2709 in UTF-8."""
    for name in ("register", "tmp"):
        (folder / name).mkdir()
    (folder / "records.mrc").write_bytes(records)
    (folder / "tiro.abs").write_text(rules())
    settings = folder / "zebra.cfg"
    settings.write_text(
        f"profilePath: {folder}:{PROFILE}\nmodulePath: {modules()}\nattset: bib1.att\n"
        "recordType: grs.marcxml.tiro\nencoding: utf-8\n"
        f"register: {folder}/register:2G\nkeyTmpDir: {folder}/tmp\nstoreData: 1\n"
    )
    for verb in (["init"], ["update", "records.mrc"]):
        subprocess.run(
            [program("zebraidx"), "-c", str(settings), *verb],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    (port,) = free_ports(1)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program("zebrasrv"), "-c", str(settings), f"tcp:127.0.0.1:{port}"],
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        for _ in range(200):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)
