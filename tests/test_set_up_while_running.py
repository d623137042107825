"""A set-up applied by another process to a library that is open."""

from __future__ import annotations

from pathlib import Path

from protocols.demo.seeding import SET_UP
from tests.servers import RunningServer, run_tiro, running_demo, talk


def due_of_a_check_out(server: RunningServer) -> str:
    """Lends an item at the demo's kiosk; the due date that the kiosk is told."""
    patron, item = server.take_patron(), server.take_item()
    check_out = f"11YN20260101    080000                  AO|AA{patron}|AB{item}|AC|AD1234|\r"
    answer = talk(server.sip2, [b"9300CNkiosk|COkiosk|\r", check_out.encode()], b"|\r")
    fields = answer.decode().rpartition("\r12")[2].split("|")
    assert fields[0].startswith("1"), answer
    return next(field for field in fields if field.startswith("AH"))


def test_a_changed_rule_holds_for_the_next_check_out_without_a_restart(tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo", "--patrons", "5", "--items", "5") as server:
        config = server.data / "tiro.toml"
        library = tmp_path / "library.toml"
        text = SET_UP.read_text(encoding="utf-8")
        library.write_text(text, encoding="utf-8")
        same = run_tiro(config, "apply", str(library), "--yes")
        assert same.stdout.startswith("Nothing to do"), same
        before = due_of_a_check_out(server)
        library.write_text(text.replace("loan_days = 30", "loan_days = 90"), encoding="utf-8")
        applied = run_tiro(config, "apply", str(library), "--yes")
        assert applied.returncode == 0, applied
        assert "loan_days 30 -> 90" in applied.stdout
        assert due_of_a_check_out(server) > before
