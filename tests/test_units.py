"""The units of deploy/ are what systemd takes: it knows all of their settings and values."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

DEPLOY = Path(__file__).parent.parent / "deploy"
UNITS = sorted({*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")})
#: The program of an installed Tiro, which is not here.
INSTALLED = "/opt/tiro/bin/tiro"


def verified(folder: Path, analyze: str) -> str:
    """What `systemd-analyze verify` says of the units in the folder; nothing where all is well."""
    done = subprocess.run(
        [analyze, "verify", "--man=no", *(str(each) for each in sorted(folder.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr or (f"status {done.returncode}" if done.returncode else "")


def test_systemd_takes_every_unit(tmp_path: Path, program: Callable[[str], str]) -> None:
    analyze = program("systemd-analyze")
    here = str(Path(sys.executable).parent / "tiro")
    assert len(UNITS) == 3
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        (tmp_path / unit.name).write_text(text.replace(INSTALLED, here), encoding="utf-8")
    assert verified(tmp_path, analyze) == ""
    service = tmp_path / "tiro.service"
    service.write_text(service.read_text(encoding="utf-8") + "\n[Service]\nRestartSecs=2\n")
    assert "RestartSecs" in verified(tmp_path, analyze)
