"""A process that serves alone and is told to read its configuration anew."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from circulation.languages.installed import default_language, use
from protocols.hosting.standard import installed_standards
from protocols.process.configuration import load_configuration
from protocols.process.supervision import running


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the reactor was told; signals are told to it at once."""
    told: list[str] = []
    reactor = SimpleNamespace(
        running=True,
        run=lambda: os.kill(os.getpid(), signal.SIGHUP),
        stop=lambda: told.append("stop"),
        callFromThread=lambda call: call(),
        callWhenRunning=lambda *call: None,
        addSystemEventTrigger=lambda *trigger: None,
    )
    monkeypatch.setattr(running, "reactor", reactor)
    monkeypatch.setattr(running.Server, "start", lambda server: ())
    return told


def test_a_rejected_configuration_leaves_the_languages_as_they_were(
    tmp_path: Path, stopped: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    path, standards = tmp_path / "tiro.toml", installed_standards()
    path.write_text('[languages]\ndefault = "de"\n')
    before = {each: signal.getsignal(each) for each in (signal.SIGHUP, signal.SIGUSR2)}
    try:
        alone = running.Alone(load_configuration(path, standards), standards)
        path.write_text('[languages]\ndefault = "en"\n[sip2]\nport = 70000\n')
        alone.run()
        assert "nothing was changed" in caplog.text
        assert default_language() == "de"
    finally:
        use()
        for number, handler in before.items():
            signal.signal(number, handler)
    assert stopped == []
