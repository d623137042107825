"""Takes the pictures that the documents show: python -m tests.pictures docs/pictures

A demo is begun, a desk in a real Chromium does what a desk does, and its page is written down.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.protocols.desk.browser import Desk, a_browser
from tests.servers import running_demo


def take_pictures(folder: Path) -> None:
    """Writes ``desk.png``: a patron with loans, and a stop that keeps nobody from scanning on."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as data,
        running_demo(Path(data) / "library") as server,
        a_browser() as browser,
    ):
        desk = Desk(browser, f"http://127.0.0.1:{server.http}").log_in("desk", "desk")
        desk.scan("P0000004", "I0000040")
        desk.outcomes(2)
        desk.scan("P0000003", "I0000001", "I0000002", "I0000003", "I0000040")
        desk.outcomes(7)
        desk.wait("li.row.x")
        browser.save_screenshot(str(folder / "desk.png"))


if __name__ == "__main__":
    take_pictures(Path(sys.argv[1]))
