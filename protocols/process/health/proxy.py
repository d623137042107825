"""What `tiro check` finds of the proxy in front of this library and the system that is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from protocols.hosting.findings import Finding, warning
from protocols.hosting.proxy_control import WARNED_SECONDS, NoProxy, ask
from protocols.process.configuration import Configuration


def proxy_findings(configuration: Configuration) -> Iterator[Finding]:
    """Return what a proxy on this host reports: that it is silent, or that a clock is wrong."""
    folder: Path | None = getattr(configuration.standards.get("api"), "proxy_journal", None)
    if folder is None:
        return
    try:
        status = ask(folder, ask="status")
    except NoProxy as error:
        yield warning(f"[api] proxy_journal: {error}")
        return
    for name, system in status["systems"].items():
        seconds = system.get("clock_seconds") or 0.0
        if abs(seconds) >= WARNED_SECONDS:
            yield warning(
                f"[api] proxy_journal: the clock of the {name} system differs by {seconds:+.0f}"
                " seconds from that of the proxy; set it or its time zone, or timezone in"
                " proxy.toml"
            )
