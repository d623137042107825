"""A whole server that tells a folder: what happens at the desk is there a moment later."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.servers import RunningServer, run_tiro, start_demo, start_serving

SECTION = '\n[holdings.sinks.copy]\ndriver = "files"\nagencies = ["DK-900100"]\nfolder = "copy"\n'


def told(folder: Path) -> dict[str, str]:
    """The last state of each item."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            for item in json.loads(line)["items"]:
                found[item["barcode"]] = item["state"]
    return found


def wait_for(folder: Path, barcode: str, state: str, server: RunningServer) -> None:
    end = time.monotonic() + 60
    while told(folder).get(barcode) != state:
        assert time.monotonic() < end, (told(folder).get(barcode), server.log.read_text()[-2000:])
        time.sleep(0.2)


def test_it_is_told_within_a_minute(tmp_path: Path) -> None:
    start_demo(tmp_path).stop()
    server = start_serving(tmp_path, f"sqlite:///{tmp_path / 'tiro.sqlite'}", more=SECTION)
    config, folder = tmp_path / "tiro.toml", tmp_path / "copy"
    try:
        wait_for(folder, "I0000002", "OnShelf", server)
        lent = run_tiro(config, "loan", "out", "P0000002", "I0000002", "--at", "DK-900101")
        assert lent.returncode == 0, lent.stderr + lent.stdout
        wait_for(folder, "I0000002", "OnLoan", server)
        (status,) = json.loads(run_tiro(config, "holdings", "status", "--json").stdout)["sinks"]
        assert status["sink"] == "copy"
        assert (status["problem"], status["refused"]) == ("", 0)
        assert status["records"] > 100
        assert run_tiro(config, "holdings", "send-all", "copy").returncode == 0
        assert run_tiro(config, "holdings", "send-all", "nobody").returncode == 1
        assert run_tiro(config, "holdings", "forget", "copy").returncode == 1
        refused = json.loads(run_tiro(config, "holdings", "refused", "copy", "--json").stdout)
        assert refused == {"sink": "copy", "refused": []}
        again = json.loads(run_tiro(config, "holdings", "retry", "copy", "--json").stdout)
        assert again == {"sink": "copy", "records": 0}
    finally:
        server.stop()
    config.write_text(config.read_text().replace(SECTION, ""))
    checked = run_tiro(config, "check", "--running")
    assert "tiro holdings forget copy" in checked.stdout + checked.stderr
    assert run_tiro(config, "holdings", "forget", "copy").returncode == 0
    assert json.loads(run_tiro(config, "holdings", "status", "--json").stdout) == {"sinks": []}
